package sender

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"seedtest"
)

// The mechanisms that can be used, best first, with a password and with a token.
var (
	passwordMechanisms = []string{"PLAIN", "LOGIN"}
	tokenMechanisms    = []string{"XOAUTH2", "OAUTHBEARER"}
	shownMechanisms    = []string{"EXTERNAL"} // by the certificate that TLS was begun with (RFC 4422, appendix A)
)

// How we sign in, as logins.toml names it.
const (
	byPassword = "password"
	byToken    = "token"
)

// authenticate signs in if the route has a login. It never does so where somebody could listen.
func (s *session) authenticate(ctx context.Context) *trouble {
	login := s.c.route.Login
	source, able := login.Password, passwordMechanisms
	if login.Token != nil {
		source, able = login.Token, tokenMechanisms
	}
	if source == nil && s.c.route.Shows != nil && login.Username != "" {
		return s.authenticateByTLS(ctx)
	}
	if source == nil {
		return nil
	}
	if t := s.mayAuthenticate(ctx, able); t != nil {
		s.rec.mark(t.stage, nil)
		return t
	}
	wait := s.c.o.Timeouts.Reply
	limited, cancel := context.WithTimeout(ctx, wait) // a server waits no longer either
	defer cancel()
	secret, err := source.Secret(limited)
	if err != nil {
		s.rec.mark(seedtest.StageAUTH, nil)
		t := lost(ctx, seedtest.StageAUTH, wait, err)
		t.hint = fmt.Sprintf("no secret for %s", login.Username)
		return t
	}
	t := s.authenticateBy(ctx, able, secret.Reveal())
	fresh, renewed := s.renewed(ctx, t, secret)
	if !renewed {
		return t
	}
	return s.authenticateBy(ctx, able, fresh.Reveal())
}

// authenticateBy signs in with the first mechanism that the server offers and knows: some offer more
// than they do.
func (s *session) authenticateBy(ctx context.Context, able []string, secret string) (t *trouble) {
	for _, mechanism := range able {
		if !slices.Contains(s.mechanisms, mechanism) {
			continue
		}
		t = s.authenticateWith(ctx, mechanism, secret)
		if t == nil || t.gone || t.reply == nil || t.reply.Code != 504 { // RFC 4954 section 4
			return t
		}
	}
	return t
}

// authenticateByTLS signs in as who the certificate says that we are.
func (s *session) authenticateByTLS(ctx context.Context) *trouble {
	if t := s.mayAuthenticate(ctx, shownMechanisms); t != nil {
		s.rec.mark(t.stage, nil)
		return t
	}
	return s.authenticateWith(ctx, shownMechanisms[0], "")
}

// renewed replaces a token that the server has refused for good, where its source can do that.
func (s *session) renewed(ctx context.Context, t *trouble, refused seedtest.Secret) (
	seedtest.Secret, bool,
) {
	renewer, can := s.c.route.Login.Token.(seedtest.Renewer)
	if !can || t == nil || t.gone || t.reply == nil || t.reply.Code/100 != 5 {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.o.Timeouts.Reply)
	defer cancel()
	fresh, err := renewer.Renew(ctx, refused)
	if err != nil {
		t.hint = "there is no newer token: " + s.w.dialog.clean(err.Error())
	}
	return fresh, err == nil
}

// authenticateWith signs in with a secret, which is kept out of all dialogues from now on.
func (s *session) authenticateWith(ctx context.Context, mechanism, secret string) *trouble {
	client := saslClient(mechanism, s.c.route, secret)
	s.c.known.learn(secret)
	s.w.mode = modeAuth
	refused, t := s.turn(ctx, seedtest.StageAUTH, s.c.o.Timeouts.Reply, func() error {
		return s.smtp.Auth(client)
	})
	s.w.mode, s.w.over = modeCommand, false
	s.mechanism = mechanism
	if t == nil || t.reply == nil || t.outcome != seedtest.OutcomeFailed {
		return t
	}
	if t.reply.Code/100 == 3 {
		t.what = fmt.Sprintf("auth: the server answers %d where %s has nothing more to say", t.reply.Code,
			mechanism)
		t.hint = brokenHint
		return t
	}
	by := byPassword
	if s.c.route.Login.Token != nil {
		by = byToken
	}
	t.what = fmt.Sprintf("auth: the server refused the login of %s with %s%s, and offers %s",
		s.c.route.Login.Username, mechanism, s.w.dialog.hide(challengeText(refused)),
		s.offered())
	t.hint = loginHint(*t.reply, by)
	return t
}

// mayAuthenticate says why signing in cannot work, or must not be tried.
func (s *session) mayAuthenticate(ctx context.Context, able []string) *trouble {
	t := &trouble{stage: seedtest.StageAUTH, outcome: seedtest.OutcomeFailed}
	switch {
	case s.tls == nil && !s.loopback():
		t.what = "auth: not tried, because the connection is not encrypted"
		t.hint = "set tls = \"starttls\" or \"implicit\", or remove the login"
	case s.tls != nil && !s.tls.Verified:
		t.what = "auth: not tried, because the server's certificate is not verified"
		t.hint = "set tls = \"starttls\", and ca if the issuer is your own"
	case len(s.mechanisms) == 0:
		t.what = "auth: the server offers no AUTH" + s.taken(ctx, authOf)
		t.hint = "port 25 seldom does, 587 and 465 do; or remove the login"
	case !slices.ContainsFunc(able, func(m string) bool { return slices.Contains(s.mechanisms, m) }):
		t.what = "auth: the server offers " + s.offered()
		t.hint = "this login can be used with " + strings.Join(able, " or ") + " only"
	default:
		return nil
	}
	return t
}

// offered lists the mechanisms, as far as there is room for what to do.
func (s *session) offered() string { return clip(strings.Join(s.mechanisms, ", "), maxDialogLine) }

// loopback reports whether nobody but this machine can hear the connection.
func (s *session) loopback() bool {
	if s.c.route.Proxy != nil {
		return false
	}
	host, _, err := net.SplitHostPort(s.w.RemoteAddr().String())
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() && s.c.route.Server.TLS == seedtest.TLSNone
}

// exchange is a SASL client whose answers follow from the challenge.
type exchange struct {
	mechanism string
	first     []byte // the initial response, nil for none
	next      func(challenge string) ([]byte, error)
}

// Start implements sasl.Client.
func (e *exchange) Start() (string, []byte, error) { return e.mechanism, e.first, nil }

// Next implements sasl.Client.
func (e *exchange) Next(challenge []byte) ([]byte, error) { return e.next(string(challenge)) }

func saslClient(mechanism string, route seedtest.Route, secret string) sasl.Client {
	user := route.Login.Username
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainClient("", user, secret)
	case "LOGIN":
		return loginClient(user, secret)
	case "EXTERNAL":
		return sasl.NewExternalClient(user)
	case "OAUTHBEARER": // RFC 7628 section 3.1
		first := fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01",
			user, route.Server.Host, route.Server.Port, secret)
		return bearerClient(mechanism, first, "\x01")
	}
	// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
	return bearerClient(mechanism, "user="+user+"\x01auth=Bearer "+secret+"\x01\x01", "")
}

// bearerClient answers the one challenge that there may be, an error in JSON, with what makes the
// server say its final word.
func bearerClient(mechanism, first, dummy string) *exchange {
	answered := false
	return &exchange{mechanism, []byte(first), func(string) ([]byte, error) {
		if answered {
			return nil, errors.New("the server asks for more than the mechanism has")
		}
		answered = true
		return []byte(dummy), nil
	}}
}

// loginClient waits to be asked for both, and takes any wording of the questions: servers differ
// in it (draft-murchison-sasl-login).
func loginClient(user, password string) *exchange {
	answers := []string{user, password}
	return &exchange{"LOGIN", nil, func(string) ([]byte, error) {
		if len(answers) == 0 {
			return nil, errors.New("the server asks for more than the mechanism has")
		}
		answer := answers[0]
		answers = answers[1:]
		return []byte(answer), nil
	}}
}

// challengeText is what a server said about a token in the challenges before its refusal.
func challengeText(challenges []seedtest.Reply) string {
	for _, r := range challenges {
		raw, err := base64.StdEncoding.DecodeString(r.Text)
		var says struct{ Status, Scope, Error string }
		if err == nil && json.Unmarshal(raw, &says) == nil && says.Status+says.Scope != "" {
			return printable(fmt.Sprintf(" (status %s, scope %s)", says.Status, says.Scope))
		}
	}
	return ""
}
