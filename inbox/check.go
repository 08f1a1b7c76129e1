package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"seedtest"
)

// Check signs in to a seed, lists its mailboxes and leaves. The error says in words what went
// wrong; what was learned before is returned beside it.
func (w *Watcher) Check(ctx context.Context, seed seedtest.Seed) (Check, error) {
	var c Check
	s, _, err := w.open(ctx, seed)
	if err == nil {
		err = c.ask(ctx, s)
		s.logout(ctx)
	}
	if s != nil {
		c.learn(s)
	}
	var t *trouble
	if errors.As(err, &t) {
		err = errors.New(t.what)
	}
	if err != nil {
		return c, fmt.Errorf("seed %s: %w", seed.Name, err)
	}
	return c, nil
}

// ask lists the mailboxes and measures a round trip.
func (c *Check) ask(ctx context.Context, s *session) error {
	listed, _, err := s.list(ctx)
	if err != nil {
		return err
	}
	c.Mailboxes = mailboxesOf(boxesOf(listed, s.seed))
	c.RoundTrip, err = s.ping(ctx)
	return err
}

// learn takes what a session is known by, whether it could sign in or not.
func (c *Check) learn(s *session) {
	c.Capabilities = s.capabilities()
	c.TLS, c.ConnectTime, c.LoginTime = s.tls, s.connectTime, s.loginTime
	c.Local, c.Remote = s.plain.LocalAddr().String(), s.plain.RemoteAddr().String()
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	c.Greeting, c.Server = s.wire.greeting, s.wire.server
	c.Dialog = slices.Clone(s.wire.dialog)
}
