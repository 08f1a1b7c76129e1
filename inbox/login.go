package inbox

import (
	"context"
	"errors"
	"strings"

	"seedtest"
)

// secretOf asks for the password or token to sign in with. The error is a *trouble or the
// context's.
func secretOf(ctx context.Context, seed seedtest.Seed) (seedtest.Secret, error) {
	source := seed.Login.Password
	if seed.Login.Token != nil {
		source = seed.Login.Token
	}
	if source == nil {
		return "", &trouble{kind: seedtest.FaultLogin,
			what: "the seed has neither a password nor a token"}
	}
	secret, err := source.Secret(ctx)
	if err != nil {
		return "", noSecret(ctx, err)
	}
	return secret, nil
}

// noSecret makes trouble of a source that gives no secret. A token server that cannot be reached
// is like a mail server that cannot: it says nothing of the account.
func noSecret(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	t := &trouble{kind: seedtest.FaultLogin, what: seedtest.OneLine(err.Error(), 600)}
	var token *seedtest.TokenError
	if errors.As(err, &token) {
		t.reason = token.Reason
	}
	if t.reason == seedtest.ReasonUnreachable {
		t.kind = seedtest.FaultConnect
	}
	t.sure = t.reason == seedtest.ReasonNoConsent || t.reason == seedtest.ReasonRevoked
	return t
}

// login signs in. A token that is refused is replaced by a new one and tried once more, because
// servers end tokens before their time.
func (s *session) login(ctx context.Context, secret seedtest.Secret) error {
	if s.tls == nil && !private(s.plain) {
		return &trouble{kind: seedtest.FaultLogin,
			what: "the connection is not encrypted: the password is not sent over it"}
	}
	err := s.present(ctx, secret)
	var t *trouble
	renewer, can := s.seed.Login.Token.(seedtest.Renewer)
	if !can || !errors.As(err, &t) || !t.mendable() {
		return err
	}
	fresh, failed := renewer.Renew(ctx, secret)
	switch {
	case failed != nil:
		return noSecret(ctx, failed)
	case !t.open: // the server has hung up: the new token is for the next connection
		return err
	}
	s.wire.hide(forms(*s.seed, fresh))
	err = s.present(ctx, fresh)
	if errors.As(err, &t) && t.kind == seedtest.FaultLogin && t.open {
		t.what += "; a new token was refused too: is IMAP switched on, and the token of this account?"
		if t.reason == seedtest.ReasonExpired {
			t.reason = seedtest.ReasonNone
		}
	}
	return err
}

// mendable reports whether a new token could mend a sign-in that failed. It would have the scope
// of the old one.
func (t *trouble) mendable() bool {
	return t.kind == seedtest.FaultLogin && t.reason != seedtest.ReasonScope && !t.passing &&
		(t.open || t.reason == seedtest.ReasonExpired)
}

// passing reports whether a server refuses because it cannot say now (RFC 5530 section 3).
func passing(err error) bool {
	code := codeOf(err)
	return code == "UNAVAILABLE" || code == "INUSE" || code == "SERVERBUG"
}

// sure reports whether a server refuses the secret itself (RFC 5530 section 3). One that does not
// say so may have other reasons, which pass.
func sure(err error) bool {
	switch codeOf(err) {
	case "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED":
		return true
	}
	return false
}

// codeOf returns the first word of a refusal's response code in capitals, empty if there is none.
func codeOf(err error) string {
	var r *refusal
	if !errors.As(err, &r) {
		return ""
	}
	code, _, _ := strings.Cut(strings.ToUpper(r.code), " ")
	return code
}

// present tells the server the name and the secret, once.
func (s *session) present(ctx context.Context, secret seedtest.Secret) error {
	how, err := s.method(secret)
	if err != nil {
		return &trouble{kind: seedtest.FaultLogin, what: err.Error()}
	}
	s.triedLogin = true
	s.wire.forgetCaps()
	sasl := newExchange(how, *s.seed, secret)
	_, err = s.do(ctx, func() func() error {
		if sasl == nil {
			return s.client.Login(s.seed.Login.Username, secret.Reveal()).Wait
		}
		err := s.client.Authenticate(sasl)
		return func() error { return err }
	})
	t := refused(err, seedtest.FaultLogin)
	switch {
	case t == nil && !errors.As(err, &t):
		return err
	case t.kind == seedtest.FaultLost && !t.timedOut: // some servers refuse by hanging up
		t.kind = seedtest.FaultLogin
	}
	t.passing, t.sure = passing(err), t.kind == seedtest.FaultLogin && sure(err)
	if sasl != nil && sasl.said != "" {
		t.what += " (" + s.wire.clean(sasl.said) + ")"
		t.reason = tokenReason(sasl.said)
	}
	return t
}

// method chooses how to sign in, by what the server offers.
func (s *session) method(secret seedtest.Secret) (method, error) {
	if s.seed.Login.Token != nil {
		return tokenMethod(s.offers)
	}
	return passwordMethod(s.offers, isASCII(s.seed.Login.Username) && isASCII(secret.Reveal()))
}

// hide keeps further secrets out of the transcript.
func (w *wire) hide(secrets []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
}

// clean takes the secrets out of a text.
func (w *wire) clean(s string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tidy(s)
}
