package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/lab"
)

// bench is a mail world and a directory to work in, for tests that need to meddle with a run.
type bench struct {
	t     *testing.T
	world *lab.World
	dir   string
	db    string
	stdin io.Reader // nil: empty
	post  *post     // of a den (hostile_lair_test.go)

	timeouts     inbox.Timeouts
	checkTimeout time.Duration
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOf(t, lab.Options{Random: 1})
}

func newBenchOf(t *testing.T, o lab.Options) *bench {
	t.Helper()
	world, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	b := &bench{t: t, world: world, dir: t.TempDir()}
	b.db = filepath.Join(b.dir, "store.db")
	if _, err := writeLab(world, filepath.Join(b.dir, "lab")); err != nil {
		t.Fatal(err)
	}
	if err := addSuites(b.config()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) config() string { return filepath.Join(b.dir, "lab", "seeds.toml") }

// told is what one call of the program came to.
type told struct {
	status         int
	stdout, stderr string
}

// run calls the program with the bench's configuration and store. heard is told of every write to
// standard error.
func (b *bench) run(ctx context.Context, heard func(string), args ...string) told {
	b.t.Helper()
	getenv := func(name string) string {
		if name == "HOME" {
			return b.dir
		}
		return ""
	}
	var out bytes.Buffer
	errs := &ear{heard: heard}
	env := config.Env{}
	env.Getenv = getenv
	a := &app{stdin: b.stdin, stdout: &out, stderr: errs, env: env, getenv: getenv,
		timeouts: b.timeouts, checkTimeout: b.checkTimeout}
	if a.stdin == nil {
		a.stdin = strings.NewReader("")
	}
	status := a.run(ctx, append(args, "--config", b.config(), "--store", b.db))
	return told{status, out.String(), errs.String()}
}

// ear is a writer that tells of what it hears.
type ear struct {
	mu    sync.Mutex
	text  bytes.Buffer
	heard func(string)
}

func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heard != nil {
		e.heard(string(p))
	}
	return e.text.Write(p)
}

func (e *ear) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.String()
}

var _ io.Writer = (*ear)(nil)

func (b *bench) newest() seedtest.Run {
	b.t.Helper()
	run, err := newestRun(b.db)
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

func TestInterruptEndsInOrder(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := b.run(ctx, func(line string) {
		if strings.Contains(line, "accepted") {
			cancel()
		}
	}, "run", "long")
	if got.status != statusUnknown {
		t.Errorf("exit status %d, want %d\n%s%s", got.status, statusUnknown, got.stdout, got.stderr)
	}
	run := b.newest()
	if run.Closed == nil || run.Closed.Reason != seedtest.ClosedCancelled {
		t.Errorf("closed %+v, want cancelled", run.Closed)
	}
	if !strings.Contains(got.stdout, "resume") {
		t.Errorf("the report does not say how to go on:\n%s", got.stdout)
	}
}

func TestTwoProcessesAtOneRun(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	var second told
	b.run(ctx, func(line string) {
		if !strings.Contains(line, "accepted") {
			return
		}
		once.Do(func() {
			second = b.run(t.Context(), nil, "resume")
			cancel()
		})
	}, "run", "long")
	if second.status != statusNothing || !strings.Contains(second.stderr, "another process works this run") {
		t.Errorf("second process: exit status %d, want %d\n%s", second.status, statusNothing, second.stderr)
	}
}

func TestBadStores(t *testing.T) {
	b := newBench(t)
	if got := b.run(t.Context(), nil, "run", "good"); got.status != statusPass {
		t.Fatalf("exit status %d\n%s", got.status, got.stderr)
	}
	sound, err := os.ReadFile(b.db)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(sound)
	for i := 4096; i < len(damaged); i++ {
		damaged[i] ^= 0xa5
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"foreign": {[]byte("this is a letter to my aunt, and no database at all\n"), "not a store"},
		"damaged": {damaged, "damaged"},
	} {
		b.db = filepath.Join(b.dir, name+".db")
		if err := os.WriteFile(b.db, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		got := b.run(t.Context(), nil, "run", "good")
		if got.status != statusNothing || !strings.Contains(got.stderr, "hint: ") ||
			!strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit status %d\n%s\nwant %d, %q and a hint", name, got.status, got.stderr,
				statusNothing, c.want)
		}
		if after, _ := os.ReadFile(b.db); !bytes.Equal(after, c.content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// TestNoSecretAnywhere runs runs that sign in everywhere, some of it in vain, as talkatively as can
// be, and scans everything they left for the passwords that they used.
func TestNoSecretAnywhere(t *testing.T) {
	p := newPerson(t, lab.OAuthOptions{ClientSecret: "client-secret-of-the-lab", Rotate: true})
	b := p.b
	secrets := map[string]string{}
	keep := func(who string, l seedtest.Login) {
		for _, source := range []seedtest.SecretSource{l.Password, l.Token} {
			if source == nil {
				continue
			}
			s, err := source.Secret(t.Context())
			if err != nil || len(s.Reveal()) < 6 {
				t.Fatalf("%s: a secret of %d octets (%v)", who, len(s.Reveal()), err)
			}
			secrets[who] = s.Reveal()
		}
	}
	for _, r := range b.world.Routes() {
		keep(r.Name, r.Login)
	}
	for _, s := range b.world.Seeds() {
		keep(s.Name, s.Login)
	}
	if len(secrets) < 6 {
		t.Fatalf("%d secrets in the world, want more", len(secrets))
	}
	b.world.Inject(lab.Fault{Kind: lab.SMTPAuthRefused, Party: "new"})
	var left bytes.Buffer
	for _, how := range []string{"--device", "--browser"} {
		got := p.login("outlook-a", how, "--verbose")
		left.WriteString(got.stdout + got.stderr)
	}
	p.server.Expire(outlookA)
	for _, args := range [][]string{{"check"}, {"check", "--format", "json"}, {"login"},
		{"login", "--format", "json"}, {"run", "pair", "--verbose"},
		{"run", "blind", "--verbose"}, {"show", "last", "--format", "json"}, {"show", "last", "--verbose"},
		{"show", "last", "broken-a/old"}} {
		got := b.run(t.Context(), nil, args...)
		left.WriteString(got.stdout + got.stderr)
	}
	p.server.Revoke(outlookA)
	for _, args := range [][]string{{"check", "outlook-a", "--verbose"}, {"login"}} {
		got := b.run(t.Context(), nil, args...)
		left.WriteString(got.stdout + got.stderr)
	}
	issued := p.server.Issued()
	if len(issued) < 7 { // of a device and a browser: a code, access and refresh token; a renewal
		t.Fatalf("the authorization server gave out %d secrets, want more", len(issued))
	}
	for _, s := range append(issued, "client-secret-of-the-lab") {
		secrets[s] = s
	}
	files, err := filepath.Glob(b.db + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no store at %s (%v)", b.db, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		left.Write(data)
	}
	if !strings.Contains(left.String(), "strict-a") {
		t.Fatal("what the runs left does not even name a seed")
	}
	for who, secret := range secrets {
		for form, text := range encoded(who, secret) {
			if bytes.Contains(left.Bytes(), []byte(text)) {
				t.Errorf("the secret of %s was left behind (%s)", who, form)
			}
		}
	}
}

// encoded are the forms in which a secret could stand somewhere.
func encoded(user, secret string) map[string]string {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + secret))
	return map[string]string{
		"as it is":   secret,
		"base64":     base64.StdEncoding.EncodeToString([]byte(secret)),
		"AUTH PLAIN": plain,
		"XOAUTH2": base64.StdEncoding.EncodeToString(
			[]byte("user=" + outlookA + "\x01auth=Bearer " + secret + "\x01\x01")),
		"hex": hex.EncodeToString([]byte(secret)),
	}
}
