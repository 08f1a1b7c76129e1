package seedtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

func noteCodes(r seedtest.Run) []string {
	var codes []string
	for _, n := range r.Notes {
		codes = append(codes, n.Code)
	}
	return codes
}

func TestRule07SideMailboxMakesNothingBlind(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1")
	s.add(minute+deadline, seedtest.Round{Seed: "a", Begun: at(minute + deadline), Complete: true,
		Mailboxes: []seedtest.RoundMailbox{{Name: "INBOX", Essential: true, OK: true},
			{Name: "Shared", Why: "NO permission denied"}}})
	p := s.expect(2*minute+deadline, "p1", seedtest.Overdue)
	if m := p.Proof.Mailboxes[1]; m.OK || m.Why == "" {
		t.Errorf("the side mailbox that could not be read is not named: %+v", m)
	}
	if !strings.Contains(p.Why, "1 mailboxes") {
		t.Errorf("Why = %q, want the count of mailboxes that were read", p.Why)
	}
}

func TestRule08NoBaselineIsBlindAndUnsent(t *testing.T) {
	s := tell(t, nil).add(30*time.Second, seedtest.Fault{Seed: "a", Kind: seedtest.FaultBaseline,
		What: "no baseline within 30s: login refused", From: t0})
	p := s.expect(minute, "p1", seedtest.Blind)
	if !p.Terminal || !strings.Contains(p.Why, "login refused") {
		t.Errorf("terminal %v, why %q: want the fault, at once", p.Terminal, p.Why)
	}
	s.expect(minute, "p2", seedtest.Pending) // seed b has a baseline of its own to wait for
	s.add(2*minute, seedtest.Resumed{Purpose: seedtest.PurposeResume})
	s.expect(2*minute, "p1", seedtest.Pending)
}

func TestRule09TagElsewhereIsNoted(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d2").sighting(2*minute, 2, "a", seedtest.RoleInbox)
	s.expect(3*minute, "p2", seedtest.Pending)
	if codes := noteCodes(s.fold(3 * minute)); !slices.Equal(codes, []string{"forwarded"}) {
		t.Errorf("notes %v, want forwarded", codes)
	}
	s.sighting(4*minute, 200, "a", seedtest.RoleInbox)
	if codes := noteCodes(s.fold(5 * minute)); !slices.Contains(codes, "unknown-tag") {
		t.Errorf("notes %v, want unknown-tag", codes)
	}
}

func TestRule10CopiesAndViews(t *testing.T) {
	type copyAt struct {
		role seedtest.Role
		uid  uint32
	}
	for name, c := range map[string]struct {
		copies []copyAt
		want   seedtest.Placement
		notes  []string
	}{
		"sent is never a placement":    {[]copyAt{{seedtest.RoleSent, 1}, {seedtest.RoleDrafts, 2}}, seedtest.Pending, nil},
		"a view alone tells nothing":   {[]copyAt{{seedtest.RoleAll, 1}}, seedtest.Pending, nil},
		"a view beside a real mailbox": {[]copyAt{{seedtest.RoleAll, 1}, {seedtest.RoleJunk, 2}}, seedtest.Junk, nil},
		"starred beside inbox":         {[]copyAt{{seedtest.RoleFlagged, 1}, {seedtest.RoleInbox, 2}}, seedtest.Inbox, nil},
		"inbox before junk":            {[]copyAt{{seedtest.RoleJunk, 1}, {seedtest.RoleInbox, 2}}, seedtest.Inbox, []string{"duplicate", "moved"}},
		"category before junk":         {[]copyAt{{seedtest.RoleJunk, 1}, {seedtest.RoleInboxLike, 2}}, seedtest.Category, []string{"duplicate", "moved"}},
		"junk before other":            {[]copyAt{{seedtest.RoleNone, 1}, {seedtest.RoleJunk, 2}}, seedtest.Junk, []string{"duplicate", "moved"}},
		"trash is other":               {[]copyAt{{seedtest.RoleTrash, 1}}, seedtest.Other, nil},
	} {
		s := tell(t, nil).accepted(minute, "d1")
		for i, x := range c.copies {
			s.sighting(2*minute+time.Duration(i)*time.Second, 1, "a", x.role, uid(x.uid))
		}
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.expect(3*minute, "p1", c.want)
			if got := noteCodes(s.fold(3 * minute)); !slices.Equal(got, c.notes) {
				t.Errorf("notes %v, want %v", got, c.notes)
			}
		})
	}
}

func TestRule10ViewNeedsACompleteLook(t *testing.T) {
	due := minute + deadline
	view := func(t *testing.T) *story {
		return tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleAll)
	}
	view(t).expect(due, "p1", seedtest.Pending)
	if p := view(t).expect(due+2*minute, "p1", seedtest.Blind); p.Decisive() != nil {
		t.Error("a view decided without a complete look")
	}
	view(t).round(due, "a", false).expect(due+2*minute, "p1", seedtest.Blind)
	view(t).round(due, "a", true).expect(due, "p1", seedtest.Other)
	saw := seedtest.Round{Seed: "a", Begun: at(minute), Ended: at(3 * minute), Complete: true}
	view(t).add(3*minute, saw).expect(4*minute, "p1", seedtest.Other)
	saw.Ended = at(90 * time.Second)
	view(t).add(3*minute, saw).expect(4*minute, "p1", seedtest.Pending)
	gone := seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "box-inbox", UIDValidity: 1, UID: 11,
		LastSeen: at(3 * minute)}
	moved := view(t).sighting(2*minute, 1, "a", seedtest.RoleInbox).add(4*minute, gone)
	moved.expect(5*minute, "p1", seedtest.Inbox)
	moved.round(6*minute, "a", true).expect(7*minute, "p1", seedtest.Other)
}

func TestRule11ClassWithinInbox(t *testing.T) {
	for class, want := range map[string]seedtest.Placement{
		"": seedtest.Inbox, "primary": seedtest.Inbox, "unknown": seedtest.Inbox,
		"promotions": seedtest.Category} {
		s := tell(t, func(o *seedtest.Opened) { o.Suite.Expect.Class = []string{"primary"} })
		s.accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox,
			func(x *seedtest.Sighting) { x.Class = class })
		s.expect(3*minute, "p1", want)
		run := s.fold(3 * minute)
		run.Probes = run.Probes[:1]
		verdict := map[string]seedtest.Verdict{"": seedtest.Pass, "primary": seedtest.Pass,
			"unknown": seedtest.Unknown, "promotions": seedtest.Fail}[class]
		if got := seedtest.Judge(run).Verdict; got != verdict {
			t.Errorf("class %q, primary expected: %s, want %s", class, got, verdict)
		}
	}
}

func TestRule12CanaryIsNeverASighting(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1")
	s.add(2*minute, seedtest.Canary{Seed: "a", Token: tokenOf(77), Mailbox: "INBOX", Seen: true})
	s.sighting(2*minute, 77, "a", seedtest.RoleInbox)
	s.sighting(2*minute, 1, "a", seedtest.RoleInbox, func(x *seedtest.Sighting) { x.Canary = true })
	s.expect(3*minute, "p1", seedtest.Pending)
	if codes := noteCodes(s.fold(3 * minute)); len(codes) != 0 {
		t.Errorf("notes %v, want none", codes)
	}
}

func TestRule12CanaryThatWasLeftIsTold(t *testing.T) {
	canary := seedtest.Canary{Seed: "a", Token: tokenOf(77), Mailbox: "INBOX"}
	appended, removed, refused := canary, canary, canary
	appended.UID, removed.UID, removed.Removed, refused.Why = 9, 9, true, "APPEND: NO full"
	for _, x := range []struct {
		facts []seedtest.Canary
		want  string
	}{
		{[]seedtest.Canary{canary, appended}, "[canary-left]"},
		{[]seedtest.Canary{canary, appended, removed}, "[]"},
		{[]seedtest.Canary{canary, refused}, "[]"},
	} {
		s := tell(t, nil).accepted(minute, "d1")
		for _, c := range x.facts {
			s.add(2*minute, c)
		}
		if codes := noteCodes(s.fold(3 * minute)); len(codes) != 0 {
			t.Errorf("%+v: notes %v while the run is worked", x.facts, codes)
		}
		s.add(3*minute, seedtest.Closed{Reason: seedtest.ClosedDone})
		if codes := fmt.Sprint(noteCodes(s.fold(4 * minute))); codes != x.want {
			t.Errorf("%+v: notes %s, want %s", x.facts, codes, x.want)
		}
	}
}

func TestRule13WhereItEnded(t *testing.T) {
	due := minute + deadline
	accepted := func(change func(*seedtest.Opened)) *story {
		return tell(t, change).accepted(minute, "d1")
	}
	failed := seedtest.Bounce{Dispatch: "d1", Probe: "p1", Action: "failed", Status: "5.1.1"}
	delayed := seedtest.Bounce{Dispatch: "d1", Probe: "p1", Action: "delayed"}
	refused := seedtest.Relayed{Dispatch: "d1", Probe: "p1", Remote: "mx.example.net",
		Outcome: seedtest.OutcomeRefused, Reply: &seedtest.Reply{Code: 554, Text: "no"}}
	accepted(nil).add(2*minute, failed).expect(2*minute, "p1", seedtest.Bounced)
	accepted(nil).add(2*minute, refused).expect(2*minute, "p1", seedtest.Bounced)
	accepted(nil).add(2*minute, delayed).expect(2*minute, "p1", seedtest.Pending)
	copied := func(id, to string, via seedtest.Via, o seedtest.Outcome) seedtest.Relayed {
		return seedtest.Relayed{Dispatch: "d1", Probe: "p1", Outcome: o, QueueID: id, Recipient: to, Via: via}
	}
	accepted(nil).add(2*minute, copied("A", "x@example.com", "smtp", seedtest.OutcomeRefused)).
		add(2*minute, copied("A", "y@example.com", "smtp", seedtest.OutcomeAccepted)).
		expect(2*minute, "p1", seedtest.Pending) // the other copy of an alias may arrive
	accepted(nil).add(2*minute, copied("A", "x@example.com", "smtp", seedtest.OutcomeRefused)).
		add(2*minute, copied("A", "y@example.com", seedtest.ViaDiscard, seedtest.OutcomeAccepted)).
		expect(2*minute, "p1", seedtest.Bounced) // the other copy was thrown away
	accepted(nil).add(2*minute, copied("A", "", "smtp", seedtest.OutcomeAccepted)).
		add(2*minute, copied("B", "", "smtp", seedtest.OutcomeRefused)).
		expect(2*minute, "p1", seedtest.Bounced) // a filter had taken it, the next hop did not
	accepted(nil).add(2*minute, copied("A", "", "smtp", seedtest.OutcomeAccepted)).
		expect(2*minute, "p1", seedtest.Pending)
	doubted := func() *story {
		return tell(t, nil).attempt(minute, "d1").answer(2*minute, "d1", seedtest.OutcomeInDoubt, 0)
	}
	doubted().add(3*minute, refused).expect(3*minute, "p1", seedtest.Bounced) // the log shows that it was taken
	taken := copied("A", "", "smtp", seedtest.OutcomeAccepted)
	taken.Source = "log"
	if p := doubted().add(3*minute, taken).expect(due+hour, "p1", seedtest.InDoubt); !strings.Contains(p.Why,
		"by the log the relay had taken it") {
		t.Errorf("Why = %q, want the log's word", p.Why)
	}
	accepted(nil).add(2*minute, seedtest.Fault{Route: "new", Kind: seedtest.FaultLog, From: at(minute)}).
		expect(2*minute, "p1", seedtest.Pending)
	accepted(nil).add(2*minute, failed).sighting(3*minute, 1, "a", seedtest.RoleInbox).
		expect(3*minute, "p1", seedtest.Inbox) // what was seen counts before what was said
	s := accepted(nil).round(due, "a", true)
	s.expect(due, "p1", seedtest.Overdue)
	s.expect(25*hour, "p1", seedtest.Overdue) // the proof is of the deadline, not of the missing limit
	s.round(minute+24*hour-time.Second, "a", true).expect(25*hour, "p1", seedtest.Overdue)
	s.round(minute+24*hour, "a", true).expect(25*hour, "p1", seedtest.Missing)
	accepted(nil).expect(due-time.Second, "p1", seedtest.Pending)
	accepted(nil).expect(due+seedtest.ProofGrace, "p1", seedtest.Blind)
	p := accepted(func(o *seedtest.Opened) { o.Seeds[0].Provider.Quarantine = true }).
		round(due, "a", true).expect(due, "p1", seedtest.Overdue)
	if !strings.Contains(p.Why, "or quarantined") {
		t.Errorf("Why = %q, want the quarantine named", p.Why)
	}
	s = tell(t, nil).attempt(minute, "d1").round(due, "a", true)
	s.expect(due, "p1", seedtest.InDoubt) // absence does not say whether it was taken
	s.sighting(due+minute, 1, "a", seedtest.RoleInbox).expect(due+minute, "p1", seedtest.Inbox)
}

func TestRule14DeadlineAndLate(t *testing.T) {
	due := minute + deadline
	s := tell(t, nil).attempt(minute/2, "d1").answer(minute, "d1", seedtest.OutcomeAccepted, 250)
	if p := s.expect(minute, "p1", seedtest.Pending); !p.Deadline.Equal(at(due)) {
		t.Errorf("deadline %s, want it counted from the accepting reply", p.Deadline)
	}
	inDoubt := tell(t, nil).attempt(minute, "d1").answer(2*minute, "d1", seedtest.OutcomeInDoubt, 0)
	if p := inDoubt.expect(2*minute, "p1", seedtest.Pending); !p.Deadline.Equal(at(due)) {
		t.Errorf("deadline %s, want it counted from the attempt", p.Deadline)
	}
	accepted := func() *story { return tell(t, nil).accepted(minute, "d1") }
	lost := seedtest.Fault{Seed: "a", Kind: seedtest.FaultLost, What: "EOF", From: at(due - minute)}
	for name, c := range map[string]struct {
		s    *story
		want string
	}{
		"in time":                      {accepted().sighting(2*minute, 1, "a", seedtest.RoleInbox), "false"},
		"after a round that lacked it": {accepted().round(due, "a", true).sighting(due+minute, 1, "a", seedtest.RoleInbox), "true"},
		"mail went unread before the round": {accepted().add(due, seedtest.Fault{Seed: "a",
			Kind: seedtest.FaultVanished, What: "UID 7 of News vanished unread", From: at(due)}).
			round(due, "a", true).sighting(due+minute, 1, "a", seedtest.RoleInbox), "null"},
		"no round, but sight":   {accepted().sighting(due+time.Second, 1, "a", seedtest.RoleInbox), "false"},
		"blind at the deadline": {accepted().add(due-minute, lost).sighting(due+minute, 1, "a", seedtest.RoleInbox), "null"},
		"a failed round proves nothing": {accepted().add(due-minute, lost).round(due, "a", false).
			sighting(due+minute, 1, "a", seedtest.RoleInbox), "null"},
		"nobody looked at the deadline, nor soon after": {
			accepted().sighting(due+2*minute, 1, "a", seedtest.RoleInbox), "null"},
		"a slow round at the deadline saw it": {accepted().sighting(due+2*minute, 1, "a",
			seedtest.RoleInbox).add(due+2*minute, seedtest.Round{Seed: "a", Begun: at(due + minute/2),
			Ended: at(due + 2*minute), Try: 1, Complete: true}), "false"},
	} {
		got := "null"
		if p := c.s.fold(due + hour).Probe("p1"); p.Late != nil {
			got = map[bool]string{true: "true", false: "false"}[*p.Late]
		}
		if got != c.want {
			t.Errorf("%s: late %s, want %s", name, got, c.want)
		}
	}
}

// A further process may have a clock that is behind the one before.
func TestRule16FirstIsTheFirstOnRecord(t *testing.T) {
	s := tell(t, nil).accepted(minute, "d1").sighting(4*minute, 1, "a", seedtest.RoleJunk).
		add(2*minute, seedtest.Resumed{Purpose: seedtest.PurposeFollow}).
		sighting(3*minute, 1, "a", seedtest.RoleInbox)
	if p := s.fold(hour).Probe("p1"); p.Placements.First != seedtest.Junk {
		t.Errorf("first %s, want %s", p.Placements.First, seedtest.Junk)
	}
}

func TestRule15Terminal(t *testing.T) {
	due := minute + deadline
	accepted := func() *story { return tell(t, nil).accepted(minute, "d1") }
	for name, c := range map[string]struct {
		s    *story
		at   time.Duration
		want bool
	}{
		"planned":                      {tell(t, nil), minute, false},
		"accepted":                     {accepted(), minute, false},
		"sighted":                      {accepted().sighting(2*minute, 1, "a", seedtest.RoleInbox), 2 * minute, true},
		"refused":                      {tell(t, nil).answer(minute, "d1", seedtest.OutcomeRefused, 550), minute, true},
		"deferred, to be tried again":  {tell(t, nil).answer(minute, "d1", seedtest.OutcomeDeferred, 450, 2*minute), minute, false},
		"deferred for good":            {tell(t, nil).answer(minute, "d1", seedtest.OutcomeDeferred, 450), minute, true},
		"unsent":                       {tell(t, nil).answer(minute, "d1", seedtest.OutcomeFailed, 0), minute, true},
		"held by a limit":              {tell(t, nil).add(minute, seedtest.Limit{Dispatch: "d1", What: "4 of 4"}), minute, true},
		"at the deadline":              {accepted(), due, false},
		"just before the end of grace": {accepted(), due + seedtest.ProofGrace - 1, false},
		"at the end of grace":          {accepted(), due + seedtest.ProofGrace, true},
		"proved absent":                {accepted().round(due, "a", true), due, true},
		"in doubt at the deadline":     {tell(t, nil).attempt(minute, "d1"), due, false},
		"in doubt after a last look":   {tell(t, nil).attempt(minute, "d1").round(due, "a", true), due, true},
		"in doubt at the end of grace": {tell(t, nil).attempt(minute, "d1"), due + seedtest.ProofGrace, true},
	} {
		if got := c.s.fold(c.at).Probe("p1").Terminal; got != c.want {
			t.Errorf("%s: terminal %v, want %v", name, got, c.want)
		}
	}
	if tell(t, nil).fold(minute).Terminal() {
		t.Error("a run with open probes is terminal")
	}
}

func TestRule16FirstCurrentSettled(t *testing.T) {
	gone := seedtest.Gone{Seed: "a", Token: tokenOf(1), Mailbox: "box-inbox", UIDValidity: 1, UID: 11}
	s := tell(t, nil).accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox).
		add(hour, gone).sighting(hour, 1, "a", seedtest.RoleJunk)
	p := s.expect(2*hour, "p1", seedtest.Junk)
	if p.Placements.First != seedtest.Inbox || p.Placements.Settled != nil {
		t.Errorf("placements %+v, want first inbox and nothing settled", p.Placements)
	}
	if codes := noteCodes(s.fold(2 * hour)); !slices.Equal(codes, []string{"moved"}) {
		t.Errorf("notes %v, want moved only: the first copy is gone", codes)
	}
	if p = s.expect(2*minute+48*hour, "p1", seedtest.Junk); p.Placements.Settled != nil {
		t.Errorf("settled %s, though nobody looked when the follow window closed", *p.Placements.Settled)
	}
	p = s.round(2*minute+48*hour, "a", true).expect(2*minute+48*hour, "p1", seedtest.Junk)
	if p.Placements.Settled == nil || *p.Placements.Settled != seedtest.Junk {
		t.Errorf("settled %v, want junk when the follow window closes", p.Placements.Settled)
	}
	due := minute + deadline
	s = tell(t, nil).accepted(minute, "d1").round(due, "a", true)
	s.expect(due, "p1", seedtest.Overdue)
	s.sighting(due+hour, 1, "a", seedtest.RoleInbox).expect(due+hour, "p1", seedtest.Inbox)
	if codes := noteCodes(s.fold(due + hour)); !slices.Contains(codes, "corrected") {
		t.Errorf("notes %v, want the correction", codes)
	}
	s = tell(t, nil).accepted(minute, "d1").round(minute+24*hour, "a", true)
	if p := s.expect(25*hour, "p1", seedtest.Missing); p.Placements.Settled == nil {
		t.Error("missing is not settled after the missing limit")
	}
	s.sighting(26*hour, 1, "a", seedtest.RoleInbox).expect(26*hour, "p1", seedtest.Inbox)
}

func TestRule17ControlAndSickAreNeverCounted(t *testing.T) {
	s := tell(t, func(o *seedtest.Opened) { o.Seeds[1].Sick = "login refused in 3 runs" })
	s.accepted(minute, "d1").accepted(minute, "d3").sighting(2*minute, 1, "a", seedtest.RoleInbox).
		sighting(2*minute, 3, "a", seedtest.RoleInbox, uid(9)).
		answer(minute, "d4", seedtest.OutcomeRefused, 550).
		answer(minute, "d2", seedtest.OutcomeRefused, 550)
	j := seedtest.Judge(s.fold(3 * minute))
	if j.Verdict != seedtest.Pass || j.Planned != 2 || j.Judged != 2 {
		t.Errorf("%s with %d judged of %d (%v), want pass on the 2 that count", j.Verdict, j.Judged,
			j.Planned, j.Reasons)
	}
	listed := 0
	for _, c := range j.Counts {
		listed += c.Probes
	}
	if listed != 4 {
		t.Errorf("%d probes listed, want all 4", listed)
	}
}
