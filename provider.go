package seedtest

import (
	"cmp"
	"time"
)

// Provider is what is known of a mailbox provider or server family, as far as the other rooms need
// it. The provider package makes it from embedded data; configuration may add to it.
type Provider struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Server   Endpoint `json:"server"`             // IMAP; Host empty for server families
	Username string   `json:"username,omitempty"` // "email", "localpart" or "account"

	Junk      []string       `json:"junk,omitempty"` // names tried in order when no flag tells
	InboxLike []MailboxClass `json:"inbox_like,omitempty"`
	Essential []string       `json:"essential,omitempty"` // beyond INBOX, junk and trash (rule 7)
	Skip      []string       `json:"skip,omitempty"`      // never opened
	Classes   []string       `json:"classes,omitempty"`   // classes within INBOX
	ClassBy   ClassMethod    `json:"class_by,omitempty"`  // how a class within INBOX is read

	ClassField  string        `json:"class_field,omitempty"` // of ClassHeader
	Account     Account       `json:"account,omitzero"`
	Hints       []Hint        `json:"hints,omitempty"`
	Quarantine  bool          `json:"quarantine,omitempty"` // holds mail that IMAP cannot show
	Quirks      []string      `json:"quirks,omitempty"`
	IdleRestart time.Duration `json:"idle_restart,omitempty"`
	Habits      Habits        `json:"habits,omitzero"`
	Pace        Pace          `json:"pace,omitzero"` // by configuration
	Trust       Trust         `json:"trust"`
}

// Habits are what a server allows and what it does by itself. What is zero is unknown.
type Habits struct {
	Connections int           `json:"connections,omitempty"`  // to use at a time, of those that it allows
	LoginEvery  time.Duration `json:"login_every,omitempty"`  // least time between two sign-ins
	PollEvery   time.Duration `json:"poll_every,omitempty"`   // least time between two looks
	SessionLife time.Duration `json:"session_life,omitempty"` // after which it ends a session
	IdleTimeout time.Duration `json:"idle_timeout,omitempty"` // of silence, after which it hangs up
	FetchBatch  int           `json:"fetch_batch,omitempty"`  // messages in one FETCH
	DailyMB     int           `json:"daily_mb,omitempty"`     // megabytes that it lets be read in a day
	JunkKept    time.Duration `json:"junk_kept,omitempty"`    // after which junk is emptied
}

// Pace says when a seed is looked at while a message is awaited there. Times count from the moment
// from which it is expected. What is zero is as rule 23 says, or quick where the server is ours.
type Pace struct {
	Looks      []time.Duration `json:"looks,omitempty"`       // at INBOX, junk and the like; rising
	Every      time.Duration   `json:"every,omitempty"`       // after the last of Looks
	Sweeps     []time.Duration `json:"sweeps,omitempty"`      // at every other mailbox; rising
	SweepEvery time.Duration   `json:"sweep_every,omitempty"` // after the last of Sweeps
	Follow     time.Duration   `json:"follow,omitempty"`      // when all that is awaited has been seen
	Commands   int             `json:"commands,omitempty"`    // of one watch; looks are few after it
}

// Over returns a pace that is p where p says something, and otherwise below.
func (p Pace) Over(below Pace) Pace {
	if len(p.Looks) == 0 {
		p.Looks = below.Looks
	}
	if len(p.Sweeps) == 0 {
		p.Sweeps = below.Sweeps
	}
	p.Every = cmp.Or(p.Every, below.Every)
	p.SweepEvery = cmp.Or(p.SweepEvery, below.SweepEvery)
	p.Follow = cmp.Or(p.Follow, below.Follow)
	p.Commands = cmp.Or(p.Commands, below.Commands)
	return p
}

// GenericProvider is the id of the preset of servers of which nothing is known.
const GenericProvider = "generic"

// MailboxClass is a mailbox that its owner sees as part of the inbox, and the class to report.
type MailboxClass struct {
	Mailbox string `json:"mailbox"`
	Class   string `json:"class"`
}

// ClassMethod is how the class of a message within INBOX is read.
type ClassMethod string

// The class methods. ClassXGMRAW asks with Gmail's search extension, ClassHeader reads a field that
// the provider writes, and ClassHidden means that the provider sorts the inbox and IMAP does not
// show how.
const (
	ClassNone   ClassMethod = ""
	ClassXGMRAW ClassMethod = "x-gm-raw"
	ClassHeader ClassMethod = "header"
	ClassHidden ClassMethod = "hidden"
)

// WhyNoClass says why the class of a message in INBOX cannot be known here, "" if it can or if the
// provider has no classes.
func (p Provider) WhyNoClass() string {
	if p.ClassBy != ClassHidden {
		return ""
	}
	return p.Name + " sorts its inbox further, and how is not observable by IMAP"
}

// Account is what is known of accounts at a provider.
type Account struct {
	// Access is "app-password", "password", "oauth-only", "bridge", "pop-only" or "none".
	Access       string `json:"access,omitempty"`
	SecretPage   string `json:"secret_page,omitempty"`   // where an app password is made
	PageGuessed  bool   `json:"page_guessed,omitempty"`  // SecretPage was found in nothing published
	Note         string `json:"note,omitempty"`          // what a person should know to sign in
	InactiveDays int    `json:"inactive_days,omitempty"` // after which it may be closed; 0: unknown
	IMAPCounts   *bool  `json:"imap_counts,omitempty"`   // whether reading by IMAP is use; nil: unknown
}

// PageOfSecrets says where an app password is made; empty if nobody knows.
func (a Account) PageOfSecrets() string {
	if a.SecretPage != "" && a.PageGuessed {
		return a.SecretPage + " (unverified)"
	}
	return a.SecretPage
}

// HintWhen is the moment for which a hint is.
type HintWhen string

// The moments.
const (
	HintLogin   HintWhen = "login"   // a sign-in is refused
	HintConnect HintWhen = "connect" // the server is not reached
	HintNoJunk  HintWhen = "no-junk" // no junk mailbox was found
	HintCheck   HintWhen = "check"   // always, when a seed is looked at
)

// Hint is a sentence for a person, about a habit of the provider's that looks like a mistake.
type Hint struct {
	When  HintWhen `json:"when"`
	Quirk string   `json:"quirk"` // that it is about
	Text  string   `json:"text"`
}

// HintsFor returns the sentences for a moment.
func (p Provider) HintsFor(when HintWhen) []string {
	var texts []string
	for _, h := range p.Hints {
		if h.When == when {
			texts = append(texts, h.Text)
		}
	}
	if p.Account.Note != "" && when == HintLogin {
		texts = append(texts, p.Account.Note)
	}
	return texts
}

// Trust says which header fields were written by the receiving provider itself. The zero value
// trusts nothing. The head of analyze/trust.go says how the parts work together.
type Trust struct {
	AuthservIDs    []string `json:"authserv_ids,omitempty"`    // RE2, matched whole and without case
	NoAuthservID   bool     `json:"no_authserv_id,omitempty"`  // results come without an authserv-id
	BoundaryBy     string   `json:"boundary_by,omitempty"`     // RE2 on "by" of the edge's Received
	InsideBy       string   `json:"inside_by,omitempty"`       // RE2 on "by" of the hops behind the edge
	BoundaryMarker string   `json:"boundary_marker,omitempty"` // fields above it are the provider's
	NothingBelow   bool     `json:"nothing_below,omitempty"`   // the edge writes nothing below that field
	Below          []string `json:"below,omitempty"`           // what it writes there, in that order
	Tail           []string `json:"tail,omitempty"`            // what is appended at the end, in that order
	OriginFrom     []string `json:"origin_from,omitempty"`     // where the client address stands, best first
	ReceivedSPF    bool     `json:"received_spf,omitempty"`    // the provider writes Received-SPF
	ResultsBelow   bool     `json:"results_below,omitempty"`   // its results may stand below the sender's
}

// Role is what a mailbox is for. The words are those of RFC 6154, and "inbox".
type Role string

// The roles. RoleNone is a mailbox of the user's or a rule's.
const (
	RoleNone      Role = ""
	RoleInbox     Role = "inbox"
	RoleJunk      Role = "junk"
	RoleTrash     Role = "trash"
	RoleSent      Role = "sent"
	RoleDrafts    Role = "drafts"
	RoleArchive   Role = "archive"
	RoleAll       Role = "all"
	RoleFlagged   Role = "flagged"
	RoleImportant Role = "important"
	RoleInboxLike Role = "inbox-like" // part of the inbox for its owner: has a class
)

// FoundByConfiguration is how the role of a mailbox was found that the configuration names.
const FoundByConfiguration = "configuration"

// Mailbox is one mailbox of a seed as LIST told it.
type Mailbox struct {
	Name       string `json:"name"` // as a person reads it: modified UTF-7 decoded
	Role       Role   `json:"role"`
	FoundBy    string `json:"found_by,omitempty"` // how the role was found: configuration, special-use, xlist, preset, name
	Class      string `json:"class,omitempty"`
	Essential  bool   `json:"essential"` // its reading is part of every proof of absence (rule 7)
	Selectable bool   `json:"selectable"`
}
