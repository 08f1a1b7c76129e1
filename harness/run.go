package harness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"seedtest"
)

// Until says when a process has done its part of a run.
type Until int

// The ends of a process's part.
const (
	UntilTerminal Until = iota // every probe is terminal (rule 15)
	UntilSent                  // every message is on its way or will not leave
	UntilSettled               // every probe is settled (rule 16)
	UntilLooked                // every seed had one complete look, or could not have it
)

// Run opens a run and works it until its end, or until ctx ends; either is recorded. The seeds of
// opened carry their sign-in, which is never stored. An error means that the harness itself broke:
// the store failed, or another process took the run.
func Run(ctx context.Context, p Parts, opened seedtest.Opened, planned []seedtest.Planned,
	until Until) error {
	w := newWork(p, opened, planned, until)
	ctx, cancel := w.cancellable(ctx)
	defer cancel(nil)
	bodies := []seedtest.FactBody{opened}
	for _, d := range planned {
		bodies = append(bodies, d)
	}
	if err := w.record(ctx, bodies...); err != nil {
		return err
	}
	return w.carryOut(ctx)
}

// Resume takes up a run from its facts. With purpose seedtest.PurposeResume it sends what was
// certainly not sent; what is in doubt it only watches for (rule 5). opened is the run's opening
// fact with the sign-in of its seeds put back.
func Resume(ctx context.Context, p Parts, opened seedtest.Opened, facts []seedtest.Fact,
	r Resumption) error {
	w := newWork(p, opened, nil, r.Until)
	ctx, cancel := w.cancellable(ctx)
	defer cancel(nil)
	for _, f := range facts {
		w.fold.Add(f)
		switch b := f.Body.(type) {
		case seedtest.Planned:
			w.planned(b)
		case seedtest.Baseline:
			w.haveBaseline(b.Seed)
		}
		w.returnFact(f.Body)
	}
	bodies := []seedtest.FactBody{seedtest.Resumed{Version: r.Version, Purpose: r.Purpose}}
	if last, now := seedtest.AsOf(facts), w.Now(); now.Before(last) {
		bodies = append(bodies, seedtest.Fault{Kind: seedtest.FaultClock, From: now, To: &last,
			What: fmt.Sprintf("the clock shows %s before the run's last fact; times go on from that",
				last.Sub(now))})
		w.goOnFrom(last.Sub(now) + moment)
	}
	if err := w.record(ctx, bodies...); err != nil {
		return err
	}
	if r.Purpose == seedtest.PurposeFollow {
		w.noSending = true
	}
	return w.carryOut(ctx)
}

// moment is how long after its last fact a run goes on: nothing is at the same time as what came before.
const moment = time.Millisecond

// goOnFrom makes the times of this run go on where its last fact ended, for a clock that was set back
// by so much: else what is awaited would be looked for when the clock has caught up, and what came
// last would stand before what came first (rule 14).
func (w *work) goOnFrom(back time.Duration) {
	now, wall := w.Now, w.Wall
	w.Now = func() time.Time { return now().Add(back) }
	if wall != nil {
		w.Wall = func() time.Time { return wall().Add(back) }
	}
	w.back, w.began = back, w.Now()
}

// Resumption is how a run is taken up.
type Resumption struct {
	Purpose string // seedtest.PurposeResume or PurposeFollow
	Until   Until
	Version string // of the program
}

func (w *work) cancellable(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, w.abandon = context.WithCancelCause(ctx)
	return ctx, w.abandon
}

// carryOut starts what works the run and waits for all of it.
func (w *work) carryOut(ctx context.Context) error {
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var watchers, senders, keeper sync.WaitGroup
	stopLogs, stopReports := w.followLogs(ctx), w.followReports(ctx)
	for _, s := range w.seedsInOrder() {
		watchers.Go(func() { w.watch(watching, s) })
	}
	slots := map[string]chan struct{}{}
	for _, d := range w.plan {
		slot := slots[d.Route]
		if slot == nil {
			slot = make(chan struct{}, w.slotsOf(d.Route))
			slots[d.Route] = slot
		}
		if !w.noSending {
			senders.Go(func() { w.dispatch(ctx, d, slot) })
		}
	}
	keeping, stopKeeping := context.WithCancel(ctx)
	keeper.Go(func() { w.keep(keeping) })
	w.resumeAlarms()
	if w.until == UntilLooked {
		w.after(seedtest.ProofGrace, w.giveUpLooking)
	}
	senders.Wait()
	if w.until == UntilSent {
		stopWatching()
	}
	watchers.Wait()
	stopReports()
	stopLogs()
	stopKeeping()
	keeper.Wait()
	return w.close(ctx)
}

// slotsOf is how many messages may be on their way out by a route at a time: who stores an outcome
// needs no connection, and what the user is given to send waits for no other.
func (w *work) slotsOf(route string) int {
	for _, r := range w.opened.Routes {
		if r.Name == route && r.Type == seedtest.RouteExternal {
			return len(w.plan)
		}
	}
	return 2 * w.Conns
}

// seedsInOrder returns the seeds at which something is planned that we can look for.
func (w *work) seedsInOrder() []*seedWork {
	planned := map[string]bool{}
	for _, d := range w.plan {
		for _, p := range d.Probes {
			planned[p.Seed] = true
		}
	}
	var list []*seedWork
	for _, s := range w.opened.Seeds {
		if planned[s.Name] && !s.ByHand && !w.pending(s.Name).Done {
			list = append(list, w.seeds[s.Name])
		}
	}
	return list
}

// resumeAlarms sets the alarms of what an earlier process sent.
func (w *work) resumeAlarms() {
	for _, d := range w.plan {
		w.mu.Lock()
		p := w.fold.Probe(d.Probes[0].Probe)
		var expected time.Time
		if p != nil {
			expected = p.Expected
		}
		w.mu.Unlock()
		if !expected.IsZero() {
			w.alarm(d, expected)
		}
	}
}

// giveUpLooking ends a follow look at the seeds that cannot be seen now.
func (w *work) giveUpLooking() {
	for _, s := range w.opened.Seeds {
		w.mu.Lock()
		w.looked[s.Name] = true
		w.mu.Unlock()
		w.endIfDone(s.Name)
	}
}

// heartbeat is how often the lease is renewed and the clocks are compared.
const heartbeat = 5 * time.Second

// keep renews the lease and notices a step of the wall clock (rule 14).
func (w *work) keep(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	stepped := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.Lease != nil {
			if err := w.Lease.Renew(ctx); err != nil && ctx.Err() == nil {
				w.fail(fmt.Errorf("%w: %w", ErrTaken, err))
				return
			}
		}
		if w.Wall == nil || stepped {
			continue
		}
		now := w.Now()
		if what := stepWords(now, w.Wall()); what != "" {
			stepped = true
			_ = w.record(ctx, seedtest.Fault{Kind: seedtest.FaultClock, What: what, From: now, To: &now})
		}
	}
}

// close records why this process leaves the run.
func (w *work) close(ctx context.Context) error {
	w.mu.Lock()
	w.ended = true
	for _, t := range w.timers {
		t.Stop()
	}
	failed := w.failed
	w.mu.Unlock()
	if errors.Is(failed, ErrTaken) {
		return failed // the run is another process's now
	}
	closed := seedtest.Closed{Reason: seedtest.ClosedDone}
	switch {
	case failed != nil:
		closed = seedtest.Closed{Reason: seedtest.ClosedFailed, Error: failed.Error()}
	case ctx.Err() != nil:
		closed.Reason = seedtest.ClosedCancelled
	case w.until == UntilSent:
		closed.Reason = seedtest.ClosedDetached
	case w.until == UntilSettled:
		closed.Reason = seedtest.ClosedSettled
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeat)
	defer cancel()
	return errors.Join(failed, w.record(after, closed))
}
