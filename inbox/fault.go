package inbox

import (
	"context"
	"errors"
	"time"

	"seedtest"
)

// faultKey tells troubles apart: each is recorded when it begins and when it is over, however
// often it is met in between.
type faultKey struct {
	kind    seedtest.FaultKind
	mailbox string // empty: of the whole seed
}

// suffer records that a trouble began.
func (v *vigil) suffer(ctx context.Context, t *trouble) error {
	v.w.log.Debug("trouble", "seed", v.seed.Name, "kind", t.kind, "mailbox", t.mailbox,
		"what", t.what)
	key := faultKey{t.kind, t.mailbox}
	final := key.kind == seedtest.FaultLogin && v.final()
	if f, met := v.faults[key]; met {
		if f.Final || !final {
			return nil
		}
		f.Final = true
		v.faults[key] = f
		return v.record(ctx, f)
	}
	from := v.a.Now().Add(-t.silent)
	if !v.unwatched.IsZero() {
		from = v.unwatched
	}
	f := seedtest.Fault{Seed: v.seed.Name, Kind: t.kind, Reason: t.reason, Mailbox: t.mailbox,
		What: t.what, From: from, Final: final}
	v.faults[key] = f
	return v.record(ctx, f)
}

// weigh counts how often in a row a sign-in was refused because of its secret.
func (v *vigil) weigh(t *trouble) {
	if v.certain++; !t.sure {
		v.certain = 0
	}
}

// final reports whether another sign-in soon is in vain. Where the next one comes in a moment it is
// waited for: the account may just have been made.
func (v *vigil) final() bool { return v.certain >= 2 || v.certain == 1 && !v.seed.Own }

// minLife is how long a session must have lived to be taken for one whose time was up.
const minLife = time.Minute

// ended reports whether a connection was only ended because its time was up: then it is no trouble
// to begin another at once, with a token that is asked for anew. If that fails, the trouble began
// now.
func (v *vigil) ended(t *trouble) bool {
	lived := v.a.Now().Sub(v.login)
	if v.failures > 0 || lived < max(minLife, v.pace.LoginEvery) ||
		!t.expired(lived, v.seed.Provider.Habits.SessionLife) {
		return false
	}
	v.w.log.Debug("session ended", "seed", v.seed.Name, "what", t.what, "lived", lived)
	v.unwatched = v.a.Now()
	return true
}

// over records that a trouble has ended, if there was one.
func (v *vigil) over(ctx context.Context, key faultKey) error {
	f, met := v.faults[key]
	if !met {
		return nil
	}
	delete(v.faults, key)
	now := v.a.Now()
	f.To = &now
	return v.record(ctx, f)
}

// recovered records that the troubles of the whole seed are over.
func (v *vigil) recovered(ctx context.Context) error {
	for _, kind := range []seedtest.FaultKind{seedtest.FaultLogin, seedtest.FaultConnect,
		seedtest.FaultLost, seedtest.FaultThrottled, seedtest.FaultMailbox} {
		if err := v.over(ctx, faultKey{kind: kind}); err != nil {
			return err
		}
	}
	return nil
}

// The longest wait before a sign-in that was refused is tried anew.
const (
	maxHoldOff    = time.Hour
	maxHoldOffOwn = time.Minute
)

// holdOff waits before the next connection: longer with each one that came to nothing or was soon
// lost, at least as long as the server asked for, and twice as long with each refused sign-in, because providers
// lock accounts that fail too often.
func (v *vigil) holdOff(ctx context.Context, t *trouble) error {
	if t.kind == seedtest.FaultThrottled {
		v.slow = true
	}
	if v.brief++; v.a.Now().Sub(v.login) >= minLife {
		v.brief = 0
	}
	wait := max(v.w.jitter(v.pace.retry(max(v.failures, v.brief, 1))), t.wait)
	until := v.a.Now().Add(wait)
	if !v.login.IsZero() {
		gap := v.pace.LoginEvery
		if v.refusals > 0 {
			gap = max(gap, time.Second) << min(v.refusals-1, 12)
		}
		longest := maxHoldOff
		if v.seed.Own {
			longest = maxHoldOffOwn
		}
		until = latest(until, v.login.Add(min(gap, longest)))
	}
	for v.a.Now().Before(until) && !v.a.Pending().Done {
		if v.dormant(ctx, until, nil); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// heedSlowness ends quick looks where the server does what it is asked, and says that it slows us
// down (rule 23). Nothing is hidden by that: the trouble is over when it is noted.
func (v *vigil) heedSlowness(ctx context.Context) error {
	if v.s == nil {
		return nil
	}
	what := v.s.slowed()
	if what == "" {
		return nil
	}
	v.w.connections.throttled(ctx, *v.seed, 0)
	if v.slow {
		return nil
	}
	v.slow = true
	now := v.a.Now()
	return v.record(ctx, seedtest.Fault{Seed: v.seed.Name, Kind: seedtest.FaultThrottled, What: what,
		From: now, To: &now})
}

// calm records that the server wants less asked, and leaves it alone for as long as it said. There
// are no quick looks afterwards (rule 23).
func (v *vigil) calm(ctx context.Context, t *trouble) error {
	v.slow = true
	v.quiet = v.a.Now().Add(t.wait)
	v.shareThrottling(ctx, t)
	return v.suffer(ctx, t)
}

// shareThrottling tells the other watches of the account that its provider wants less to be asked.
func (v *vigil) shareThrottling(ctx context.Context, err error) {
	var t *trouble
	if errors.As(err, &t) && t.kind == seedtest.FaultThrottled {
		v.w.connections.throttled(ctx, *v.seed, t.wait)
	}
}

// mindQuiet has this watch ask nothing for as long as the provider said to another of the account.
func (v *vigil) mindQuiet(ctx context.Context) {
	if v.at == nil {
		return
	}
	now := v.a.Now()
	wait, _ := v.w.connections.patienceOf(v.at)
	if wait > 0 && v.quiet.Before(now.Add(wait)) {
		v.quiet = now.Add(time.Until(v.w.connections.resume(ctx, *v.seed)))
	}
}

// isSlow reports whether there are to be no quick looks, for the same reason.
func (v *vigil) isSlow() bool {
	slow := v.slow
	if v.at != nil && !slow {
		_, slow = v.w.connections.patienceOf(v.at)
	}
	return slow
}
