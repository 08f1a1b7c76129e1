package sender_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

const password = seedtest.Secret("correct horse battery staple")

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// signIn sends to a script that offers the mechanisms over TLS.
func signIn(t *testing.T, s *script, login seedtest.Login, a *authority) seedtest.Submission {
	t.Helper()
	route := s.tlsRoute(seedtest.TLSStartTLS, a)
	route.Server.Host, route.Login = "mx.example.net", login
	return s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
}

func offering(t *testing.T, a *authority, mechanisms string) *script {
	s := secure(t, a)
	s.answers["TLS"] = "250-mx\r\n250 " + mechanisms
	return s
}

// TestSignIn shows what each mechanism says, in as few turns as it allows.
func TestSignIn(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		offers  string
		login   seedtest.Login
		answers map[string]string
		want    []string
	}{
		"PLAIN": {"AUTH PLAIN LOGIN", byPassword, nil,
			[]string{"AUTH PLAIN " + b64("\x00ops\x00"+password.Reveal())}},
		"old form": {"AUTH=LOGIN PLAIN", byPassword, nil,
			[]string{"AUTH PLAIN " + b64("\x00ops\x00"+password.Reveal())}},
		"LOGIN": {"auth login", byPassword, map[string]string{"AUTH": "334 " + b64("User Name\x00"),
			"AUTH+": "334 " + b64("Password:"), "AUTH++": "235 welcome"},
			[]string{"AUTH LOGIN", b64("ops"), b64(password.Reveal())}},
		"LOGIN that asks in no words": {"AUTH LOGIN", byPassword, map[string]string{
			"AUTH": "334 ", "AUTH+": "334", "AUTH++": "235 welcome"},
			[]string{"AUTH LOGIN", b64("ops"), b64(password.Reveal())}},
		"LOGIN where PLAIN is offered and not known": {"AUTH PLAIN LOGIN", byPassword, map[string]string{
			"AUTH PLAIN": "504 5.5.4 Unrecognized authentication type", "AUTH": "334 ", "AUTH+": "334",
			"AUTH++": "235 welcome"}, []string{"AUTH PLAIN " + b64("\x00ops\x00"+password.Reveal()),
			"AUTH LOGIN", b64("ops"), b64(password.Reveal())}},
		"XOAUTH2": {"AUTH PLAIN XOAUTH2 OAUTHBEARER", byToken, nil, []string{
			"AUTH XOAUTH2 " + b64("user=ops\x01auth=Bearer "+password.Reveal()+"\x01\x01")}},
		"OAUTHBEARER": {"AUTH PLAIN OAUTHBEARER", byToken, nil, []string{"AUTH OAUTHBEARER " +
			b64("n,a=ops,\x01host=mx.example.net\x01port=587\x01auth=Bearer "+
				password.Reveal()+"\x01\x01")}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := offering(t, a, c.offers)
				for key, answer := range c.answers {
					s.answers[key] = answer
				}
				got := signIn(t, s, c.login, a)
				wantAccepted(t, got)
				said := s.said()[3:]
				for i, want := range append(c.want, "MAIL FROM:<ops@example.org>") {
					if said[i] != want {
						t.Errorf("said %q, want %q", said[i], want)
					}
				}
				wantNoSecret(t, got)
			})
		})
	}
}

var (
	byPassword = seedtest.Login{Username: "ops", Password: password}
	byToken    = seedtest.Login{Username: "ops", Token: password}
	plain      = b64("\x00ops\x00" + password.Reveal())
)

var refusedLogins = map[string]struct {
	offers  string
	login   seedtest.Login
	answers map[string]string
	error   string
}{
	"refused": {"AUTH PLAIN", byPassword, map[string]string{"AUTH": "535 5.7.8 no"},
		"the server refused the login of ops with PLAIN, and offers PLAIN; check username and password"},
	"app password": {"AUTH PLAIN LOGIN", byPassword, map[string]string{
		"AUTH": "534-5.7.9 Application-specific password required. For more information, go to\r\n" +
			"534 5.7.9  https://support.example.com - gsmtp"}, "and offers PLAIN, LOGIN; the account wants an app password"},
	"not now": {"AUTH PLAIN", byPassword, map[string]string{"AUTH": "454 4.7.0 no database"},
		"try again later"},
	"leaving": {"AUTH PLAIN", byPassword, map[string]string{"AUTH": "421 4.7.0 too many"},
		"try again later"},
	"no mechanism of ours": {"AUTH CRAM-MD5 GSSAPI", byPassword, nil,
		"the server offers CRAM-MD5, GSSAPI; this login can be used with PLAIN or LOGIN only"},
	"password where a token is wanted": {"AUTH XOAUTH2", byPassword, nil, "offers XOAUTH2"},
	"no AUTH":                          {"HELP", byPassword, nil, "offers no AUTH; port 25"},
	"token refused at once": {"AUTH XOAUTH2", byToken, map[string]string{"AUTH": "535 5.7.8 no"},
		"with XOAUTH2, and offers XOAUTH2; the token may have expired"},
	"token refused with reasons": {"AUTH XOAUTH2", byToken, map[string]string{
		"AUTH":  "334 " + b64(`{"status":"400","schemes":"Bearer","scope":"https://mail/"}`),
		"AUTH+": "535 5.7.8 no"}, "with XOAUTH2 (status 400, scope https://mail/), and offers XOAUTH2; the token"},
	"reasons that repeat the token": {"AUTH XOAUTH2", byToken, map[string]string{
		"AUTH":  "334 " + b64(`{"status":"`+password.Reveal()+`","scope":"x"}`),
		"AUTH+": "535 5.7.8 no"}, "with XOAUTH2, and offers XOAUTH2; the token may"},
	"asked for ever": {"AUTH LOGIN", byPassword, map[string]string{"AUTH": "334 ",
		"AUTH+": "334 ", "AUTH++": "334 ", "AUTH+++": "501 enough"}, "refused the login"},
	"challenge that is no base64": {"AUTH LOGIN", byPassword, map[string]string{
		"AUTH": "334 ???", "AUTH+": "501 as you like"}, "refused the login"},
	"closed": {"AUTH PLAIN", byPassword, map[string]string{"AUTH": hangUp}, "closed"},
	"silent": {"AUTH PLAIN", byPassword, map[string]string{"AUTH": silent}, "within 5m0s"},
	"echo": {"AUTH PLAIN", byPassword, map[string]string{
		"AUTH": "535-you said AUTH PLAIN " + plain + "\r\n535-that is " + password.Reveal() +
			"\r\n535-or " + strings.ToUpper(password.Reveal()) + "\r\n535 " + plain[:20]}, "refused"},
	"no secret": {"AUTH PLAIN", seedtest.Login{Username: "ops", Password: noSecret{}}, nil,
		"auth: OPS_PASSWORD is not set; no secret for ops"},
	"secret that never comes": {"AUTH PLAIN", seedtest.Login{Username: "ops",
		Password: endless{}}, nil, "no answer within 5m0s; no secret for ops"},
}

// TestRule05LoginThatIsRefusedIsTheRoutes with what it says, and nothing after it.
func TestRule05LoginThatIsRefusedIsTheRoutes(t *testing.T) {
	a := newAuthority(t)
	for name, c := range refusedLogins {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := offering(t, a, c.offers)
				for key, answer := range c.answers {
					s.answers[key] = answer
				}
				got := signIn(t, s, c.login, a)
				if got.Outcome != seedtest.OutcomeFailed || got.Stage != seedtest.StageAUTH ||
					!strings.Contains(got.Error, c.error) {
					t.Errorf("Send: %s at %s: %q, want failed at auth: %q",
						got.Outcome, got.Stage, got.Error, c.error)
				}
				if last := got.Stages[len(got.Stages)-1].Stage; last != seedtest.StageAUTH {
					t.Errorf("the last stage on record is %s", last)
				}
				if strings.Contains(s.verbs(), "MAIL") {
					t.Errorf("Send went on to MAIL")
				}
				wantNoSecret(t, got)
			})
		})
	}
}

type noSecret struct{}

func (noSecret) Secret(context.Context) (seedtest.Secret, error) {
	return "", errors.New("OPS_PASSWORD is not set")
}

type endless struct{}

func (endless) Secret(ctx context.Context) (seedtest.Secret, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// secretForms are parts of the password, plain and in base64 at each place within three octets.
var secretForms = []string{"horse", "HORSE", "staple", b64(password.Reveal())[:12],
	b64("\x00" + password.Reveal())[4:16], b64("\x00ops\x00" + password.Reveal())[8:18]}

// wantNoSecret looks for the password in everything that is kept.
func wantNoSecret(t *testing.T, got seedtest.Submission) {
	t.Helper()
	all := []string{got.Error, strings.Join(got.Dialog, "\n")}
	for _, st := range got.Stages {
		if st.Reply != nil {
			all = append(all, st.Reply.Text)
		}
	}
	for _, text := range all {
		for _, form := range secretForms {
			if strings.Contains(text, form) {
				t.Errorf("%q stands in %q", form, text)
			}
		}
	}
}

// TestSecretIsNotSaidWhereOthersListen: over plain text, and to a server that nobody vouches for.
func TestSecretIsNotSaidWhereOthersListen(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	for mode, why := range map[seedtest.TLSMode]string{
		seedtest.TLSNone:          "the connection is not encrypted",
		seedtest.TLSOpportunistic: "the server's certificate is not verified",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := offering(t, a, "AUTH PLAIN")
			route := s.tlsRoute(mode, b)
			route.Login = seedtest.Login{Username: "ops", Password: password}
			got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
			if got.Outcome != seedtest.OutcomeFailed || got.Stage != seedtest.StageAUTH ||
				!strings.Contains(got.Error, why) {
				t.Errorf("%s: %s at %s: %q, want %q", mode, got.Outcome, got.Stage, got.Error, why)
			}
			if strings.Contains(s.verbs(), "AUTH") {
				t.Errorf("%s: said %q", mode, s.said())
			}
		})
	}
}

// TestSecretIsHiddenWhereverItIsRepeated: on the same connection, a kept one and a later one, in
// replies, the dialogue, errors and the log.
func TestSecretIsHiddenWhereverItIsRepeated(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := offering(t, a, "AUTH PLAIN")
		var log strings.Builder
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		route.Login = seedtest.Login{Username: "ops", Password: password}
		client := s.client(route, sender.Options{Timeouts: sender.Timeouts{Idle: time.Minute},
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		said := " you are ops, " + password.Reveal() + ", " + b64("x"+password.Reveal())
		for key, code := range map[string]string{"AUTH": "235", ".": "250", "MAIL": "250"} {
			s.set(key, code+said+", queued as "+b64(password.Reveal()))
		}
		wantNoSecret(t, client.Send(t.Context(), composed(t), committed))
		s.set("RCPT", "550"+said)
		wantNoSecret(t, client.Send(t.Context(), composed(t), committed))
		s.set("", "554"+said)
		time.Sleep(time.Hour) // of the bubble's clock: the connection is too old now
		got := client.Send(t.Context(), composed(t), committed)
		if wantNoSecret(t, got); got.Outcome != seedtest.OutcomeRefused {
			t.Errorf("Send: %s, want refused by the banner", got.Outcome)
		}
		if text := log.String(); text == "" || strings.Contains(text, "horse") ||
			strings.Contains(text, b64(password.Reveal())[:10]) {
			t.Errorf("the log: %s", text)
		}
	})
}
