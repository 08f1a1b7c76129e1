package seedtest

import (
	"slices"
	"strings"
	"time"
)

// Via is how a server handed a message on, in its own log's words.
type Via string

// The ways that end the journey at the relay itself. Any other, such as "smtp", leads to a next hop.
const (
	ViaMailbox Via = "mailbox" // written to a mailbox there
	ViaProgram Via = "program" // handed to a program there
	ViaDiscard Via = "discard" // thrown away there
)

// Where a Relayed comes from.
const (
	SourceLog    = "log"    // of the route's server
	SourceReport = "report" // of a delivery
)

// RelayTLS is what a server's log says of the encryption of its own connection to the next hop.
type RelayTLS struct {
	Version string `json:"version,omitempty"` // "TLSv1.3", as the log writes it
	Cipher  string `json:"cipher,omitempty"`
	Trust   string `json:"trust,omitempty"` // the log's word for the certificate: "Untrusted", "CV=yes"
}

// SameHop reports whether two answers are one, told twice: the same line of a log that was read
// again, or the same report.
func (r Relayed) SameHop(o Relayed) bool {
	return r.Dispatch == o.Dispatch && r.Probe == o.Probe && r.Source == o.Source &&
		r.QueueID == o.QueueID && r.Outcome == o.Outcome && r.Remote == o.Remote && r.Line == o.Line
}

// Passed reports whether a next hop, mailbox or program took the message.
func (r Relayed) Passed() bool {
	return r.Outcome == OutcomeAccepted && r.Via != ViaDiscard
}

// Relayable is a message that a route took or may have taken, as its log knows it.
type Relayable struct {
	Dispatch  DispatchID
	MessageID string         // without angle brackets
	QueueID   string         // by the accepting reply; empty: it told none
	Begun     time.Time      // of the attempt
	To        []RelayAddress // its recipients
}

// Relayable is the message of a probe as the log of its route knows it, without recipients.
func (p Probe) Relayable() Relayable {
	r := Relayable{Dispatch: p.Dispatch, MessageID: p.MessageID, Begun: p.Expected}
	if s := p.Submission(); s != nil {
		r.QueueID = s.QueueID
		if !s.Begun.IsZero() {
			r.Begun = s.Begun
		}
	}
	return r
}

// RelayAddress is one recipient of a Relayable.
type RelayAddress struct {
	Address string
	Probe   ProbeID
}

// RelayLog is where the log of a route's server is. Either File or Command is set.
type RelayLog struct {
	File    string
	Command []string // a program that prints it
	Dir     string   // where Command runs
	Format  string   // "postfix", "exim", "opensmtpd", "sendmail" or "haraka"; empty: any of them
}

// refusedFurther returns the answer by which a server further on refused the message for good, or
// nil. Where a server made several copies of it, for an alias, one that was passed on may still
// arrive.
func refusedFurther(list []Relayed) *Relayed {
	for i, r := range list {
		if r.Outcome != OutcomeRefused {
			continue
		}
		another := func(o Relayed) bool {
			return o.Passed() && o.QueueID == r.QueueID && !strings.EqualFold(o.Recipient, r.Recipient)
		}
		if !slices.ContainsFunc(list, another) {
			return &list[i]
		}
	}
	return nil
}

// refusalWords says who refused a message further on, or that the relay gave it up by itself.
func refusalWords(r Relayed) string {
	text := "refused by " + r.Remote
	if r.Remote == "" {
		text = "given up by the relay"
	}
	if r.Reply == nil && r.Said != "" {
		return text + ": " + strings.Join(strings.Fields(r.Said), " ")
	}
	return text + replyWords(r.Reply)
}
