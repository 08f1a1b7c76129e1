package maillog

import (
	"slices"
	"time"
)

// How much of the log is remembered, for messages that are wanted only after the server has logged
// what it did with them.
const (
	maxEvents = 20000
	maxOctets = 8 << 20
)

// entry is an event with its place in the log.
type entry struct {
	Event
	seq int
	got time.Time // when the line was written at the earliest; zero: not known
}

// ring remembers the last events, by queue id and by Message-ID.
type ring struct {
	all    []*entry
	queue  map[string][]*entry
	named  map[string][]*entry
	seq    int
	octets int
}

func newRing() ring {
	return ring{queue: map[string][]*entry{}, named: map[string][]*entry{}}
}

func (r *ring) add(e Event, got time.Time) *entry {
	r.seq++
	k := &entry{Event: e, seq: r.seq, got: got}
	r.all = append(r.all, k)
	r.octets += len(e.Line)
	r.queue[e.QueueID] = append(r.queue[e.QueueID], k)
	if e.Kind == Named {
		r.named[e.MessageID] = append(r.named[e.MessageID], k)
	}
	for len(r.all) > maxEvents || r.octets > maxOctets {
		r.forget()
	}
	return k
}

// forget drops the oldest event, which is also the first under its ids.
func (r *ring) forget() {
	k := r.all[0]
	r.all[0] = nil
	r.all = r.all[1:]
	r.octets -= len(k.Line)
	drop(r.queue, k.QueueID)
	if k.Kind == Named {
		drop(r.named, k.MessageID)
	}
}

func drop(m map[string][]*entry, key string) {
	if m[key][0] = nil; len(m[key]) == 1 {
		delete(m, key)
		return
	}
	m[key] = m[key][1:]
}

// of returns the events under some queue ids, in their order.
func (r *ring) of(ids map[string]standing) []*entry {
	var list []*entry
	for id := range ids {
		list = append(list, r.queue[id]...)
	}
	slices.SortFunc(list, func(a, b *entry) int { return a.seq - b.seq })
	return list
}
