package main

import (
	"context"
	"errors"
	"fmt"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/report"
	"seedtest/store"
)

// cleanAll removes what is to be removed, while no other process works the runs.
func (s *session) cleanAll(ctx context.Context, cfg *config.Config, work []cleanWork) error {
	leases, err := s.leaseAll(ctx, work)
	defer func() {
		for _, l := range leases {
			_ = l.Release(context.WithoutCancel(ctx))
		}
	}()
	if err != nil {
		return err
	}
	var troubles []error
	for _, w := range work {
		seed, ok := seedOf(cfg, w.seed)
		if !ok || seed.Address != w.address {
			troubles = append(troubles, fmt.Errorf(
				"seed %s: the account of the run is no longer in %s", w.seed, cfg.Path))
			continue
		}
		if err := s.cleanSeed(ctx, seed, w, leases); err != nil {
			troubles = append(troubles, err)
		}
	}
	s.app.say("%s", sumUp(work))
	if err := s.app.writeCleaned(work, troubles, false); err != nil {
		return err
	}
	if len(troubles) > 0 {
		return broken(errors.Join(troubles...), "run it again: it goes on where it stopped")
	}
	return nil
}

// sumUp counts what became of the copies.
func sumUp(work []cleanWork) string {
	n := countStates(work)
	text := fmt.Sprintf("%d messages removed, %d left", n[cleanRemoved], n[cleanLeft]+n[cleanOpen])
	if n[cleanMoved] > 0 {
		text += fmt.Sprintf(", %d moved to Trash", n[cleanMoved])
	}
	return text
}

func countStates(work []cleanWork) map[cleanState]int {
	n := map[cleanState]int{}
	for _, w := range work {
		for _, c := range w.copies {
			n[c.state]++
		}
	}
	return n
}

// leaseAll takes the runs, as far as it can.
func (s *session) leaseAll(ctx context.Context, work []cleanWork) (
	map[seedtest.RunID]*store.Lease, error) {
	leases := map[seedtest.RunID]*store.Lease{}
	for _, w := range work {
		for _, c := range w.copies {
			if leases[c.run] != nil {
				continue
			}
			l, err := s.store.Lease(ctx, c.run)
			if err != nil {
				return leases, broken(err, "wait until the other process has ended")
			}
			leases[c.run] = l
		}
	}
	return leases, nil
}

// cleanSeed removes the copies at one seed and records each batch as it is done.
func (s *session) cleanSeed(ctx context.Context, seed seedtest.Seed, w cleanWork,
	leases map[seedtest.RunID]*store.Lease) error {
	t := tally{session: s, seed: seed.Name, at: map[inbox.Copy][]*runCopy{}}
	var copies []inbox.Copy
	for _, c := range w.copies {
		if len(t.at[c.at]) == 0 { // several may have been moved as one
			copies = append(copies, c.at)
		}
		t.at[c.at] = append(t.at[c.at], c)
	}
	key := s.store.Key()
	known := func(t seedtest.Token) bool { _, err := t.Verify(key); return err == nil }
	cost, err := s.watcher().Clean(ctx, seed, copies, known, func(told []inbox.Cleaned) error {
		for _, l := range leases {
			if err := l.Renew(ctx); err != nil {
				return err
			}
		}
		return t.take(context.WithoutCancel(ctx), told)
	})
	if cost.SignIns > 0 {
		last := w.copies[len(w.copies)-1].run
		err = errors.Join(err, s.store.Append(context.WithoutCancel(ctx), last, seedtest.Fact{
			At: s.clock(), Body: seedtest.Spent{Seed: seed.Name, SignIns: cost.SignIns,
				Commands: cost.Commands, Budget: cost.Budget}}))
	}
	return err
}

// tally notes and records what becomes of the copies at a seed.
type tally struct {
	*session
	seed string
	at   map[inbox.Copy][]*runCopy // by where they are
}

func (t *tally) take(ctx context.Context, told []inbox.Cleaned) error {
	for _, c := range told {
		copies := t.at[c.Copy]
		if c.Moved != nil {
			t.at[*c.Moved] = append(t.at[*c.Moved], copies...)
		}
		for _, x := range copies {
			if err := t.note(ctx, x, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// note takes what became of one copy. What was moved or removed is recorded.
func (t *tally) note(ctx context.Context, x *runCopy, c inbox.Cleaned) error {
	gone := seedtest.Gone{Seed: t.seed, Token: x.recorded.Token, Mailbox: x.recorded.Mailbox,
		UIDValidity: x.recorded.UIDValidity, UID: x.recorded.UID, LastSeen: t.clock(), ByUs: true}
	switch {
	case c.Removed:
		x.state = cleanRemoved
	case c.Moved != nil:
		x.state, x.at = cleanMoved, *c.Moved
		gone.MovedTo, gone.MovedUIDValidity, gone.MovedUID = x.at.Mailbox, x.at.UIDValidity, x.at.UID
		if x.at.UID == 0 {
			x.why = "the server did not say as what it lies there"
		}
	default:
		if x.why = c.Why; x.state == cleanOpen && x.at == x.recorded {
			x.state = cleanLeft
		} else {
			x.state = cleanMoved
		}
		t.app.say("%s  %s, UID %d: left: %s", t.seed, report.CleanLine(c.Mailbox), c.UID,
			report.CleanLine(c.Why))
		return nil
	}
	return t.store.Append(ctx, x.run, seedtest.Fact{At: gone.LastSeen, Body: gone})
}
