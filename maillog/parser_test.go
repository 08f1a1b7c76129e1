package maillog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// now is when the tests read their logs.
func now() time.Time { return time.Date(2026, 11, 26, 13, 30, 0, 0, time.UTC) }

func newTestParser() *Parser { return NewParser("", now, time.UTC) }

// samples returns the lines of testdata, each with what is wanted of it.
func samples(t testing.TB) map[string][][2]string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("testdata has %d files (%v), want at least 3", len(files), err)
	}
	all := map[string][][2]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := ""
		for l := range strings.Lines(string(text)) {
			l = strings.TrimSuffix(l, "\n")
			if want, ok := strings.CutPrefix(l, "> "); ok {
				all[file] = append(all[file], [2]string{line, want})
			} else {
				line = l
			}
		}
	}
	return all
}

// shown writes an event in one line.
func shown(e Event, ok bool) string {
	if !ok {
		return "-"
	}
	s := string(e.Kind) + " " + e.QueueID
	add := func(name, value string) {
		if value != "" {
			s += " " + name + value
		}
	}
	add("", string(e.Outcome))
	if e.MessageID != "" {
		s += " <" + e.MessageID + ">"
	}
	add("to=", e.To)
	add("for=", e.For)
	add("remote=", e.Remote)
	add("via=", string(e.Via))
	if r := e.Reply; r != nil {
		add("reply=", fmt.Sprintf("%d|%s|%s", r.Code, r.Enhanced, strings.ReplaceAll(r.Text, "\n", `\n`)))
	}
	add("said=", e.Said)
	add("next=", e.NextID)
	if e.Delay > 0 {
		add("delay=", e.Delay.String())
	}
	if e.Transfer > 0 {
		add("transfer=", e.Transfer.String())
	}
	if t := e.TLS; t != nil {
		add("tls=", t.Version+"/"+t.Cipher+"/"+t.Trust)
	}
	if !e.When.IsZero() {
		add("when=", e.When.Format(time.RFC3339Nano))
	}
	return s
}

func TestParser(t *testing.T) {
	for file, lines := range samples(t) {
		p := newTestParser()
		for _, x := range lines {
			if got := shown(p.Line(x[0])); got != x[1] {
				t.Errorf("%s: Line(%q)\n got %s\nwant %s", file, x[0], got, x[1])
			}
		}
	}
}

// TestTLSOfASession: a process of Postfix that serves one connection after the other lends the
// encryption of one to no message of another.
func TestTLSOfASession(t *testing.T) {
	p := newTestParser()
	given := "Nov 26 13:00:00 mail postfix/smtp[7]: Verified TLS connection established to " +
		"mx.example.net[192.0.2.9]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
	handed := func(at, id, to, status string) string {
		return "Nov 26 " + at + " mail postfix/smtp[7]: " + id + ": to=<" + to + ">, " +
			"relay=mx.example.net[192.0.2.9]:25, delay=1, dsn=4.0.0, status=" + status
	}
	for i, x := range []struct {
		line string
		tls  bool
	}{
		{handed("13:00:00", "AAAAAA01", "a@example.net", "sent (250 ok)"), false},
		{given, false},
		{handed("13:00:01", "AAAAAA02", "a@example.net", "deferred (host x said: 450 later)"), true},
		{handed("13:00:01", "AAAAAA02", "b@example.net", "sent (250 ok)"), true},
		{handed("13:00:02", "AAAAAA03", "a@example.net", "sent (250 ok)"), false},
		{handed("13:10:00", "AAAAAA02", "a@example.net", "sent (250 ok)"), false},
		{given, false},
		{handed("13:10:01", "AAAAAA02", "a@example.net", "sent (250 ok)"), true},
	} {
		if e, _ := p.Line(x.line); (e.TLS != nil) != x.tls {
			t.Errorf("line %d: TLS %v, want some: %v", i, e.TLS, x.tls)
		}
	}
}

// TestParserOfOneFormat: a parser that is told the format reads no other.
func TestParserOfOneFormat(t *testing.T) {
	for file, lines := range samples(t) {
		p := NewParser("exim", now, time.UTC)
		for _, x := range lines {
			if _, ok := p.Line(x[0]); ok != (strings.HasSuffix(file, "exim.txt") && x[1] != "-") {
				t.Errorf("%s: Line(%q) understood: %v", file, x[0], ok)
			}
		}
	}
}

// TestFormatData: every format can be read, names its source, and its words mean an outcome.
func TestFormatData(t *testing.T) {
	var file book
	meta, err := toml.Decode(formatData, &file)
	if err != nil || len(meta.Undecoded()) > 0 {
		t.Fatalf("formats.toml: %v, keys nobody reads: %v", err, meta.Undecoded())
	}
	if len(formats()) != 5 {
		t.Errorf("%d formats, want 5", len(formats()))
	}
	for _, f := range formats() {
		if f.lines == nil || f.Source == "" {
			t.Errorf("format %q has no reader or no source", f.Name)
		}
		for word, outcome := range f.Status {
			switch outcome {
			case "accepted", "deferred", "refused":
			default:
				t.Errorf("format %q: status %q means %q", f.Name, word, outcome)
			}
		}
	}
	for _, rule := range theBook().Next {
		if got := nextID(rule.Example); got != rule.ID || rule.Source == "" {
			t.Errorf("nextID(%q) = %q, want %q; source %q", rule.Example, got, rule.ID, rule.Source)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1.5": 1500 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "1m2s": 62 * time.Second,
		"1d2h": 26 * time.Hour, "2d": 48 * time.Hour, "00:01:02": 62 * time.Second,
		"1+00:00:01": 24*time.Hour + time.Second, "": 0, "-1": 0, "NaN": 0, "1e300": 0,
		"999999d": 0, "999d": 0, "-5s": 0, "later": 0, "9999999h": 0,
	} {
		if got := duration(text); got != want {
			t.Errorf("duration(%q) = %s, want %s", text, got, want)
		}
	}
}

// FuzzParser: no line breaks a parser, and what is read is bounded and of a known kind.
func FuzzParser(f *testing.F) {
	for _, lines := range samples(f) {
		for _, x := range lines {
			f.Add(x[0])
		}
	}
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := newTestParser().Line(line)
		if !ok {
			return
		}
		switch {
		case e.QueueID == "" || len(e.QueueID) > maxLine || len(e.Line) > 3*maxLine:
			t.Errorf("queue id %q, line of %d octets", e.QueueID, len(e.Line))
		case e.Kind == Named && e.MessageID == "":
			t.Error("a name that is none")
		case e.Kind == Handed && e.Outcome == "":
			t.Error("a delivery without outcome")
		case e.Delay < 0 || e.Transfer < 0 || e.Delay > maxDelay:
			t.Errorf("delay %s, transfer %s", e.Delay, e.Transfer)
		case e.Reply != nil && (e.Reply.Code < 200 || e.Reply.Code > 599):
			t.Errorf("reply code %d", e.Reply.Code)
		}
	})
}
