//go:build real

package realtest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// handout is what a run asks its user to send.
type handout struct {
	To                    []string
	Header, Subject, Body string
}

// TestExternal lets swaks send what a run asks for, through the relay, with the tag in one place only:
// a message to each seed, and one to all of them.
func TestExternal(t *testing.T) {
	t.Parallel()
	for style, messages := range map[string]int{"each": 2, "one-message": 1} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			list := filepath.Join(t.TempDir(), "list.json")
			p := prepare(t, externalConfig(t, style), filepath.Join(t.TempDir(), "seedtest.db"),
				"run", "mine", "--external", list, "--sent", "--format", "json")
			enter, err := p.cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			p.start(t)
			for i, h := range handouts(t, list, messages) {
				swaks(t, h, i)
			}
			if _, err := io.WriteString(enter, "\n"); err != nil {
				t.Fatal(err)
			}
			r := p.report(t, 0)
			if r.Verdict != "pass" || len(r.Probes) != 2 {
				t.Errorf("verdict %s, %d probes, want pass and 2", r.Verdict, len(r.Probes))
			}
			for _, x := range r.Probes {
				if s := x.Sightings; x.Placement.First != "inbox" || len(s) != 1 || s[0].Mailbox != "INBOX" ||
					len(s[0].Carriers) != 1 {
					t.Errorf("%s: placed in %s (%s), sightings %+v, want one in INBOX by one carrier", x.Seed,
						x.Placement.First, x.Placement.Why, s)
				}
				if x.Submission == nil || x.Submission.Outcome != "handed" {
					t.Errorf("%s: submission %+v, want handed", x.Seed, x.Submission)
				}
			}
		})
	}
}

// externalConfig writes a configuration with a seed at each server.
func externalConfig(t *testing.T, style string) string {
	t.Helper()
	type seed struct {
		Seed, Address string
		Port          int
	}
	var seeds []seed
	for _, h := range site.hosts {
		name := "external-" + style
		seeds = append(seeds, seed{h.Name, h.address(name), h.IMAPS})
	}
	config := filepath.Join(t.TempDir(), "seeds.toml")
	err := write(config, "external.toml", 0o644, map[string]any{"Certificates": site.dir,
		"Ways": seeds, "Style": style})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// handouts waits until a run has written so many messages to a file.
func handouts(t *testing.T, path string, n int) []handout {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < runTimeout; time.Sleep(50 * time.Millisecond) {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		var all []handout
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var h handout
			if json.Unmarshal(lines.Bytes(), &h) == nil { // else it is half written
				all = append(all, h)
			}
		}
		_ = f.Close()
		if len(all) == n {
			return all
		}
	}
	t.Fatalf("the run did not ask for %d messages", n)
	return nil
}

// swaks sends a message with the tag in its header or its subject.
func swaks(t *testing.T, h handout, i int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	tag := []string{"--add-header", h.Header}
	if i%2 == 1 {
		tag = []string{"--header", "Subject: News of this week " + h.Subject}
	}
	server := net.JoinHostPort("127.0.0.1", strconv.Itoa(site.relay.Submission))
	cmd := exec.CommandContext(ctx, "swaks", append([]string{"--server", server, "--tls",
		"--auth", "PLAIN", "--auth-user", "ops@example.org", "--from", "news@example.org",
		"--to", strings.Join(h.To, ","), "--body", "Here is what is new.", "--auth-password",
		site.dovecot.passwords["ops@example.org"]}, tag...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("swaks: %v\n%s", err, out)
	}
}
