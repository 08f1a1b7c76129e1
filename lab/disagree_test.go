package lab

import (
	"testing"
	"time"

	"seedtest"
)

// at is a moment so many seconds after the message left.
func at(s int) time.Time { return time.Unix(1_700_000_000+int64(s), 0).UTC() }

// saying is a probe of which a run says that it is somewhere.
func saying(p seedtest.Placement, seen ...seedtest.Seen) seedtest.Probe {
	accepted := seedtest.AttemptState{Submission: &seedtest.Submission{}}
	probe := seedtest.Probe{ID: "p1", Attempts: []seedtest.AttemptState{accepted}, Sightings: seen}
	probe.Placements = seedtest.ProbePlaces{First: p, Current: p}
	return probe
}

func seenIn(mailbox string, role seedtest.Role, when int) seedtest.Seen {
	return seedtest.Seen{Sighting: seedtest.Sighting{Mailbox: mailbox, Role: role}, At: at(when)}
}

// TestDisagreement holds claims, right and wrong ones, against stories.
func TestDisagreement(t *testing.T) {
	roles := map[string]seedtest.Role{"INBOX": seedtest.RoleInbox, "Junk": seedtest.RoleJunk,
		"All": seedtest.RoleAll}
	in := func(mailbox string, when int) Event {
		return Event{At: at(when), What: Delivered, Mailbox: mailbox}
	}
	taken, no := Event{At: at(0), What: Accepted}, Event{At: at(0), What: Refused}
	inbox := seenIn("INBOX", seedtest.RoleInbox, 2)
	moved := []Event{taken, in("INBOX", 1), {At: at(5), What: Moved, Mailbox: "Junk"}}
	settled := saying(seedtest.Inbox, inbox)
	settled.Placements.Settled, settled.FollowEnd = &settled.Placements.Current, at(9)
	doubt := saying(seedtest.InDoubt)
	doubt.Attempts[0].Submission = nil
	for name, c := range map[string]struct {
		story story
		probe seedtest.Probe
		right bool
	}{
		"inbox":                {story{Truth: Truth{Events: []Event{taken, in("INBOX", 1)}}}, saying(seedtest.Inbox, inbox), true},
		"inbox, was junk":      {story{Truth: Truth{Events: []Event{taken, in("Junk", 1)}}}, saying(seedtest.Inbox, inbox), false},
		"moved later":          {story{Truth: Truth{Events: moved}}, saying(seedtest.Inbox, inbox), true},
		"settled, was moved":   {story{Truth: Truth{Events: moved}}, settled, false},
		"never was there":      {story{Truth: Truth{Events: []Event{taken}}}, saying(seedtest.Inbox, inbox), false},
		"wrong class":          {story{Truth: Truth{Events: []Event{taken, in("INBOX", 1)}}}, saying(seedtest.Category, inbox), false},
		"refused":              {story{Truth: Truth{Events: []Event{no}}}, saying(seedtest.Refused), true},
		"refused, was taken":   {story{Truth: Truth{Events: []Event{taken}}}, saying(seedtest.Refused), false},
		"deferred, was not":    {story{Truth: Truth{Events: []Event{no}}}, saying(seedtest.Deferred), false},
		"missing":              {story{Truth: Truth{Events: []Event{taken}}}, saying(seedtest.Missing), true},
		"missing, is there":    {story{Truth: Truth{Events: []Event{taken, in("INBOX", 1)}}}, saying(seedtest.Missing), false},
		"missing, was refused": {story{Truth: Truth{Events: []Event{no}}}, saying(seedtest.Missing), false},
		"blind":                {story{hidden: true}, saying(seedtest.Blind), true},
		"blind without reason": {story{Truth: Truth{Events: []Event{taken}}}, saying(seedtest.Blind), false},
		"unsent":               {story{trouble: true}, saying(seedtest.Unsent), true},
		"unsent, was taken":    {story{trouble: true, Truth: Truth{Events: []Event{taken}}}, saying(seedtest.Unsent), false},
		"unsent without cause": {story{}, saying(seedtest.Unsent), false},
		"in doubt, cut":        {story{cut: true}, saying(seedtest.InDoubt), true},
		"in doubt, killed":     {story{}, doubt, true},
		"in doubt, answered":   {story{}, saying(seedtest.InDoubt), false},
		"in doubt, is there":   {story{cut: true, Truth: Truth{Events: []Event{taken, in("Junk", 1)}}}, saying(seedtest.InDoubt), false},
		"pending at the end":   {story{}, saying(seedtest.Pending), false},
	} {
		c.story.roles = roles
		why := c.story.against(c.probe, at(20))
		if (why == "") != c.right {
			t.Errorf("%s: against(%s) = %q, want it to be right: %t", name,
				c.probe.Placements.Current, why, c.right)
		}
	}
}

func TestTroubleFollowsFromItsNumber(t *testing.T) {
	kinds := map[FaultKind]bool{}
	for n := range uint64(200) {
		a, b := Trouble(n), Trouble(n)
		if len(a) == 0 || len(a) > 3 || len(a) != len(b) || a[0] != b[0] {
			t.Fatalf("Trouble(%d) = %+v, then %+v", n, a, b)
		}
		for _, f := range a {
			kinds[f.Kind] = true
			if f.Party == "" {
				t.Errorf("Trouble(%d): %+v befalls everybody", n, f)
			}
		}
	}
	if len(kinds) < 20 {
		t.Errorf("%d kinds of trouble in 200 draws, want at least 20", len(kinds))
	}
}
