package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/diagnose"
	"seedtest/inbox"
	"seedtest/store"
)

// couple gives strict-a a successor: another account at the same provider.
const couple = `
[suite.couple]
routes = ["old"]
seeds = ["strict-a", "gmail-a"]
deadline = "4s"
missing = "4s"
`

func TestSuccessorIsComparedAndTakesOver(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "[seed.gmail-a]", "[seed.gmail-a]\nreplaces = \"strict-a\"",
			1) + couple
	})
	if got := b.run(t.Context(), nil, "run",
		"couple"); !strings.Contains(strings.Join(strings.Fields(got.stdout), " "),
		"gmail-a (to replace strict-a): the two agree in") {
		t.Errorf("the report does not compare the two:\n%s%s", got.stdout, got.stderr)
	}
	for range 2 {
		b.run(t.Context(), nil, "run", "couple")
	}
	got := b.run(t.Context(), nil, "check", "gmail-a", "--format", "json")
	obey(t, "check", "check", got.stdout)
	var out struct {
		Checks []struct {
			Succession struct {
				Pairs, Agree int
				Ready        bool
				Why          string
			}
			Notice struct{ Messages int }
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatal(err)
	}
	c := out.Checks[0]
	if s := c.Succession; s.Pairs != 3 || s.Ready || !strings.Contains(s.Why, "3 of 20") ||
		c.Notice.Messages != 3 {
		t.Errorf("check: %+v; want 3 pairs of 20, and 3 messages noticed", c)
	}
}

// TestNameGoesOnWithAnotherAddress renames a successor: history by name goes on, and the account
// before lends it no health.
func TestNameGoesOnWithAnotherAddress(t *testing.T) {
	b := sickbay(t)
	lift := b.world.Inject(faultAt("strict-a"))
	for range 2 {
		b.ran()
	}
	lift()
	b.configure(func(text string) string {
		old := regexp.MustCompile(`(?s)\[seed\.strict-a\].*?\n\n`)
		text = strings.Replace(old.ReplaceAllString(text, ""), "[seed.gmail-a]", "[seed.strict-a]", 1)
		return strings.ReplaceAll(text, `["strict-a", "gmail-a"]`, `["strict-a"]`)
	})
	if got, status := b.checked(); got.State != "ok" || got.Sick || status != statusPass {
		t.Errorf("check: %+v, exit status %d; want ok", got, status)
	}
	text := b.run(t.Context(), nil, "check", "strict-a").stdout
	if today := time.Now().UTC().Format(time.DateOnly); !strings.Contains(text,
		"address changed on "+today) {
		t.Errorf("check does not tell of the change:\n%s", text)
	}
	if got := b.ran(); got.Detail.State != "ok" || !got.counted || !strings.Contains(got.text,
		"address changed on") {
		t.Errorf("run: %+v; want ok, counted, and the change told", got)
	}
}

func TestFullQuotaIsTold(t *testing.T) {
	seed := seedtest.Seed{Name: "s"}
	for _, x := range []struct {
		used int64
		want seedtest.Condition
		sick bool
	}{{10, seedtest.SeedOK, false}, {92, seedtest.SeedFull, false}, {99, seedtest.SeedFull, true}} {
		c := checked{Kind: "seed", OK: true,
			Seed: &inbox.Check{Mailboxes: []seedtest.Mailbox{{Name: "INBOX"}},
				Quotas: []inbox.Quota{{Resource: "STORAGE", Used: x.used, Limit: 100}}}}
		h := seedtest.HealthOf([]seedtest.SeedLook{liveLook(c, seed, time.Now())})
		if h.State != x.want || h.Sick != x.sick || x.want != seedtest.SeedOK && len(h.Advice) == 0 {
			t.Errorf("quota at %d %%: %+v; want %s, sick %t", x.used, h, x.want, x.sick)
		}
	}
}

func TestCheckIsReadAtEightyColumns(t *testing.T) {
	b := sickbay(t)
	b.ran()
	b.world.Inject(faultAt("strict-a"))
	got := b.run(t.Context(), nil, "check", "--verbose")
	for line := range strings.Lines(got.stdout) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"FAIL  seed strict-a", "health     refused since", "  do  ",
		"  because",
		"seen       ", "strategy   ", "ok    route old"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("check says no %q:\n%s", want, got.stdout)
		}
	}
}

// TestCheckTellsWhatWearsASeed is about seeds of others, which have limits and rules.
func TestCheckTellsWhatWearsASeed(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	no := false
	seed := seedtest.Seed{Name: "gmail-b", Provider: seedtest.Provider{ID: "gmail", Name: "Gmail",
		Account: seedtest.Account{InactiveDays: 730, IMAPCounts: &no}}}
	in := &instrument{seed: seed, limit: 4, sent: 800, hour: 2, hourLimit: 10, active: at.AddDate(-2, 0, 0),
		today:    store.Count{Messages: 4, Free: at.Add(3 * time.Hour)},
		breakers: []store.Breaker{{Route: "new", Until: at.Add(24 * time.Hour), Why: "volume: too much"}},
		spent:    seedtest.Spent{SignIns: 1, Commands: 74, Budget: 1500},
		notice:   []time.Duration{400 * time.Millisecond, time.Second, 90 * time.Second},
		health: seedtest.Health{State: seedtest.SeedOK}.With(diagnose.Standing(diagnose.Tenure{Seed: seed,
			Sent: 800},
			at)),
		succession: &seedtest.Succession{New: "gmail-b", Old: "gmail-a", Pairs: 20, Agree: 20,
			Ready: true,
			Why:   "20 of 20 pairs agree", How: []string{"rename it"}}}
	c := checked{Kind: "seed", Name: "gmail-b", OK: true, Instrument: in}
	text := strings.Join(c.lines(false), "\n")
	want := `note  seed gmail-b
      health     worn since 2026-11-21
        because  800 probes in a year, and nobody opens them
        do       run fewer suites at gmail-b, or let a fresh account take over:
                 add it with replaces = "gmail-b" and compare the two for some
                 weeks
      seen       1s after acceptance at the median, 9 of 10 within 1m30s (3
                 messages)
      dose       4 of 4 messages in 24 hours, next free 2026-11-21 17:00 UTC,
                 800 in a year; 2 of 10 to its provider in this hour
      budget     74 of 1500 commands in the last run, sign-ins 1
      breaker    route new rests here until 2026-11-22 14:00 UTC: volume: too
                 much
      account    last used 2024-11-21; unused for 730 days it may be closed, and
                 reading by IMAP does not count
      succession gmail-b (to replace gmail-a): the two agree in 20 of 20
      20 of 20 pairs agree
        do       rename it`
	if text != want {
		t.Errorf("check of a worn seed:\n%s\nwant\n%s", text, want)
	}
	var out strings.Builder
	if err := writeChecksJSON(&out, []checked{c}, false); err != nil {
		t.Fatal(err)
	}
	obey(t, "check", "check", out.String())
}
