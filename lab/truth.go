package lab

import (
	"slices"
	"sync"
	"time"
)

// Truth is what really happened to one message for one recipient.
type Truth struct {
	MessageID  string // as it came, without angle brackets; empty: the content never came
	EnvelopeID string // ENVID of the envelope (RFC 3461 section 4.4), empty if none was given
	Route      string // whose relay took it: "old", "new", "control"; empty: none of them
	Seed       string
	Provider   string
	Events     []Event // in order
}

// Event is one thing that happened to a message.
type Event struct {
	At      time.Time
	What    What
	Detail  string
	Mailbox string
	Class   string
	UID     uint32
}

// What names what happened.
type What string

// What can happen to a message.
const (
	Accepted  What = "accepted"   // a relay said 250 to the final dot; Detail is the reply
	Refused   What = "refused"    // the client was told 5yz; Detail is the reply
	Deferred  What = "deferred"   // the client was told 4yz; Detail is the reply
	Evaluated What = "evaluated"  // Detail: "spf=pass dkim=none dmarc=fail iprev=pass"
	Delivered What = "delivered"  // into Mailbox and Class, with UID
	Dropped   What = "dropped"    // thrown away without a word; Detail says by whom
	Moved     What = "moved"      // to Mailbox, where it has UID
	Expunged  What = "expunged"   // from Mailbox
	Bounced   What = "bounced"    // given up by a relay that had taken it; Detail is the MX's reply
	LostReply What = "lost-reply" // accepted, but the connection broke before the 250 left
)

// Accepted reports whether a relay took responsibility for the message, whether or not the sender
// learnt of it.
func (t Truth) Accepted() bool { return t.has(Accepted) || t.has(LostReply) }

// Dropped reports whether the message was thrown away without a word.
func (t Truth) Dropped() bool { return t.has(Dropped) }

// Where returns the mailbox that holds the message now, and its class.
func (t Truth) Where() (mailbox, class string, ok bool) {
	for _, e := range t.Events {
		switch e.What {
		case Delivered, Moved:
			mailbox, class, ok = e.Mailbox, e.Class, true
		case Expunged:
			mailbox, class, ok = "", "", false
		}
	}
	return mailbox, class, ok
}

// First returns the delivery that came first.
func (t Truth) First() (Event, bool) {
	i := slices.IndexFunc(t.Events, func(e Event) bool { return e.What == Delivered })
	if i < 0 {
		return Event{}, false
	}
	return t.Events[i], true
}

func (t Truth) has(w What) bool {
	return slices.ContainsFunc(t.Events, func(e Event) bool { return e.What == w })
}

// mailing says which message, for whom, by which route: what a Truth is about.
type mailing struct {
	messageID, envelopeID, route, seed, provider string
}

// truthLog collects truths in the order in which their messages arrived.
type truthLog struct {
	now func() time.Time

	mu    sync.Mutex
	list  []*Truth
	by    map[mailing]*Truth
	lying map[spot]mailing // what lies where
}

// spot is a message's place in an account.
type spot struct {
	seed, mailbox string
	uid           uint32
}

func newTruthLog(now func() time.Time) *truthLog {
	return &truthLog{now: now, by: map[mailing]*Truth{}, lying: map[spot]mailing{}}
}

// note adds an event to the truth of a mailing. A retry of a message is the same mailing.
func (l *truthLog) note(about mailing, e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.At.IsZero() {
		e.At = l.now().UTC()
	}
	key := about
	if about.messageID != "" {
		key.envelopeID = "" // an MX is not told it
	}
	t := l.by[key]
	if t == nil {
		t = &Truth{MessageID: about.messageID, Route: about.route, Seed: about.seed,
			Provider: about.provider}
		l.by[key] = t
		l.list = append(l.list, t)
	}
	if t.EnvelopeID == "" {
		t.EnvelopeID = about.envelopeID
	}
	t.Events = append(t.Events, e)
	if e.What == Delivered || e.What == Moved {
		l.lying[spot{about.seed, e.Mailbox, e.UID}] = about
	}
}

// changed notes what a client did to a message of a seed.
func (l *truthLog) changed(seed string, c accountChange) {
	l.mu.Lock()
	from := spot{seed, c.mailbox, c.uid}
	about, ours := l.lying[from]
	delete(l.lying, from)
	l.mu.Unlock()
	switch {
	case !ours:
	case c.to == "":
		l.note(about, Event{What: Expunged, Mailbox: c.mailbox, UID: c.uid})
	default:
		l.note(about, Event{What: Moved, Mailbox: c.to, UID: c.toUID})
	}
}

// place returns how many messages went the same way up to this one.
func (l *truthLog) place(about mailing) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, t := range l.list {
		if t.Route != about.route || t.Seed != about.seed || t.MessageID == "" {
			continue
		}
		n++
		if t.MessageID == about.messageID {
			break
		}
	}
	return n
}

func (l *truthLog) copy() []Truth {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Truth, 0, len(l.list))
	for _, t := range l.list {
		c := *t
		c.Events = slices.Clone(t.Events)
		out = append(out, c)
	}
	return out
}
