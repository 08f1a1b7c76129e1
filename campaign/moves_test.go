//go:build campaign

package campaign

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/lab"
)

// TestMoves has messages moved, copied, removed and put back within their follow windows, while
// processes watch, look once, are stopped and killed, in virtual time; and holds what is told of
// that against what happened. REPLAY=N runs one world alone.
func TestMoves(t *testing.T) {
	if n, err := strconv.ParseUint(os.Getenv("REPLAY"), 10, 64); err == nil {
		synctest.Test(t, func(t *testing.T) { movesIn(t, n).print(t) })
		return
	}
	var mu sync.Mutex
	all := tally{}
	t.Run("world", func(t *testing.T) {
		for i := range size(8, 120) {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					found := movesIn(t, uint64(i+1))
					mu.Lock()
					defer mu.Unlock()
					all.add(found)
				})
			})
		}
	})
	all.print(t)
	for _, kind := range []seedtest.MoveKind{seedtest.Moved, seedtest.Copied, seedtest.Removed,
		seedtest.Returned} {
		if all.kinds[kind] == 0 {
			t.Errorf("no message was %s", kind)
		}
	}
}

// hands are a sender whose messages are moved about, and the truth about them.
type hands struct {
	*fates
	dark   map[string][]span // by provider: when a fault may have kept everybody from looking
	random uint64
	follow time.Duration
	tales  map[seedtest.Token]*tale
}

// tale is where a message lay, state by state.
type tale struct {
	states []state
}

// state is which mailboxes held a message from a moment on. A view over others counts while it
// alone shows the message.
type state struct {
	from  time.Time
	boxes []string // sorted
}

// Send accepts a message and delivers it.
func (h *hands) Send(ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	story, fate := &tale{}, fnv.New64a() // the same at each replay, whoever comes first
	_, _ = fate.Write([]byte(m.EnvelopeID))
	draw := rand.New(rand.NewPCG(h.random, fate.Sum64()))
	h.mu.Lock()
	h.tales[seedtest.Token(m.EnvelopeID)] = story
	h.mu.Unlock()
	if err := commit(ctx); err != nil {
		return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Stage: seedtest.StageBody}
	}
	h.tasks.Go(func() { h.handle(m, story, draw) })
	return seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal}
}

// handle delivers a message and changes where it lies at random moments: most of them within its
// window, and at last perhaps once after it.
func (h *hands) handle(m seedtest.Composed, story *tale, draw *rand.Rand) {
	seed, _, _ := strings.Cut(m.To[0], "@")
	places := append(placesOf(h.world.Roles(seed)), h.archive(seed)...)
	if !h.rest(time.Duration(draw.Int64N(int64(3 * time.Minute)))) {
		return
	}
	end := time.Now().Add(h.follow)
	h.change(seed, m.Data, story, func() {
		_ = h.world.Deliver(seed, places[draw.IntN(len(places))], m.Data)
	})
	for n := 2 + draw.IntN(14); n > 0; n-- {
		// Rests of all sizes: shorter than the time between two looks, and longer.
		wait := time.Second << draw.IntN(14)
		if draw.IntN(2) == 0 {
			wait = 20 * time.Minute
		}
		if !h.rest(wait + time.Duration(draw.Int64N(int64(wait)))) {
			return
		}
		if !time.Now().Before(end) {
			break
		}
		h.change(seed, m.Data, story, func() { h.shift(seed, m.Data, places, draw) })
	}
	if draw.IntN(3) == 0 && h.rest(time.Until(end)+time.Duration(draw.Int64N(int64(time.Hour)))) {
		h.change(seed, m.Data, story, func() { h.shift(seed, m.Data, places, draw) })
	}
}

func (h *hands) archive(seed string) []string {
	var list []string
	for name, role := range h.world.Roles(seed) {
		if role == seedtest.RoleArchive {
			list = append(list, name)
		}
	}
	return list
}

// shift does one thing to one copy of a message: what goes elsewhere goes where no copy is.
func (h *hands) shift(seed string, raw []byte, places []string, draw *rand.Rand) {
	held := h.holding(seed, raw)
	free := slices.DeleteFunc(slices.Clone(places), func(p string) bool {
		return slices.Contains(held, p)
	})
	to, act := free[draw.IntN(len(free))], draw.IntN(10)
	if len(held) == 0 {
		_ = h.world.Deliver(seed, to, raw)
		return
	}
	from, _ := lying(h.world, seed, held[draw.IntN(len(held))], raw)
	switch {
	case act < 2:
		h.world.Remove(seed, from)
	case act < 4 && len(held) == 1:
		h.world.Copy(seed, from, to)
	default:
		h.world.Move(seed, from, to)
	}
}

// change does something to a message and notes where it lies then.
func (h *hands) change(seed string, raw []byte, story *tale, do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
	now := state{time.Now(), h.holding(seed, raw)}
	if n := len(story.states); n > 0 && slices.Equal(story.states[n-1].boxes, now.boxes) {
		return
	}
	story.states = append(story.states, now)
}

// holding lists the mailboxes that hold a message.
func (h *hands) holding(seed string, raw []byte) []string {
	var own, views []string
	roles := h.world.Roles(seed)
	for _, l := range h.world.Letters(seed) {
		switch {
		case !bytes.Equal(l.Raw, raw):
		case roles[l.Mailbox] == seedtest.RoleAll:
			views = append(views, l.Mailbox)
		default:
			own = append(own, l.Mailbox)
		}
	}
	if len(own) == 0 {
		own = views
	}
	slices.Sort(own)
	return own
}

// movesIn runs one world until all is settled, and compares.
func movesIn(t *testing.T, random uint64) tally {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w, err := lab.Start(ctx, lab.Options{Random: random, Network: lab.Pipes()})
	if err != nil {
		t.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(random, 7))
	h := &hands{fates: &fates{world: w, ctx: ctx}, random: random,
		follow: time.Duration(2+draw.IntN(10)) * time.Hour, tales: map[seedtest.Token]*tale{},
		dark: map[string][]span{}}
	if draw.IntN(4) == 0 {
		h.follow *= 6 // days
	}
	seeds := watchable(w, h.follow, draw)
	opened, planned := plan(t, w, seeds, random)
	opened.Suite.Follow = h.follow
	if random%2 == 0 {
		h.befall(seeds, random)
	}
	if random%3 > 0 { // what is seen was asked for before
		w.Inject(lab.Fault{Kind: lab.IMAPSlow, Detail: fmt.Sprint(1+draw.IntN(400), "ms")})
	}
	c := &checker{random: random, draw: draw, hands: h, opened: opened}
	c.work(ctx, t, planned)
	cancel()
	h.tasks.Wait()
	found := c.check(t)
	_ = w.Close()
	return found
}

// watchable returns the seeds that can be read, each with a rule mailbox, and watched in one of the
// ways that there are. Where hours are watched our own servers too are asked less.
func watchable(w *lab.World, follow time.Duration, draw *rand.Rand) []seedtest.Seed {
	var list []seedtest.Seed
	for _, s := range w.Seeds() {
		if s.Provider.ID == "broken" || strings.HasPrefix(s.Name, "broken") {
			continue
		}
		w.Create(s.Name, "Receipts")
		switch s.Own = draw.IntN(3) == 0; {
		case s.Own && follow > 4*time.Hour:
			s.Pace = seedtest.Pace{Follow: time.Minute, SweepEvery: time.Minute}
		case draw.IntN(3) == 0:
			s.Provider.Quirks = append(slices.Clone(s.Provider.Quirks), "no-idle")
		}
		list = append(list, s)
	}
	return list
}

// span is when a process watched; brief: it only looked once.
type span struct {
	from, to time.Time
	brief    bool
}

// work lets one process after the other work the run, until all is settled.
func (c *checker) work(ctx context.Context, t *testing.T, planned []seedtest.Planned) {
	log := &facts{}
	for n := 0; n == 0 || !settled(log.all); n++ {
		if n == 100 {
			t.Errorf("REPLAY=%d: not settled by %d processes", c.random, n)
			break
		}
		life, end := context.WithCancel(ctx)
		s := span{from: time.Now(), brief: n > 0 && c.draw.IntN(3) == 0}
		kept := harness.Log(log)
		if c.draw.IntN(2) == 0 {
			kept = mortal{log, life} // killed: not even its end is on record
		}
		ends := time.AfterFunc(4*time.Minute<<c.draw.IntN(9), end)
		if err := c.process(life, kept, log.all, planned, s.brief); err != nil && life.Err() == nil {
			t.Errorf("REPLAY=%d: process %d: %v", c.random, n, err)
		}
		ends.Stop()
		end()
		s.to = time.Now()
		c.spans = append(c.spans, s)
		time.Sleep(time.Second << c.draw.IntN(15))
	}
	c.facts = log.all
}

// process is one process that works the run: the first opens it.
func (c *checker) process(ctx context.Context, log harness.Log, facts []seedtest.Fact,
	planned []seedtest.Planned, brief bool) error {
	w := c.hands.world
	parts := harness.Parts{Log: log, Senders: map[string]harness.Sender{"new": c.hands}, Now: time.Now,
		Watcher: inbox.New(inbox.Options{Dial: w.Dial, Roots: w.Roots()}), Conns: 8,
		Compose: compose, Breaker: func(seedtest.Reply) string { return "" }}
	if len(facts) == 0 {
		return harness.Run(ctx, parts, c.opened, planned, harness.UntilSettled)
	}
	how := harness.Resumption{Purpose: seedtest.PurposeFollow, Until: harness.UntilSettled}
	switch {
	case brief:
		how.Until = harness.UntilLooked
	case c.draw.IntN(2) == 0:
		how.Purpose = seedtest.PurposeResume
	}
	return harness.Resume(ctx, parts, c.opened, slices.Clone(facts), how)
}

// mortal is a log that keeps nothing any more once its process is killed.
type mortal struct {
	*facts
	life context.Context
}

var errKilled = errors.New("killed")

func (m mortal) Append(ctx context.Context, r seedtest.RunID, more ...seedtest.Fact) error {
	if m.life.Err() != nil {
		return errKilled
	}
	return m.facts.Append(ctx, r, more...)
}

func settled(facts []seedtest.Fact) bool {
	run := seedtest.Fold(facts, seedtest.AsOf(facts))
	return !slices.ContainsFunc(run.Probes, func(p seedtest.Probe) bool {
		return p.Placements.Settled == nil && !p.Expected.IsZero()
	})
}

// tally counts changes: all within the windows, those that had to be told, those that were, and
// those that a fault excused; and how wide the intervals are, by the way in which a seed was
// watched.
type tally struct {
	injected, observable, told, excused int
	kinds                               map[seedtest.MoveKind]int
	widths                              map[string][]time.Duration
}

func (a *tally) add(b tally) {
	a.injected, a.observable = a.injected+b.injected, a.observable+b.observable
	a.told, a.excused = a.told+b.told, a.excused+b.excused
	if a.kinds == nil {
		a.kinds, a.widths = map[seedtest.MoveKind]int{}, map[string][]time.Duration{}
	}
	for k, n := range b.kinds {
		a.kinds[k] += n
	}
	for how, widths := range b.widths {
		a.widths[how] = append(a.widths[how], widths...)
	}
}

func (a tally) print(t *testing.T) {
	t.Logf("%d changes, %d observable, of them %d told; %d excused by faults; all that was told: %v",
		a.injected, a.observable, a.told, a.excused, a.kinds)
	for _, how := range slices.Sorted(maps.Keys(a.widths)) {
		w := a.widths[how]
		slices.Sort(w)
		t.Logf("%s: %d intervals, half of them within %s", how, len(w), w[len(w)/2])
	}
}
