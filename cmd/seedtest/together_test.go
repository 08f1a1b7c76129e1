package main

import (
	"testing"

	"seedtest"
)

// TestOneMessageToTwoSeeds goes to a relay that takes one recipient a message: the other one is
// deferred by its own reply, and what becomes of the first is not said of it.
func TestOneMessageToTwoSeeds(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return text + `
[suite.together]
routes = ["old"]
seeds = ["strict-a", "gmail-a"]
retry = ["100ms"]
deadline = "4s"
missing = "4s"
style = "one-message"
`
	})
	got := b.run(t.Context(), nil, "run", "together")
	run := b.newest()
	if len(run.Probes) != 2 || run.Probes[0].Token != run.Probes[1].Token {
		t.Fatalf("probes %+v, want two of one message", run.Probes)
	}
	taken, declined := run.Probes[0], run.Probes[1]
	if taken.Placements.Current != seedtest.Inbox {
		t.Errorf("%s: %s (%s)\n%s", taken.Seed, taken.Placements.Current, taken.Why, got.stdout)
	}
	s := declined.Submission()
	if declined.Placements.Current != seedtest.Deferred || s.Stage != seedtest.StageRCPT || s.Reply.Code != 452 {
		t.Errorf("%s: %s (%s)\n%s", declined.Seed, declined.Placements.Current, declined.Why, got.stdout)
	}
	if truth := b.world.Truth(); len(truth) != 1 {
		t.Errorf("%d messages left, want 1: %+v", len(truth), truth)
	}
	if got.status != statusFail {
		t.Errorf("run: status %d\n%s", got.status, got.stdout)
	}
}

// TestOneMessageThoughOneSeedIsBlind leaves where one of its seeds can be seen, and says of the other
// that nobody could.
func TestOneMessageThoughOneSeedIsBlind(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return text + `
[suite.half]
routes = ["old"]
seeds = ["broken-a", "strict-a"]
retry = ["100ms"]
deadline = "2s"
missing = "2s"
baseline_timeout = "500ms"
style = "one-message"
`
	})
	got := b.run(t.Context(), nil, "run", "half")
	for _, p := range b.newest().Probes {
		if len(p.Attempts) == 0 {
			t.Errorf("%s: no attempt (%s)\n%s", p.Seed, p.Why, got.stdout)
		}
		if p.Seed == "broken-a" && p.Placements.Current != seedtest.Blind && p.Placements.Current != seedtest.Deferred {
			t.Errorf("%s: %s (%s)", p.Seed, p.Placements.Current, p.Why)
		}
	}
}
