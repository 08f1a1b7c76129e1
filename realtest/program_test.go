//go:build real

package realtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/store"
)

// runTimeout bounds one run: a deadline of seconds, and a minute of attempts at proof (rule 15).
const runTimeout = 3 * time.Minute

// report is the part of the schema seedtest.run/v1 that the tests read.
type report struct {
	Verdict string
	Faults  []fault
	Notes   []struct{ Code string }
	Seeds   []struct {
		Name      string
		Mailboxes []struct {
			Name    string
			FoundBy string `json:"found_by"`
		}
		Spent struct {
			SignIns int `json:"sign_ins"`
		}
		Detail struct{ State string } `json:"health_detail"`
	}
	Probes []probe
}

type fault struct{ Seed, Route, Kind, What string }

type probe struct {
	Route, Seed, Address string
	MessageID            string `json:"message_id"`
	Submission           *struct {
		Outcome, Stage, Error string
		Attempts              int
		Host, Remote, Proxy   string
		Tried                 []struct{ Host, Stage string }
		Reply                 *struct {
			Code           int
			Enhanced, Text string
		}
		QueueID    string `json:"queue_id"`
		Extensions []string
		DSN        *struct {
			Notify  []string
			Offered bool
		}
		TLS *struct {
			Version  string
			Verified bool
			Asked    bool
			Shown    string
		}
	}
	Sightings []struct {
		Mailbox, Role string
		UID           int
		Seen          time.Time
		Carriers      []string
		Gone          *time.Time // when it was last seen there
	}
	Relayed []relayed
	Bounce  *struct {
		Action, Status, Diagnostic string
		RemoteMTA                  string `json:"remote_mta"`
	}
	Proof *struct {
		Mailboxes []struct {
			Name, Role    string
			Essential, OK bool
		}
	}
	Placement struct {
		First, Current, Why string
		Settled             *string
	}
	Latency struct {
		Notice *float64 `json:"notice_s"`
	}
	Analysis *struct {
		Hops []struct {
			By   struct{ Name string }
			With string
			ID   string
		}
	}
}

// program is one call of seedtest with a store of its own.
type program struct {
	cmd            *exec.Cmd
	store          string
	stdout, stderr bytes.Buffer
}

// begin starts the program. Every secret is looked for in all that it leaves behind.
func begin(t *testing.T, args ...string) *program {
	t.Helper()
	return beginWith(t, filepath.Join(t.TempDir(), "seedtest.db"), args...)
}

// beginWith starts the program with a store that there may be already.
func beginWith(t *testing.T, store string, args ...string) *program {
	t.Helper()
	return beginBy(t, site.path("seeds.toml"), store, args...)
}

// beginBy starts the program with a configuration of its own.
func beginBy(t *testing.T, config, store string, args ...string) *program {
	t.Helper()
	p := prepare(t, config, store, args...)
	p.start(t)
	return p
}

// prepare makes the program ready to start.
func prepare(t *testing.T, config, store string, args ...string) *program {
	t.Helper()
	site.showLogs(t)
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	t.Cleanup(cancel)
	p := &program{store: store}
	p.cmd = exec.CommandContext(ctx, site.path("seedtest"), append(args, "--verbose",
		"--config", config, "--store", p.store)...)
	p.cmd.Env = site.environment()
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

func (p *program) start(t *testing.T) {
	t.Helper()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // of a test that failed before its end; else there is nothing to wait for
		p.checkSecrets(t)
		if t.Failed() {
			t.Logf("--- standard error of seedtest %s\n%s", strings.Join(p.cmd.Args[1:], " "), &p.stderr)
		}
	})
}

// end waits for the program and returns its exit status.
func (p *program) end(t *testing.T) int {
	t.Helper()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// report waits for the end, holds the exit status against the one wanted, and reads the report.
func (p *program) report(t *testing.T, status int) report {
	t.Helper()
	if got := p.end(t); got != status {
		t.Errorf("exit status %d, want %d", got, status)
	}
	return p.read(t)
}

// read reads the report of a program that has ended.
func (p *program) read(t *testing.T) report {
	t.Helper()
	var r report
	if err := json.Unmarshal(p.stdout.Bytes(), &r); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, &p.stdout)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- report\n%s", &p.stdout)
		}
	})
	return r
}

// sighted waits until a run that goes on has seen its only message.
func (p *program) sighted(t *testing.T) probe {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < runTimeout; time.Sleep(200 * time.Millisecond) {
		shown := beginWith(t, p.store, "show", "last", "--format", "json")
		if shown.end(t) == 2 {
			continue // there is no run yet
		}
		if found := shown.read(t).one(t); len(found.Sightings) > 0 {
			return found
		}
	}
	t.Fatal("the run has seen nothing")
	return probe{}
}

// strategy is how a run of one seed learned of mail, by its facts.
func (p *program) strategy(t *testing.T) string {
	t.Helper()
	s, err := store.Open(t.Context(), p.store)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	run, err := s.Find(t.Context(), "last")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := s.Facts(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if l, ok := f.Body.(seedtest.Listing); ok {
			return l.Strategy
		}
	}
	return ""
}

// runSuite runs a suite to its end.
func runSuite(t *testing.T, suite string, status int) report {
	t.Helper()
	return begin(t, "run", suite, "--format", "json").report(t, status)
}

// one returns the only probe of a run.
func (r report) one(t *testing.T) probe {
	t.Helper()
	if len(r.Probes) != 1 {
		t.Fatalf("the run has %d probes, want 1", len(r.Probes))
	}
	return r.Probes[0]
}

// checkSecrets looks for every secret in both outputs and in every file of the store's directory.
func (p *program) checkSecrets(t *testing.T) {
	t.Helper()
	places := map[string][]byte{"standard output": p.stdout.Bytes(),
		"standard error": p.stderr.Bytes()}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(p.store), "*"))
	if err != nil {
		t.Error(err)
	}
	for _, file := range files {
		if places[file], err = os.ReadFile(file); err != nil {
			t.Error(err)
		}
	}
	for place, data := range places {
		for _, secret := range site.passwords() {
			if leaks(data, secret) {
				t.Errorf("%s holds the password %s", place, secret)
			}
		}
	}
}

// leaks reports whether data holds a secret, plainly or as base64 at any of the three offsets that
// it can have within a longer text, such as the response of AUTH PLAIN.
func leaks(data []byte, secret string) bool {
	if bytes.Contains(data, []byte(secret)) {
		return true
	}
	for before := range 3 {
		code := base64.RawStdEncoding.EncodeToString([]byte("xxx"[:before] + secret))
		// Letters at either end depend on the neighbours too.
		if bytes.Contains(data, []byte(code[(before*8+5)/6:len(code)-2])) {
			return true
		}
	}
	return false
}

func TestLeaks(t *testing.T) {
	secret := newPassword()
	for _, before := range []string{"", "a", "ab", "abc", "\x00ops\x00"} {
		code := base64.StdEncoding.EncodeToString([]byte(before + secret + "\n"))
		if !leaks([]byte("AUTH PLAIN "+code+" ok"), secret) {
			t.Errorf("leaks does not see the secret behind %q", before)
		}
	}
	if !leaks([]byte("pass="+secret), secret) {
		t.Error("leaks does not see the plain secret")
	}
	if leaks([]byte("AUTH PLAIN (secret)"), secret) {
		t.Error("leaks sees a secret where there is none")
	}
}
