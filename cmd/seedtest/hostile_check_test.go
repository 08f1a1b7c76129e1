package main

import (
	"cmp"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHostileServersInCheck lets servers do their worst to "seedtest check", all at once: it ends,
// says of each what it met, tells nobody a secret, and knows the good seed beside them for good.
func TestHostileServersInCheck(t *testing.T) {
	t.Parallel()
	b := lair(t)
	list := crimes(t)
	for _, c := range list {
		b.seed(c.seed(), c.villain.start(t), cmp.Or(c.tls, "none"), c.ca)
	}
	var asJSON told
	var other sync.WaitGroup
	other.Go(func() { asJSON = b.run(t.Context(), nil, "check", "--format", "json") })
	got := b.run(t.Context(), nil, "check")
	other.Wait()
	b.unharmed(got)
	b.unharmed(asJSON)
	obey(t, "check", "check", asJSON.stdout)
	said := bySeed(got.stdout)
	if !strings.HasPrefix(said["good"], "ok ") || got.status != statusNothing ||
		asJSON.status != statusNothing {
		t.Errorf("exit status %d and %d, want %d; the good seed: %s", got.status, asJSON.status,
			statusNothing, said["good"])
	}
	for _, c := range list {
		c.judge(t, said[c.seed()])
	}
}

// TestSlowServerInCheck is about a server each of whose answers is in time, and all of them are
// not.
func TestSlowServerInCheck(t *testing.T) {
	t.Parallel()
	b := lair(t)
	b.checkTimeout = time.Second
	slow := func(c *foe, tag, arg string) {
		if c.wait(700 * time.Millisecond) {
			c.ok(tag)
		}
	}
	v := &villain{instead: map[string]func(*foe, string, string){"ID": slow, "LOGIN": slow}}
	b.seed("slow", v.start(t), "none", "")
	got := b.run(t.Context(), nil, "check", "slow", "good")
	said := bySeed(got.stdout)
	crime{name: "slow", harms: true, words: "no answer in time", state: "down"}.judge(t, said["slow"])
	if got.status != statusNothing || !strings.HasPrefix(said["good"], "ok ") {
		t.Errorf("exit status %d, want %d; the good seed: %s", got.status, statusNothing, said["good"])
	}
}

// TestFloodsInCheck measures what each server that sends without end costs.
func TestFloodsInCheck(t *testing.T) {
	for _, c := range floods() {
		t.Run(c.name, func(t *testing.T) {
			b := lair(t)
			b.seed(c.seed(), c.villain.start(t), "none", "")
			var got told
			if n := growth(func() { got = b.run(t.Context(), nil, "check", c.seed(), "good") }); n > mostGrowth {
				t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostGrowth>>20)
			}
			b.unharmed(got)
			said := bySeed(got.stdout)
			c.judge(t, said[c.seed()])
			if want := map[bool]int{false: statusPass, true: statusNothing}[c.harms]; got.status != want ||
				!strings.HasPrefix(said["good"], "ok ") {
				t.Errorf("exit status %d, want %d; the good seed: %s", got.status, want, said["good"])
			}
		})
	}
}

// bySeed returns what check said of each seed, as one line.
func bySeed(text string) map[string]string {
	said := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); line[0] != ' ' && len(words) > 2 {
			name = words[2]
		}
		said[name] += strings.Join(strings.Fields(line), " ") + " "
	}
	return said
}

// judge holds what check said of a villain's seed against what it did.
func (c crime) judge(t *testing.T, said string) {
	t.Helper()
	if want := map[bool]string{false: "ok ", true: "FAIL "}[c.harms]; !strings.HasPrefix(said, want) ||
		!strings.Contains(said, c.words) || !strings.Contains(said, " health "+c.state) {
		t.Errorf("%s: check says %q; want %q, with %q and %q", c.name, said, want, c.state, c.words)
	}
	if c.harms && (!strings.Contains(said, " because ") || !strings.Contains(said, " do ")) {
		t.Errorf("%s: check says %q; want evidence and advice", c.name, said)
	}
	if c.blind && (c.knows(hostileSecret) ||
		c.knows(base64.StdEncoding.EncodeToString([]byte(hostileSecret)))) {
		t.Errorf("%s: the server was told the password", c.name)
	}
}
