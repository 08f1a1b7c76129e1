package seedtest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"seedtest"
)

// in makes a sighting one in a mailbox, which was last looked at without it at a time; 0: unknown.
func in(uid uint32, absent time.Duration) func(*seedtest.Sighting) {
	return func(s *seedtest.Sighting) {
		if s.UID = uid; absent > 0 {
			s.Absent = at(absent)
		}
	}
}

// left adds that a copy of message 1 was last seen at a time and is gone at another.
func (s *story) left(d, last time.Duration, role seedtest.Role, uid uint32) *story {
	return s.add(d, seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "box-" + string(role),
		UIDValidity: 1, UID: uid, LastSeen: at(last)})
}

// movesOf writes moves with their times in minutes.
func movesOf(s *story) []string {
	var list []string
	for _, m := range s.fold(100 * hour).Probe("p1").Moves() {
		text := fmt.Sprintf("%s %s>%s %v-%v", m.Kind, m.FromRole, m.ToRole,
			m.After.Sub(t0).Minutes(), m.Before.Sub(t0).Minutes())
		if m.ByUs {
			text += " by us to " + m.To
		}
		list = append(list, text)
	}
	return list
}

const (
	inInbox = seedtest.RoleInbox
	inJunk  = seedtest.RoleJunk
	inTrash = seedtest.RoleTrash
	inAll   = seedtest.RoleAll
)

func TestRule16Moves(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(*story)
		want []string
	}{
		"to junk": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inJunk, in(1, 8*minute))
		}, []string{"moved inbox>junk 8-9"}},
		"to junk, where it was seen first": {func(s *story) {
			s.sighting(9*minute, 1, "a", inJunk, in(1, 8*minute)).left(12*minute, 7*minute, inInbox, 1)
		}, []string{"moved inbox>junk 7-12"}},
		"to junk, before it was seen a second time": {func(s *story) {
			s.sighting(9*minute, 1, "a", inJunk, in(1, minute)).left(12*minute, minute, inInbox, 1)
		}, []string{"moved inbox>junk 1-12"}},
		"a copy, and later removed": {func(s *story) {
			s.sighting(9*minute, 1, "a", inJunk, in(1, 8*minute)).left(12*minute, 10*minute, inInbox, 1)
		}, []string{"copied inbox>junk 8-9", "removed inbox> 10-12"}},
		"there and back": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inTrash, in(1, 8*minute))
			s.left(15*minute, 14*minute, inTrash, 1)
			s.sighting(15*minute, 1, "a", inInbox, in(2, 14*minute))
		}, []string{"moved inbox>trash 8-9", "moved trash>inbox 14-15"}},
		"there and back between two looks": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inInbox, in(2, 8*minute))
		}, []string{"moved inbox>inbox 8-9"}},
		"removed, and put back long after": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(30*minute, 1, "a", inInbox, in(2, 29*minute))
		}, []string{"removed inbox> 8-9", "returned >inbox 29-30"}},
		"renumbered": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inInbox, in(1, 0),
				func(x *seedtest.Sighting) { x.UIDValidity = 2 })
		}, nil},
		"came twice": {func(s *story) {
			s.sighting(3*minute, 1, "a", inJunk, in(1, minute)).sighting(4*minute, 1, "a", inTrash, in(1, 0))
		}, nil},
		"by us": {func(s *story) { s.cleanUp(9 * minute) }, []string{
			"moved inbox> 9-9 by us to box-trash"}},
		"by us, after a move": {func(s *story) {
			s.left(5*minute, 4*minute, inInbox, 1).sighting(5*minute, 1, "a", inJunk, in(1, 4*minute))
			s.add(9*minute, seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "box-junk",
				UIDValidity: 1, UID: 1, LastSeen: at(9 * minute), ByUs: true})
		}, []string{"moved inbox>junk 4-5", "removed junk> 9-9 by us to "}},
		"by an owner's words": {func(s *story) {
			said := func(x *seedtest.Sighting) { x.ByHand, x.UID, x.UIDValidity = true, 0, 0 }
			s.left(5*minute, 2*minute, inInbox, 1).sighting(5*minute, 1, "a", inJunk, said)
			for i, now := range []seedtest.Role{inInbox, inJunk} {
				d, was := time.Duration(10+i)*minute, []seedtest.Role{inJunk, inInbox}[i]
				s.add(d, seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "box-" + string(was)})
				s.sighting(d, 1, "a", now, said)
			}
		}, []string{"moved inbox>junk 2-5", "moved junk>inbox 5-10", "moved inbox>junk 10-11"}},
		"archived": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
		}, []string{"moved inbox>all 8-9"}},
		"archived, taken back and thrown away": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.sighting(20*minute, 1, "a", inInbox, in(2, 19*minute))
			s.left(30*minute, 28*minute, inInbox, 2).left(31*minute, 27*minute, inAll, 5)
			s.sighting(31*minute, 1, "a", inTrash, in(9, 26*minute))
		}, []string{"moved inbox>all 8-9", "moved all>inbox 19-20", "moved inbox>trash 28-30"}},
		"removed and put back, which the view shows first": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.left(9*minute, 8*minute, inAll, 5).sighting(30*minute, 1, "a", inAll, in(6, 28*minute))
			s.sighting(31*minute, 1, "a", inTrash, in(2, 29*minute))
		}, []string{"removed inbox> 8-9", "returned >trash 29-31"}},
		"to trash by way of what nobody saw, while the view was asked": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 7*minute, inInbox, 1)
			s.left(12*minute, 8*minute, inAll, 5).sighting(12*minute, 1, "a", inTrash, in(2, 8*minute))
		}, []string{"moved inbox>trash 7-9"}},
		"archived, and by way of a mailbox in which nobody looked back": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.left(30*minute, 20*minute, inAll, 5).sighting(30*minute, 1, "a", inInbox, in(2, 28*minute))
		}, []string{"moved inbox>all 8-9", "moved all>inbox 20-30"}},
		"archived and removed": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.left(20*minute, 19*minute, inAll, 5)
		}, []string{"moved inbox>all 8-9", "removed all> 19-20"}},
	} {
		s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, minute))
		c.tell(s)
		if got := movesOf(s); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestRule16LooksOnRecordBoundMoves(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, 0))
	look := seedtest.Looked{Seed: "a", Begun: at(hour)}
	s.add(hour, look)
	last := s.fold(2 * hour).Probe("p1").Sightings[0].Last
	s.left(10*hour, hour, inInbox, 1).sighting(10*hour, 1, "a", inJunk, in(1, 0))
	s.sighting(11*hour, 1, "a", inTrash, in(1, 0))
	if !last.Equal(look.Begun) {
		t.Errorf("last known there at %s, want the look at %s", last, look.Begun)
	}
	if got := movesOf(s); !slices.Equal(got, []string{"moved inbox>junk 60-600",
		"copied inbox>trash 60-660"}) {
		t.Errorf("moves %q: another process found them, and the look on record bounds them", got)
	}
	without := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, 0))
	look.But = []string{"box-inbox", "box-trash"}
	without.add(hour, look).sighting(11*hour, 1, "a", inTrash, in(1, 0))
	if got := movesOf(without); got != nil {
		t.Errorf("moves %q, but nobody knows that it did not come with the message", got)
	}
	if last := without.fold(2 * hour).Probe("p1").Sightings[0].Last; !last.Equal(at(2 * minute)) {
		t.Errorf("last known there at %s by a look that left its mailbox out", last)
	}
	round := seedtest.Round{Seed: "a", Begun: at(3 * hour), Ended: at(3*hour + minute), Complete: true,
		Mailboxes: []seedtest.RoundMailbox{{Name: "box-inbox", UIDValidity: 1, OK: true}}}
	without.add(3*hour+minute, round)
	if last := without.fold(4 * hour).Probe("p1").Sightings[0].Last; !last.Equal(round.Begun) {
		t.Errorf("last known there at %s, want the round at %s", last, round.Begun)
	}
}

func TestRule16FirstWordOfGoneHolds(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, minute))
	s.left(9*minute, 8*minute, inInbox, 1).left(20*hour, minute, inInbox, 1)
	if got := movesOf(s); !slices.Equal(got, []string{"removed inbox> 8-9"}) {
		t.Errorf("moves %q, want what the first process said", got)
	}
}

func TestRule16SettledStaysWhateverMovesLater(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox).
		round(windowEnd, "a", true)
	s.sighting(windowEnd+hour, 1, "a", inJunk).left(windowEnd+hour, windowEnd, inInbox, 11).
		round(windowEnd+2*hour, "a", true)
	p := s.expect(windowEnd+3*hour, "p1", seedtest.Junk)
	if got := p.Placements.Settled; got == nil || *got != seedtest.Inbox {
		t.Errorf("settled %v, want inbox: it was there when its window closed", got)
	}
}

func TestMovesHaveTheStampsTheyLeft(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, minute))
	s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inJunk, in(1, 8*minute))
	s.sighting(19*minute, 1, "a", inTrash, in(1, 18*minute))
	p := s.fold(hour).Probe("p1")
	old := seedtest.Stamp{Field: "X-Spam-Flag", Raw: "NO", Trusted: true}
	spam := seedtest.Stamp{Field: "X-Spam-Flag", Raw: "YES", Trusted: true}
	forged := seedtest.Stamp{Field: "X-Spam-Flag", Raw: "YES, really"}
	p.Sightings[0].Stamps = []seedtest.Stamp{old}
	p.Sightings[1].Stamps = []seedtest.Stamp{spam, forged, old}
	p.Sightings[2].Stamps = []seedtest.Stamp{old, spam}
	moves := p.Moves()
	if len(moves) != 2 || len(moves[0].Stamps) != 1 || moves[0].Stamps[0].Raw != "YES" {
		t.Errorf("moves %+v, want the trusted stamp that the first left", moves)
	}
	if len(moves) == 2 && len(moves[1].Stamps) > 0 {
		t.Errorf("moves %+v: the copy has no stamp that the other lacks", moves)
	}
}

// What is nowhere when its window closes settles where it lay last.
func TestRule16SettlesWhereItLayLast(t *testing.T) {
	look := func(s *story, d time.Duration) { s.round(d, "a", true) }
	for name, c := range map[string]struct {
		tell func(*story)
		want seedtest.Placement
	}{
		"removed": {func(s *story) { s.left(9*minute, 8*minute, inInbox, 1) }, seedtest.Inbox},
		"moved to junk and removed": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inJunk, in(1, 8*minute))
			s.left(20*minute, 19*minute, inJunk, 1)
		}, seedtest.Junk},
		"to junk, back and removed": {func(s *story) {
			s.left(9*minute, 8*minute, inInbox, 1).sighting(9*minute, 1, "a", inJunk, in(1, 8*minute))
			s.sighting(15*minute, 1, "a", inInbox, in(2, 14*minute)).left(15*minute, 14*minute, inJunk, 1)
			s.left(20*minute, 19*minute, inInbox, 2)
		}, seedtest.Inbox},
		"two copies, the one in INBOX removed first": {func(s *story) {
			s.sighting(5*minute, 1, "a", inTrash, in(1, 4*minute)).left(9*minute, 8*minute, inInbox, 1)
			s.left(20*minute, 19*minute, inTrash, 1)
		}, seedtest.Other},
		"two copies, removed between the same looks": {func(s *story) {
			s.sighting(5*minute, 1, "a", inTrash, in(1, 4*minute)).left(9*minute, 8*minute, inInbox, 1)
			s.left(9*minute, 8*minute, inTrash, 1)
		}, seedtest.Inbox},
		"the same, told in the other order": {func(s *story) {
			s.sighting(5*minute, 1, "a", inTrash, in(1, 4*minute)).left(9*minute, 8*minute, inTrash, 1)
			s.left(9*minute, 8*minute, inInbox, 1)
		}, seedtest.Inbox},
		"archived": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
		}, seedtest.Other},
		"archived, and removed later": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.left(20*minute, 19*minute, inAll, 5)
		}, seedtest.Other},
		"removed for good, which the view shows a look later": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 4*minute, inInbox, 1)
			s.left(9*minute, 8*minute, inAll, 5)
		}, seedtest.Inbox},
		"archived, taken back and removed": {func(s *story) {
			s.sighting(3*minute, 1, "a", inAll, in(5, 0)).left(9*minute, 8*minute, inInbox, 1)
			s.sighting(20*minute, 1, "a", inInbox, in(2, 19*minute))
			s.left(30*minute, 28*minute, inInbox, 2).left(30*minute, 29*minute, inAll, 5)
		}, seedtest.Inbox},
		"removed while nobody looked, after the window": {func(s *story) {
			s.left(windowEnd+9*time.Hour, 8*minute, inInbox, 1)
		}, seedtest.Inbox},
	} {
		s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", inInbox, in(1, minute))
		c.tell(s)
		if got := s.fold(windowEnd + 8*time.Hour).Probe("p1").Placements.Settled; got != nil {
			t.Errorf("%s: settled %s, and nobody has looked since the window closed", name, *got)
		}
		look(s, windowEnd+9*time.Hour)
		s.sighting(windowEnd+10*time.Hour, 1, "a", inJunk, in(77, windowEnd+9*time.Hour))
		look(s, windowEnd+11*time.Hour)
		switch got := s.fold(windowEnd + 12*time.Hour).Probe("p1").Placements.Settled; {
		case got == nil:
			t.Errorf("%s: not settled", name)
		case *got != c.want:
			t.Errorf("%s: settled %s, want %s", name, *got, c.want)
		}
	}
}
