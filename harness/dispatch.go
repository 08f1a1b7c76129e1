package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// dispatch brings one message out: it waits for the baselines of its seeds, tries, and tries again
// as the suite says.
func (w *work) dispatch(ctx context.Context, d seedtest.Planned, slots chan struct{}) {
	number, wait, open := w.nextAttempt(d)
	if !open || !w.awaitBaselines(ctx, d) || !w.awaitReturnPath(ctx, d) || !w.pause(ctx, w.spread(d)) {
		return
	}
	for {
		if !w.pause(ctx, wait) {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		retry := w.try(ctx, d, number)
		<-slots
		if retry == nil || ctx.Err() != nil {
			return
		}
		wait = retry.Sub(w.Now())
		number++
	}
}

// nextAttempt says from the facts so far whether a dispatch may be sent, with which number and
// after which wait. What is in doubt may not (rule 5).
func (w *work) nextAttempt(d seedtest.Planned) (number int, wait time.Duration, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.fold.Probe(d.Probes[0].Probe)
	if p == nil || len(p.Attempts) == 0 {
		return 1, 0, p != nil
	}
	last := p.Attempts[len(p.Attempts)-1]
	if last.Submission == nil || last.Submission.RetryAt == nil {
		return 0, 0, false
	}
	return last.Number + 1, last.Submission.RetryAt.Sub(w.Now()), true
}

// awaitBaselines waits until every seed of the dispatch has its baseline, or will have none. Without
// one in time a message is not sent, because nobody could have seen it (rule 8); one of several
// recipients is sent if there is a baseline for any.
func (w *work) awaitBaselines(ctx context.Context, d seedtest.Planned) bool {
	limit, begun := w.patience(d), w.Now()
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	seen := false
	for _, p := range d.Probes {
		s := w.seeds[p.Seed]
		if s == nil {
			return false
		}
		what := ""
		select {
		case <-s.baseline:
		case <-s.refused:
			what = "no baseline"
		case <-within.Done():
			what = fmt.Sprintf("no baseline within %s", limit)
		}
		select {
		case <-s.baseline: // it came all the same
			seen = true
			continue
		default:
		}
		if ctx.Err() != nil {
			return false
		}
		s.noBase.Do(func() { w.noBaseline(ctx, s, what, begun) })
	}
	return seen
}

// Sign-ins to a server take turns (rule 23): a seed may wait so long for each other one there.
const (
	turnOfOwn    = 25 * time.Millisecond
	turnOfOthers = 500 * time.Millisecond
)

// patience is how long the baselines of a dispatch are waited for. What another process did a
// moment ago may keep a seed from signing in for as long as its provider wants between two sign-ins.
func (w *work) patience(d seedtest.Planned) time.Duration {
	longest := time.Duration(0)
	for _, p := range d.Probes {
		if s := w.seeds[p.Seed]; s != nil {
			turn := turnOfOthers
			if s.seed.Own {
				turn = turnOfOwn
			}
			turns := time.Duration(w.seedsAt[s.seed.Server]-1) * turn
			longest = max(longest, turns+s.seed.Provider.Habits.LoginEvery)
		}
	}
	return w.opened.Suite.BaselineTimeout + longest
}

func (w *work) noBaseline(ctx context.Context, s *seedWork, what string, from time.Time) {
	now := w.Now()
	w.mu.Lock()
	if last := w.fold.LastFault(s.seed.Name); last != nil {
		what += ": " + last.What
	}
	w.mu.Unlock()
	_ = w.record(ctx, seedtest.Fault{Seed: s.seed.Name, Kind: seedtest.FaultBaseline, What: what,
		From: from, To: &now})
}

// spread keeps messages to one provider of others from leaving all at once.
func (w *work) spread(d seedtest.Planned) time.Duration {
	if w.Jitter == nil {
		return 0
	}
	for _, p := range d.Probes {
		if s := w.seeds[p.Seed]; s != nil && !s.seed.Own {
			return w.Jitter(3 * time.Second)
		}
	}
	return 0
}

// try makes one attempt and returns when the next one is due, or nil if there is none.
func (w *work) try(ctx context.Context, d seedtest.Planned, number int) *time.Time {
	dose := w.dose(d)
	held, err := w.Log.Held(ctx, w.id, dose)
	if err != nil {
		if ctx.Err() == nil {
			w.fail(fmt.Errorf("store: %w", err))
		}
		return nil
	}
	if held != nil {
		_ = w.record(ctx, *held)
		return nil
	}
	message, err := w.Compose(w.opened, d)
	if err != nil {
		w.fail(fmt.Errorf("compose %s for route %s: %w", d.Message, d.Route, err))
		return nil
	}
	var limit *seedtest.Limit
	sub := w.Senders[d.Route].Send(ctx, message, func(ctx context.Context) error {
		limit, err = w.commit(ctx, d, number)
		return err
	})
	after := context.WithoutCancel(ctx) // what was said to a server is stored even after Ctrl-C
	if limit != nil {
		_ = w.record(after, *limit)
		return nil
	}
	named(sub.Declined, message.To, d.Probes)
	w.complete(ctx, &sub, d, number)
	if err := w.record(after, sub); err != nil {
		return nil
	}
	return sub.RetryAt
}

// errHeld makes the sender drop a message that a limit holds back at the last moment.
var errHeld = errors.New("held back by a limit")

// commit makes an attempt durable before its last octets leave (rule 5).
func (w *work) commit(ctx context.Context, d seedtest.Planned, number int) (*seedtest.Limit, error) {
	fact := seedtest.Fact{At: w.Now(), Body: seedtest.Attempt{Dispatch: d.Dispatch, Number: number}}
	limit, err := w.Log.AppendAttempt(ctx, w.id, fact, w.dose(d))
	switch {
	case err != nil:
		if ctx.Err() == nil {
			w.fail(fmt.Errorf("store: %w", err))
		}
		return nil, err
	case limit != nil:
		return limit, errHeld
	}
	w.known(fact)
	w.alarm(d, fact.At)
	return nil, nil
}

// complete adds to a submission what only the run knows: whose it is and when it is tried again.
func (w *work) complete(ctx context.Context, s *seedtest.Submission, d seedtest.Planned, number int) {
	s.Dispatch, s.Number = d.Dispatch, number
	if !s.Begun.IsZero() {
		s.Begun = s.Begun.Add(w.back)
	}
	for i := range s.Stages {
		s.Stages[i].At = s.Stages[i].At.Add(w.back)
	}
	for i := range s.Tried {
		s.Tried[i].Begun = s.Tried[i].Begun.Add(w.back)
	}
	for i := range s.Unreached {
		s.Unreached[i].Begun = s.Unreached[i].Begun.Add(w.back)
	}
	s.Breaker = w.breakerOf(*s)
	now := w.Now()
	switch {
	case s.Outcome == seedtest.OutcomeAccepted, s.Outcome == seedtest.OutcomeHanded:
		w.alarm(d, now)
	case s.Outcome == seedtest.OutcomeUnsent && ctx.Err() != nil:
		s.RetryAt = &now // cancelled, certainly not sent: a resume may send it
	case s.Breaker == "" && number <= len(w.opened.Suite.Retry) && retriable(*s):
		at := now.Add(w.opened.Suite.Retry[number-1])
		s.RetryAt = &at
	}
}

// breakerOf says why an attempt opens a breaker: by the reply that ended it, or by that of a server
// that was tried too (rule 22).
func (w *work) breakerOf(s seedtest.Submission) string {
	if w.Breaker == nil {
		return ""
	}
	why := ""
	if s.Reply != nil && s.Outcome != seedtest.OutcomeAccepted {
		why = w.Breaker(*s.Reply)
	}
	for _, x := range s.Tried {
		if x.Reply != nil && why == "" {
			why = w.Breaker(*x.Reply)
		}
	}
	for _, x := range s.Declined {
		if why == "" {
			why = w.Breaker(x.Reply)
		}
	}
	return why
}

// named says whose the addresses are that a server declined.
func named(list []seedtest.Declined, to []string, probes []seedtest.PlannedProbe) {
	for i := range list {
		if k := slices.Index(to, list[i].To); k >= 0 && k < len(probes) {
			list[i].Probe = probes[k].Probe
		}
	}
}

// retriable reports whether a further attempt makes sense: after a 4yz or a lost connection, not
// after a refused login or a bad certificate, which would only repeat.
func retriable(s seedtest.Submission) bool {
	switch s.Outcome {
	case seedtest.OutcomeDeferred:
		return true
	case seedtest.OutcomeFailed:
		switch s.Stage {
		case seedtest.StageAUTH, seedtest.StageSTARTTLS, seedtest.StageTLS:
			return false
		}
		return true
	}
	return false
}

func (w *work) dose(d seedtest.Planned) seedtest.Dose {
	dose := seedtest.Dose{At: w.Now(), Dispatch: d.Dispatch, Route: d.Route, Limits: w.opened.Limits}
	for _, p := range d.Probes {
		if s := w.seeds[p.Seed]; s != nil {
			dose.Recipients = append(dose.Recipients, seedtest.Recipient{Seed: p.Seed,
				Address: s.seed.Address, Provider: s.seed.Provider.ID, Own: s.seed.Own})
		}
	}
	return dose
}

// alarm wakes the watchers of a dispatch when something becomes due: its deadline, the missing
// limit, and the moments from which proof is no longer sought.
func (w *work) alarm(d seedtest.Planned, expected time.Time) {
	suite := w.opened.Suite
	for _, due := range []time.Duration{suite.Deadline, suite.Missing} {
		wait := expected.Add(due).Sub(w.Now())
		for _, p := range d.Probes {
			w.after(wait, func() { w.wakeSeed(p.Seed) })
			w.after(wait+seedtest.ProofGrace, func() { w.wakeSeed(p.Seed) })
		}
	}
}

// pause waits, and reports false if the run ended meanwhile.
func (w *work) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
