package harness

import (
	"context"
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
