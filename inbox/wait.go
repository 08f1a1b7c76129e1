package inbox

import (
	"context"
	"io"
	"time"

	"seedtest"
)

// idleWorth is the least gap before the next look for which IDLE is begun: it costs a few commands
// to enter and to leave.
const idleWorth = 2 * time.Second

// maxHollow is how many pushes in a row may bring nothing new before IDLE is given up: such a
// server tells STATUS and the open mailbox apart, and would have us ask for ever.
const maxHollow = 3

// wait waits for the time of the next thing to do, for something awaited to change or for news
// from INBOX; without a time, for a change only. News make the next look due.
func (v *vigil) wait(ctx context.Context, until time.Time) error {
	inbox := v.inbox()
	if !v.worthIdling(until) || inbox == nil || !inbox.asked {
		return v.rest(ctx, until)
	}
	known := inbox.told
	news, err := v.s.idle(ctx, known, until.Sub(v.a.Now()), v.a.Changed)
	if r := refused(err, seedtest.FaultMailbox); r != nil {
		v.s.noIdle = true // INBOX cannot be opened now; the looks say so
		if r.kind == seedtest.FaultThrottled {
			return r
		}
		return nil
	}
	if err != nil || !news {
		return err
	}
	if err := v.look(ctx); err != nil {
		return err
	}
	if v.hollow++; inbox.told != known {
		v.hollow = 0
	}
	if v.hollow >= maxHollow {
		v.s.noIdle = true
	}
	return nil
}

// worthIdling reports whether to wait in IDLE. Where quick looks are about to begin it would only
// be in their way.
func (v *vigil) worthIdling(until time.Time) bool {
	if until.IsZero() || until.Sub(v.a.Now()) < idleWorth || !v.s.canIdle() {
		return false
	}
	if v.pace.Commands > 0 && v.spent+v.s.spent() > v.pace.Commands {
		return false
	}
	if !v.seed.Own {
		return true
	}
	for _, a := range v.a.Pending().Awaited {
		if !a.Seen {
			return false
		}
	}
	return true
}

// rest waits without a mailbox open. A server that hears nothing for long hangs up, so it is asked
// for nothing now and then.
func (v *vigil) rest(ctx context.Context, until time.Time) error {
	wait := v.s.idleFor()
	if left := until.Sub(v.a.Now()); !until.IsZero() && left < wait {
		wait = left
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-v.a.Changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-v.s.client.Closed():
		return v.s.lost(ctx, io.EOF)
	case <-timer.C:
	}
	if now := v.a.Now(); !until.IsZero() && !now.Before(until) {
		return nil
	}
	_, err := v.s.ping(ctx)
	if r := refused(err, seedtest.FaultLost); r != nil {
		return r
	}
	return err
}
