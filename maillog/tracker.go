package maillog

import (
	"slices"
	"strings"
	"time"

	"seedtest"
)

// maxChain is under how many queue ids one message is followed.
const maxChain = 8

// maxAnswers is how many answers are recorded of one message and recipient: a message that is put
// off again and again for days says nothing new.
const maxAnswers = 100

// early is how long before an attempt a line may claim to be written: clocks and time zones of
// servers differ.
const early = 26 * time.Hour

// Tracker joins lines of one server's log to messages. It is not safe for concurrent use.
type Tracker struct {
	// Lines and Understood count the lines so far, and those that told of some message.
	Lines, Understood int

	parser  *Parser
	recent  ring
	wanted  map[seedtest.DispatchID]*message
	byName  map[string]*message   // by Message-ID
	byQueue map[string][]*message // by queue id
}

// NewTracker returns a Tracker that knows no messages.
func NewTracker(p *Parser) *Tracker {
	return &Tracker{parser: p, wanted: map[seedtest.DispatchID]*message{},
		byName: map[string]*message{}, byQueue: map[string][]*message{}, recent: newRing()}
}

// message is one that is wanted.
type message struct {
	seedtest.Relayable
	ids  map[string]standing
	said map[string]bool // answers that are known
	per  map[seedtest.ProbeID]int
}

// standing is whose a queue id is.
type standing int

const (
	foreign standing = iota // not this message's, or no more
	claimed                 // by a reply that named it
	owned                   // by the log, which has its Message-ID
)

// Known tells answers that are recorded already. They are not returned again.
func (t *Tracker) Known(list ...seedtest.Relayed) {
	for _, r := range list {
		m := t.message(r.Dispatch)
		m.said[sayingOf(r)] = true
		m.per[r.Probe]++
	}
}

func sayingOf(r seedtest.Relayed) string {
	return r.QueueID + " " + string(r.Probe) + " " + r.Line
}

func (t *Tracker) message(id seedtest.DispatchID) *message {
	m := t.wanted[id]
	if m == nil {
		m = &message{ids: map[string]standing{}, said: map[string]bool{},
			per: map[seedtest.ProbeID]int{}}
		t.wanted[id] = m
	}
	return m
}

// Want follows a message from now on, and returns what recent lines said of it.
func (t *Tracker) Want(w seedtest.Relayable) []seedtest.Relayed {
	m := t.message(w.Dispatch)
	m.Relayable = w
	if w.MessageID != "" {
		t.byName[w.MessageID] = m
	}
	t.claim(m, w.QueueID)
	for _, e := range t.recent.named[w.MessageID] {
		t.claim(m, e.QueueID)
	}
	return t.recall(m)
}

// claim follows a queue id too, and reports whether it is a new one.
func (t *Tracker) claim(m *message, id string) bool {
	if _, known := m.ids[id]; known || id == "" || len(m.ids) >= maxChain {
		return false
	}
	m.ids[id] = claimed
	t.byQueue[id] = append(t.byQueue[id], m)
	return true
}

// recall reads the recent lines under the queue ids of a message again, in their order, until they
// lead to no further one.
func (t *Tracker) recall(m *message) []seedtest.Relayed {
	var found []seedtest.Relayed
	for more := true; more; {
		more = false
		for _, e := range t.recent.of(m.ids) {
			answers, next := m.take(*e)
			found = append(found, answers...)
			more = t.claim(m, next) || more
		}
	}
	return found
}

// Line reads the next line of the log and returns what it says of messages that are wanted. got is
// when the line was written at the earliest, zero if it may be an old one.
func (t *Tracker) Line(line string, got time.Time) []seedtest.Relayed {
	t.Lines++
	e, ok := t.parser.Line(line)
	if !ok {
		return nil
	}
	t.Understood++
	k := t.recent.add(e, got)
	if m := t.byName[e.MessageID]; m != nil && e.Kind == Named {
		t.claim(m, e.QueueID)
	}
	var found []seedtest.Relayed
	for _, m := range t.byQueue[e.QueueID] {
		answers, next := m.take(*k)
		found = append(found, answers...)
		if t.claim(m, next) {
			found = append(found, t.recall(m)...)
		}
	}
	return found
}

// take is one line about a queue id of the message. It returns answers that are new, and the queue
// id to which they lead.
func (m *message) take(e entry) (answers []seedtest.Relayed, next string) {
	switch e.Kind {
	case Named:
		// An id that is given anew is another message's (Postfix does that with short ones).
		m.ids[e.QueueID] = foreign
		if e.MessageID == m.MessageID {
			m.ids[e.QueueID] = owned
		}
	case Finished:
		m.ids[e.QueueID] = foreign
	case Handed:
		if m.ids[e.QueueID] == foreign || !m.mayBe(e) {
			return nil, ""
		}
		for _, to := range m.To {
			if m.concerns(e.Event, to.Address) {
				answers = m.answer(answers, e.Event, to)
				next = e.NextID
			}
		}
	}
	return answers, next
}

// mayBe reports whether a line can be about this message by its time: what stood in the log before
// the attempt is about another one that had the same queue id.
func (m *message) mayBe(e entry) bool {
	return (e.got.IsZero() || !e.got.Before(m.Begun)) &&
		(e.When.IsZero() || !e.When.Before(m.Begun.Add(-early)))
}

// concerns reports whether a delivery was to a recipient. A line that names none is about the only
// one; a user of the relay itself may be written without the domain.
func (m *message) concerns(e Event, address string) bool {
	switch {
	case e.To == "" && e.For == "":
		return len(m.To) == 1
	case strings.EqualFold(e.For, address):
		return true
	case e.Via == seedtest.ViaMailbox && !strings.Contains(e.To, "@") && e.For == "":
		user, _, _ := strings.Cut(address, "@")
		return strings.EqualFold(e.To, user)
	}
	return slices.ContainsFunc(strings.Split(e.To, ","), func(to string) bool {
		return strings.EqualFold(strings.TrimSpace(to), address)
	})
}

// answer makes a fact of a delivery, unless it is known.
func (m *message) answer(list []seedtest.Relayed, e Event, to seedtest.RelayAddress) []seedtest.Relayed {
	r := seedtest.Relayed{Dispatch: m.Dispatch, Probe: to.Probe, Source: "log", Remote: e.Remote,
		Outcome: e.Outcome, Reply: e.Reply, Said: e.Said, Line: e.Line, When: e.When,
		QueueID: e.QueueID, NextID: e.NextID, Via: e.Via, Delay: e.Delay, Transfer: e.Transfer,
		TLS: e.TLS}
	if !strings.EqualFold(e.To, to.Address) && !strings.Contains(e.To, ",") {
		r.Recipient = e.To
	}
	key := sayingOf(r)
	if m.said[key] || m.per[to.Probe] >= maxAnswers && e.Outcome == seedtest.OutcomeDeferred ||
		m.per[to.Probe] >= 2*maxAnswers {
		return list
	}
	m.said[key] = true
	m.per[to.Probe]++
	return append(list, r)
}
