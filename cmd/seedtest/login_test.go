package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest/config"
	"seedtest/lab"
)

// person does at the authorization server what the program asks for, once.
type person struct {
	t      *testing.T
	b      *bench
	server *lab.OAuth
	once   sync.Once
	back   func(location string) // nil: the browser is of this machine
	done   sync.WaitGroup
}

const outlookA = "outlook-a@outlook-like.example"

var (
	shownCode = regexp.MustCompile(`enter the code\n\n  (\S+)`)
	shownPage = regexp.MustCompile(`this machine:\n\n  (\S+)`)
)

// newPerson makes a world whose Outlook seeds sign in with OAuth, and their owner.
func newPerson(t *testing.T, o lab.OAuthOptions) *person {
	t.Helper()
	o.Interval = time.Second
	p := &person{t: t, server: lab.NewOAuth(o)}
	p.b = newBenchOf(t, lab.Options{Random: 1, OAuth: p.server})
	t.Cleanup(p.done.Wait)
	return p
}

// login runs "seedtest login" with a person at hand.
func (p *person) login(args ...string) told {
	p.t.Helper()
	p.once = sync.Once{}
	return p.b.run(p.t.Context(), p.hear, append([]string{"login"}, args...)...)
}

func (p *person) hear(text string) {
	if m := shownCode.FindStringSubmatch(text); m != nil {
		p.once.Do(func() {
			if err := p.server.Approve(m[1], outlookA); err != nil {
				p.t.Error(err)
			}
		})
	}
	if m := shownPage.FindStringSubmatch(text); m != nil {
		p.once.Do(func() { p.done.Go(func() { p.open(m[1]) }) })
	}
}

// open opens the page in a browser, which follows where it is sent.
func (p *person) open(page string) {
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: p.b.world.Roots()}}}
	if p.back != nil {
		browser.CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, page, nil)
	if err != nil {
		p.t.Error(err)
		return
	}
	answer, err := browser.Do(r)
	if err != nil {
		p.t.Errorf("open %s: %v", page, err)
		return
	}
	_ = answer.Body.Close()
	if p.back != nil {
		p.back(answer.Header.Get("Location"))
	}
}

// says fails the test unless a call ended so and said the words on either stream.
func (p *person) says(got told, status int, words ...string) {
	p.t.Helper()
	if got.status != status {
		p.t.Errorf("exit status %d, want %d\n%s%s", got.status, status, got.stdout, got.stderr)
	}
	for _, w := range words {
		if !strings.Contains(got.stdout+got.stderr, w) {
			p.t.Errorf("nothing says %q:\n%s%s", w, got.stdout, got.stderr)
		}
	}
}

func (p *person) run(args ...string) told {
	p.t.Helper()
	return p.b.run(p.t.Context(), nil, args...)
}

// tokenFile is where the tokens of a seed must lie: beside the store.
func (p *person) tokenFile(seed string) string {
	return filepath.Join(filepath.Dir(p.b.db), "tokens", "seed-"+seed+".json")
}

// TestLogin: before consent, with it, after it was withdrawn, and given anew.
func TestLogin(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{Rotate: true})
	p.says(p.run("check", "outlook-a"), statusNothing, "nobody has signed in yet",
		"seedtest login outlook-a")
	p.says(p.run("login"), statusPass, "FAIL  outlook-a", "FAIL  outlook-b")
	p.says(p.login("outlook-a"), statusPass, "/activate", "signed in; the tokens are kept in "+
		p.tokenFile("outlook-a"))
	if info, err := os.Stat(p.tokenFile("outlook-a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the tokens: %v, %v, want mode 0600", info, err)
	}
	p.says(p.run("check", "outlook-a"), statusPass, "ok    seed outlook-a")
	list := p.run("login", "--format", "json")
	obey(t, "login", "login --format json", list.stdout)
	p.says(list, statusPass, `"reason": "no_consent"`, `"renewable": true`)

	p.server.Expire(outlookA)
	p.says(p.run("check", "outlook-a"), statusPass, "ok    seed outlook-a")

	p.server.Revoke(outlookA)
	p.says(p.run("check", "outlook-a"), statusNothing, "invalid_grant",
		"sign in again with: seedtest login outlook-a")
	p.says(p.run("login"), statusPass, "FAIL  outlook-a", "consent is gone")
	p.says(p.login("outlook-a"), statusPass)
	p.says(p.run("check", "outlook-a"), statusPass, "ok    seed outlook-a")

	p.says(p.login("outlook-a", "--forget"), statusPass, "are removed")
	p.says(p.login("outlook-a", "--forget"), statusPass, "nothing to forget")
	p.says(p.run("check", "outlook-a"), statusNothing, "nobody has signed in yet")
}

// TestTokensBesideTheConfiguredStore stay in use there when --store names another one, unless
// there are some beside that.
func TestTokensBesideTheConfiguredStore(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.says(p.login("outlook-a"), statusPass, "kept in "+p.tokenFile("outlook-a"))
	old := filepath.Join(p.b.dir, ".local", "state", "seedtest", "tokens", "seed-outlook-a.json")
	err := errors.Join(os.MkdirAll(filepath.Dir(old), 0o700), os.Rename(p.tokenFile("outlook-a"), old))
	if err != nil {
		t.Fatal(err)
	}
	p.says(p.run("check", "outlook-a"), statusPass, "ok    seed outlook-a")
	p.says(p.login("outlook-a"), statusPass, "kept in "+old)
	p.says(p.login("outlook-a", "--forget"), statusPass, "are removed")
	if _, err := os.Stat(old); err == nil {
		t.Errorf("%s is still there after --forget", old)
	}
}

// TestLoginByBrowser: the answer comes to this machine by itself, or a person pastes it.
func TestLoginByBrowser(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.says(p.login("outlook-a", "--browser"), statusPass, "ssh -L", "signed in")
	p.says(p.run("check", "outlook-a"), statusPass)

	in, out := io.Pipe()
	p.b.stdin = in
	p.back = func(location string) {
		_, _ = io.WriteString(out, "\nnot an answer\n"+location+"\n")
		_ = out.Close()
	}
	p.says(p.login("outlook-a", "--browser"), statusPass, "its state differs", "signed in")
}

// TestLoginOfAnother: a token that does not open the seed's mailbox is not kept.
func TestLoginOfAnother(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.says(p.login("outlook-b"), statusNothing, "nothing is kept", "status invalid_token")
	if _, err := os.Stat(p.tokenFile("outlook-b")); err == nil {
		t.Error("a token that the server refused was kept")
	}
	p.says(p.login("outlook-b", "--no-sign-in"), statusPass, "signed in")
	p.server.Deny()
	p.says(p.login("outlook-a"), statusNothing, "consent was refused")
}

// TestLoginGivenUp: Ctrl-C ends the wait for a person at once, and keeps nothing.
func TestLoginGivenUp(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	for _, how := range []string{"--device", "--browser"} {
		ctx, cancel := context.WithCancel(t.Context())
		got := p.b.run(ctx, func(text string) {
			if strings.Contains(text, "Ctrl-C gives up") {
				cancel()
			}
		}, "login", "outlook-a", how)
		p.says(got, statusNothing, "given up; nothing is kept")
		cancel()
	}
	if _, err := os.Stat(p.tokenFile("outlook-a")); err == nil {
		t.Error("a file of tokens was written")
	}
}

// TestLoginWithoutAPlace: nobody is asked for a consent that could not be kept.
func TestLoginWithoutAPlace(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	file := filepath.Dir(p.tokenFile("outlook-a"))
	err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	p.says(p.login("outlook-a"), statusNothing, "login outlook-a: mkdir ")
	if n := p.server.Asked("/device"); n != 0 {
		t.Errorf("the authorization server was asked %d times", n)
	}
}

// TestAddWithOAuth adds a seed, and asks for consent at once.
func TestAddWithOAuth(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	cfg, err := config.Load(p.b.config(), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := seedOf(cfg, "outlook-a")
	o := seed.Login.OAuth
	err = os.WriteFile(p.b.config(), fmt.Appendf(nil, `
[sender.main]
from = "ops@example.org"
[route.a]
host = "mail.example.org"
[oauth.work]
client_id = %q
token_url = %q
device_url = %q
scopes = ["https://mail.example/"]
`, o.ClientID, o.TokenURL, o.DeviceURL), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"add", outlookA, "--name", "fresh", "--ca", "ca.pem", "--host", seed.Server.Host,
		"--port", strconv.Itoa(seed.Server.Port), "--tls", string(seed.Server.TLS), "--oauth"}
	p.says(p.run(append(args, "wrok")...), statusUsage, "was not changed", "did you mean work?")
	got := p.b.run(t.Context(), p.hear, append(args, "work")...)
	p.says(got, statusPass, "added [seed.fresh]", "signed in; the tokens are kept")
	p.says(p.run("check", "fresh"), statusPass, "ok    seed fresh")
}

// TestLoginMistakes: what cannot be done says what can.
func TestLoginMistakes(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.says(p.run("login", "strict-a"), statusUsage, `no seed "strict-a" that signs in with OAuth`,
		"hint: write oauth = ")
	p.says(p.run("login", "nobody"), statusUsage, "hint: there are outlook-a, outlook-b")
	p.says(p.run("login", "--forget"), statusUsage, "need a seed's name")
	p.says(p.run("login", "outlook-a", "--device", "--browser"), statusUsage)
}

// TestRunTellsLostConsent: a run at a seed whose consent is gone calls it blind, and says what to
// do.
func TestRunTellsLostConsent(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{})
	p.says(p.login("outlook-a"), statusPass)
	file, err := os.OpenFile(p.b.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString("\n[suite.outlook]\nroutes = [\"old\"]\nseeds = [\"outlook-a\"]\n" +
		"deadline = \"4s\"\nmissing = \"4s\"\nbaseline_timeout = \"2s\"\n")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.says(p.run("run", "outlook"), statusPass, "outlook-a")
	p.server.Expire(outlookA)
	p.says(p.run("run", "outlook"), statusPass, "outlook-a")
	p.server.Revoke(outlookA)
	p.says(p.run("run", "outlook"), statusNothing, "blind", "seedtest login outlook-a")
	last := p.run("show", "last", "--format", "json")
	p.says(last, statusNothing, `"blind"`, "invalid_grant", `"reason": "revoked"`)
	obey(t, "run", "show last --format json", last.stdout)
}
