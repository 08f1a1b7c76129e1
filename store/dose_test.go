package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

var people = map[string]seedtest.Recipient{
	"gmail-a": {Seed: "gmail-a", Address: "Anna@gmail.com", Provider: "gmail"},
	"gmail-b": {Seed: "gmail-b", Address: "b@gmail.com", Provider: "gmail"},
	"gmx-a":   {Seed: "gmx-a", Address: "a@gmx.net", Provider: "gmx"},
	"far":     {Seed: "far", Address: "x@Far.example", Provider: "generic"},
	"own":     {Seed: "own", Address: "o@example.net", Own: true},
	"ours":    {Seed: "ours", Address: "boss@gmail.com", Provider: "gmail", Own: true},
}

// dose is what a dispatch by the old route adds to seeds.
func dose(when time.Duration, id seedtest.DispatchID, seeds ...string) seedtest.Dose {
	d := seedtest.Dose{At: noon.Add(when), Dispatch: id, Route: "old"}
	for _, name := range seeds {
		d.Recipients = append(d.Recipients, people[name])
	}
	return d
}

func attempt(when time.Duration, id seedtest.DispatchID, number int) seedtest.Fact {
	return at(when, seedtest.Attempt{Dispatch: id, Number: number})
}

// planned is the plan of a dispatch by the old route.
func planned(id seedtest.DispatchID, seeds ...string) seedtest.Planned {
	p := seedtest.Planned{Dispatch: id, Route: "old"}
	for _, name := range seeds {
		p.Probes = append(p.Probes, seedtest.PlannedProbe{
			Probe: seedtest.ProbeID(string(id) + name), Seed: name})
	}
	return p
}

// try makes an attempt and returns what holds it.
func try(t testing.TB, s *Store, run seedtest.RunID, d seedtest.Dose) *seedtest.Limit {
	t.Helper()
	limit, err := s.AppendAttempt(t.Context(), run, seedtest.Fact{At: d.At,
		Body: seedtest.Attempt{Dispatch: d.Dispatch, Number: 1}}, d)
	if err != nil {
		t.Fatalf("AppendAttempt(%s): %v", d.Dispatch, err)
	}
	return limit
}

// pass makes attempts that nothing may hold, one a minute.
func pass(t testing.TB, s *Store, run seedtest.RunID, from time.Duration, n int, seeds ...string) {
	t.Helper()
	for i := range n {
		when := from + time.Duration(i)*time.Minute
		id := seedtest.DispatchID(fmt.Sprintf("%s-%s", when, strings.Join(seeds, "-")))
		if limit := try(t, s, run, dose(when, id, seeds...)); limit != nil {
			t.Fatalf("message %d of %d to %v was held: %s", i+1, n, seeds, limit.What)
		}
	}
}

// wantHeld holds a limit against its name, its end and words of it.
func wantHeld(t testing.TB, got *seedtest.Limit, name string, until time.Duration, words string) {
	t.Helper()
	if got == nil {
		t.Fatalf("not held, want %s", name)
	}
	if got.Limit != name || got.Until == nil || !got.Until.Equal(noon.Add(until)) ||
		!strings.Contains(got.What, words) {
		t.Errorf("held by %s until %v: %q\nwant %s until %v: %q",
			got.Limit, got.Until, got.What, name, noon.Add(until), words)
	}
}

func TestRule22SeedDay(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 4, "gmail-a")
	held := try(t, s, run1, dose(time.Hour, "fifth", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour,
		"4 of 4 messages to gmail-a in 24 h; next free 2026-11-22 12:00 UTC")
	if held.Dispatch != "fifth" {
		t.Errorf("the limit names dispatch %q, want the one it held", held.Dispatch)
	}
	if facts := factsOf(t, s, run1); len(facts) != 5 {
		t.Errorf("the run has %d facts, want its opening and 4 attempts: a held one stores nothing",
			len(facts))
	}
	pass(t, s, run1, time.Hour, 1, "gmail-b")
	held = try(t, s, run1, dose(24*time.Hour-time.Millisecond, "early", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour, "4 of 4")
	pass(t, s, run1, 24*time.Hour, 1, "gmail-a")
	held = try(t, s, run1, dose(24*time.Hour, "sixth", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour+time.Minute, "next free 12:01 UTC")
}

func TestRule22ProviderHour(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	for i := range 10 {
		d := dose(time.Duration(i)*time.Minute, seedtest.DispatchID(fmt.Sprint("d", i)))
		d.Recipients = []seedtest.Recipient{{Seed: fmt.Sprint("s", i),
			Address: fmt.Sprintf("s%d@gmail.com", i), Provider: "gmail"}}
		if limit := try(t, s, run1, d); limit != nil {
			t.Fatalf("message %d of 10 was held: %s", i+1, limit.What)
		}
	}
	held := try(t, s, run1, dose(30*time.Minute, "eleventh", "gmail-a"))
	wantHeld(t, held, "provider_hour", time.Hour,
		"10 of 10 messages to gmail in 1 h; next free 13:00 UTC")
	pass(t, s, run1, 30*time.Minute, 1, "gmx-a")
	pass(t, s, run1, time.Hour, 1, "gmail-a")
}

// Where no preset knows the provider, the domain stands for it, however it is written.
func TestRule22ProviderWithoutPreset(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	d := dose(0, "d", "far")
	d.Limits.ProviderHour = 1
	if limit := try(t, s, run1, d); limit != nil {
		t.Fatalf("held: %s", limit.What)
	}
	d.Dispatch = "e"
	d.Recipients = []seedtest.Recipient{{Seed: "far-b", Address: "y@FAR.EXAMPLE"}}
	wantHeld(t, try(t, s, run1, d), "provider_hour", time.Hour, "messages to far.example")
	d.Recipients = []seedtest.Recipient{{Seed: "near", Address: "y@near.example",
		Provider: "generic"}}
	if limit := try(t, s, run1, d); limit != nil {
		t.Errorf("another domain without a preset: held: %s", limit.What)
	}
	d.Dispatch = "f"
	// Lower case can be shorter in bytes.
	d.Recipients = []seedtest.Recipient{{Seed: "odd", Address: "\u212a\u212a\u212a\u212a@x"}}
	if limit := try(t, s, run1, d); limit != nil {
		t.Errorf("held: %s", limit.What)
	}
}

func TestRule22ConfiguredLimits(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	d := dose(0, "d1", "gmail-a", "gmail-b")
	d.Limits = seedtest.Limits{SeedDay: 2, ProviderHour: 2}
	for _, id := range []seedtest.DispatchID{"d1", "d2"} {
		d.Dispatch = id
		if limit := try(t, s, run1, d); limit != nil {
			t.Fatalf("dispatch %s was held: %s", id, limit.What)
		}
	}
	d.Dispatch = "d3"
	// Both limits are reached; the one that holds longer is named.
	wantHeld(t, try(t, s, run1, d), "seed_day", 24*time.Hour, "2 of 2 messages to gmail-a")
	d.Limits.SeedDay = 100
	wantHeld(t, try(t, s, run1, d), "provider_hour", time.Hour, "2 of 2 messages to gmail")
	d.Limits.ProviderHour = 100
	if limit := try(t, s, run1, d); limit != nil {
		t.Errorf("under raised limits: held: %s", limit.What)
	}
}

func TestRule22OwnSeedsHaveNone(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 50, "own")
	u, err := s.Doses(t.Context(), noon)
	if d := cmp.Diff(Usage{}, u); err != nil || d != "" {
		t.Errorf("Doses after 50 messages to a seed of ours: error %v, counted:\n%s", err, d)
	}
	// Beside a seed of others its own limit still holds.
	pass(t, s, run1, 0, 4, "own", "gmail-a")
	held := try(t, s, run1, dose(0, "fifth", "own", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour, "messages to gmail-a")
}

// A seed of ours may lie at a provider of others: what is counted there does not hold it, and what
// is said to it opens no breaker for the others.
func TestRule22OwnSeedAtAProvider(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 4, "gmail-a")
	d := dose(time.Minute, "to-ours", "ours")
	d.Limits.ProviderHour = 4
	if limit := try(t, s, run1, d); limit != nil {
		t.Errorf("held by what others got: %s", limit.What)
	}
	add(t, s, run1, planned("d", "ours"), seedtest.Submission{Dispatch: "d",
		Outcome: seedtest.OutcomeDeferred, Breaker: "421 4.7.28 unusual rate"})
	if limit := try(t, s, run1, dose(time.Hour, "e", "gmail-b")); limit != nil {
		t.Errorf("held by what was said to a seed of ours: %s", limit.What)
	}
	add(t, s, run1, planned("f", "gmail-b"), seedtest.Submission{Dispatch: "f",
		Outcome: seedtest.OutcomeDeferred, Breaker: "421 4.7.28 unusual rate"})
	if limit := try(t, s, run1, dose(time.Hour, "g", "ours")); limit != nil {
		t.Errorf("held by the breaker of others: %s", limit.What)
	}
}

func TestRule22RetryCountsOnce(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 3, "gmail-a")
	for n := range 5 {
		// The fourth place is its own: no retry finds it taken.
		if limit := try(t, s, run1, dose(time.Duration(n)*time.Hour, "d", "gmail-a")); limit != nil {
			t.Fatalf("attempt %d of one message was held: %s", n+1, limit.What)
		}
	}
	u, err := s.Doses(t.Context(), noon.Add(5*time.Hour))
	if err != nil || len(u.Seeds) != 1 || u.Seeds[0].Messages != 4 {
		t.Errorf("Doses after 3 messages and one with 4 retries: got %+v, error %v, want 4",
			u.Seeds, err)
	}
	// A retry moves the message: its last attempt is what the provider remembers.
	held := try(t, s, run1, dose(24*time.Hour+30*time.Minute, "x", "gmail-a"))
	if held != nil {
		t.Errorf("a day after the first three messages: held: %s", held.What)
	}
	pass(t, s, run1, 24*time.Hour+31*time.Minute, 2, "gmail-a")
	held = try(t, s, run1, dose(27*time.Hour, "y", "gmail-a"))
	wantHeld(t, held, "seed_day", 28*time.Hour, "4 of 4")
}

func TestRule22CountsOverRunsAndRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	s := openStore(t, path)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 2, "gmail-a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, path)
	openRun(t, s, run2)
	pass(t, s, run2, 0, 2, "gmail-a")
	d := dose(time.Minute, "fifth", "gmail-a")
	d.Recipients[0].Seed, d.Recipients[0].Address = "renamed", "anna@GMAIL.com"
	wantHeld(t, try(t, s, run2, d), "seed_day", 24*time.Hour, "4 of 4 messages to renamed")
}

// Append knows the dose of an attempt from the plan.
func TestRule22AppendedAttemptsCount(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	for i := range 4 {
		id := seedtest.DispatchID(fmt.Sprint("d", i))
		add(t, s, run1, planned(id, "own", "gmail-a"), seedtest.Attempt{Dispatch: id, Number: 1})
	}
	held := try(t, s, run1, dose(0, "fifth", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour, "4 of 4 messages to gmail-a")
}

func TestRule22ClockSetBackFreesNothing(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 4, "gmail-a")
	held := try(t, s, run1, dose(-72*time.Hour, "fifth", "gmail-a"))
	wantHeld(t, held, "seed_day", 24*time.Hour, "next free 2026-11-22 12:00 UTC")
}

// Two processes see one place left, and only one gets it.
func TestRule22TwoStoresCannotShareTheLastPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	stores := []*Store{openStore(t, path), openStore(t, path)}
	openRun(t, stores[0], run1)
	for round := range 10 {
		who := seedtest.Recipient{Seed: "s", Address: fmt.Sprintf("s%d@p%d.example", round, round)}
		var wg sync.WaitGroup
		var mu sync.Mutex
		took := 0
		for i := range 12 {
			d := dose(0, seedtest.DispatchID(fmt.Sprint(round, "-", i)))
			d.Recipients = []seedtest.Recipient{who}
			wg.Go(func() {
				limit, err := stores[i%2].AppendAttempt(t.Context(), run1,
					attempt(0, d.Dispatch, 1), d)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("AppendAttempt: %v", err)
				} else if limit == nil {
					took++
				}
			})
		}
		wg.Wait()
		if took != 4 {
			t.Fatalf("round %d: %d of 12 messages left by two stores, want 4", round, took)
		}
	}
	facts := len(factsOf(t, stores[1], run1)) - 1
	doses := count(t, stores[1], "SELECT count(*) FROM dose")
	if facts != 40 || doses != 40 {
		t.Errorf("%d attempts and %d doses are stored, want 40 of each", facts, doses)
	}
}

func TestRule22Breaker(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	add(t, s, run1, planned("d", "gmail-a", "gmail-b", "own"), seedtest.Submission{Dispatch: "d",
		Outcome: seedtest.OutcomeDeferred, Breaker: "421 4.7.28 unusual rate"})
	held := try(t, s, run1, dose(time.Hour, "e", "gmail-b"))
	wantHeld(t, held, "breaker", 24*time.Hour,
		"route old rests at gmail after a reply that means trouble (421 4.7.28 unusual rate)")
	// The retry of the message that met it is held too.
	held = try(t, s, run1, dose(time.Minute, "d", "gmail-a"))
	wantHeld(t, held, "breaker", 24*time.Hour, "next free 2026-11-22 12:00 UTC")

	pass(t, s, run1, time.Hour, 1, "gmx-a")
	pass(t, s, run1, time.Hour, 1, "own")
	d := dose(time.Hour, "f", "gmail-a")
	d.Route = "new"
	if limit := try(t, s, run1, d); limit != nil {
		t.Errorf("by the other route: held: %s", limit.What)
	}
	pass(t, s, run1, 24*time.Hour, 1, "gmail-b")

	// A further reply of that kind prolongs it.
	err := s.Append(t.Context(), run1, at(10*time.Hour, seedtest.Submission{Dispatch: "d",
		Outcome: seedtest.OutcomeRefused, Breaker: "550 5.7.1 reputation"}))
	if err != nil {
		t.Fatal(err)
	}
	held = try(t, s, run1, dose(25*time.Hour, "g", "gmail-b"))
	wantHeld(t, held, "breaker", 34*time.Hour, "550 5.7.1 reputation")
}

func TestHeldStoresNothing(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	for range 10 {
		if limit, err := s.Held(t.Context(), run1, dose(0, "d", "gmail-a")); limit != nil || err != nil {
			t.Fatalf("Held: got %v, error %v, want nothing", limit, err)
		}
	}
	pass(t, s, run1, 0, 4, "gmail-a")
	limit, err := s.Held(t.Context(), run1, dose(time.Minute, "fifth", "gmail-a"))
	if err != nil {
		t.Fatal(err)
	}
	wantHeld(t, limit, "seed_day", 24*time.Hour, "4 of 4")
	if facts := factsOf(t, s, run1); len(facts) != 5 {
		t.Errorf("the run has %d facts, want 5", len(facts))
	}
}

func TestAttemptMustMatchItsDose(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	for _, f := range []seedtest.Fact{attempt(0, "other", 1), at(0, seedtest.Closed{})} {
		limit, err := s.AppendAttempt(t.Context(), run1, f, dose(0, "d", "gmail-a"))
		if err == nil {
			t.Errorf("AppendAttempt(%+v) with the dose of d: got %v and no error", f.Body, limit)
		}
	}
	_, err := s.AppendAttempt(t.Context(), run2, attempt(0, "d", 1), dose(0, "d", "gmail-a"))
	wantErr(t, "AppendAttempt", err, ErrNoRun)
	if n := count(t, s, "SELECT count(*) FROM dose"); n != 0 {
		t.Errorf("refused attempts left %d doses", n)
	}
}

func TestDoses(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	pass(t, s, run1, 0, 2, "gmail-a", "gmail-b", "own")
	pass(t, s, run1, 90*time.Minute, 1, "gmail-a")
	pass(t, s, run1, 100*time.Minute, 1, "gmx-a")
	renamed := dose(110*time.Minute, "r", "gmx-a")
	renamed.Recipients[0].Seed = "gmx-main"
	try(t, s, run1, renamed)
	add(t, s, run1, planned("b", "far"), seedtest.Submission{Dispatch: "b", Breaker: "421 slow down"},
		seedtest.Submission{Dispatch: "b", Breaker: "421 slow down"})

	got, err := s.Doses(t.Context(), noon.Add(2*time.Hour))
	want := Usage{
		Seeds: []Count{
			{"gmail-a", "anna@gmail.com", 3, noon.Add(24 * time.Hour)},
			{"gmail-b", "b@gmail.com", 2, noon.Add(24 * time.Hour)},
			{"gmx-main", "a@gmx.net", 2, noon.Add(100*time.Minute + 24*time.Hour)},
		},
		Providers: []Count{
			{"gmail", "", 1, noon.Add(150 * time.Minute)},
			{"gmx", "", 2, noon.Add(160 * time.Minute)},
		},
		Breakers: []Breaker{{"old", "far.example", "421 slow down", noon.Add(24 * time.Hour)}},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("Doses: error %v (-want +got):\n%s", err, d)
	}
	got, err = s.Doses(t.Context(), noon.Add(48*time.Hour))
	if d := cmp.Diff(Usage{}, got); err != nil || d != "" {
		t.Errorf("Doses two days later: error %v (-want +got):\n%s", err, d)
	}
}
