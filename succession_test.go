package seedtest

import (
	"strings"
	"testing"
)

// twice is a run with a probe by each of two routes at both seeds.
func twice(newer, older [2]Placement) Run {
	r := Run{Opened: Opened{Run: "run1"}}
	for i, route := range []string{"r1", "r2"} {
		r.Probes = append(r.Probes,
			Probe{Seed: "b", Route: route, Message: "m", Placements: ProbePlaces{Current: newer[i]}},
			Probe{Seed: "a", Route: route, Message: "m", Placements: ProbePlaces{Current: older[i]}},
			Probe{Seed: "c", Route: route, Message: "m", Placements: ProbePlaces{Current: Junk}})
	}
	return r
}

func repeated(n int, r Run) []Run {
	var list []Run
	for range n {
		list = append(list, r)
	}
	return list
}

func TestSucceed(t *testing.T) {
	same := twice([2]Placement{Inbox, Junk}, [2]Placement{Inbox, Junk})
	other := twice([2]Placement{Junk, Junk}, [2]Placement{Inbox, Junk})
	blind := twice([2]Placement{Blind, Junk}, [2]Placement{Inbox, Pending})
	for name, c := range map[string]struct {
		runs         []Run
		newSick      string
		old          Health
		pairs, agree int
		ready        bool
		says         string
	}{
		"none":        {nil, "", Health{}, 0, 0, false, "0 of 20"},
		"too few":     {repeated(9, same), "", Health{}, 18, 18, false, "18 of 20"},
		"enough":      {repeated(10, same), "", Health{}, 20, 20, true, "may take over"},
		"some differ": {append(repeated(9, same), other), "", Health{}, 20, 19, true, "19 of 20"},
		"they differ": {repeated(10, other), "", Health{}, 20, 10, false, "no fair witness"},
		"unknown":     {repeated(30, blind), "", Health{}, 0, 0, false, "0 of 20"},
		"new is sick": {repeated(10, same), "down since", Health{}, 20, 20, false, "sick itself"},
		"old is gone": {repeated(1, same), "", Health{State: SeedLocked, Sick: true}, 2, 2, true,
			"locked"},
	} {
		s := Succeed(c.runs, Seed{Name: "b", Sick: c.newSick}, Seed{Name: "a"}, c.old)
		if s.Pairs != c.pairs || s.Agree != c.agree || s.Ready != c.ready || !strings.Contains(s.Why,
			c.says) {
			t.Errorf("%s: %d of %d, ready %t, %q; want %d of %d, %t, %q", name, s.Agree, s.Pairs, s.Ready,
				s.Why,
				c.agree, c.pairs, c.ready, c.says)
		}
		if len(s.Differ) != c.pairs-c.agree || (len(s.How) > 0) != c.ready {
			t.Errorf("%s: differ %+v, how %q", name, s.Differ, s.How)
		}
	}
	for name, c := range map[string]struct {
		runs    []Run
		certain bool
	}{
		"the same":      {repeated(10, same), false},
		"worse 5 times": {repeated(5, other), false},
		"worse 6 times": {repeated(6, other), true},
		"worse and best": {append(repeated(9, other), twice([2]Placement{Inbox, Inbox},
			[2]Placement{Inbox, Junk})), false},
	} {
		if d := DriftOf(c.runs, "b", "a"); d.Certain() != c.certain || d.Pairs != 2*len(c.runs) {
			t.Errorf("drift, %s: %+v; want certain %t", name, d, c.certain)
		}
	}
	s := Succeed([]Run{other}, Seed{Name: "b"}, Seed{Name: "a"}, Health{})
	if want := "b says junk by r1 where a says inbox"; !strings.Contains(s.Words(), want) {
		t.Errorf("Words = %q, want %q in it", s.Words(), want)
	}
}
