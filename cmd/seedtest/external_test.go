package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/config"
	"seedtest/sender"
)

// externalBench is a bench whose suite "mine" the user sends, in one style or the other.
func externalBench(t *testing.T, style string) *bench {
	t.Helper()
	b := newBench(t)
	b.configure(func(text string) string {
		return text + "\n[route.platform]\ntype = \"external\"\n" + `
[suite.mine]
routes = ["platform"]
seeds = ["strict-a", "gmail-a"]
deadline = "4s"
missing = "4s"
style = "` + style + "\"\n"
	})
	return b
}

// platform sends what a run hands out, as somebody's own software would: words and envelope are its
// own, and the tag stands in one place only.
type platform struct {
	t     *testing.T
	b     *bench
	mu    sync.Mutex
	heard strings.Builder
	sent  int
}

var handedOut = regexp.MustCompile(`(?m)^to      (.*)\n  header  (.*)\n  subject .*\n  body    .*\n`)

// hear reads what the run tells, sends what is handed out, and says whether that was all of it.
func (p *platform) hear(text string, of int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard.WriteString(text)
	all := handedOut.FindAllStringSubmatch(p.heard.String(), -1)
	for _, m := range all[p.sent:] {
		p.sent++
		p.send(strings.Split(m[1], ", "), m[2])
	}
	return p.sent == of
}

func (p *platform) send(to []string, header string) {
	cfg, err := config.Load(p.b.config(), config.Env{})
	if err != nil {
		p.t.Error(err)
		return
	}
	c := sender.New(seedtest.Run{Opened: seedtest.Opened{Routes: cfg.Routes}}.Route("old"), sender.Options{})
	defer c.Close()
	data := fmt.Sprintf("Date: %s\nFrom: <news@example.org>\nTo: <you@example.net>\nSubject: News\n"+
		"Message-ID: <1@example.org>\n%s\n\nHello.\n", time.Now().Format(time.RFC1123Z), header)
	for _, one := range to { // the relay of the lab takes one recipient at a time
		s := c.Send(context.Background(), seedtest.Composed{EnvelopeFrom: "news@example.org", To: []string{one},
			Data: []byte(strings.ReplaceAll(data, "\n", "\r\n"))}, func(context.Context) error { return nil })
		if s.Outcome != seedtest.OutcomeAccepted {
			p.t.Errorf("the platform's own mail to %q: %s: %s", one, s.Outcome, s.Error)
		}
	}
}

// TestExternalIsSentByTheUser goes from what is handed out to the mailboxes, and back.
func TestExternalIsSentByTheUser(t *testing.T) {
	for style, messages := range map[string]int{"each": 2, "one-message": 1} {
		t.Run(style, func(t *testing.T) {
			b := externalBench(t, style)
			in, enter := io.Pipe()
			b.stdin = in
			p := &platform{t: t, b: b}
			var once sync.Once
			list := filepath.Join(t.TempDir(), "list.csv")
			got := b.run(t.Context(), func(text string) {
				if p.hear(text, messages) {
					once.Do(func() { go fmt.Fprintln(enter) })
				}
			}, "run", "mine", "--external", list, "--sent")
			if strings.Count(got.stdout, "BLIND")+strings.Count(got.stdout, "IN DOUBT") > 0 {
				t.Errorf("run: status %d\n%s\n%s", got.status, got.stdout, got.stderr)
			}
			show := b.run(t.Context(), nil, "show", "last", "strict-a/platform")
			for _, want := range []string{"handed to the user, and sent by then, as the user says", "INBOX"} {
				if !strings.Contains(strings.Join(strings.Fields(show.stdout), " "), want) {
					t.Errorf("show lacks %q:\n%s", want, show.stdout)
				}
			}
			f, err := os.Open(list)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := csv.NewReader(f).ReadAll()
			if err != nil || len(rows) != 3 {
				t.Errorf("the list has %q (%v), want a head and two rows", rows, err)
			}
			shown := b.run(t.Context(), nil, "show", "last", "--format", "json")
			obey(t, "run", "show", shown.stdout)
		})
	}
}

// TestExternalThatNobodySends is not known, and never missing; nor if the word is asked for and
// standard input has ended.
func TestExternalThatNobodySends(t *testing.T) {
	for _, ask := range [][]string{nil, {"--sent"}} {
		b := externalBench(t, "each")
		got := b.run(t.Context(), nil, append([]string{"run", "mine", "--external", "-"}, ask...)...)
		if strings.Contains(got.stdout, "MISSING") || strings.Contains(got.stdout, "OVERDUE") ||
			!strings.Contains(got.stdout, "nobody said that it was sent") || got.status != statusNothing {
			t.Errorf("run %q: status %d\n%s", ask, got.status, got.stdout)
		}
		if n := strings.Count(got.stdout, `"header":"X-Entity-Ref-ID: `); n != 2 {
			t.Errorf("run %q: %d messages on standard output, want 2:\n%s", ask, n, got.stdout)
		}
	}
}

// TestExternalFlagsWithoutARoute are a mistake.
func TestExternalFlagsWithoutARoute(t *testing.T) {
	got := newBench(t).run(t.Context(), nil, "run", "pair", "--sent")
	if got.status != statusUsage || !strings.Contains(got.stderr, "no route is of that type") {
		t.Errorf("run --sent: status %d\n%s", got.status, got.stderr)
	}
}

// TestExternalUserIsQuick: the user says that a message was sent before anybody waits for that, and
// standard input ends behind it.
func TestExternalUserIsQuick(t *testing.T) {
	in, enter := io.Pipe()
	h := &handouts{app: &app{stdin: in, stderr: io.Discard}, ask: true}
	first, err := h.hand(sender.Handout{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.hand(sender.Handout{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(enter); err != nil { // returns once it was read
		t.Fatal(err)
	}
	enter.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := errors.Join(first(ctx), second(ctx)); err != nil {
		t.Error(err)
	}
	late, err := h.hand(sender.Handout{})
	if err != nil {
		t.Fatal(err)
	}
	if err := late(ctx); !errors.Is(err, errUnsaid) {
		t.Errorf("after the end of standard input: %v", err)
	}
}
