package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest/config"
	"seedtest/maillog"
)

// loggedProbe is what JSON tells of a probe and the log of its relay.
type loggedProbe struct {
	ID, Route, Address string
	MessageID          string `json:"message_id"`
	Submission         *struct{ Outcome string }
	Relayed            []struct{ Outcome, Line string }
}

// loggedProbes are the probes of the last run that were accepted.
func (b *bench) loggedProbes() []loggedProbe {
	b.t.Helper()
	got := b.run(b.t.Context(), nil, "show", "last", "--format", "json", "--addresses")
	obey(b.t, "run", "show", got.stdout)
	var out struct{ Probes []loggedProbe }
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		b.t.Fatal(err)
	}
	return slices.DeleteFunc(out.Probes, func(p loggedProbe) bool {
		return p.Submission == nil || p.Submission.Outcome != "accepted"
	})
}

// TestMaillogReadsAnOldLog: what a log says of a stored run is added once, by route, whether the log
// is a file, compressed, or standard input; another log says nothing.
func TestMaillogReadsAnOldLog(t *testing.T) {
	b := newBench(t)
	b.run(t.Context(), nil, "run", "pair")
	probes := b.loggedProbes()
	if len(probes) < 2 || len(probes[0].Relayed) != 0 {
		t.Fatalf("the run has %+v, want several probes and nothing of a log", probes)
	}
	var log strings.Builder
	for i, p := range probes {
		id := fmt.Sprintf("3C9F212A%02X", i)
		fmt.Fprintf(&log, "2026-11-26T13:00:00Z mail postfix/cleanup[1]: %s: message-id=<%s>\n", id, p.MessageID)
		fmt.Fprintf(&log, "2036-11-26T13:00:00Z mail postfix/smtp[1]: %s: to=<%s>, relay=mx.example.net[192.0.2.9]:25, "+
			"delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4XyZ9b2Lq1z3)\n", id, p.Address)
	}
	plain, packed, other := filepath.Join(b.dir, "mail.log"), filepath.Join(b.dir, "mail.log.gz"),
		filepath.Join(b.dir, "other.log")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(log.String()))
	_ = w.Close()
	for path, text := range map[string]string{plain: log.String(), packed: z.String(), other: "nothing\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(status int, says string, args ...string) {
		t.Helper()
		got := b.run(t.Context(), nil, append([]string{"maillog", "last"}, args...)...)
		if got.status != status || !strings.Contains(got.stderr, says) {
			t.Errorf("maillog %v: exit status %d, %q; want %d and %q", args, got.status, got.stderr, status, says)
		}
	}
	old := 0
	for _, p := range probes {
		if p.Route == probes[0].Route {
			old++
		}
	}
	read(statusUsage, "no line of this log is known", other)
	read(statusUsage, "no such file", filepath.Join(b.dir, "nowhere.log"))
	read(statusUsage, "no route", plain, "--route", "nobody")
	read(statusUsage, "is no log that is known", plain, "--log-format", "qmail")
	read(statusPass, fmt.Sprintf("new: %d answers", old), packed, "--route", probes[0].Route)
	read(statusPass, fmt.Sprintf("new: %d answers", len(probes)-old), plain)
	b.stdin = strings.NewReader(log.String())
	read(statusPass, "new: 0 answers", "-")
	for _, p := range b.loggedProbes() {
		if len(p.Relayed) != 1 || p.Relayed[0].Outcome != "accepted" ||
			!strings.Contains(p.Relayed[0].Line, p.Address) {
			t.Errorf("%s: %+v, want one answer, to %s", p.ID, p.Relayed, p.Address)
		}
	}
	shown := b.run(t.Context(), nil, "show", "last", probes[0].ID)
	if !strings.Contains(shown.stdout, "accepted by mx.example.net[192.0.2.9]:25, from the log: 250 2.0.0") {
		t.Errorf("show does not tell the next hop:\n%s", shown.stdout)
	}
}

// TestMaillogOfARoute: a log that the configuration names is read during the run; that it cannot be
// read is a fault, and changes no verdict.
func TestMaillogOfARoute(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "[route.old]\n", "[route.old]\nlog = { file = \"nowhere.log\" }\n", 1)
	})
	got := b.run(t.Context(), nil, "run", "pair", "--format", "json")
	var out struct {
		Faults []struct{ Route, Kind, What string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatal(err)
	}
	obey(t, "run", "run", got.stdout)
	if len(out.Faults) != 1 || out.Faults[0].Kind != "log" || out.Faults[0].Route != "old" ||
		!strings.Contains(out.Faults[0].What, "nowhere.log") {
		t.Errorf("faults %+v, want one of the log", out.Faults)
	}
	without := newBench(t).run(t.Context(), nil, "run", "pair", "--format", "json")
	if got.status != without.status {
		t.Errorf("exit status %d, and %d where no log is named", got.status, without.status)
	}
}

// TestMaillogFormats: the configuration takes the formats that can be read, and no others.
func TestMaillogFormats(t *testing.T) {
	if got, want := config.LogFormats(), maillog.Formats(); !slices.Equal(got, want) {
		t.Errorf("config knows %v, maillog %v", got, want)
	}
}
