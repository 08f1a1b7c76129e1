package seedtest_test

import (
	"encoding/json"
	"testing"
	"time"

	"seedtest"
)

// outcomes builds a run whose counted probes are placed as given.
func outcomes(suite seedtest.Suite, places ...seedtest.Probe) seedtest.Run {
	run := seedtest.Run{Opened: seedtest.Opened{Suite: suite}}
	for _, p := range places {
		p.Counted = true
		run.Probes = append(run.Probes, p)
	}
	return run
}

func placed(p seedtest.Placement) seedtest.Probe {
	return seedtest.Probe{Placements: seedtest.ProbePlaces{Current: p}}
}

func unsent(by seedtest.UnsentBy) seedtest.Probe {
	p := placed(seedtest.Unsent)
	p.UnsentBy = by
	return p
}

func TestRule18WithoutExpectations(t *testing.T) {
	verdicts := map[seedtest.Placement]seedtest.Verdict{
		seedtest.Inbox: seedtest.Pass, seedtest.Category: seedtest.Pass,
		seedtest.Blind: seedtest.Unknown, seedtest.InDoubt: seedtest.Unknown,
		seedtest.Pending: seedtest.Unknown,
	}
	for _, p := range seedtest.Placements() {
		want, ok := verdicts[p]
		if !ok {
			want = seedtest.Fail
		}
		probe := placed(p)
		if p == seedtest.Unsent {
			probe = unsent(seedtest.UnsentRoute)
		}
		run := outcomes(seedtest.Suite{}, placed(seedtest.Inbox), probe)
		if got := seedtest.Judge(run).Verdict; got != want {
			t.Errorf("%s beside inbox: %s, want %s", p, got, want)
		}
	}
	for _, by := range []seedtest.UnsentBy{seedtest.UnsentLimit, seedtest.UnsentCancelled} {
		run := outcomes(seedtest.Suite{}, placed(seedtest.Inbox), unsent(by))
		if got := seedtest.Judge(run).Verdict; got != seedtest.Unknown {
			t.Errorf("unsent by %s: %s, want unknown", by, got)
		}
	}
	run := outcomes(seedtest.Suite{}, placed(seedtest.Blind), placed(seedtest.Junk))
	if got := seedtest.Judge(run).Verdict; got != seedtest.Fail {
		t.Errorf("junk beside blind: %s, want fail", got)
	}
}

func TestRule19MinimumRate(t *testing.T) {
	for _, c := range []struct {
		rate               float64
		inbox, junk, blind int
		minSample          int
		want               seedtest.Verdict
	}{
		{0.9, 9, 1, 0, 0, seedtest.Pass},
		{0.9, 8, 2, 0, 0, seedtest.Fail},
		{0.9, 9, 0, 1, 0, seedtest.Pass},    // holds even if the blind one was junk
		{0.9, 8, 1, 1, 0, seedtest.Unknown}, // 8 or 9 of 10
		{0.9, 7, 2, 1, 0, seedtest.Fail},    // fails even if the blind one was inbox
		{0.9, 0, 0, 3, 0, seedtest.Unknown},
		{0.5, 2, 0, 0, 5, seedtest.Unknown}, // fewer than the least sample
		{0, 0, 5, 0, 0, seedtest.Pass},
	} {
		suite := seedtest.Suite{Expect: seedtest.Expect{Inbox: &c.rate, MinSample: c.minSample}}
		var probes []seedtest.Probe
		for p, n := range map[seedtest.Placement]int{seedtest.Inbox: c.inbox, seedtest.Junk: c.junk,
			seedtest.Blind: c.blind} {
			for range n {
				probes = append(probes, placed(p))
			}
		}
		j := seedtest.Judge(outcomes(suite, probes...))
		if j.Verdict != c.want {
			t.Errorf("%+v: %s (%v), want %s", c, j.Verdict, j.Reasons, c.want)
		}
	}
}

func TestRule19ProviderHasItsOwnRate(t *testing.T) {
	all, half := 1.0, 0.5
	s := tell(t, func(o *seedtest.Opened) {
		o.Suite.Expect.Inbox = &all
		o.Suite.ExpectProvider = map[string]seedtest.Expect{"pa": {Inbox: &half}}
	})
	s.accepted(minute, "d1").accepted(minute, "d2").answer(minute, "d3", seedtest.OutcomeRefused, 550).
		sighting(2*minute, 1, "a", seedtest.RoleInbox).sighting(2*minute, 2, "b", seedtest.RoleInbox)
	j := seedtest.Judge(s.fold(3 * minute))
	if j.Verdict != seedtest.Pass || len(j.Expectations) != 2 {
		t.Errorf("%s, %+v: want pass, 1 of 1 and 1 of 2 at pa", j.Verdict, j.Expectations)
	}
}

func TestRule20ExitStatus(t *testing.T) {
	for _, c := range []struct {
		want   int
		probes []seedtest.Probe
	}{
		{0, []seedtest.Probe{placed(seedtest.Inbox), placed(seedtest.Category)}},
		{1, []seedtest.Probe{placed(seedtest.Blind), placed(seedtest.InDoubt)}},
		{1, nil},
		{3, []seedtest.Probe{placed(seedtest.Inbox), placed(seedtest.Junk), placed(seedtest.Blind)}},
		{4, []seedtest.Probe{placed(seedtest.Inbox), placed(seedtest.Blind)}},
		{4, []seedtest.Probe{placed(seedtest.Pending)}}, // detached: nothing judged, nothing lost
	} {
		j := seedtest.Judge(outcomes(seedtest.Suite{}, c.probes...))
		if got := j.ExitStatus(); got != c.want {
			t.Errorf("exit status %d for %v, want %d", got, j.Reasons, c.want)
		}
	}
}

func TestRule21VerdictIsPure(t *testing.T) {
	limit := seedtest.Expect{Delay: 30 * time.Second}
	s := tell(t, func(o *seedtest.Opened) { o.Suite.Expect = limit })
	s.accepted(minute, "d1").sighting(2*minute, 1, "a", seedtest.RoleInbox)
	run := s.fold(hour)
	before, _ := json.Marshal(run)
	first, _ := json.Marshal(seedtest.Judge(run))
	for range 20 {
		if again, _ := json.Marshal(seedtest.Judge(run)); string(again) != string(first) {
			t.Fatalf("one run, two judgements:\n%s\n%s", first, again)
		}
	}
	if after, _ := json.Marshal(run); string(after) != string(before) {
		t.Error("judging changed the run")
	}
	for _, e := range seedtest.Judge(run).Expectations {
		if e.What == "delay" && e.Holds != seedtest.Fail {
			t.Errorf("a delay of 61 s against 30 s: %+v", e)
		}
	}
}
