package inbox

import (
	"context"
	"errors"
	"fmt"

	"seedtest"
)

// Check signs in to a seed, lists its mailboxes and leaves. The error says in words what went
// wrong; what was learned before is returned beside it.
func (w *Watcher) Check(ctx context.Context, seed seedtest.Seed) (Check, error) {
	var c Check
	s, _, err := w.open(ctx, &seed, &transcript{})
	if err == nil {
		err = c.ask(ctx, s)
		s.logout(ctx)
	}
	if s != nil {
		c.learn(s)
	}
	if err == nil {
		return c, nil
	}
	if c.TLS == nil {
		c.TLS = unfit(err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		c.Trouble = troubleOf(seed, err)
		err = errors.New(c.Trouble.What)
	}
	return c, fmt.Errorf("seed %s: %w", seed.Name, err)
}

// unfit is the certificate for which a connection came to nothing, nil if there was none.
func unfit(err error) *seedtest.TLSInfo {
	if t := (*trouble)(nil); errors.As(err, &t) {
		return t.tls
	}
	return nil
}

// troubleOf says what a watch would record of an error.
func troubleOf(seed seedtest.Seed, err error) *seedtest.Fault {
	var t *trouble
	if !errors.As(err, &t) {
		if t = refused(err, seedtest.FaultMailbox); t == nil {
			if errors.Is(err, context.DeadlineExceeded) {
				err = errNoAnswer
			}
			t = &trouble{kind: seedtest.FaultLost, what: seedtest.OneLine(err.Error(), 400)}
		}
	}
	return &seedtest.Fault{Seed: seed.Name, Kind: t.kind, Reason: t.reason, Mailbox: t.mailbox,
		What: t.what}
}

// ask lists the mailboxes, measures a round trip and reads the quota.
func (c *Check) ask(ctx context.Context, s *session) error {
	listed, _, err := s.list(ctx)
	if err != nil {
		return err
	}
	boxes := boxesOf(listed, *s.seed)
	c.Mailboxes, c.Strategy = mailboxesOf(boxes), choose(s.grounds(boxes, measured{}))
	if c.RoundTrip, err = s.ping(ctx); err != nil {
		return err
	}
	c.Quotas, err = s.quotas(ctx)
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
	c.Dialog = s.wire.dialog.all()
}
