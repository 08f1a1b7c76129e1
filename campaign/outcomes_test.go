//go:build campaign

package campaign

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/lab"
)

// TestOutcomes holds messages that meet random fates and faults, in virtual time, against what
// happened to them. It goes through worlds until it has seen so many outcomes. The number of a
// world that disagrees is printed; "REPLAY=N go test -tags campaign ./campaign -run TestOutcomes
// -v" runs it alone and tells all that happened in it.
func TestOutcomes(t *testing.T) {
	if n, err := strconv.ParseUint(os.Getenv("REPLAY"), 10, 64); err == nil {
		synctest.Test(t, func(t *testing.T) {
			c := outcomesIn(t, n)
			t.Log(c)
			c.fail(t)
		})
		return
	}
	var mu sync.Mutex
	all, want := newChronicle(0), size(500, 10_000)
	var next atomic.Uint64
	t.Run("world", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				for end, ends := t.Deadline(); !ends || time.Until(end) > lastWorld; {
					mu.Lock()
					enough := all.outcomes() >= want
					mu.Unlock()
					if enough {
						return
					}
					n := next.Add(1)
					synctest.Test(t, func(t *testing.T) {
						c := outcomesIn(t, n)
						c.fail(t)
						mu.Lock()
						defer mu.Unlock()
						if all.add(c); all.worlds%50 == 0 {
							t.Logf("%d worlds, %d outcomes, %d wrong", all.worlds, all.outcomes(), len(all.wrong))
						}
					})
				}
			})
		}
	})
	all.print(t)
	all.complete(t)
	if n := all.outcomes(); n < want {
		t.Errorf("%d outcomes in the time that there was, want %d", n, want)
	}
}

// lastWorld is how long before the end of all time no other world is begun.
const lastWorld = 2 * time.Minute

// TestReplay runs a world twice: all that happens and all that is said is the same.
func TestReplay(t *testing.T) {
	var first string
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			told := outcomesIn(t, 3).String()
			if first != "" && told != first {
				t.Errorf("the same world told\n%s\nand then\n%s", first, told)
			}
			first = told
		})
	}
}

// outcomesIn runs one world to its settled end, by one process after the other, and compares.
func outcomesIn(t *testing.T, number uint64) *chronicle {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o := newOwner()
	w, err := lab.Start(ctx, lab.Options{Random: number, Network: lab.Pipes(), Before: o.before})
	if err != nil {
		t.Fatal(err)
	}
	o.world, o.ctx = w, ctx
	o.begin(write(number, w.Seeds()))
	opened, planned := plan(t, w, o.script.seeds, number)
	told := &testimony{journal: &journal{}, owner: o, mint: canaryMint()}
	told.work(ctx, t, opened, planned)
	cancel()
	o.tasks.Wait()
	c := told.compare(number)
	_ = w.Close()
	return c
}

// work lets one process after the other work the run, as the script says.
func (t *testimony) work(ctx context.Context, test *testing.T, opened seedtest.Opened,
	planned []seedtest.Planned) {
	ahead := t.owner.script.clock
	for n := 0; ; n++ {
		living, end := context.WithCancel(ctx)
		x := process{during: during{from: time.Now()}, ahead: ahead}
		x.facts[0] = len(t.journal.all)
		last := n >= len(t.owner.script.lives)
		var l life
		if !last {
			l = t.owner.script.lives[n]
			time.AfterFunc(l.lasts, end)
		}
		x.killed = l.killed
		err := t.process(living, opened, planned, x)
		if err != nil && living.Err() == nil {
			test.Errorf("REPLAY=%d: process %d: %v", t.owner.script.number, n, err)
		}
		cut := living.Err() != nil
		end()
		x.to, x.facts[1] = time.Now(), len(t.journal.all)
		if x.facts[0] < x.facts[1] {
			x.ahead = t.ahead(x.facts[0]) // times go on where the clock was set back
		}
		t.processes = append(t.processes, x)
		if !cut {
			break
		}
		t.owner.count(map[bool]trouble{true: killing, false: stopping}[l.killed])
		if l.step != 0 {
			t.owner.count(clockStep)
		}
		ahead += l.step
		time.Sleep(l.rest)
	}
	t.run = seedtest.Fold(t.journal.all, seedtest.AsOf(t.journal.all))
}

// process is one process that works the run: the first opens it.
func (t *testimony) process(life context.Context, opened seedtest.Opened, planned []seedtest.Planned,
	x process) error {
	w := t.owner.world
	now := func() time.Time { return time.Now().Add(x.ahead) }
	wall := func() time.Time {
		if x.from.Equal(t.owner.start) && time.Since(t.owner.start) > 5*time.Minute {
			return now().Add(t.owner.script.set)
		}
		return now()
	}
	parts := harness.Parts{Log: page{t.journal, life, x.killed}, Now: now, Wall: wall, Conns: 100,
		Senders: map[string]harness.Sender{"new": t.owner}, Compose: compose,
		Watcher: inbox.New(inbox.Options{Dial: w.Dial, Roots: w.Roots()}), Mint: t.mint,
		Breaker: func(seedtest.Reply) string { return "" }}
	if len(t.journal.all) == 0 {
		return harness.Run(life, parts, opened, planned, harness.UntilSettled)
	}
	how := harness.Resumption{Purpose: seedtest.PurposeResume, Until: harness.UntilSettled}
	return harness.Resume(life, parts, opened, slices.Clone(t.journal.all), how)
}

// canaryMint makes the tags of canaries, each once in a world.
func canaryMint() func() (seedtest.Token, error) {
	var n atomic.Uint32
	m := harness.Minter{Key: []byte("a key of this installation, 32 b"),
		ID: func() (uuid.UUID, error) {
			i := n.Add(1)
			return uuid.UUID{1: 1, 6: 0x70, 8: 0x80, 14: byte(i >> 8), 15: byte(i)}, nil
		}}
	return m.Token
}

// compare holds all that is said against what happened.
func (t *testimony) compare(number uint64) *chronicle {
	c := newChronicle(number)
	c.happens, c.met = t.owner.happens, t.owner.met
	if t.owner.script.clock != 0 {
		c.met[clockWrong]++
	}
	if t.owner.script.set != 0 {
		c.met[clockSet]++
	}
	for _, p := range t.run.Probes {
		o := t.outcomeOf(p)
		wrong := o.check()
		c.counts[p.Placements.Current]++
		if p.Placements.Current == seedtest.Blind {
			c.blind[t.excuse(p, o, wrong)]++
		}
		line := fmt.Sprintf("%s %s: first %s, now %s, settled %s: %s", p.Seed, p.Message,
			p.Placements.First, p.Placements.Current, placed(p.Placements.Settled), p.Why)
		c.said = append(c.said, line)
		for _, why := range wrong {
			c.wrong = append(c.wrong, fmt.Sprintf("%s: %s%s", line, why, t.story(p, o)))
		}
	}
	for _, s := range t.owner.script.seeds {
		t.owner.estate.audit(s.Name)
		if n := t.owner.estate.canariesLeft(s.Name); n > 0 && len(t.owner.veils[s.Name]) == 0 &&
			len(t.processes) == 1 {
			c.wrong = append(c.wrong, fmt.Sprintf("%s: %d canaries are left", s.Name, n))
		}
	}
	for _, why := range t.owner.estate.touched {
		c.wrong = append(c.wrong, "mail of others: "+why)
	}
	return c
}

// excuse names what a message is blind by.
func (t *testimony) excuse(p seedtest.Probe, o *outcome, wrong []string) string {
	switch {
	case len(wrong) > 0:
		return ""
	case o.sent && t.owner.shaped[p.Seed]:
		return "a mailbox numbered or made anew"
	case o.sent && o.unread:
		return "mail that left unread"
	}
	var kinds []string
	for _, v := range t.owner.veils[p.Seed] {
		kinds = append(kinds, string(v.kind))
	}
	if len(t.processes) > 1 {
		kinds = append(kinds, "no process")
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), ", ")
}

// story tells all that a verdict was held against.
func (t *testimony) story(p seedtest.Probe, o *outcome) string {
	at := func(x time.Time) string {
		if x.IsZero() {
			return "-"
		}
		return x.Sub(t.owner.start).String()
	}
	span := func(all []during) string {
		text := ""
		for _, d := range all {
			text += " " + at(d.from) + ".." + at(d.to)
		}
		return text
	}
	text := fmt.Sprintf("\n  own %t, sent %t, late %v, due %s", o.own, o.sent, p.Late, at(o.due.from))
	for _, x := range o.stays {
		text += fmt.Sprintf("\n  lay in %s (%s %s) %d/%d: %s to %s", x.mailbox, x.role, x.class,
			x.validity, x.uid, at(x.from), at(x.to))
	}
	for _, s := range o.sights {
		text += fmt.Sprintf("\n  seen in %s (%s %s) %d/%d: %s, last %s, gone %s", s.mailbox, s.role,
			s.class, s.validity, s.uid, at(s.at), at(s.last), at(s.goneAt))
	}
	text += "\n  seeing" + span(o.seeing) + "\n  proving" + span(o.proving) + "\n  closings" +
		span(o.closings) + "\n  deadlines" + span(o.deadlines) + "\n  limits" + span(o.limits)
	for i, f := range t.journal.all {
		switch b := f.Body.(type) {
		case seedtest.Round:
			if b.Seed == p.Seed {
				text += fmt.Sprintf("\n  %s round %d complete %t %s", at(t.journal.wrote[i]), b.Try,
					b.Complete, b.Why)
			}
		case seedtest.Fault:
			if b.Seed == p.Seed {
				text += fmt.Sprintf("\n  %s fault %s %s over %t", at(t.journal.wrote[i]), b.Kind, b.What,
					b.To != nil)
			}
		}
	}
	for _, e := range t.owner.script.events {
		if e.seed == p.Seed {
			text += e.String()
		}
	}
	return text
}

// chronicle is what happened in one world or in many, and what was said of it.
type chronicle struct {
	number  uint64
	worlds  int
	counts  map[seedtest.Placement]int
	blind   map[string]int // by what excuses it; "": nothing
	met     map[trouble]int
	happens []string
	said    []string
	wrong   []string
}

func newChronicle(number uint64) *chronicle {
	return &chronicle{number: number, worlds: 1, counts: map[seedtest.Placement]int{},
		blind: map[string]int{}, met: map[trouble]int{}}
}

func (c *chronicle) add(x *chronicle) {
	if c.number == 0 && len(c.counts) == 0 {
		c.worlds = 0
	}
	c.worlds++
	for k, n := range x.counts {
		c.counts[k] += n
	}
	for k, n := range x.blind {
		c.blind[k] += n
	}
	for k, n := range x.met {
		c.met[k] += n
	}
	c.wrong = append(c.wrong, x.wrong...)
}

func (c *chronicle) outcomes() int {
	n := 0
	for _, k := range c.counts {
		n += k
	}
	return n
}

func (c *chronicle) fail(t *testing.T) {
	for _, why := range c.wrong {
		t.Errorf("REPLAY=%d: %s", c.number, why)
	}
}

// String tells all that happened and all that was said, in order.
func (c *chronicle) String() string {
	return strings.Join(c.happens, "\n") + "\n" + strings.Join(c.said, "\n")
}

// print counts.
func (c *chronicle) print(t *testing.T) {
	t.Logf("%d outcomes in %d worlds, %d wrong: %v", c.outcomes(), c.worlds, len(c.wrong), c.counts)
	for _, why := range slices.Sorted(maps.Keys(c.blind)) {
		t.Logf("blind by %q: %d", why, c.blind[why])
	}
	t.Logf("blind without an excuse: %d", c.blind[""])
	for _, kind := range slices.Sorted(maps.Keys(c.met)) {
		t.Logf("%s: %d", kind, c.met[kind])
	}
}

// complete demands that all that is to be tested has happened.
func (c *chronicle) complete(t *testing.T) {
	for _, place := range []seedtest.Placement{seedtest.Inbox, seedtest.Category, seedtest.Junk,
		seedtest.Other, seedtest.Missing, seedtest.Blind} {
		if c.counts[place] == 0 {
			t.Errorf("%s never occurred", place)
		}
	}
	for _, kind := range append(slices.Clone(usual), killing, stopping, clockWrong, clockStep,
		clockSet, duplicate, tardy, falseNext) {
		if c.met[kind] == 0 {
			t.Errorf("there were no %s", kind)
		}
	}
}
