package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"seedtest"
)

// turncoats are seeds at servers that behave until a message has been sent to each.
type turncoats struct {
	*bench
	list []crime
	good map[string]*villain // what each server is until it turns
}

// newTurncoats makes a seed for each crime that needs no TLS.
func newTurncoats(t *testing.T, list []crime, deliver func(*villain, string)) *turncoats {
	t.Helper()
	x := &turncoats{bench: den(t), good: map[string]*villain{}}
	x.post.villains["good@villain.example"].deliver = deliver
	for _, c := range list {
		if c.tls == "" {
			x.list, x.good[c.name] = append(x.list, c), (&villain{deliver: deliver}).start(t)
			x.seed(c.seed(), x.good[c.name], "none", "")
		}
	}
	return x
}

// turn has every server do its worst from now on.
func (x *turncoats) turn() {
	for _, c := range x.list {
		x.good[c.name].turns(c.villain)
	}
	x.post.villains["good@villain.example"].turns(new(villain))
}

// TestHostileServersInResume is about servers that do their worst once the messages have been sent.
func TestHostileServersInResume(t *testing.T) {
	t.Parallel()
	x := newTurncoats(t, some(slices.Concat(crimes(t), floods()), 4), keeps)
	x.configure(func(text string) string { return strings.ReplaceAll(text, `"30s"`, `"60s"`) })
	if got := x.run(t.Context(), nil, "run", "ill", "--detach"); got.status != statusUnknown {
		t.Fatalf("exit status %d, says\n%s%s", got.status, got.stdout, got.stderr)
	}
	x.turn()
	var got told
	if n := growth(func() { got = x.run(t.Context(), nil, "resume") }); n > mostOfRun {
		t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostOfRun>>20)
	}
	x.unharmed(got)
	by := x.fates(x.shows("good"))
	x.sound(by)
	for _, c := range x.list {
		if !notAtRun(c) {
			atRun(c).becomes(t, by[c.seed()])
		}
	}
	x.small()
}

// TestHostileServersInFollow is about servers that do their worst when their mail has been seen: it
// stays where it was seen, and is not settled where nobody can look.
func TestHostileServersInFollow(t *testing.T) {
	t.Parallel()
	x := newTurncoats(t, some(slices.Concat(crimes(t), floods()), 3), nil)
	if got := x.run(t.Context(), nil, "run", "ill"); got.status != statusPass {
		t.Fatalf("exit status %d, says\n%s%s", got.status, got.stdout, got.stderr)
	}
	x.turn()
	time.Sleep(1500 * time.Millisecond) // every follow window has closed: nothing settles before
	got := x.run(t.Context(), nil, "follow")
	x.unharmed(got)
	by := x.fates(x.shows("good"))
	x.sound(by)
	if by["good"].settled != string(seedtest.Inbox) {
		t.Errorf("the good seed: %+v, want it settled", by["good"])
	}
	for _, c := range x.list {
		o, want := by[c.seed()], string(seedtest.Inbox)
		switch late := c.costs && strings.Contains(o.faults, lateWords); {
		case late, c.hides:
			want = ""
		case c.harms && !notAtRun(c):
			if want = ""; !strings.Contains(o.faults, c.words) {
				t.Errorf("%s: %+v, want %q", c.name, o, c.words)
			}
		}
		if o.placement != string(seedtest.Inbox) || o.settled != want {
			t.Errorf("%s: %+v, want it in the inbox, settled %q", c.name, o, want)
		}
	}
	x.small()
}

// thefts are what a server may do when it is to remove a message.
func thefts() []crime {
	list := []crime{
		{name: "an end that is a secret", words: "(secret)", villain: instead("SELECT",
			func(c *foe, tag, _ string) { c.say("%s %s\x1b[2J go away", tag, hostileSecret) })},
		{name: "a refusal that echoes", words: "(secret)", villain: instead("UID STORE",
			func(c *foe, tag, _ string) { c.say("%s NO [\x1b[2J] %s", tag, coded(hostileSecret)) })},
		{name: "expunges nothing", words: "kept the message", villain: instead("UID EXPUNGE",
			func(c *foe, tag, _ string) { c.ok(tag) })},
		{name: "shows another message", words: "does not carry the tag", villain: instead("UID FETCH",
			func(c *foe, tag, _ string) {
				c.say("* 1 FETCH (UID 1 BODY[HEADER]<0> {19}\r\nSubject: \x1b[2Jmine\r\n)")
				c.ok(tag)
			})},
		{name: "renumbers", words: "UIDVALIDITY", villain: instead("SELECT",
			func(c *foe, tag, arg string) {
				c.mailbox(arg).validity++
				c.answer(tag, "SELECT", arg)
			})},
		{name: "copies of itself", words: "more than any reply", costs: true,
			villain: instead("UID FETCH", func(c *foe, _, arg string) {
				c.pour(1<<30, []byte(c.shown("1:* [HEADER]", true)[0]+"\r\n"))
			})},
	}
	for _, stage := range []string{"SELECT", "UID FETCH", "UID STORE", "UID EXPUNGE"} {
		list = append(list, crime{name: "BYE at " + stage, words: "go away",
			villain: instead(stage, func(c *foe, _, _ string) { c.say(byeForNow); _ = c.Close() })},
			crime{name: "silent at " + stage, words: "no answer in time",
				villain: instead(stage, func(*foe, string, string) {})})
	}
	return list
}

// TestHostileServersInClean has every server keep a message that is to be removed, and tell lies of
// it.
func TestHostileServersInClean(t *testing.T) {
	t.Parallel()
	x := newTurncoats(t, thefts(), nil)
	if got := x.run(t.Context(), nil, "run", "ill"); got.status != statusPass {
		t.Fatalf("exit status %d, says\n%s%s", got.status, got.stdout, got.stderr)
	}
	x.unharmed(x.run(t.Context(), nil, "clean", "--dry-run", "--force"))
	x.turn()
	var asJSON, again told
	if n := growth(func() {
		asJSON = x.run(t.Context(), nil, "clean", "--force", "--yes", "--format", "json")
		again = x.run(t.Context(), nil, "clean", "--force", "--yes")
	}); n > mostOfRun {
		t.Errorf("the heap grew by %d MB, want at most %d", n>>20, mostOfRun>>20)
	}
	x.unharmed(asJSON)
	x.unharmed(again)
	obey(t, "clean", "clean", asJSON.stdout)
	removed, why := leftBehind(t, asJSON.stdout)
	for _, c := range x.list {
		said := why[c.seed()]
		if !strings.Contains(said, c.words) && !(c.costs && strings.Contains(said, lateWords)) {
			t.Errorf("%s: %q, want %q", c.name, said, c.words)
		}
	}
	if !slices.Equal(removed, []string{"good"}) {
		t.Errorf("removed at %q, want it at the good seed alone", removed)
	}
	by := x.fates(x.shows("good"))
	x.sound(by)
	x.small()
}

// leftBehind says of "clean --format json" at which seeds it removed the message, and why not.
func leftBehind(t *testing.T, text string) (removed []string, why map[string]string) {
	t.Helper()
	var told struct {
		Messages []struct{ Seed, State, Why string }
		Errors   []string
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		t.Fatal(err)
	}
	why = map[string]string{}
	for _, m := range told.Messages {
		if why[m.Seed] = m.Why; m.State == string(cleanRemoved) {
			removed = append(removed, m.Seed)
		}
		for _, e := range told.Errors {
			if strings.HasPrefix(e, "seed "+m.Seed+":") {
				why[m.Seed] += e
			}
		}
	}
	return removed, why
}

// TestHostileServersInInspect holds what inspect prints of servers that lie: it is a table for
// seeds.toml, whatever they say.
func TestHostileServersInInspect(t *testing.T) {
	t.Parallel()
	b := lair(t)
	var inspections sync.WaitGroup
	places, secret := make(chan struct{}, 8), filepath.Join(filepath.Dir(b.config()), "secret")
	for _, c := range some(slices.Concat(crimes(t), floods()), 2) {
		if c.tls != "" {
			continue
		}
		v := c.villain.start(t)
		for _, format := range []string{"text", "json"} {
			inspections.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				got := b.run(t.Context(), nil, "inspect", fmt.Sprintf("127.0.0.1:%d", v.port),
					"--no-tls", "--user", hostileUser, "--password-file", secret, "--format", format)
				b.unharmed(got)
				if format == "json" {
					obey(t, "inspect", c.name, got.stdout)
				} else if _, err := toml.Decode(got.stdout, &struct{}{}); err != nil {
					t.Errorf("%s: %v in\n%s", c.name, err, got.stdout)
				}
				fails := c.harms && !strings.HasSuffix(c.name, "GETQUOTAROOT")
				late := c.costs && strings.Contains(got.stderr, lateWords)
				if !late && (fails != (got.status == statusNothing) ||
					fails && !strings.Contains(got.stderr, c.words)) {
					t.Errorf("%s: exit status %d, says %s; want %q: %t", c.name, got.status,
						got.stderr, c.words, fails)
				}
				if len(got.stdout) > 1<<20 {
					t.Errorf("%s: %d octets are printed", c.name, len(got.stdout))
				}
			})
		}
	}
	inspections.Wait()
}
