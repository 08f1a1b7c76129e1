package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"seedtest"
)

// idleWorth is the least gap before the next look for which IDLE is begun: it costs a few commands
// to enter and to leave.
const idleWorth = 2 * time.Second

// maxHollow is how many pushes in a row may bring nothing new before IDLE is given up: such a
// server tells STATUS and the open mailbox apart, and would have us ask for ever.
const maxHollow = 3

// wait waits for the time of the next thing to do, for something awaited to change or for a push;
// without a time, for a change only. A push makes the next look due.
func (v *vigil) wait(ctx context.Context, until time.Time) error {
	heard := v.heard()
	if len(heard) == 0 || !v.worthIdling(until) {
		return v.rest(ctx, until)
	}
	select {
	case <-v.a.Changed: // it is worth no command to wait for what has come
		return nil
	case <-v.s.called:
		return nil
	default:
	}
	before := v.looked(heard)
	news, err := v.push(ctx, before, until.Sub(v.a.Now()))
	if r := refused(err, seedtest.FaultMailbox); r != nil {
		if r.kind == seedtest.FaultThrottled {
			return r
		}
		return v.cannotWait(ctx, heard[0], err, r)
	}
	if err != nil || !news {
		return err
	}
	if v.unhurried() {
		v.pushed = v.a.Now().Add(v.w.within(leisure))
		return nil
	}
	if err := apart(func() error { return v.look(ctx) }); err != nil {
		return err
	}
	if v.hollow++; !slices.Equal(before, v.looked(heard)) {
		v.hollow = 0
	}
	if v.hollow >= maxHollow {
		return v.giveUp(ctx, "the server pushes and has nothing new")
	}
	return nil
}

// leisure is within how long a push is followed up where nothing is sought in haste. All runs at an
// account hear of every message in the same moment, and would ask for it at once.
const leisure = 2 * time.Minute

// unhurried reports whether regular looks do for all that is sought.
func (v *vigil) unhurried() bool {
	now := v.a.Now()
	n := len(v.pace.Looks)
	return v.at != nil && v.w.spreads && n > 0 && !slices.ContainsFunc(v.a.Pending().Awaited,
		func(a seedtest.Awaited) bool {
			return !a.Seen && !a.Expected.IsZero() && now.Before(a.Expected.Add(v.pace.Looks[n-1]))
		})
}

// push waits for the server to tell something, and notes when it told nothing.
func (v *vigil) push(ctx context.Context, known []boxStatus, wait time.Duration) (bool, error) {
	from, by, push := v.a.Now(), v.strategy.push, v.s.notify
	if by == HowIdle {
		push = func(ctx context.Context, known []boxStatus, wait time.Duration,
			changed <-chan struct{}) (bool, error) {
			return v.s.idle(ctx, known[0], wait, changed)
		}
	}
	news, err := push(ctx, known, wait, v.a.Changed)
	v.silent = waited{}
	if err == nil && !news {
		v.silent = waited{by: by, from: from, to: v.a.Now()}
	}
	return news, err
}

// cannotWait deals with a refusal: of the mailbox to wait in, or of what pushes.
func (v *vigil) cannotWait(ctx context.Context, b *box, err error, r *trouble) error {
	var why *refusal
	if errors.As(err, &why) && why.command == "EXAMINE" {
		return v.unreadable(ctx, b, err)
	}
	return v.giveUp(ctx, "the server refuses it: "+r.what)
}

// heard are the mailboxes whose news the server is to push: none until all were looked at.
func (v *vigil) heard() []*box {
	var boxes []*box
	switch v.strategy.push {
	case HowIdle:
		if b := v.inbox(); b != nil {
			boxes = append(boxes, b)
		}
	case HowNotify:
		boxes = v.which(func(b *box) bool { return b.quick() })
	}
	if slices.ContainsFunc(boxes, func(b *box) bool {
		return !b.asked || !b.refused.IsZero()
	}) {
		return nil
	}
	return boxes
}

// looked is what the last look told of mailboxes.
func (v *vigil) looked(boxes []*box) []boxStatus {
	told := make([]boxStatus, len(boxes))
	for i, b := range boxes {
		told[i] = b.told
		told[i].mailbox = b.Name
	}
	return told
}

// giveUp leaves off what pushes now, for the whole watch.
func (v *vigil) giveUp(ctx context.Context, why string) error {
	if v.strategy.push == HowNotify {
		v.measured.noNotify = "NOTIFY was given up: " + why
	} else {
		v.measured.noIdle = "IDLE was given up: " + why
	}
	v.hollow, v.late, v.silent = 0, 0, waited{}
	return v.announce(ctx, false)
}

// punctual holds what a look found against what the server should have pushed before.
func (v *vigil) punctual(ctx context.Context, found []seedtest.Sighting) error {
	silent := v.silent
	v.silent = waited{}
	for _, s := range found {
		if b := v.boxNamed(s.Mailbox); b == nil || !silent.missed(s, b.Role) {
			continue
		}
		if v.late++; v.late >= maxLate {
			return v.giveUp(ctx, fmt.Sprintf("mail was found %d times that the server should have "+
				"pushed %s before", v.late, lateAfter))
		}
		return nil // once a look
	}
	return nil
}

// worthIdling reports whether to wait for a push. Where quick looks are about to begin it would
// only be in their way.
func (v *vigil) worthIdling(until time.Time) bool {
	if until.IsZero() || until.Sub(v.a.Now()) < idleWorth || v.overspent() || !v.pushed.IsZero() {
		return false
	}
	if !v.seed.Own {
		return true
	}
	for _, a := range v.a.Pending().Awaited {
		if !a.Seen && a.Expected.IsZero() {
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
	if wait >= idleWorth {
		v.s.letGo()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-v.a.Changed:
		return nil
	case <-v.s.called:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-v.s.wire.closed:
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
