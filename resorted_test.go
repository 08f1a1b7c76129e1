package seedtest_test

import (
	"testing"
	"time"

	"seedtest"
)

// classed makes a sighting one of a class, after it was last known to be of another.
func classed(class string, after time.Duration) func(*seedtest.Sighting) {
	return func(s *seedtest.Sighting) {
		if s.Class = class; after > 0 {
			s.ClassAfter = at(after)
		}
	}
}

// TestRule16ClassesOverTime lets a provider sort a message into other classes while it is followed.
func TestRule16ClassesOverTime(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1")
	in := func(d time.Duration, class string, after time.Duration) {
		s.sighting(d, 1, "a", inInbox, classed(class, after))
	}
	in(2*minute, "unknown", 0)
	in(3*minute, "primary", 0) // it took its time to be sorted
	in(9*minute, "promotions", 8*minute)
	in(10*minute, "unknown", 0) // it could not be read, which says nothing
	in(hour, "social", 0)       // a process that came later does not know when it was asked before
	if now := s.expect(2*hour, "p1", seedtest.Category); now.Placements.Class != "social" {
		t.Errorf("class %q after two hours, want social", now.Placements.Class)
	}
	s.round(windowEnd, "a", true)
	in(windowEnd+hour, "primary", windowEnd)
	p := s.expect(windowEnd+2*hour, "p1", seedtest.Inbox)
	if got := p.Placements.Settled; p.Placements.First != seedtest.Inbox || got == nil ||
		*got != seedtest.Category || p.Placements.Class != "" {
		t.Errorf("placements %+v, settled %v; want first inbox, settled category and now inbox",
			p.Placements, got)
	}
	for i, want := range []seedtest.Move{
		{OldClass: "primary", Class: "promotions", After: at(8 * minute), Before: at(9 * minute)},
		{OldClass: "promotions", Class: "social", After: at(9 * minute), Before: at(hour)},
		{OldClass: "social", Class: "primary", After: at(windowEnd), Before: at(windowEnd + hour)},
	} {
		moves := p.Moves()
		if len(moves) != 3 {
			t.Fatalf("moves %+v, want three", moves)
		}
		m := moves[i]
		if m.Kind != seedtest.Resorted || m.From != "box-inbox" || m.To != m.From ||
			m.OldClass != want.OldClass || m.Class != want.Class || !m.After.Equal(want.After) ||
			!m.Before.Equal(want.Before) {
			t.Errorf("move %d is %+v, want %+v", i, m, want)
		}
	}
}
