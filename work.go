package seedtest

import (
	"context"
	"time"
)

// Composed is a message ready to leave: bytes and envelope. A retry sends the same ones (rule 5).
type Composed struct {
	EnvelopeFrom string
	To           []string
	Data         []byte   // RFC 5322, lines end in CRLF
	EnvelopeID   string   // DSN's ENVID (RFC 3461), used where offered
	Notify       []Notify // of what reports are asked for where that is offered; empty: nothing is said
}

// Commit is called once in every attempt, when all of the content but its last octets has been
// written. Only when it returns nil may the last octets leave. It makes the attempt durable.
type Commit func(ctx context.Context) error

// Awaiting is what a watcher needs of whoever wants messages found at one seed.
type Awaiting struct {
	// Pending tells what is awaited now. A watcher asks at each look; it is not told.
	Pending func() PendingProbes
	// Changed receives a value when Pending may have changed. It has room for one value.
	Changed <-chan struct{}
	// Known reports whether a token belongs to this run, whatever its seed (rule 9).
	Known func(Token) bool
	// Record stores facts, durably, before it returns. An error ends the watch.
	Record func(ctx context.Context, bodies ...FactBody) error
	// Now is the clock that facts are stamped with.
	Now func() time.Time
	// Baseline is the seed's baseline of an earlier process, nil at the first.
	Baseline *Baseline
	// Mailboxes are those that an earlier process listed last.
	Mailboxes []Mailbox
	// Seen are the copies that earlier processes saw, those that are gone too.
	Seen []Seen
	// Canaries are those of an earlier process, the removed ones too.
	Canaries []Canary
	// Others tells the canaries of other runs at the seed, which come and go beside this one; nil:
	// nobody knows of any.
	Others func(ctx context.Context) ([]Canary, error)
	// Mint makes the tag of a canary; nil: none is appended.
	Mint func() (Token, error)
	// Reports makes the account that of a return path: delivery reports are read there, and nothing
	// is sighted; nil: it is a seed's.
	Reports *ReportReading
}

// ReportReading is how the delivery reports in an account are read.
type ReportReading struct {
	Since time.Time                       // what came earlier is about nothing of ours
	Like  func(header []byte) bool        // whether a message may be a report, by its header
	Read  func(message []byte) []FactBody // what it says; the message may be cut short
}

// PendingProbes is what is awaited at one seed at a moment.
type PendingProbes struct {
	Done    bool // nothing is awaited any more and nothing will be: the watch ends
	Awaited []Awaited
}

// Awaited is one probe that a watcher looks for or follows.
type Awaited struct {
	Probe    ProbeID
	Token    Token
	Expected time.Time // when the route accepted it, or the content left; zero: not yet
	Seen     bool      // sighted before: it is followed, not sought
	ProveAt  time.Time // a round (rule 6) is wanted at this time; zero: none is wanted
}

// Dose is what a dispatch adds to what its seeds and providers get (rule 22).
type Dose struct {
	At         time.Time
	Dispatch   DispatchID
	Route      string
	Recipients []Recipient
	Limits     Limits
}

// Recipient is one seed of a dose.
type Recipient struct {
	Seed     string
	Address  string
	Provider string
	Own      bool // a server of ours: no dose limit
}

// Relaying is what a reader of a route's log needs of whoever wants messages followed there.
type Relaying struct {
	Route string
	// Sent returns the messages that the route took since it was last asked.
	Sent func() []Relayable
	// Changed receives a value when Sent has something to return. It has room for one value.
	Changed <-chan struct{}
	// Known are the answers that are on record.
	Known []Relayed
	// Record stores facts, durably, before it returns. An error ends the reading.
	Record func(ctx context.Context, bodies ...FactBody) error
	// Now is the clock that facts are stamped with.
	Now func() time.Time
}
