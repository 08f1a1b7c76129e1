package seedtest

import "time"

// RunID names a run: the lower-case base32 of a UUIDv7, 26 characters, ordered by time.
type RunID string

// Short returns the last six characters in capitals, by which people name a run.
func (id RunID) Short() string { return shortID(string(id)) }

// DispatchID names one composed message within its run.
type DispatchID string

// ProbeID names one (dispatch, seed) pair within its run (rule 4).
type ProbeID string

// Fact is something that happened in a run. Facts are never changed.
type Fact struct {
	At   time.Time // UTC, by our clock
	Body FactBody
}

// FactBody is one of the types below that have a FactKind.
type FactBody interface{ FactKind() FactKind }

// FactKind names a kind of fact.
type FactKind string

// The kinds of facts (rule 1). KindResumed marks where a further process took up the run.
const (
	KindOpened     FactKind = "opened"
	KindPlanned    FactKind = "planned"
	KindListing    FactKind = "listing"
	KindBaseline   FactKind = "baseline"
	KindAttempt    FactKind = "attempt"
	KindSubmission FactKind = "submission"
	KindRelayed    FactKind = "relayed"
	KindSighting   FactKind = "sighting"
	KindGone       FactKind = "gone"
	KindRound      FactKind = "round"
	KindCanary     FactKind = "canary"
	KindBounce     FactKind = "bounce"
	KindFault      FactKind = "fault"
	KindLimit      FactKind = "limit"
	KindClosed     FactKind = "closed"
	KindResumed    FactKind = "resumed"
	KindSpent      FactKind = "spent"
	KindLooked     FactKind = "looked"
)

// Opened says what the run was: everything that judging needs, without secrets.
type Opened struct {
	Run      RunID     `json:"run"`
	Suite    Suite     `json:"suite"`
	Routes   []Route   `json:"routes"`
	Seeds    []Seed    `json:"seeds"`
	Messages []Message `json:"messages"`
	Limits   Limits    `json:"limits"`
	Version  string    `json:"version"`          // of the program
	Edition  string    `json:"edition"`          // of the provider data
	Random   uint64    `json:"random,omitempty"` // seed of every random choice
}

// Planned is one dispatch: what will be sent, and to whom.
type Planned struct {
	Dispatch  DispatchID     `json:"dispatch"`
	Token     Token          `json:"token"`
	MessageID string         `json:"message_id"` // without angle brackets
	Route     string         `json:"route"`
	Message   string         `json:"message"`
	Date      time.Time      `json:"date"` // of the Date field, so that a retry has the same bytes
	Probes    []PlannedProbe `json:"probes"`
}

// PlannedProbe is one recipient of a dispatch.
type PlannedProbe struct {
	Probe ProbeID `json:"probe"`
	Seed  string  `json:"seed"`
}

// Listing is what LIST told of a seed.
type Listing struct {
	Seed         string        `json:"seed"`
	Mailboxes    []Mailbox     `json:"mailboxes"`
	Capabilities []string      `json:"capabilities,omitempty"`
	LoginTime    time.Duration `json:"login_time,omitempty"` // connect to signed in
	Strategy     string        `json:"strategy,omitempty"`   // how news are learned of: status, notify, idle or looks
	Reason       string        `json:"reason,omitempty"`     // why that one
}

// Baseline bounds the reading of a seed's mailboxes: what is above it came afterwards.
type Baseline struct {
	Seed      string `json:"seed"`
	Mailboxes []Mark `json:"mailboxes"`
	Route     string `json:"route,omitempty"` // whose return path it is of; then Seed is empty
}

// Mark is a place in a mailbox.
type Mark struct {
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	LastUID     uint32 `json:"last_uid"`           // highest UID in use, 0 if none
	UIDNext     uint32 `json:"uidnext"`            // as the server told it, 0 if it did not
	Messages    uint32 `json:"messages,omitempty"` // 0 also in marks of older versions
	Error       string `json:"error,omitempty"`    // why the mailbox could not be read
}

// Attempt is written, durably, before the last octets of a message's content leave (rule 5).
type Attempt struct {
	Dispatch DispatchID `json:"dispatch"`
	Number   int        `json:"number"` // from 1
}

// Outcome is how one attempt at submission ended.
type Outcome string

// The outcomes (rule 5). OutcomeFailed is trouble of the route: DNS, connection, TLS or AUTH.
// OutcomeInDoubt is content sent and no answer. OutcomeHanded is a message given to the user to send.
const (
	OutcomeAccepted Outcome = "accepted"
	OutcomeDeferred Outcome = "deferred"
	OutcomeRefused  Outcome = "refused"
	OutcomeFailed   Outcome = "failed"
	OutcomeInDoubt  Outcome = "in_doubt"
	OutcomeHanded   Outcome = "handed"
	OutcomeUnsent   Outcome = "unsent" // cancelled or held before anything could be lost
)

// Stage is how far a submission came. The words are those of the field.
type Stage string

// The stages in order.
const (
	StageResolve  Stage = "resolve"
	StageConnect  Stage = "connect"
	StageTLS      Stage = "tls" // implicit TLS
	StageBanner   Stage = "banner"
	StageEHLO     Stage = "ehlo"
	StageSTARTTLS Stage = "starttls"
	StageAUTH     Stage = "auth"
	StageMAIL     Stage = "mail"
	StageRCPT     Stage = "rcpt"
	StageDATA     Stage = "data"
	StageBody     Stage = "body"
	StageFinal    Stage = "final" // the reply to the final dot
)

// Reply is an SMTP reply (RFC 5321 section 4.2, RFC 3463).
type Reply struct {
	Code     int    `json:"code"`
	Enhanced string `json:"enhanced,omitempty"` // "5.7.26", empty if none
	Text     string `json:"text"`               // lines joined by a line feed, codes removed
}

// StageTime is when a stage was completed, or failed.
type StageTime struct {
	Stage Stage     `json:"stage"`
	At    time.Time `json:"at"`
	Reply *Reply    `json:"reply,omitempty"`
}

// TLSInfo is what a TLS handshake agreed.
type TLSInfo struct {
	Version  string     `json:"version"` // "TLS 1.3"
	Cipher   string     `json:"cipher"`
	Peer     string     `json:"peer,omitempty"`      // subject of the peer's certificate
	Issuer   string     `json:"issuer,omitempty"`    // its issuer
	NotAfter *time.Time `json:"not_after,omitempty"` // its end
	Names    []string   `json:"names,omitempty"`     // its DNS names
	Verified bool       `json:"verified"`

	NotBefore *time.Time `json:"not_before,omitempty"` // its beginning
	SHA256    string     `json:"sha256,omitempty"`     // its fingerprint
	Chain     []string   `json:"chain,omitempty"`      // subjects of those that were sent with it
	Problem   string     `json:"problem,omitempty"`    // why it does not verify; empty: it does, or nobody looked

	Asked bool   `json:"asked,omitempty"` // the server asked for a certificate of ours
	Shown string `json:"shown,omitempty"` // subject of the one that it was shown
}

// Submission is how one attempt ended, on the record.
type Submission struct {
	Dispatch DispatchID  `json:"dispatch"`
	Number   int         `json:"number"` // of the attempt, from 1
	Outcome  Outcome     `json:"outcome"`
	Stage    Stage       `json:"stage"` // where it ended
	Reply    *Reply      `json:"reply,omitempty"`
	Error    string      `json:"error,omitempty"` // when no reply ended it
	QueueID  string      `json:"queue_id,omitempty"`
	TLS      *TLSInfo    `json:"tls,omitempty"`
	Local    string      `json:"local,omitempty"`  // address:port
	Remote   string      `json:"remote,omitempty"` // address:port
	Begun    time.Time   `json:"begun"`
	Stages   []StageTime `json:"stages,omitempty"`
	Reused   bool        `json:"reused,omitempty"`   // on a pooled connection: no connect stages
	Dialog   []string    `json:"dialog,omitempty"`   // both ways, capped, secrets redacted
	RetryAt  *time.Time  `json:"retry_at,omitempty"` // a further attempt is planned; nil: this was the last
	Breaker  string      `json:"breaker,omitempty"`  // why this reply opens a breaker (rule 22)

	RemoteName string     `json:"remote_name,omitempty"` // by PTR; empty: none, or not known yet
	Extensions []string   `json:"extensions,omitempty"`  // offered at EHLO; none: Reused, or by HELO
	Host       string     `json:"host,omitempty"`        // the server's name
	Preference *int       `json:"preference,omitempty"`  // of its MX record; nil: it is configured
	Policy     *TLSPolicy `json:"policy,omitempty"`      // what had a say about TLS; nil: the route alone
	Tried      []Tried    `json:"tried,omitempty"`       // the other servers of this attempt, in order

	Unreached []Unreached `json:"unreached,omitempty"` // other addresses of the server that were tried, in order

	Proxy string `json:"proxy,omitempty"` // address:port of the one that made the connection; Remote is what it was asked for

	Program string `json:"program,omitempty"` // that took the message, by a route of type sendmail

	DSN  *DSNAsked `json:"dsn,omitempty"`  // the reports asked for; nil: none, or it did not come to that
	Exit *int      `json:"exit,omitempty"` // its status; nil: it did not end by itself

	Said     bool       `json:"said,omitempty"`     // of OutcomeHanded: the user says that it was sent
	Declined []Declined `json:"declined,omitempty"` // recipients whom the message did not reach
}

// Declined is one of several recipients that the server did not take, while it heard of the others.
type Declined struct {
	Probe ProbeID `json:"probe,omitempty"`
	To    string  `json:"-"` // its address; only a new fact has it
	Reply Reply   `json:"reply"`
}

// of is the submission as one of its recipients met it: one that was declined has no part in what
// became of the message. Where that did not come to an answer, all are tried again.
func (s Submission) of(id ProbeID) Submission {
	switch s.Outcome {
	case OutcomeFailed, OutcomeUnsent:
		return s
	}
	for _, d := range s.Declined {
		if d.Probe != id {
			continue
		}
		s.Outcome, s.Stage, s.Reply, s.Error, s.QueueID = OutcomeRefused, StageRCPT, &d.Reply, "", ""
		if d.Reply.Code/100 == 4 {
			s.Outcome = OutcomeDeferred
		}
		break
	}
	return s
}

// Relayed is the next hop's answer, by the route's own log or a success report.
type Relayed struct {
	Dispatch DispatchID `json:"dispatch"`
	Probe    ProbeID    `json:"probe"`
	Remote   string     `json:"remote"`
	Outcome  Outcome    `json:"outcome"` // accepted, deferred or refused
	Reply    *Reply     `json:"reply,omitempty"`
	Source   string     `json:"source"` // "log" or "report"
	Line     string     `json:"line,omitempty"`

	When      time.Time     `json:"when,omitzero"`           // by the clock of whoever wrote the log
	Said      string        `json:"said,omitempty"`          // the server's own words, where it has no reply
	QueueID   string        `json:"queue_id,omitempty"`      // under which the server had the message
	NextID    string        `json:"next_queue_id,omitempty"` // by the next hop's reply
	Via       Via           `json:"via,omitempty"`           // "smtp", or how it ended at the server
	Recipient string        `json:"recipient,omitempty"`     // whom it went to, if an alias changed that
	Delay     time.Duration `json:"delay,omitempty"`         // since the server took the message
	Transfer  time.Duration `json:"transfer,omitempty"`      // of it, the delivery itself
	TLS       *RelayTLS     `json:"tls,omitempty"`           // nil: the log says nothing of it

	ReportingMTA string   `json:"reporting_mta,omitempty"` // of a report
	JoinedBy     JoinedBy `json:"joined_by,omitempty"`     // of a report
}

// Sighting is a tagged message in a mailbox.
type Sighting struct {
	Seed         string    `json:"seed"`
	Token        Token     `json:"token"`
	Mailbox      string    `json:"mailbox"`
	Role         Role      `json:"role"`
	Class        string    `json:"class,omitempty"`      // category; "unknown": it has one and we could not read it
	ClassAfter   time.Time `json:"class_after,omitzero"` // of a class that changed: last seen in the one before
	UIDValidity  uint32    `json:"uidvalidity"`
	UID          uint32    `json:"uid"`
	InternalDate time.Time `json:"internal_date"`   // whole seconds; zero if the server gave none
	Absent       time.Time `json:"absent,omitzero"` // its mailbox did not have it yet; zero: not known
	Carriers     []Carrier `json:"carriers"`
	Canary       bool      `json:"canary,omitempty"`
	ByHand       bool      `json:"by_hand,omitempty"`    // the word of the mailbox's owner; it has no UID
	HeaderSum    string    `json:"header_sum,omitempty"` // SHA-256 of the header, under which the store keeps it
	Header       []byte    `json:"-"`                    // the header as fetched; only a new fact has it
}

// Gone is a sighted message that a complete look no longer found in its mailbox, or that we removed
// because somebody asked for that.
type Gone struct {
	Seed        string    `json:"seed"`
	Token       Token     `json:"token"`
	Mailbox     string    `json:"mailbox"`
	UIDValidity uint32    `json:"uidvalidity"`
	UID         uint32    `json:"uid"`
	LastSeen    time.Time `json:"last_seen"`          // it was still there
	ByUs        bool      `json:"by_us,omitempty"`    // "seedtest clean" removed it, after LastSeen
	MovedTo     string    `json:"moved_to,omitempty"` // where ByUs moved it; empty: it is removed

	MovedUIDValidity uint32 `json:"moved_uidvalidity,omitempty"` // of the message in MovedTo
	MovedUID         uint32 `json:"moved_uid,omitempty"`         // 0: the server did not say
}

// Round is one try at a proof of absence (rule 6). By hand it is the owner's word, at a time and
// for the message of one token only.
type Round struct {
	Seed      string         `json:"seed"`
	Begun     time.Time      `json:"begun"`
	Ended     time.Time      `json:"ended"`
	Try       int            `json:"try"`      // 1 to 3
	Complete  bool           `json:"complete"` // it proves absence
	Why       string         `json:"why,omitempty"`
	Mailboxes []RoundMailbox `json:"mailboxes"`
	ByHand    bool           `json:"by_hand,omitempty"`
	Token     Token          `json:"token,omitempty"`  // the only message it speaks of; empty: all
	Canary    *RoundCanary   `json:"canary,omitempty"` // nil: none was wanted
}

// RoundCanary is what became of a round's canary: a round that does not see it is not complete.
type RoundCanary struct {
	Appended *time.Time `json:"appended,omitempty"` // nil: it was not
	Seen     bool       `json:"seen,omitempty"`
	Why      string     `json:"why,omitempty"` // why none was appended
}

// RoundMailbox is what a round did with one mailbox.
type RoundMailbox struct {
	Name        string `json:"name"`
	Role        Role   `json:"role"`
	Essential   bool   `json:"essential"`
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	FromUID     uint32 `json:"from_uid"` // first UID that would have been read
	ToUID       uint32 `json:"to_uid"`   // last UID read, 0 if none was there
	Read        int    `json:"read"`     // messages read
	OK          bool   `json:"ok"`
	Why         string `json:"why,omitempty"` // why it could not be read
}

// Canary is a message that we append to prove the IMAP view (rule 12). It is recorded before it is
// appended, when it has its UID, and when it was removed or left; the last one holds.
type Canary struct {
	Seed        string `json:"seed"`
	Token       Token  `json:"token"`
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	UID         uint32 `json:"uid"` // 0: not known
	Seen        bool   `json:"seen"`
	Removed     bool   `json:"removed"`
	Marked      bool   `json:"marked,omitempty"` // as deleted, which is all that could be done
	Why         string `json:"why,omitempty"`    // why it was not appended, or why it was left

	Copies []CanaryCopy `json:"copies,omitempty"` // where else it is shown or was moved
}

// CanaryCopy is a further place of a canary. Its UID is 0 if the server did not say it.
type CanaryCopy struct {
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity"`
	UID         uint32 `json:"uid"`
}

// Bounce is what a delivery report says of a probe. Nobody signs reports: whoever handled the
// message could have written it.
type Bounce struct {
	Dispatch   DispatchID `json:"dispatch"`
	Probe      ProbeID    `json:"probe"`  // empty: it speaks of the message, and of nobody it was sent to
	Action     string     `json:"action"` // "failed", "delayed", "expanded"; empty: it states none
	Status     string     `json:"status,omitempty"`
	Diagnostic string     `json:"diagnostic,omitempty"`
	RemoteMTA  string     `json:"remote_mta,omitempty"`

	When         time.Time `json:"when,omitzero"` // of the report, by the clock of whoever wrote it
	From         string    `json:"from,omitempty"`
	ReportingMTA string    `json:"reporting_mta,omitempty"`
	JoinedBy     JoinedBy  `json:"joined_by,omitempty"`
	Code         int       `json:"code,omitempty"`       // SMTP reply code within the diagnostic
	Recipient    string    `json:"recipient,omitempty"`  // of whom it speaks, if not of the probe's address
	Alias        bool      `json:"alias,omitempty"`      // Recipient is where the probe's address led, as it says
	RetryUntil   time.Time `json:"retry_until,omitzero"` // of a delay
	Guessed      bool      `json:"guessed,omitempty"`    // read by words that many systems use

	Read time.Time `json:"-"` // when we read it; only a folded one has it
}

// FaultKind says what kind of trouble the harness had.
type FaultKind string

// The fault kinds. FaultVanished is mail above the baseline that was gone before we could read it:
// it makes the seed's unseen probes blind (rule 6).
const (
	FaultLogin     FaultKind = "login"     // the seed refused us
	FaultConnect   FaultKind = "connect"   // DNS, connection, TLS
	FaultLost      FaultKind = "lost"      // the connection broke
	FaultMailbox   FaultKind = "mailbox"   // a mailbox could not be read
	FaultVanished  FaultKind = "vanished"  // mail went before it was read
	FaultThrottled FaultKind = "throttled" // the provider asked us to slow down
	FaultBaseline  FaultKind = "baseline"  // no baseline in time (rule 8)
	FaultClock     FaultKind = "clock"     // the wall clock stepped
	FaultStore     FaultKind = "store"
	FaultLog       FaultKind = "log"     // a route's own log could not be read
	FaultReports   FaultKind = "reports" // the account that a route's delivery reports come to could not be read
)

// Fault is trouble of the harness. It makes probes blind, never missing.
type Fault struct {
	Seed    string      `json:"seed,omitempty"`
	Route   string      `json:"route,omitempty"`
	Kind    FaultKind   `json:"kind"`
	Reason  FaultReason `json:"reason,omitempty"` // of FaultLogin and FaultConnect
	Mailbox string      `json:"mailbox,omitempty"`
	What    string      `json:"what"` // what the server or system said
	From    time.Time   `json:"from"`
	To      *time.Time  `json:"to,omitempty"`    // nil: not over when it was written
	Final   bool        `json:"final,omitempty"` // of FaultLogin: another try soon is in vain
}

// Spent is what one watch of a seed cost, written when it ends (rule 23).
type Spent struct {
	Seed     string `json:"seed"`
	SignIns  int    `json:"sign_ins"` // tried
	Commands int    `json:"commands"`
	Budget   int    `json:"budget,omitempty"` // of commands, after which looks are few; 0: none
}

// Looked is a look at all mailboxes of a seed that found nothing new: the copies that were seen
// were still there, and no others. It is written now and then, so that what happens later is not
// looked for in all the time before.
type Looked struct {
	Seed  string    `json:"seed"`
	Begun time.Time `json:"begun"`
	But   []string  `json:"but,omitempty"` // mailboxes that were not looked at
}

// Limit is a dose limit or breaker that held a dispatch back (rule 22).
type Limit struct {
	Dispatch DispatchID `json:"dispatch"`
	Limit    string     `json:"limit"` // "seed_day", "provider_hour" or "breaker"
	What     string     `json:"what"`  // in words, with the numbers
	Until    *time.Time `json:"until,omitempty"`
}

// CloseReason says why a process stopped working a run.
type CloseReason string

// The close reasons.
const (
	ClosedDone      CloseReason = "done"      // every probe was terminal
	ClosedCancelled CloseReason = "cancelled" // Ctrl-C or SIGTERM
	ClosedDetached  CloseReason = "detached"  // asked to leave after sending
	ClosedSettled   CloseReason = "settled"   // every follow window closed
	ClosedFailed    CloseReason = "failed"    // the harness itself broke
)

// Closed ends the work of one process on the run.
type Closed struct {
	Reason CloseReason `json:"reason"`
	Error  string      `json:"error,omitempty"`
}

// Resumed begins the work of a further process on the run.
type Resumed struct {
	Version string `json:"version"`
	Purpose string `json:"purpose"` // PurposeResume or PurposeFollow
}

// What a further process does with a run: PurposeResume also sends what was certainly not sent.
const (
	PurposeResume = "resume"
	PurposeFollow = "follow"
)
