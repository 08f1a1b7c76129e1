package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/harness"
	"seedtest/store"
)

// planned is a suite of two routes and a control route, at two seeds of one provider of others and
// one of our own, and what the store has counted.
func planned(t *testing.T, used store.Usage, change func(*harness.Request)) plan {
	t.Helper()
	gmail := seedtest.Provider{ID: "gmail"}
	q := harness.Request{
		Suite: seedtest.Suite{Name: "s", Deadline: 15 * time.Minute, BaselineTimeout: 30 * time.Second,
			Retry: []time.Duration{30 * time.Second, 5 * time.Minute}},
		Routes: []seedtest.Route{{Name: "old"}, {Name: "new"}, {Name: "sure", Control: true}},
		Seeds: []seedtest.Seed{{Name: "a", Address: "A@gmail.com", Provider: gmail},
			{Name: "b", Address: "b@gmail.com", Provider: gmail}, {Name: "own", Address: "c@example.net", Own: true}},
		Messages: []seedtest.Message{{Name: "m", Subject: "Hello", Text: "Hello"}},
		Limits:   seedtest.Limits{SeedDay: 6, ProviderHour: 10},
	}
	for i := range q.Routes {
		q.Routes[i].Sender = seedtest.Identity{From: "ops@example.org", EnvelopeFrom: "ops@example.org"}
	}
	if change != nil {
		change(&q)
	}
	_, list, err := unsentPlan(q)
	if err != nil {
		t.Fatal(err)
	}
	return planOf(q, list, used, 0.5)
}

func TestPlanCounts(t *testing.T) {
	p := planned(t, store.Usage{}, nil)
	if p.Messages != 9 || p.Probes != 9 || p.SignIns != 3 || !p.Fits {
		t.Errorf("%d messages, %d probes, %d sign-ins, fits %v", p.Messages, p.Probes, p.SignIns, p.Fits)
	}
	if s := p.Seeds[0]; s.Adds != 3 || s.Limit != 6 || p.Seeds[2].Limit != 0 {
		t.Errorf("seeds %+v", p.Seeds)
	}
	if len(p.Providers) != 1 || p.Providers[0].Adds != 6 || p.Providers[0].Limit != 10 {
		t.Errorf("providers %+v", p.Providers)
	}
	if want := (22 * time.Minute).Seconds(); p.AtMost != want {
		t.Errorf("at most %v s, want %v", p.AtMost, want)
	}
	// 15 pairs show a half; 3 seeds give 3 pairs a run, and a seed bears two runs a day.
	if d := p.Difference; d.Kind != "pairs" || d.Needed != 15 || d.ARun != 3 || d.Runs != 5 || d.Days != 3 {
		t.Errorf("difference %+v", d)
	}
}

func TestPlanCountsReturnPaths(t *testing.T) {
	account := func(name string) *seedtest.Seed {
		return &seedtest.Seed{Server: seedtest.Endpoint{Host: "imap.example.org", Port: 993},
			Login: seedtest.Login{Username: name}}
	}
	p := planned(t, store.Usage{}, func(q *harness.Request) {
		q.Routes[0].Sender.Mailbox = account("bounces")
		q.Routes[1].Sender.Mailbox = account("bounces")
		q.Routes[2].Sender.Mailbox = account("other")
	})
	if p.SignIns != 5 {
		t.Errorf("%d sign-ins, want 3 to seeds, and 2 to the accounts of return paths", p.SignIns)
	}
}

func TestPlanTellsWhatIsHeld(t *testing.T) {
	free := time.Date(2026, 9, 21, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		used store.Usage
		say  string
	}{
		"a seed": {store.Usage{Seeds: []store.Count{{Name: "a", Address: "a@gmail.com", Messages: 4, Free: free}}},
			"seed a 3 more, 4 of 6 used in a day: TOO MANY, one is free again at 2026-09-21 10:00 UTC"},
		"a provider": {store.Usage{Providers: []store.Count{{Name: "gmail", Messages: 5, Free: free}}},
			"provider gmail 6 more, 5 of 10 used in an hour: TOO MANY"},
		"a breaker": {store.Usage{Breakers: []store.Breaker{{Route: "old", Provider: "gmail", Why: "421", Until: free}}},
			"breaker old rests at gmail until 2026-09-21 10:00 UTC: 421"},
	} {
		p := planned(t, c.used, nil)
		text := strings.Join(strings.Fields(strings.Join(p.lines(), "\n")), " ")
		if p.Fits || !strings.Contains(text, c.say) || !strings.Contains(text, "HELD") {
			t.Errorf("%s: fits %v, %s", name, p.Fits, text)
		}
	}
	other := store.Usage{Breakers: []store.Breaker{{Route: "third", Provider: "gmail", Until: free}}}
	if p := planned(t, other, nil); !p.Fits {
		t.Errorf("a breaker of another route holds %+v", p.Breakers)
	}
}

// TestPlanOfOneMessage counts each recipient for its seed, and one message for the provider.
func TestPlanOfOneMessage(t *testing.T) {
	p := planned(t, store.Usage{}, func(q *harness.Request) {
		q.Suite.Style = seedtest.StyleOneMessage
		q.Routes = q.Routes[:1]
	})
	if p.Messages != 1 || p.Probes != 3 || p.Seeds[0].Adds != 1 || p.Providers[0].Adds != 1 {
		t.Errorf("%+v", p)
	}
	if d := p.Difference; d.Kind != "rate" || d.ARun != 3 {
		t.Errorf("difference %+v", d)
	}
	direct := planned(t, store.Usage{}, func(q *harness.Request) {
		q.Suite.Style = seedtest.StyleOneMessage
		q.Routes = q.Routes[:1]
		q.Routes[0].Type = seedtest.RouteMX
	})
	if direct.Messages != 2 || direct.Probes != 3 {
		t.Errorf("by mx: %d messages, %d probes; want one message for each domain", direct.Messages, direct.Probes)
	}
}

// TestPlanOfARunThatNeverFits does not promise a number of runs.
func TestPlanOfARunThatNeverFits(t *testing.T) {
	p := planned(t, store.Usage{}, func(q *harness.Request) { q.Limits.SeedDay = 2 })
	if p.Fits || p.Difference.Runs != 0 || !strings.Contains(p.Difference.line(), "no run is whole") {
		t.Errorf("%+v", p.Difference)
	}
}

// TestPlanLeavesNothing makes no store and sends nothing; a wrong size is refused.
func TestPlanLeavesNothing(t *testing.T) {
	b := newBench(t)
	b.db = filepath.Join(b.dir, "none", "store.db")
	got := b.run(t.Context(), nil, "plan", "pair", "--difference", "25%")
	if got.status != statusPass || !strings.Contains(got.stdout, "PLAN  pair  4 messages to 2 seeds") ||
		!strings.Contains(got.stdout, "25 % of pairs") {
		t.Errorf("plan: status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	if _, err := os.Stat(filepath.Dir(b.db)); err == nil {
		t.Error("a plan made a store")
	}
	for _, wrong := range []string{"0", "100%", "ten", "NaN", "-3"} {
		got := b.run(t.Context(), nil, "plan", "pair", "--difference="+wrong)
		if got.status != statusUsage || !strings.Contains(got.stderr, "is no percentage") {
			t.Errorf("plan --difference=%s: status %d\n%s", wrong, got.status, got.stderr)
		}
	}
}
