package sender

import (
	"context"
	"net"
	"sync"
	"time"
)

// waits bounds all waits on a connection: by the end of the step, and by that of a context.
type waits struct {
	on net.Conn

	mu    sync.Mutex
	until time.Time     // end of this step
	limit time.Time     // end of everything; zero: none
	gen   int           // of the context that is watched
	grace time.Duration // from its end to that of everything
	stop  func() bool
}

// step begins a step that may take d at most. The end of a step just before stands if it is nearly the
// same: to set one takes as long as much else.
func (w *waits) step(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := time.Now().Add(d)
	if early := until.Sub(w.until); early < 0 || early > d/1000 {
		w.until = until
		w.apply()
	}
}

func (w *waits) apply() {
	t := w.until
	if !w.limit.IsZero() && w.limit.Before(t) {
		t = w.limit
	}
	_ = w.on.SetDeadline(t)
}

// watch ends all waits when ctx has ended. It replaces the watch before it.
func (w *waits) watch(ctx context.Context) {
	w.unwatch()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gen++
	gen := w.gen
	w.grace = 0
	if !w.limit.IsZero() {
		w.limit = time.Time{}
		w.apply()
	}
	w.stop = context.AfterFunc(ctx, func() { w.cut(gen) })
}

func (w *waits) cut(gen int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if gen == w.gen {
		w.limit = time.Now().Add(w.grace)
		w.apply()
	}
}

// grant lets waits outlive the context that is watched by grace, from now on.
func (w *waits) grant(grace time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.grace = grace
	if !w.limit.IsZero() { // it has ended
		w.limit = time.Now().Add(grace)
		w.apply()
	}
}

// unwatch reports whether the context that was watched was still alive.
func (w *waits) unwatch() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gen++
	stop := w.stop
	w.stop = nil
	return stop == nil || stop()
}
