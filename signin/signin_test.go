package signin_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/lab"
	"seedtest/signin"
)

const account = "outlook-a@outlook-like.example"

// world is a lab with an authorization server, and a client of it that keeps its tokens in dir.
type world struct {
	*lab.World
	server *lab.OAuth
	oauth  seedtest.OAuth
	keep   *signin.Keep
	dir    string
	log    *strings.Builder
}

// newWorld starts a lab on pipes: time passes as the bubble of the test lets it.
func newWorld(t *testing.T, o lab.OAuthOptions) *world {
	t.Helper()
	server := lab.NewOAuth(o)
	w, err := lab.Start(t.Context(), lab.Options{Random: 1, Network: lab.Pipes(), OAuth: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	dir := filepath.Join(t.TempDir(), "tokens")
	return &world{World: w, server: server, keep: signin.Files(dir), dir: dir, log: &strings.Builder{},
		oauth: seedtest.OAuth{Name: "seed-outlook-a", Account: account, Flow: seedtest.FlowDevice,
			ClientID: "lab-client", Scopes: []string{"https://mail.example/", "offline_access"},
			AuthURL: w.OAuthURL(false) + "/authorize", TokenURL: w.OAuthURL(false) + "/token",
			DeviceURL: w.OAuthURL(false) + "/device", RedirectURL: "http://localhost/"}}
}

func (w *world) client() *signin.Client {
	return signin.New(w.oauth, signin.Options{Dial: w.Dial, Roots: w.Roots(),
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
}

func (w *world) source() *signin.Source { return signin.NewSource(w.client(), w.keep) }

// signedIn lets the person consent, and keeps what comes of it.
func (w *world) signedIn(t *testing.T) signin.Grant {
	t.Helper()
	d, err := w.client().Device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.server.Approve(d.Code, account); err != nil {
		t.Fatal(err)
	}
	g, err := d.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.keep.Save(w.oauth.Name, g); err != nil {
		t.Fatal(err)
	}
	return g
}

// opens fails the test unless a token opens the account's mail.
func (w *world) opens(t *testing.T, token seedtest.Secret, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if why, ok := w.server.Opens(account, token.Reveal()); !ok {
		t.Errorf("the token does not open the mailbox: %s", why)
	}
}

// reason returns the reason of an error that says what to do.
func reason(t *testing.T, err error, words ...string) seedtest.FaultReason {
	t.Helper()
	var e *seedtest.TokenError
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *seedtest.TokenError", err, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q, want it to say %q", err, word)
		}
	}
	return e.Reason
}

// noSecrets fails the test if anything that the server gave out stands in what people read.
func (w *world) noSecrets(t *testing.T, errs ...error) {
	t.Helper()
	text := w.log.String()
	for _, err := range errs {
		text += err.Error()
	}
	for _, secret := range w.server.Issued() {
		if strings.Contains(text, secret) {
			t.Errorf("the secret %s stands in %q", secret, text)
		}
	}
}

// TestDevice waits for a person as long as it takes, at the pace the server wants.
func TestDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		d, err := w.client().Device(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := "https://login.outlook-like.example/activate"; d.URL != want || len(d.Code) != 8 {
			t.Errorf("Device: URL %q, code %q, want %q and eight letters", d.URL, d.Code, want)
		}
		begun := time.Now()
		time.AfterFunc(3*time.Minute, func() { _ = w.server.Approve(d.Code, account) })
		g, err := d.Wait(t.Context())
		w.opens(t, g.Access, err)
		if took := time.Since(begun); took < 3*time.Minute || took > 3*time.Minute+10*time.Second {
			t.Errorf("Wait took %v, want little more than the person's 3m0s", took)
		}
		if n := w.server.Asked("/token"); n > 37 {
			t.Errorf("the server was asked %d times in three minutes, want one in 5 s at most", n)
		}
		if life := g.Expires.Sub(g.Renewed); life < 59*time.Minute || life > time.Hour {
			t.Errorf("the token lives for %v, want an hour", life)
		}
	})
}

// TestDeviceSlowsDown asks less often when it is told to, and outlasts a server that is away.
func TestDeviceSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		d, err := w.client().Device(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.server.Fail(http.StatusBadRequest, "slow_down", "")
		w.server.Fail(http.StatusBadRequest, "slow_down", "")
		w.server.Fail(http.StatusBadGateway, "", "")
		w.server.Fail(http.StatusServiceUnavailable, "temporarily_unavailable", "")
		time.AfterFunc(2*time.Minute, func() { _ = w.server.Approve(d.Code, account) })
		g, err := d.Wait(t.Context())
		w.opens(t, g.Access, err)
		if n := w.server.Asked("/token"); n > 11 {
			t.Errorf("the server was asked %d times in two minutes, want one in 15 s", n)
		}
	})
}

// TestNoConsent says why there is none.
func TestNoConsent(t *testing.T) {
	for name, c := range map[string]struct {
		person func(*world)
		words  string
	}{
		"refused":  {func(w *world) { w.server.Deny() }, "consent was refused"},
		"too late": {func(*world) {}, "nobody entered the code in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, lab.OAuthOptions{})
				d, err := w.client().Device(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				c.person(w)
				_, err = d.Wait(t.Context())
				if got := reason(t, err, c.words, "seedtest login outlook-a"); got != seedtest.ReasonNoConsent {
					t.Errorf("reason %q, want %q", got, seedtest.ReasonNoConsent)
				}
				w.noSecrets(t, err)
			})
		})
	}
}

// TestRenewedBeforeItsEnd asks the server once in a token's life, not for every connection.
func TestRenewedBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{Rotate: true})
		granted := w.signedIn(t).Granted
		asked := w.server.Asked("/token")
		for range 24 * 60 { // a connection a minute, by a process of its own each
			token, err := w.source().Secret(t.Context())
			w.opens(t, token, err)
			time.Sleep(time.Minute)
		}
		if n := w.server.Asked("/token") - asked; n < 24 || n > 27 {
			t.Errorf("the server was asked %d times in a day, want about 26: once in 55 minutes", n)
		}
		if g, err := w.source().State(); err != nil || !g.Granted.Equal(granted) {
			t.Errorf("consent given %s, %v, want %s", g.Granted, err, granted)
		}
		w.noSecrets(t)
	})
}

// TestOneRenewal: of many that need a new token at once, one asks. With rotation a second question
// would end the consent.
func TestOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{Rotate: true})
		w.signedIn(t)
		time.Sleep(2 * time.Hour)
		asked := w.server.Asked("/token")
		errs := make(chan error)
		for range 20 {
			go func() {
				token, err := w.source().Secret(t.Context())
				if _, ok := w.server.Opens(account, token.Reveal()); err == nil && !ok {
					err = errors.New("the token does not open the mailbox")
				}
				errs <- err
			}()
		}
		for range 20 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := w.server.Asked("/token") - asked; n != 1 {
			t.Errorf("the server was asked %d times, want once", n)
		}
	})
}

// TestRefusedToken: a token that is refused before its time is replaced, once for all who have it.
func TestRefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		old := w.signedIn(t).Access
		w.server.Expire(account)
		asked := w.server.Asked("/token")
		for range 3 {
			token, err := w.source().Renew(t.Context(), old)
			w.opens(t, token, err)
		}
		if n := w.server.Asked("/token") - asked; n != 1 {
			t.Errorf("the server was asked %d times, want once", n)
		}
	})
}

// TestRevoked: a consent that is gone is said in words, kept in mind, and not asked for again until
// somebody signs in anew.
func TestRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		w.signedIn(t)
		w.server.Revoke(account)
		time.Sleep(2 * time.Hour)
		asked := w.server.Asked("/token")
		for range 3 {
			_, err := w.source().Secret(t.Context())
			got := reason(t, err, "expired or revoked", "seedtest login outlook-a")
			if got != seedtest.ReasonRevoked {
				t.Errorf("reason %q, want %q", got, seedtest.ReasonRevoked)
			}
			w.noSecrets(t, err)
		}
		if n := w.server.Asked("/token") - asked; n != 1 {
			t.Errorf("the server was asked %d times, want once", n)
		}
		w.signedIn(t)
		token, err := w.source().Secret(t.Context())
		w.opens(t, token, err)
	})
}

// TestServerAway: trouble that passes is told from a consent that is gone.
func TestServerAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		w.signedIn(t)
		time.Sleep(2 * time.Hour)
		w.server.Fail(http.StatusServiceUnavailable, "temporarily_unavailable", "")
		w.server.Fail(http.StatusBadGateway, "", "")
		for range 2 {
			_, err := w.source().Secret(t.Context())
			if got := reason(t, err, "login.outlook-like.example"); got != seedtest.ReasonUnreachable {
				t.Errorf("reason %q of %v, want %q", got, err, seedtest.ReasonUnreachable)
			}
		}
		token, err := w.source().Secret(t.Context())
		w.opens(t, token, err)
		dead := signin.New(w.oauth, signin.Options{Roots: w.Roots(),
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }})
		time.Sleep(2 * time.Hour)
		_, err = signin.NewSource(dead, w.keep).Secret(t.Context())
		if got := reason(t, err); got != seedtest.ReasonUnreachable {
			t.Errorf("reason %q of %v, want %q", got, err, seedtest.ReasonUnreachable)
		}
	})
}

// TestReasons: what only the owner of the registration can mend has reasons of its own.
func TestReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{})
		w.oauth.Scopes = []string{"https://mail.example/", "everything"}
		_, err := w.client().Device(t.Context())
		if got := reason(t, err, "invalid_scope"); got != seedtest.ReasonScope {
			t.Errorf("reason %q, want %q", got, seedtest.ReasonScope)
		}
		w.oauth.ClientID = "nobody"
		_, err = w.client().Device(t.Context())
		if got := reason(t, err, "invalid_client", "client_id"); got != seedtest.ReasonClient {
			t.Errorf("reason %q, want %q", got, seedtest.ReasonClient)
		}
		w.oauth.TokenURL = "http://login.example/token"
		_, err = w.client().Device(t.Context())
		if got := reason(t, err, "not encrypted"); got != seedtest.ReasonClient {
			t.Errorf("reason %q, want %q", got, seedtest.ReasonClient)
		}
	})
}

// TestApp: an application with a secret of its own needs no person, and no refresh token.
func TestApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lab.OAuthOptions{ClientSecret: "client-secret-1"})
		w.oauth.Flow, w.oauth.ClientSecret = seedtest.FlowApp, seedtest.Secret("client-secret-1")
		w.oauth.Scopes = []string{"https://mail.example/"}
		for range 300 {
			token, err := w.source().Secret(t.Context())
			w.opens(t, token, err)
			time.Sleep(time.Minute)
		}
		if n := w.server.Asked("/token"); n < 5 || n > 7 {
			t.Errorf("the server was asked %d times in five hours, want 6", n)
		}
		w.oauth.ClientSecret = seedtest.Secret("wrong-secret-2")
		w.keep = signin.Files(t.TempDir())
		_, err := w.source().Secret(t.Context())
		got := reason(t, err)
		if got != seedtest.ReasonClient || strings.Contains(err.Error(), "wrong-secret") {
			t.Errorf("reason %q of %q, want %q without the secret", got, err, seedtest.ReasonClient)
		}
	})
}
