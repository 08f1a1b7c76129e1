package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"seedtest"
)

// Runs that follow for hours need a server for a moment every few minutes. Where an account may
// have fewer connections than runs, a session that rests is handed, signed in as it is, to the run
// that waits longest; its owner queues for one when it has something to do again, and is given one
// before if a run ends. So all of them see, nobody signs in more often, and each keeps its pace.

// waiter wants a connection to an account.
type waiter struct {
	takesOver bool // a session that is signed in will do
	again     bool // it has lost a session, or was refused

	// ready brings what was waited for, once: a session, or nil if one may be opened.
	ready chan *session
}

func newWaiter(takesOver bool) *waiter {
	return &waiter{takesOver: takesOver, ready: make(chan *session, 1)}
}

// turnWait is how long a watch waits for a connection that others have. They give it back when they
// rest; what is due at each of them comes first.
const turnWait = time.Minute

// take counts one more connection as soon as there is room for it, or takes a session over. The
// error is a *trouble without words, or the context's.
func (c *Connections) take(ctx context.Context, a *account, w *waiter, most int,
	patience time.Duration) (*session, error) {
	if s := c.takeKept(a); s != nil {
		if w.takesOver {
			return s, nil
		}
		s.logout(ctx) // for its place
	}
	if c.enter(a, w, most) {
		return nil, nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s := <-w.ready:
		return s, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	if c.withdraw(a, w) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &trouble{kind: seedtest.FaultConnect}
	}
	return <-w.ready, nil // it came at the last moment
}

// enter counts one more connection if there is room for it, and has w queue if there is none.
func (c *Connections) enter(a *account, w *waiter, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if most == 0 || a.open < most {
		a.open++
		return true
	}
	a.queue = append(a.queue, w)
	a.call()
	return false
}

// withdraw takes w out of the queue; it reports false if w was served before.
func (c *Connections) withdraw(a *account, w *waiter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range []*[]*waiter{&a.queue, &a.away} {
		if i := slices.Index(*list, w); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			return true
		}
	}
	return false
}

// giveBack lets the first in the queue have the place of a connection that was closed.
func (c *Connections) giveBack(a *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(a.queue) == 0 {
		a.open--
		return
	}
	a.queue[0].ready <- nil
	a.queue = slices.Delete(a.queue, 0, 1)
}

// handOver gives a session to the first in the queue, and reports whether it did. If it did not,
// wanted says that its place is waited for, by somebody who wants to sign in. A session that was
// given must not be used afterwards.
func (c *Connections) handOver(s *session) (given, wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(s.account.queue) == 0 {
		return false, false
	}
	return s.giveFirst(&s.account.queue), true
}

// leave is handOver of a session that its owner needs no more: where nobody waits it goes to who
// lent its own, or is kept.
func (c *Connections) leave(s *session) (given, wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := &s.account.queue
	if len(*list) == 0 {
		list = &s.account.away
	}
	if len(*list) == 0 {
		return c.keep(s), false
	}
	return s.giveFirst(list), true
}

// giveFirst gives a session to the first of a list, which is not empty, if it takes it and the
// session was not ended meanwhile. The caller holds the lock of the Connections.
func (s *session) giveFirst(list *[]*waiter) bool {
	first := (*list)[0]
	if !first.takesOver || !s.stop() {
		return false
	}
	first.ready <- s
	*list = slices.Delete(*list, 0, 1)
	return true
}

// lend lists w among those whose session was handed over.
func (c *Connections) lend(a *account, w *waiter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.away = append(a.away, w)
}

// rest says that nothing is due by a session before some time, never if that is zero. It is called,
// through s.called, if somebody waits for it.
func (c *Connections) rest(s *session, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.isCalled, s.idleUntil, s.called = false, until, make(chan struct{})
	s.account.atRest = append(s.account.atRest, s)
	s.account.call()
}

// wake says that a session rests no more, and reports whether it was called. If it has something
// to do first another is called in its place.
func (c *Connections) wake(s *session, busy bool) (called bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := s.account
	if i := slices.Index(a.atRest, s); i >= 0 {
		a.atRest = slices.Delete(a.atRest, i, i+1)
	}
	if s.called = nil; busy {
		a.call()
	}
	return s.isCalled
}

// call calls as many sessions as there are waiters, those first that need not look for longest. The
// caller holds the lock of the Connections.
func (a *account) call() {
	called := 0
	for _, s := range a.atRest {
		if s.isCalled {
			called++
		}
	}
	for ; called < len(a.queue); called++ {
		s := a.idlest()
		if s == nil {
			return
		}
		s.isCalled = true
		close(s.called)
	}
}

// idlest is the session at rest that will rest longest, of those not called yet; nil if there is
// none.
func (a *account) idlest() *session {
	var idlest *session
	for _, s := range a.atRest {
		switch {
		case s.isCalled:
		case idlest == nil, s.idleUntil.IsZero(),
			!idlest.idleUntil.IsZero() && s.idleUntil.After(idlest.idleUntil):
			idlest = s
		}
	}
	return idlest
}

// errWanted ends the use of a session because another run waits for it.
var errWanted = errors.New("another run waits for the connection")

// waitInTurn waits as wait does, by a session that is handed over if another run wants it
// meanwhile: then the error is errWanted.
func (v *vigil) waitInTurn(ctx context.Context, until time.Time) error {
	if v.s.account == nil {
		return v.wait(ctx, until)
	}
	v.w.connections.rest(v.s, until)
	err := v.wait(ctx, until)
	busy := err != nil || due(until, v.a.Now())
	if called := v.w.connections.wake(v.s, busy); busy || !called {
		return err
	}
	given, wanted := v.pass(v.w.connections.handOver)
	if !given && !wanted {
		return nil // whoever waited has given up
	}
	v.lent = given
	return errWanted
}

// pass gives the session to another run by a function that says whether one took it, and whether
// one wants its place.
func (v *vigil) pass(by func(*session) (given, wanted bool)) (given, wanted bool) {
	v.s.letGo()
	spent := v.s.spent()
	if given, wanted = by(v.s); given {
		v.spent += spent
		v.s = nil
	}
	return given, wanted
}

// away waits without a session until something is due, or until there is one for us again.
func (v *vigil) away(ctx context.Context) error {
	a, w := v.w.connections.shared(*v.seed), newWaiter(true)
	v.w.connections.lend(a, w)
	var back *session
	for back == nil && ctx.Err() == nil {
		p := v.a.Pending()
		act, until := v.next(p)
		if p.Done || act != nil {
			break
		}
		back = v.dormant(ctx, until, w.ready)
	}
	if back == nil && !v.w.connections.withdraw(a, w) {
		back = <-w.ready
	}
	switch {
	case back == nil:
	case ctx.Err() != nil:
		back.close()
	default:
		v.takeOver(ctx, back)
	}
	return ctx.Err()
}

// takeOver makes a session that another run handed over the one of this watch.
func (v *vigil) takeOver(ctx context.Context, s *session) {
	s.seed, s.timeouts = v.seed, v.w.timeouts
	s.stop = context.AfterFunc(ctx, func() { _ = s.plain.Close() })
	v.s, v.login = s, v.a.Now().Add(-time.Since(s.begun))
	v.spent -= s.spent() // what others spent by it
}

// dormant waits for a time, which is none if it is zero, for something awaited to change, or for a
// session.
func (v *vigil) dormant(ctx context.Context, until time.Time, ready <-chan *session) *session {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(until.Sub(v.a.Now()))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case s := <-ready:
		return s
	case <-v.a.Changed:
	case <-alarm:
	case <-ctx.Done():
	}
	return nil
}
