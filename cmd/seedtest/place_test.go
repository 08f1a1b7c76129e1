package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seedtest/config"
)

// handSuite is a run at a seed by hand.
const handSuite = `
[suite.hand]
routes = ["old", "control"]
seeds = ["gmail-a"]
deadline = "1h"
`

// handBench is a bench where nobody signs in to gmail-a, and a run there.
func handBench(t *testing.T) (*bench, told) {
	t.Helper()
	b := newBench(t)
	b.configure(handConfig)
	return b, b.run(t.Context(), nil, "run", "hand")
}

// handConfig takes the sign-in of gmail-a out of a configuration.
func handConfig(text string) string {
	block := regexp.MustCompile(`(?s)\[seed\.gmail-a\].*?\n\n`)
	address := regexp.MustCompile(`address = .*\nprovider = .*\n`).FindString(block.FindString(text))
	return block.ReplaceAllString(text,
		"[seed.gmail-a]\n"+address+"by_hand = true\nown = true\n\n") + handSuite
}

// handProbe is what JSON tells of a probe by hand.
type handProbe struct {
	Route, Reference string
	MessageID        string `json:"message_id"`
	Placement        struct{ First, Current, Why string }
	Sightings        []struct {
		Mailbox  string
		ByHand   bool `json:"by_hand"`
		Carriers []string
	}
	Analysis *struct{ Subject string }
}

func (b *bench) handProbes() map[string]handProbe {
	b.t.Helper()
	got := b.run(b.t.Context(), nil, "show", "last", "--format", "json")
	obey(b.t, "run", "show", got.stdout)
	var out struct{ Probes []handProbe }
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		b.t.Fatal(err)
	}
	by := map[string]handProbe{}
	for _, p := range out.Probes {
		by[p.Route] = p
	}
	return by
}

// source writes the source of a probe's message to a file, as webmail would show it.
func (b *bench) source(p handProbe) string {
	b.t.Helper()
	path := filepath.Join(b.dir, p.Route+".eml")
	text := "\r\nReceived: from mail1.example.org by mx.example.net; " +
		"Sat, 21 Nov 2026 14:02:00 +0000\r\nMessage-ID: <" + p.MessageID + ">\r\n" +
		"Subject: Your weekly notice " + p.Reference + "\r\n\r\nHello\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func TestByHandFromRunToWord(t *testing.T) {
	b, got := handBench(t)
	probes := b.handProbes()
	if got.status != statusUnknown || !strings.Contains(got.stdout, "LOOK") ||
		!strings.Contains(got.stdout, probes["old"].Reference) {
		t.Errorf("run: exit status %d\n%s%s\nwant %d and what is to be looked up", got.status, got.stdout,
			got.stderr,
			statusUnknown)
	}
	place := func(want int, says string, args ...string) {
		t.Helper()
		got := b.run(t.Context(), nil, append([]string{"place", "last"}, args...)...)
		if got.status != want || !strings.Contains(got.stdout+got.stderr, says) {
			t.Errorf("place %v: exit status %d\n%s%s\nwant %d and %q", args, got.status, got.stdout,
				got.stderr, want, says)
		}
	}
	place(statusUsage, "is no place", "gmail-a/old", "spam")
	place(statusUsage, "it may still come", "gmail-a/old", "absent")
	place(statusUsage, "another message of the run: gmail-a/control", "gmail-a/old", "junk",
		"--source", b.source(probes["control"]))
	place(statusUsage, "carries no tag", "gmail-a/old", "junk", "--source", filepath.Join("testdata",
		"message.eml"))
	place(statusUsage, "no such file", "gmail-a/old", "junk", "--source", "nowhere.eml")
	if p := b.handProbes()["old"]; len(p.Sightings) != 0 {
		t.Errorf("a refused word was stored: %+v", p)
	}
	place(statusPass, "by the word of its owner", "gmail-a/old", "category:promotions")
	place(statusPass, "by the word of its owner", "gmail-a/old", "junk", "--source",
		b.source(probes["old"]))
	p := b.handProbes()["old"]
	if p.Placement.Current != "junk" || p.Placement.First != "category" || len(p.Sightings) != 2 ||
		!p.Sightings[1].ByHand || len(p.Sightings[1].Carriers) == 0 || p.Analysis == nil ||
		!strings.Contains(p.Analysis.Subject, p.Reference) {
		t.Errorf("after the word: %+v; want junk, first category, with the source analysed", p)
	}
	if p := b.handProbes()["control"]; p.Placement.Current != "pending" {
		t.Errorf("the other message is %s, and nobody said a word about it", p.Placement.Current)
	}
	if got := b.run(t.Context(), nil, "follow"); !strings.Contains(got.stderr, "no run is open") {
		t.Errorf("follow looks for what only its owner can see:\n%s%s", got.stdout, got.stderr)
	}
}

func TestHeaderOf(t *testing.T) {
	for source, want := range map[string]string{
		"A: 1\r\nB: 2\r\n\r\nbody": "A: 1\r\nB: 2\r\n",
		"\ufeff\n\nA: 1\n\nbody\n": "A: 1\n",
		"A: 1":                     "A: 1",
		"":                         "",
		"\r\n":                     "",
		"A: 1\n" + strings.Repeat("B: "+strings.Repeat("x", 1<<10)+"\n", 1<<10): "",
	} {
		got := string(headerOf([]byte(source)))
		if len(source) > maxHeader {
			if len(got) > maxHeader || len(got) < maxHeader/2 || !strings.HasSuffix(got, "\n") {
				t.Errorf("headerOf(%d octets) has %d, want whole lines of at most %d", len(source), len(got),
					maxHeader)
			}
			continue
		}
		if got != want {
			t.Errorf("headerOf(%q) = %q, want %q", source, got, want)
		}
	}
}

func TestPlaceIsForSeedsByHandOnly(t *testing.T) {
	b := newBench(t)
	b.run(t.Context(), nil, "run", "good")
	got := b.run(t.Context(), nil, "place", "last", "strict-a/old", "junk")
	if got.status != statusUsage || !strings.Contains(got.stderr, "watched over IMAP") {
		t.Errorf("exit status %d\n%s", got.status, got.stderr)
	}
	if _, err := config.Load(b.config(), config.Env{}); err != nil {
		t.Fatal(err)
	}
}
