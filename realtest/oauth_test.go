//go:build real

package realtest

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedtest/lab"
)

// oauthSite is a Dovecot that takes the tokens of an authorization server, and a configuration
// that leads to both.
type oauthSite struct {
	*dovecot
	server  *lab.OAuth
	address string
	config  string
	said    bytes.Buffer // all that the program said so far
}

// startOAuth starts a Dovecot that takes tokens by one mechanism.
func startOAuth(t *testing.T, mechanism string) *oauthSite {
	t.Helper()
	s := &oauthSite{server: lab.NewOAuth(lab.OAuthOptions{Interval: time.Second, Rotate: true})}
	page := httptest.NewServer(s.server)
	t.Cleanup(page.Close)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	var err error
	if s.dovecot, err = site.newDovecot(ctx, mechanism, "a"); err != nil {
		t.Fatal(err)
	}
	s.OAuth, s.Mechanism, s.address = page.URL, mechanism, s.dovecot.address("a")
	dir := t.TempDir()
	s.config = filepath.Join(dir, "seeds.toml")
	err = errors.Join(s.configure(ctx),
		write(s.file("oauth2.conf"), "oauth2.conf", 0o644, s.dovecot),
		write(s.config, "oauth.toml", 0o644, map[string]any{"MX": site.mx.MX, "Dir": dir,
			"OAuth": s.OAuth, "Address": s.address, "Certificates": s.Certificates, "IMAPS": s.IMAPS}),
		s.start(ctx))
	t.Cleanup(s.stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n--- the program said\n%s", s.log.show(s.name, 0), &s.said)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs the program as talkatively as can be, and holds its exit status and words against those
// that are wanted.
func (s *oauthSite) run(t *testing.T, status int, words string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, site.path("seedtest"),
		append(args, "--verbose", "--config", s.config)...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	person := &approving{site: s}
	cmd.Stdout, cmd.Stderr = person, person
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	s.said.Write(person.heard.Bytes())
	got := cmd.ProcessState.ExitCode()
	if got != status || !strings.Contains(person.heard.String(), words) {
		t.Errorf("seedtest %s: exit status %d, want %d and %q:\n%s", strings.Join(args, " "), got,
			status, words, &person.heard)
	}
}

// approving is a person who reads what the program says, and enters the code that it shows.
type approving struct {
	site  *oauthSite
	heard bytes.Buffer
	done  bool
}

var shownCode = regexp.MustCompile(`enter the code\s+(\S+)\s`)

func (a *approving) Write(p []byte) (int, error) {
	a.heard.Write(p)
	if code := shownCode.FindSubmatch(a.heard.Bytes()); code != nil && !a.done {
		a.done = true
		return len(p), a.site.server.Approve(string(code[1]), a.site.address)
	}
	return len(p), nil
}

// TestOAuth signs in to Dovecot with tokens: after consent, with one that Dovecot refuses before
// its time, and after consent was withdrawn.
func TestOAuth(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			s := startOAuth(t, mechanism)
			s.run(t, 1, "nobody has signed in yet", "check", "a")
			s.run(t, 0, "signed in", "login", "a")
			s.run(t, 0, "ok    seed a", "check", "a")

			s.server.Expire(s.address)
			asked := s.server.Asked("/token")
			s.run(t, 0, "ok    seed a", "check", "a")
			if n := s.server.Asked("/token") - asked; n != 1 {
				t.Errorf("a refused token was renewed %d times, want once", n)
			}

			s.server.Revoke(s.address)
			s.run(t, 1, "sign in again with: seedtest login a", "check", "a")
			s.run(t, 0, "consent is gone", "login")
			s.run(t, 0, "signed in", "login", "a")
			s.run(t, 0, "ok    seed a", "check", "a")

			if s.server.Asked("/introspect") < 5 {
				t.Errorf("Dovecot asked about tokens %d times, want at least 5", s.server.Asked("/introspect"))
			}
			for _, secret := range s.server.Issued() {
				if leaks(s.said.Bytes(), secret) {
					t.Errorf("the program said the secret %s", secret)
				}
			}
		})
	}
}
