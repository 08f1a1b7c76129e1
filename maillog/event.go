package maillog

import (
	"strings"
	"time"

	"seedtest"
)

// EventKind says what a line tells.
type EventKind string

// The kinds of events.
const (
	Named    EventKind = "named"    // the message's Message-ID
	Handed   EventKind = "handed"   // how a delivery to one recipient ended
	Finished EventKind = "finished" // the message left the queue; its id may be given anew
)

// Event is what one line of a log says of one message.
type Event struct {
	Kind      EventKind
	When      time.Time // zero: the line has no time
	QueueID   string    // the part by which the accepting reply names the message
	MessageID string    // of Named: without angle brackets, as written
	To        string    // the recipient, as it was delivered to; empty: the line does not say
	For       string    // the recipient as it was before aliases; empty: the same
	Remote    string    // "host[address]:port"; empty: no server
	Via       seedtest.Via
	Outcome   seedtest.Outcome // accepted, deferred or refused
	Reply     *seedtest.Reply
	Said      string // what the server itself says where there is no reply
	NextID    string
	Delay     time.Duration
	Transfer  time.Duration
	TLS       *seedtest.RelayTLS
	Line      string // the line, at most maxLine octets of it
}

// maxLine is how much of a line is read and kept, in octets. Postfix and Exim write longer ones for
// many recipients only.
const maxLine = 4096

// Parser reads lines of logs. What a server says of a connection stands on other lines than what it
// says of the message, so a Parser remembers the last connections. It is not safe for concurrent use.
type Parser struct {
	format string
	now    func() time.Time
	zone   *time.Location
	tls    recent[session]
}

// NewParser returns a Parser for one format, or for all if format is empty. now gives the year of
// stamps that have none, and zone is that of stamps that tell none.
func NewParser(format string, now func() time.Time, zone *time.Location) *Parser {
	return &Parser{format: format, now: now, zone: zone}
}

// Line reads one line. It returns false if the line tells of no message.
func (p *Parser) Line(line string) (Event, bool) {
	if len(line) > maxLine {
		line = line[:maxLine]
	}
	line = strings.ToValidUTF8(strings.TrimRight(line, "\r\n"), "\uFFFD")
	h := p.head(line)
	for _, f := range formats() {
		if p.format != "" && p.format != f.Name || !f.speaks(h) {
			continue
		}
		if e, ok := f.read(p, h); ok {
			e.When, e.Line = h.when, line
			return completed(e), true
		}
	}
	return Event{}, false
}

// completed adds what a reply tells besides: how the next hop calls the message. LMTP (RFC 2033)
// without such a name ends in a mailbox.
func completed(e Event) Event {
	if e.Kind != Handed || e.Outcome != seedtest.OutcomeAccepted {
		return e
	}
	text := e.Said
	if e.Reply != nil {
		text = e.Reply.Text
	}
	e.NextID = nextID(text)
	if e.Via == "lmtp" && e.NextID == "" {
		e.Via = seedtest.ViaMailbox
	}
	return e
}

// session is the encryption of a server's connection to a next hop, and the message that it was for.
type session struct {
	seedtest.RelayTLS
	queueID string    // empty: none yet
	at      time.Time // of the first word on that message
}

// sessionLasts is how long after the first word on a message others of the same session may come.
const sessionLasts = time.Minute

// tlsOf returns the encryption of the delivery that a line tells of, nil if it is not known. A
// process that serves one connection after the other says so before the first message of each; what
// comes later may have gone in plain text.
func (p *Parser) tlsOf(key, queueID string, at time.Time) *seedtest.RelayTLS {
	s, ok := p.tls.get(key)
	switch {
	case !ok:
		return nil
	case s.queueID == "":
		s.queueID, s.at = queueID, at
		p.tls.put(key, s)
	case s.queueID != queueID || at.Sub(s.at) > sessionLasts:
		return nil
	}
	return &s.RelayTLS
}

// recent remembers the last values by key.
type recent[T any] struct {
	values map[string]T
	order  []string
}

// maxRecent is how many connections of a server are remembered. It has few at once.
const maxRecent = 2048

func (r *recent[T]) put(key string, v T) {
	if r.values == nil {
		r.values = map[string]T{}
	}
	if _, known := r.values[key]; !known {
		if r.order = append(r.order, key); len(r.order) > maxRecent {
			delete(r.values, r.order[0])
			r.order = r.order[1:]
		}
	}
	r.values[key] = v
}

func (r *recent[T]) get(key string) (T, bool) {
	v, ok := r.values[key]
	return v, ok
}
