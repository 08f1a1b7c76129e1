package harness

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// refused is a Watcher whose sign-in is refused, for good or not.
type refused struct{ final bool }

func (r refused) Watch(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting) error {
	err := a.Record(ctx, seedtest.Fault{Seed: s.Name, Kind: seedtest.FaultLogin,
		What: "login refused", From: a.Now(), Final: r.final})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// A baseline is waited for, unless there can be none.
func TestRule08WaitsForABaselineThatMayCome(t *testing.T) {
	for _, final := range []bool{false, true} {
		try(t, "refused", func(t *testing.T, w *world) {
			w.parts.Watcher = refused{final}
			begun := time.Now()
			must(t, w.run(t.Context(), UntilTerminal))
			if p := w.expect(t, seedtest.Blind); !strings.Contains(p.Why, "login refused") {
				t.Errorf("why %q does not quote the refusal", p.Why)
			}
			d := time.Since(begun)
			if waited := d >= w.suite.BaselineTimeout; waited == final || final && d > 5*time.Second {
				t.Errorf("refused for good %t: it ended after %s", final, d)
			}
			if len(w.postman.sent) != 0 {
				t.Error("a message was sent that nobody could have seen")
			}
		})
	}
}

// slow is a Watcher whose turn to sign in comes late.
type slow struct {
	Watcher
	after time.Duration
}

func (s slow) Watch(ctx context.Context, seed seedtest.Seed, a seedtest.Awaiting) error {
	select {
	case <-time.After(s.after):
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Watcher.Watch(ctx, seed, a)
}

// Where many seeds are at one server their sign-ins take turns: who comes last is waited for.
func TestRule08WaitsForTheTurnOfASeed(t *testing.T) {
	for _, x := range []struct {
		others int
		host   string
		want   seedtest.Placement
	}{
		{0, "", seedtest.Blind}, {1200, "", seedtest.Inbox},
		{100, "", seedtest.Blind}, {1200, "imap.example.net", seedtest.Blind},
	} {
		try(t, "late", func(t *testing.T, w *world) {
			w.parts.Watcher = slow{w.box, 50 * time.Second}
			for i := range x.others {
				w.opened.Seeds = append(w.opened.Seeds, seedtest.Seed{Name: fmt.Sprint("other", i), Own: true,
					Server: seedtest.Endpoint{Host: x.host}})
			}
			must(t, w.run(t.Context(), UntilTerminal))
			w.expect(t, x.want)
		})
	}
}

// A provider may want a minute between two sign-ins, and another process signed in a moment ago.
func TestRule08WaitsForTheNextSignIn(t *testing.T) {
	for every, want := range map[time.Duration]seedtest.Placement{
		0: seedtest.Blind, 10 * time.Second: seedtest.Blind, time.Minute: seedtest.Inbox,
	} {
		try(t, every.String(), func(t *testing.T, w *world) {
			w.parts.Watcher = slow{w.box, 50 * time.Second}
			w.opened.Seeds[0].Provider.Habits.LoginEvery = every
			must(t, w.run(t.Context(), UntilTerminal))
			w.expect(t, want)
		})
	}
}
