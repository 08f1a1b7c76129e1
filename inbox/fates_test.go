package inbox

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"seedtest"
)

// TestRule06RandomFates lets a mailbox owner and a server do what they like between looks, and
// holds what is said of two messages, of which one may come, against what happened. REPLAY=N runs
// one world alone.
func TestRule06RandomFates(t *testing.T) {
	if n, err := strconv.ParseUint(os.Getenv("REPLAY"), 10, 64); err == nil {
		randomFate(t, n)
		return
	}
	said := map[seedtest.Placement]int{}
	for n := range uint64(80) {
		said[randomFate(t, n)]++
	}
	if said[seedtest.Overdue] < 10 || said[seedtest.Blind] < 10 {
		t.Errorf("what never came was called %v, want it absent and blind ten times each", said)
	}
}

// owner does random things to the mailboxes of a server.
type owner struct {
	*watching
	draw     *rand.Rand
	validity uint32
	came     bool     // message 0 was delivered
	did      []string // what happened
}

// randomFate runs one world, and returns what is said of the message that never came.
func randomFate(t *testing.T, n uint64) (said seedtest.Placement) {
	draw := rand.New(rand.NewPCG(n, 1))
	b := newBook(2)
	b.seed.Own = draw.IntN(2) == 0
	watch(t, b, func(s *server) {
		if draw.IntN(2) == 0 {
			s.caps += " LIST-STATUS"
		}
		s.create("Lists", "")
		if draw.IntN(4) > 0 {
			ownNumbers(s)
		}
		for range draw.IntN(8) {
			s.deliver(s.boxes[draw.IntN(len(s.boxes))].name, letterOfOthers, "")
		}
	}, func(w *watching) {
		o := &owner{watching: w, draw: draw, validity: 1000}
		w.accept(0)
		w.accept(1)
		for range draw.IntN(9) {
			time.Sleep(time.Duration(draw.Int64N(int64(3 * time.Minute))))
			for range 1 + draw.IntN(3) {
				o.act()
			}
		}
		w.ended()
		p := w.probe(0)
		switch place := p.Placements.Current; {
		case place == seedtest.Overdue && o.came, place.Seen() && !o.came,
			!place.Seen() && place != seedtest.Overdue && place != seedtest.Blind:
			t.Errorf("REPLAY=%d: %s (%s), and it came %t; %q", n, place, p.Why, o.came, o.did)
		}
		q := w.probe(1)
		if said = q.Placements.Current; said != seedtest.Overdue && said != seedtest.Blind {
			t.Errorf("REPLAY=%d: what never came is %s (%s); %q", n, said, q.Why, o.did)
		}
	})
	return said
}

// act does one thing.
func (o *owner) act() {
	o.server.mu.Lock()
	m := o.boxes[o.draw.IntN(len(o.boxes))]
	name, to := m.name, o.boxes[o.draw.IntN(len(o.boxes))].name
	var uids []uint32
	for _, l := range m.messages {
		uids = append(uids, l.uid)
	}
	fixed := name == "INBOX" || name == "Sent" // where our message lies it is not sought
	o.server.mu.Unlock()
	o.validity++
	act := o.draw.IntN(11)
	what := ""
	switch {
	case act < 2 && !o.came && name != "Sent":
		o.deliver(name, o.header(0), "")
		o.came, what = true, "comes to "+name
	case act < 4:
		o.deliver(name, letterOfOthers, "")
		what = "other mail comes to " + name
	case act == 4 && len(uids) > 0:
		o.remove(name, uids[o.draw.IntN(len(uids))])
		what = "a message is removed from " + name
	case act == 5 && len(uids) > 0 && to != name && to != "Sent":
		o.move(name, uids[o.draw.IntN(len(uids))], to)
		what = "a message is moved from " + name + " to " + to
	case act == 6 && !fixed:
		o.delete(name)
		what = name + " is deleted"
	case act == 7 && !fixed:
		o.remake(name, o.validity)
		what = name + " is made anew"
	case act == 8 && !fixed:
		o.rename(name, fmt.Sprint(name, o.validity))
		what = name + " is renamed"
	case act == 9:
		o.renumber(name, o.validity)
		what = name + " is numbered anew"
	case act == 10:
		o.hangUp()
		what = "the server hangs up"
	}
	o.did = append(o.did, fmt.Sprintf("%s %s", time.Since(epoch).Round(time.Second), what))
	o.did = slices.DeleteFunc(o.did, func(s string) bool { return s == "" })
}
