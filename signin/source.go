package signin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"seedtest"
)

// Source gives the access tokens of one login. It implements [seedtest.SecretSource] and
// [seedtest.Renewer], and is safe for concurrent use.
type Source struct {
	client *Client
	keep   *Keep

	mu     sync.Mutex
	unkept *Grant // a grant that could not be written, and is newer than what is kept
}

// NewSource makes a Source of grants that are kept.
func NewSource(c *Client, k *Keep) *Source { return &Source{client: c, keep: k} }

// Secret returns an access token, renewed if its end is near. The error is a *seedtest.TokenError
// or the context's.
func (s *Source) Secret(ctx context.Context) (seedtest.Secret, error) {
	g, err := s.load()
	if err == nil && g.fresh(time.Now()) {
		return g.Access, nil
	}
	return s.renew(ctx, "")
}

// State returns what is kept, without asking anybody. The error says why it cannot be used.
func (s *Source) State() (Grant, error) { return s.load() }

// Renew returns an access token in place of one that a server refused. If another process has
// renewed it meanwhile, its token is returned, and nobody is asked.
func (s *Source) Renew(ctx context.Context, refused seedtest.Secret) (seedtest.Secret, error) {
	return s.renew(ctx, refused)
}

func (s *Source) renew(ctx context.Context, refused seedtest.Secret) (seedtest.Secret, error) {
	unlock, err := s.keep.lock(ctx, s.client.oauth.Name)
	if err != nil {
		return "", s.unkeepable(ctx, err)
	}
	defer unlock()
	g, err := s.load()
	if err != nil {
		return "", err
	}
	if g.fresh(time.Now()) && g.Access != refused {
		return g.Access, nil
	}
	// A server that rotates refresh tokens has ended the old one when it answers: the answer is
	// waited for, even if nobody else waits any more.
	renewed, err := s.client.renewed(context.WithoutCancel(ctx), g)
	if err != nil {
		s.lose(g, err)
		return "", err
	}
	renewed.Granted = g.Granted
	if g.Granted.IsZero() {
		renewed.Granted = renewed.Renewed
	}
	s.save(renewed)
	return renewed.Access, nil
}

// load returns the grant that can be used, or says why there is none.
func (s *Source) load() (Grant, error) {
	g, err := s.keep.Load(s.client.oauth.Name)
	s.mu.Lock()
	if s.unkept != nil && !g.Renewed.After(s.unkept.Renewed) {
		g, err = *s.unkept, nil
	}
	s.mu.Unlock()
	app := s.client.oauth.Flow == seedtest.FlowApp
	switch {
	case missing(err) && app:
		return Grant{}, nil
	case missing(err):
		return Grant{}, s.client.without(seedtest.ReasonNoConsent, "nobody has signed in yet")
	case err != nil:
		return Grant{}, &seedtest.TokenError{What: seedtest.OneLine(err.Error(), 400)}
	}
	return g, s.client.usable(g)
}

// usable says why a grant is of no use, nil if it is.
func (c *Client) usable(g Grant) error {
	now := time.Now()
	switch app := c.oauth.Flow == seedtest.FlowApp; {
	case g.Account != c.oauth.Account:
		return c.without(seedtest.ReasonNoConsent, fmt.Sprintf(
			"the tokens kept are those of %s, not of %s", seedtest.OneLine(g.Account, 100), c.oauth.Account))
	case g.ClientID != c.oauth.ClientID:
		return c.without(seedtest.ReasonNoConsent, "the tokens kept are those of another client_id")
	case app:
		return nil
	case !g.Lost.IsZero():
		return c.without(seedtest.ReasonRevoked, fmt.Sprintf("consent is gone since %s (%s)",
			g.Lost.Format(time.DateOnly), seedtest.OneLine(g.Why, 300)))
	case g.Refresh == "" && !g.fresh(now):
		return c.without(seedtest.ReasonExpired, fmt.Sprintf(
			"the access token ended %s, and the server gave none to renew it with",
			g.Expires.Format(time.DateTime)))
	}
	return nil
}

func (c *Client) without(reason seedtest.FaultReason, what string) error {
	return &seedtest.TokenError{Reason: reason, What: what, Remedy: c.remedy(reason)}
}

// lose keeps it in mind when the server says that consent is gone, so that it is not asked again
// and again, by any process, until somebody signs in anew.
func (s *Source) lose(g Grant, err error) {
	var t *seedtest.TokenError
	if !errors.As(err, &t) || t.Reason != seedtest.ReasonRevoked || g.Granted.IsZero() {
		return
	}
	g.Lost, g.Why, g.Access = time.Now().Round(0), t.What, ""
	s.save(g)
}

// save keeps a grant. One that cannot be written is still used, for as long as this process lives.
func (s *Source) save(g Grant) {
	err := s.keep.Save(s.client.oauth.Name, g)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unkept = nil
	if err != nil {
		s.client.log.Warn("tokens could not be kept: the next process may have to sign in anew",
			"login", s.client.oauth.Name, "error", seedtest.OneLine(err.Error(), 300))
		s.unkept = &g
	}
}

func (s *Source) unkeepable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &seedtest.TokenError{What: seedtest.OneLine(err.Error(), 400)}
}
