package harness

import (
	"context"
	"errors"
	"testing"
	"time"

	"seedtest"
)

// teller is a RelayLog that says of every message what it is told to, some time after it was sent.
type teller struct {
	after  time.Duration
	says   []seedtest.Outcome
	fault  bool
	asked  []seedtest.Relayable
	known  []seedtest.Relayed
	ended  bool
	broken error
}

func (l *teller) Follow(ctx context.Context, f seedtest.Relaying) error {
	defer func() { l.ended = true }()
	l.known = f.Known
	if l.fault {
		if err := f.Record(ctx, seedtest.Fault{Route: f.Route, Kind: seedtest.FaultLog, From: f.Now()}); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.Changed:
		}
		for _, m := range f.Sent() {
			l.asked = append(l.asked, m)
			for _, o := range l.says {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(l.after):
				}
				if err := f.Record(ctx, seedtest.Relayed{Dispatch: m.Dispatch, Probe: m.To[0].Probe,
					Outcome: o, Source: "log"}); err != nil {
					return err
				}
			}
		}
		if l.broken != nil {
			return l.broken
		}
	}
}

func TestRelayLog(t *testing.T) {
	ctx := context.Background()
	follow := func(w *world, l *teller) *teller {
		w.parts.Logs = map[string]RelayLog{"old": l, "other": l}
		w.postman.answers = []seedtest.Submission{{Outcome: seedtest.OutcomeAccepted,
			Stage: seedtest.StageFinal, QueueID: "4XyZ"}}
		return l
	}
	try(t, "is asked for what was sent, and has the last word", func(t *testing.T, w *world) {
		l := follow(w, &teller{after: time.Second, says: []seedtest.Outcome{seedtest.OutcomeDeferred,
			seedtest.OutcomeAccepted}})
		must(t, w.run(ctx, UntilTerminal))
		p := w.expect(t, seedtest.Inbox)
		if len(p.Relayed) != 2 || !l.ended {
			t.Errorf("%d answers, reader ended: %v, want 2 and true", len(p.Relayed), l.ended)
		}
		if len(l.asked) != 1 || l.asked[0].QueueID != "4XyZ" || l.asked[0].MessageID != p.MessageID ||
			l.asked[0].To[0].Probe != p.ID || l.asked[0].Begun.IsZero() {
			t.Errorf("asked for %+v", l.asked)
		}
	})
	try(t, "is not waited for long", func(t *testing.T, w *world) {
		follow(w, &teller{after: time.Hour, says: []seedtest.Outcome{seedtest.OutcomeAccepted}})
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		if d := time.Since(begun); d < lastWord || d > 2*lastWord {
			t.Errorf("the run took %s, want %s and little more", d, lastWord)
		}
	})
	try(t, "is not waited for if it cannot be read, and makes nothing blind", func(t *testing.T, w *world) {
		follow(w, &teller{fault: true})
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Inbox)
		if d := time.Since(begun); d >= lastWord {
			t.Errorf("the run took %s", d)
		}
	})
	try(t, "rule 13 a refusal further on ends the wait", func(t *testing.T, w *world) {
		w.box.empty = true
		follow(w, &teller{after: time.Second, says: []seedtest.Outcome{seedtest.OutcomeRefused}})
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Bounced)
		if d := time.Since(begun); d > 5*time.Second {
			t.Errorf("the run took %s, want it to end with the bounce", d)
		}
	})
	try(t, "rule 13 a deferral further on leaves it pending", func(t *testing.T, w *world) {
		w.box.empty = true
		follow(w, &teller{after: time.Second, says: []seedtest.Outcome{seedtest.OutcomeDeferred}})
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Missing)
	})
	try(t, "knows what earlier processes sent and heard", func(t *testing.T, w *world) {
		follow(w, &teller{after: time.Second, says: []seedtest.Outcome{seedtest.OutcomeDeferred}})
		must(t, w.run(ctx, UntilSent))
		l := follow(w, &teller{})
		must(t, w.resume(ctx, seedtest.PurposeFollow, UntilTerminal))
		if len(l.known) != 1 || len(l.asked) != 1 || l.asked[0].QueueID != "4XyZ" {
			t.Errorf("known %+v, asked %+v, want one each", l.known, l.asked)
		}
	})
	try(t, "is not waited for when what it knew is old", func(t *testing.T, w *world) {
		follow(w, &teller{})
		must(t, w.run(ctx, UntilTerminal))
		time.Sleep(2 * recently)
		follow(w, &teller{})
		begun := time.Now()
		must(t, w.resume(ctx, seedtest.PurposeFollow, UntilSettled))
		if d := time.Since(begun); d >= lastWord {
			t.Errorf("the look took %s", d)
		}
	})
	try(t, "that fails to record ends the run", func(t *testing.T, w *world) {
		follow(w, &teller{broken: errors.New("disk full")})
		if err := w.run(ctx, UntilTerminal); err == nil {
			t.Error("no error")
		}
	})
}
