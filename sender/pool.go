package sender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"seedtest"
)

var errClosed = errors.New("the client is closed")

// pool keeps connections that can carry another message. At most cap(slots) are in use.
type pool struct {
	slots  chan struct{}
	mu     sync.Mutex
	idle   []*session
	closed bool
}

// enter waits for a free place.
func (p *pool) enter(ctx context.Context) error {
	if ctx.Err() == nil {
		select {
		case p.slots <- struct{}{}:
			return nil
		case <-ctx.Done():
		}
	}
	return fmt.Errorf("cancelled before a connection was free: %w", context.Cause(ctx))
}

func (p *pool) leave() { <-p.slots }

// get returns the connection that was used last, or nil. Those that are too old are closed, and those
// whose server has spoken meanwhile or left: its words would be taken for answers to the next message.
func (p *pool) get(t Timeouts) (*session, error) {
	for {
		s, err := p.last(t)
		if s == nil || s.w.quiet(0) {
			return s, err
		}
		s.w.drop()
	}
}

// last takes out the connection that was used last.
func (p *pool) last(t Timeouts) (*session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	p.sweep(t)
	n := len(p.idle)
	if n == 0 {
		return nil, nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return s, nil
}

// sweep closes the connections that are too old. The caller holds mu.
func (p *pool) sweep(t Timeouts) {
	now := time.Now()
	p.idle = slices.DeleteFunc(p.idle, func(s *session) bool {
		old := now.Sub(s.used) > t.Idle || now.Sub(s.begun) > t.Life
		if old {
			s.w.drop()
		}
		return old
	})
}

// tidy is sweep for who does not hold mu.
func (p *pool) tidy(t Timeouts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(t)
}

// put keeps a connection, or ends it when the pool is closed.
func (p *pool) put(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.w.drop()
		return
	}
	s.used = time.Now()
	p.idle = append(p.idle, s)
}

// close takes all kept connections out; nothing is kept from now on.
func (p *pool) close() []*session {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.idle
	p.idle, p.closed = nil, true
	return idle
}

func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// settle keeps the connection for the next message if this one left it in order.
func (c *Client) settle(s *session, t *trouble) {
	alive := s.w.unwatch()
	s.rec = nil
	if !alive || s.w.fault != nil || t != nil && (t.gone || !inTransaction(t.stage)) {
		s.w.drop()
		return
	}
	c.pool.put(s)
}

// inTransaction reports whether another message may follow on a connection after a reply at this
// stage.
func inTransaction(stage seedtest.Stage) bool {
	switch stage {
	case seedtest.StageMAIL, seedtest.StageRCPT, seedtest.StageDATA, seedtest.StageFinal:
		return true
	}
	return false
}
