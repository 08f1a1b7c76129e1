package inbox

import (
	"context"
	"sync"
)

// Keep has sessions that no watch needs any more stay open until Close. A process that looks at one
// run after the other signs in to an account once by that: each run goes on with the session of the
// one before. Servers that bear any number of connections are not meant.
func (c *Connections) Keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keeps = true
}

// Close ends the sessions that were kept, in order, and keeps no more.
func (c *Connections) Close(ctx context.Context) {
	c.mu.Lock()
	c.keeps = false
	var kept []*session
	for _, a := range c.accounts {
		kept = append(kept, a.kept...)
		a.kept = nil
	}
	c.mu.Unlock()
	var ends sync.WaitGroup
	for _, s := range kept {
		ends.Go(func() { s.logout(ctx) })
	}
	ends.Wait()
}

// keep keeps a session for whoever comes next, if sessions are kept and it was not ended meanwhile.
// The caller holds the lock.
func (c *Connections) keep(s *session) bool {
	if !c.keeps || !s.stop() {
		return false
	}
	s.account.kept = append(s.account.kept, s)
	return true
}

// takeKept takes a session that is kept, nil if there is none. Those that the server has ended
// meanwhile are closed.
func (c *Connections) takeKept(a *account) *session {
	for {
		c.mu.Lock()
		n := len(a.kept)
		if n == 0 {
			c.mu.Unlock()
			return nil
		}
		s := a.kept[n-1]
		a.kept = a.kept[:n-1]
		c.mu.Unlock()
		if s.wire.broken() == nil {
			return s
		}
		s.close()
	}
}
