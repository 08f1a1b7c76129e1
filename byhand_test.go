package seedtest_test

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// byHand makes seed a one whose owner looks.
func byHand(o *seedtest.Opened) { o.Seeds[0].ByHand = true }

// word is the owner's, about the message of a dispatch: where it lies, or that it is nowhere.
func (s *story) word(d time.Duration, dispatch byte, mailbox string, role seedtest.Role) *story {
	if mailbox != "" {
		s.add(d, seedtest.Sighting{Seed: "a", Token: tokenOf(dispatch), Mailbox: mailbox, Role: role,
			ByHand: true})
	}
	return s.add(d, seedtest.Round{Seed: "a", Token: tokenOf(dispatch), ByHand: true, Begun: at(d),
		Ended: at(d),
		Try:   1, Complete: true})
}

func TestRule24ByHandWaitsForItsOwner(t *testing.T) {
	s := tell(t, byHand).accepted(minute, "d1")
	for when, want := range map[time.Duration]seedtest.Placement{
		2 * minute:              seedtest.Pending,
		2*minute + deadline:     seedtest.Pending, // nobody looked: that is no absence
		2*minute + 24*time.Hour: seedtest.Blind,
	} {
		if p := s.expect(when, "p1", want); !p.Terminal || !strings.Contains(p.Why, "by hand") {
			t.Errorf("after %s: terminal %t, why %q", when, p.Terminal, p.Why)
		}
	}
}

func TestRule24WordOfTheOwner(t *testing.T) {
	for name, c := range map[string]struct {
		mailbox string
		role    seedtest.Role
		want    seedtest.Placement
	}{
		"inbox":    {"INBOX", seedtest.RoleInbox, seedtest.Inbox},
		"junk":     {"junk", seedtest.RoleJunk, seedtest.Junk},
		"category": {"news", seedtest.RoleInboxLike, seedtest.Category},
		"other":    {"Receipts", seedtest.RoleNone, seedtest.Other},
		"absent":   {"", "", seedtest.Overdue},
	} {
		said := 2*minute + deadline
		s := tell(t, byHand).accepted(minute, "d1").accepted(minute, "d3").word(said, 1, c.mailbox,
			c.role)
		p := s.expect(said+minute, "p1", c.want)
		if !strings.Contains(p.Why, "owner") {
			t.Errorf("%s: why %q, want the word of the owner", name, p.Why)
		}
		if c.mailbox != "" && p.Late != nil {
			t.Errorf("%s: late %t, but a late word says nothing of the message", name, *p.Late)
		}
		if d, ok := p.Total(); ok {
			t.Errorf("%s: it took %s, but nobody measured that", name, d)
		}
		s.expect(said+minute, "p3", seedtest.Pending) // the other message there: not a word about it
	}
}

func TestRule24WordsOverTime(t *testing.T) {
	first, second := 2*minute+deadline, 25*time.Hour
	s := tell(t, byHand).accepted(minute, "d1").word(first, 1, "", "").word(second, 1, "", "")
	s.expect(first+minute, "p1", seedtest.Missing)
	s = tell(t, byHand).accepted(minute, "d1").word(first, 1, "INBOX", seedtest.RoleInbox)
	s.add(second, seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "INBOX", LastSeen: at(first)})
	s.word(second, 1, "junk", seedtest.RoleJunk)
	p := s.expect(second, "p1", seedtest.Junk)
	if p.Placements.First != seedtest.Inbox || p.Placements.Settled != nil {
		t.Errorf("first %s, settled %v; want inbox, not settled", p.Placements.First,
			p.Placements.Settled)
	}
	s.word(first+49*time.Hour, 1, "junk", seedtest.RoleJunk)
	if p := s.expect(first+50*time.Hour, "p1", seedtest.Junk); p.Placements.Settled == nil {
		t.Error("not settled by a word after the follow window")
	}
}
