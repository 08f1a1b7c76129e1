package seedtest_test

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// windowEnd is when the follow window of a message that was seen in minute 2 closes.
const windowEnd = 2*minute + 48*time.Hour

// cleanUp adds that we moved the copies of message 1 to the trash.
func (s *story) cleanUp(d time.Duration) *story {
	for _, c := range s.fold(d).Probe("p1").Sightings {
		s.add(d, seedtest.Gone{Seed: "a", Token: c.Token, Mailbox: c.Mailbox, UIDValidity: 1,
			UID: c.UID, LastSeen: at(d), ByUs: true, MovedTo: "box-trash"})
	}
	return s
}

func TestRule16WhatWeRemovedIsNotGone(t *testing.T) {
	for _, role := range []seedtest.Role{seedtest.RoleInbox, seedtest.RoleJunk, seedtest.RoleAll} {
		s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", role).
			round(windowEnd, "a", true)
		before := s.fold(windowEnd).Probe("p1").Placements.Settled
		s.cleanUp(windowEnd+hour).sighting(windowEnd+2*hour, 1, "a", seedtest.RoleTrash)
		p := s.fold(windowEnd + 3*hour).Probe("p1")
		if before == nil || p.Placements.Settled == nil || *p.Placements.Settled != *before {
			t.Errorf("%s: settled %v before and %v after it was removed", role, before,
				p.Placements.Settled)
		}
		if !strings.Contains(p.Why, "removed by us on ") || strings.Contains(p.Why, "gone") {
			t.Errorf("%s: why %q, want that we removed it", role, p.Why)
		}
		if len(p.Sightings) != 1 {
			t.Errorf("%s: sightings %+v: what we put into the trash is no sighting", role, p.Sightings)
		}
	}
}

func TestRule16NothingSettlesThatWasRemovedEarly(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox).
		cleanUp(hour).round(windowEnd, "a", true)
	p := s.expect(windowEnd, "p1", seedtest.Inbox)
	if p.Placements.Settled != nil || !strings.Contains(p.Why, "before anybody had looked") {
		t.Errorf("settled %v, why %q: nobody knows where it would have been", p.Placements.Settled,
			p.Why)
	}
}

func TestRule16WhatWeMovedMayBeRemovedLater(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox).
		round(windowEnd, "a", true).cleanUp(windowEnd + hour)
	moved := *s.fold(windowEnd + hour).Probe("p1").Sightings[0].Gone
	removed := moved
	removed.MovedTo, removed.LastSeen = "", at(windowEnd+2*hour)
	s.add(windowEnd+2*hour, removed)
	p := s.fold(windowEnd + 3*hour).Probe("p1")
	if g := p.Sightings[0].Gone; g.MovedTo != "" || !g.ByUs || !g.LastSeen.Equal(moved.LastSeen) {
		t.Errorf("gone: %+v, want removed, and seen last before it was moved", g)
	}
	s.add(windowEnd+3*hour, moved)
	if g := s.fold(windowEnd + 4*hour).Probe("p1").Sightings[0].Gone; g.MovedTo != "" {
		t.Errorf("gone: %+v: what was removed was not moved afterwards", g)
	}
}
