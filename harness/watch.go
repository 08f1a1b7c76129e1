package harness

import (
	"context"
	"fmt"
	"time"

	"seedtest"
)

// lastLook is how long a watcher that has nothing left to do may take to leave in order.
const lastLook = 2 * time.Second

// batch is how far apart the deadlines of a seed of others may lie for one round to prove all.
const batch = 5 * time.Second

// watch watches one seed until nothing is awaited there.
func (w *work) watch(ctx context.Context, s *seedWork) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.mu.Lock()
	s.cancel = cancel
	state, _ := w.fold.Seed(s.seed.Name)
	var seen []seedtest.Seen
	for _, p := range w.fold.ProbesAt(s.seed.Name, w.Now()) {
		seen = append(seen, p.Sightings...)
	}
	canaries := w.fold.Canaries(s.seed.Name)
	w.mu.Unlock()
	err := w.Watcher.Watch(ctx, s.seed, seedtest.Awaiting{
		Pending:   func() seedtest.PendingProbes { return w.pending(s.seed.Name) },
		Changed:   s.changed,
		Known:     w.knows,
		Record:    func(ctx context.Context, b ...seedtest.FactBody) error { return w.see(ctx, b) },
		Now:       w.Now,
		Baseline:  state.Baseline,
		Mailboxes: state.Mailboxes,
		Seen:      seen,
		Canaries:  canaries,
		Others:    w.others(s.seed.Name),
		Mint:      w.Mint,
	})
	if err != nil && ctx.Err() == nil {
		w.fail(fmt.Errorf("seed %s: watch: %w", s.seed.Name, err))
	}
}

// others tells a watcher of the canaries of other runs.
func (w *work) others(seed string) func(context.Context) ([]seedtest.Canary, error) {
	if w.Canaries == nil {
		return nil
	}
	return func(ctx context.Context) ([]seedtest.Canary, error) { return w.Canaries(ctx, w.id, seed) }
}

func (w *work) knows(t seedtest.Token) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fold.Known(t)
}

// see records what a watcher saw, and when what it saw becomes settled.
func (w *work) see(ctx context.Context, bodies []seedtest.FactBody) error {
	if err := w.record(ctx, bodies...); err != nil {
		return err
	}
	for _, b := range bodies {
		switch b := b.(type) {
		case seedtest.Sighting:
			if w.until == UntilSettled {
				w.after(w.opened.Suite.Follow, func() { w.wakeSeed(b.Seed) })
				w.after(w.opened.Suite.Follow+seedtest.ProofGrace, func() { w.wakeSeed(b.Seed) })
			}
		case seedtest.Round:
			w.mu.Lock()
			w.looked[b.Seed] = w.looked[b.Seed] || b.Complete || b.Try >= 3
			w.mu.Unlock()
		}
	}
	return nil
}

// pending says what is awaited at a seed now.
func (w *work) pending(seed string) seedtest.PendingProbes {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	all := seedtest.PendingProbes{Done: true}
	for _, p := range w.fold.ProbesAt(seed, now) {
		all.Done = all.Done && w.done(&p, now)
		if p.Expected.IsZero() && len(p.Sightings) == 0 && p.Terminal {
			continue // refused, unsent or never sent: nothing can come
		}
		all.Awaited = append(all.Awaited, seedtest.Awaited{Probe: p.ID, Token: p.Token,
			Expected: p.Expected, Seen: !p.FollowEnd.IsZero(), ProveAt: w.proveAt(&p, now)})
	}
	if s := w.seeds[seed]; s != nil && !s.seed.Own {
		together(all.Awaited)
	}
	return all
}

// done reports whether this process has nothing left to do for a probe.
func (w *work) done(p *seedtest.Probe, now time.Time) bool {
	switch w.until {
	case UntilSettled:
		closes := p.FollowEnd
		if closes.Before(w.began) {
			closes = w.began // nobody watched then: one look now settles it all the same
		}
		if !p.FollowEnd.IsZero() && !now.Before(closes.Add(seedtest.ProofGrace)) {
			return true // nobody could look when the window had closed: it stays unsettled
		}
		return p.Placements.Settled != nil && w.proveAt(p, now).IsZero()
	case UntilLooked:
		return w.looked[p.Seed] || p.Placements.Settled != nil
	}
	return p.Terminal
}

// proveAt says when a round is wanted for a probe: to prove its absence, or where it lies when its
// follow window closes. Zero if none is.
func (w *work) proveAt(p *seedtest.Probe, now time.Time) time.Time {
	switch {
	case w.until == UntilLooked && !w.looked[p.Seed]:
		return now
	case p.Expected.IsZero() || p.Placements.Settled != nil:
		return time.Time{}
	case !p.FollowEnd.IsZero():
		if w.until == UntilSettled {
			return p.FollowEnd
		}
		return time.Time{}
	case !p.Terminal:
		if at := p.LookAt(); !at.IsZero() && now.Before(p.Deadline) {
			return at
		}
		return p.Deadline
	case w.until == UntilSettled && p.Placements.Current != seedtest.Missing:
		return p.Expected.Add(w.opened.Suite.Missing)
	}
	return time.Time{}
}

// together moves proofs that are due soon after each other to the last of them, so that a provider
// of others sees one round instead of many (rule 23).
func together(awaited []seedtest.Awaited) {
	var first, last time.Time
	for _, a := range awaited {
		if !a.ProveAt.IsZero() && (first.IsZero() || a.ProveAt.Before(first)) {
			first = a.ProveAt
		}
	}
	for _, a := range awaited {
		if a.ProveAt.After(last) && a.ProveAt.Sub(first) <= batch {
			last = a.ProveAt
		}
	}
	for i, a := range awaited {
		if !a.ProveAt.IsZero() && a.ProveAt.Before(last) {
			awaited[i].ProveAt = last
		}
	}
}
