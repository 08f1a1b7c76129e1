package seedtest

import (
	"testing"
	"time"
)

// handedRun is a run of one probe by a route whose messages the user sends, handed over at minute 0.
func handedRun(facts ...Fact) []Fact {
	start := time.Date(2026, 9, 21, 10, 0, 0, 0, time.UTC)
	opened := Opened{Run: "r", Suite: Suite{Deadline: 15 * time.Minute, Missing: time.Hour, Follow: time.Hour},
		Routes: []Route{{Name: "own", Type: RouteExternal}}, Seeds: []Seed{{Name: "a"}, {Name: "b"}}}
	list := []Fact{{At: start, Body: opened},
		{At: start, Body: Planned{Dispatch: "d1", Token: "t", Route: "own",
			Probes: []PlannedProbe{{"p1", "a"}, {"p2", "b"}}}},
		{At: start, Body: Attempt{Dispatch: "d1", Number: 1}}}
	return append(list, facts...)
}

// TestRule13HandedToTheUser: absence says something of the mail only if somebody says it was sent.
func TestRule13HandedToTheUser(t *testing.T) {
	at := func(minute int) time.Time {
		return time.Date(2026, 9, 21, 10, minute, 0, 0, time.UTC)
	}
	handed := func(minute int, said bool) Fact {
		return Fact{At: at(minute), Body: Submission{Dispatch: "d1", Number: 1, Outcome: OutcomeHanded, Said: said}}
	}
	round := func(minute int) Fact {
		return Fact{At: at(minute), Body: Round{Seed: "a", Begun: at(minute), Ended: at(minute), Complete: true}}
	}
	bounce := Fact{At: at(3), Body: Bounce{Dispatch: "d1", Probe: "p1", Action: "failed"}}
	seen := Fact{At: at(5), Body: Sighting{Seed: "a", Token: "t", Mailbox: "INBOX", Role: RoleInbox, UID: 7}}
	resumed := Fact{At: at(10), Body: Resumed{Purpose: PurposeFollow}}
	for name, c := range map[string]struct {
		facts []Fact
		asOf  int
		want  Placement
	}{
		"not said yet, whatever the time":  {nil, 50, Pending},
		"handed, before the deadline":      {[]Fact{handed(0, false)}, 14, Pending},
		"handed, absent":                   {[]Fact{handed(0, false), round(16)}, 17, InDoubt},
		"handed, nobody could look":        {[]Fact{handed(0, false)}, 30, InDoubt},
		"handed, seen":                     {[]Fact{handed(0, false), seen}, 17, Inbox},
		"handed, bounced":                  {[]Fact{handed(0, false), bounce}, 17, Bounced},
		"said, counts from then":           {[]Fact{handed(10, true), round(16)}, 17, Pending},
		"said, absent":                     {[]Fact{handed(10, true), round(26)}, 27, Overdue},
		"said, nobody could look":          {[]Fact{handed(10, true)}, 30, Blind},
		"the process died before the word": {[]Fact{resumed, round(16)}, 17, InDoubt},
	} {
		run := Fold(handedRun(c.facts...), at(c.asOf))
		if p := run.Probe("p1"); p.Placements.Current != c.want {
			t.Errorf("%s: %s (%s), want %s", name, p.Placements.Current, p.Why, c.want)
		}
	}
}

// TestRule05EachRecipientHasItsOwnReply: of two recipients of one message one was declined.
func TestRule05EachRecipientHasItsOwnReply(t *testing.T) {
	facts := handedRun()
	start := facts[0].At
	opened := facts[0].Body.(Opened)
	opened.Routes[0].Type = RouteSMTP
	sub := Submission{Dispatch: "d1", Number: 1, Outcome: OutcomeAccepted, Stage: StageFinal,
		Declined: []Declined{{Probe: "p2", Reply: Reply{Code: 550, Text: "unknown"}}}}
	for outcome, want := range map[Outcome][2]Placement{
		OutcomeAccepted: {Pending, Refused},
		OutcomeInDoubt:  {Pending, Refused},
		OutcomeFailed:   {Unsent, Unsent},
	} {
		sub.Outcome = outcome
		run := Fold(append(facts, Fact{At: start, Body: sub}), start.Add(time.Second))
		for i, id := range []ProbeID{"p1", "p2"} {
			if p := run.Probe(id); p.Placements.Current != want[i] {
				t.Errorf("%s: probe %s is %s (%s), want %s", outcome, id, p.Placements.Current, p.Why, want[i])
			}
		}
	}
}

// TestRule08SentForOthersSake: a message left for two seeds while one had no baseline. What came in
// before a late baseline is not read, so a round proves nothing there; a sighting counts.
func TestRule08SentForOthersSake(t *testing.T) {
	all := handedRun()
	start := all[0].At
	opened := all[0].Body.(Opened)
	opened.Routes[0].Type = RouteSMTP
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	fault := Fact{At: start, Body: Fault{Seed: "a", Kind: FaultBaseline, What: "no baseline within 30s", From: start}}
	facts := []Fact{all[0], all[1], {At: start, Body: Baseline{Seed: "b"}}, fault, all[2],
		{At: at(1), Body: Submission{Dispatch: "d1", Number: 1, Outcome: OutcomeAccepted, Stage: StageFinal}},
		{At: at(2), Body: Baseline{Seed: "a"}}}
	for _, seed := range []string{"a", "b"} {
		facts = append(facts, Fact{At: at(17), Body: Round{Seed: seed, Begun: at(17), Ended: at(17), Complete: true}})
	}
	for id, want := range map[ProbeID]Placement{"p1": Blind, "p2": Overdue} {
		run := Fold(facts, at(18))
		if p := run.Probe(id); p.Placements.Current != want || !p.Terminal {
			t.Errorf("probe %s is %s (%s), want %s", id, p.Placements.Current, p.Why, want)
		}
	}
	seen := Fact{At: at(3), Body: Sighting{Seed: "a", Token: "t", Mailbox: "INBOX", Role: RoleInbox, UID: 7}}
	run := Fold(append(facts, seen), at(18))
	if p := run.Probe("p1"); p.Placements.Current != Inbox {
		t.Errorf("seen: %s (%s), want inbox", p.Placements.Current, p.Why)
	}
}
