package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// jotter keeps notes in memory, or fails.
type jotter struct {
	mu    sync.Mutex
	kept  map[string][]byte
	fails error
}

func newJotter() *jotter { return &jotter{kept: map[string][]byte{}} }

func (j *jotter) Note(_ context.Context, name string, change func([]byte) []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails != nil {
		return j.fails
	}
	_ = change(j.kept[name]) // a commit may be tried anew
	j.kept[name] = change(j.kept[name])
	return nil
}

// processWith returns a watcher as a process has one that shares notes with others.
func processWith(s *tally, n Notes) *Watcher {
	c := NewConnections()
	c.Remember(n)
	return New(Options{Dial: s.dial, Connections: c})
}

// watched is one run of a process.
type watched struct {
	*book
	end  context.CancelFunc
	done chan error
}

// run has a process begin a run at an account of others.
func (j *jotter) run(t *testing.T, s *tally, n byte) watched {
	b := gentleBook(1)
	b.tokens[0] = seedtest.MintToken([16]byte{6: 0x70, 8: 0x80, 14: n}, []byte("key"))
	b.open()
	ctx, end := context.WithCancel(t.Context())
	w := watched{b, end, make(chan error, 1)}
	a, p := b.awaiting(), processWith(s, j)
	go func() { w.done <- p.Watch(ctx, b.seed, a) }()
	return w
}

func (w watched) stop(t *testing.T) {
	w.end()
	if err := <-w.done; !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("Watch = %v", err)
	}
}

// within counts the times that lie in the time before another.
func within(times []time.Time, d time.Duration, end time.Time) int {
	n := 0
	for _, at := range times {
		if end.Sub(at) < d && !at.After(end) {
			n++
		}
	}
	return n
}

func most(times []time.Time, d time.Duration) int {
	n := 0
	for _, at := range times {
		n = max(n, within(times, d, at))
	}
	return n
}

// A process that follows another does not go on trying what is refused, and says why it is blind.
// When somebody has mended it and checks, runs go on at once.
func TestRefusedSignInsAreRememberedByOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := newTally(t, 0), newJotter()
		honest := s.answer
		s.instead(func(c *client, tag, line string) bool {
			honest(c, tag, line)
			if strings.HasPrefix(line, "LOGIN") {
				c.say("%s NO [AUTHENTICATIONFAILED] Invalid credentials", tag)
				return true
			}
			return false
		})
		for n := range byte(12) { // a process each ten minutes
			w := j.run(t, s, n)
			time.Sleep(9 * time.Minute)
			w.stop(t)
			time.Sleep(time.Minute)
			f := factsOf[seedtest.Fault](w.book)
			if len(f) == 0 || f[0].Kind != seedtest.FaultLogin || !f[0].Final ||
				!strings.Contains(f[0].What, "Invalid credentials") {
				t.Fatalf("process %d: faults %+v, want the refusal", n, f)
			}
		}
		s.mu.Lock()
		n := len(s.signIns)
		s.mu.Unlock()
		if n < 5 || n > 8 {
			t.Errorf("%d sign-ins in two hours, want some at gaps that double", n)
		}
		s.instead(honest)
		w := j.run(t, s, 100)
		time.Sleep(2 * time.Minute)
		if len(factsOf[seedtest.Baseline](w.book)) != 0 {
			t.Error("a sign-in was tried at once")
		}
		if _, err := processWith(s, j).Check(t.Context(), w.seed); err != nil {
			t.Errorf("Check = %v", err)
		}
		w.stop(t)
		w = j.run(t, s, 101)
		time.Sleep(time.Minute)
		if len(factsOf[seedtest.Baseline](w.book)) != 1 {
			t.Errorf("no baseline a minute after a check succeeded: %+v", factsOf[seedtest.Fault](w.book))
		}
		w.stop(t)
	})
}

// Processes that overlap keep sign-ins apart, and together make no more than a provider bears while
// a fault throws all of them out again and again.
func TestProcessesShareTheirSignIns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := newTally(t, 0), newJotter()
		var runs []watched
		for n := range byte(6) {
			runs = append(runs, j.run(t, s, n))
		}
		time.Sleep(time.Minute)
		for i, w := range runs {
			if len(factsOf[seedtest.Baseline](w.book)) != 1 {
				t.Errorf("process %d has no baseline: the first sign-in of each is its due", i)
			}
		}
		for range 12 * 60 {
			s.hangUp()
			time.Sleep(time.Minute)
		}
		for _, w := range runs {
			w.stop(t)
		}
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := 1; i < len(s.signIns); i++ {
			if gap := s.signIns[i].Sub(s.signIns[i-1]); gap < apartOfOthers {
				t.Errorf("sign-in %d came %s after the one before", i+1, gap)
			}
		}
		again := s.signIns[6:]
		if n := most(again, time.Hour); n > 8 || n < 4 {
			t.Errorf("%d further sign-ins in an hour, want some, and 8 at most", n)
		}
	})
}

// What one run of an account is told of throttling the others mind: those of its process at once,
// and other processes when they sign in.
func TestThrottlingIsSharedByRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := newTally(t, 0), newJotter()
		p := processWith(s, j)
		var books []*book
		var ends []context.CancelFunc
		for n := range byte(2) {
			b := gentleBook(1)
			b.tokens[0] = seedtest.MintToken([16]byte{6: 0x70, 8: 0x80, 14: n}, []byte("key"))
			b.open()
			ctx, end := context.WithCancel(t.Context())
			a := b.awaiting()
			go func() { _ = p.Watch(ctx, b.seed, a) }()
			<-b.based
			books, ends = append(books, b), append(ends, end)
			time.Sleep(20 * time.Second)
		}
		s.instead(answering("STATUS", "% NO [THROTTLED] slow down"))
		books[0].accept(0)
		time.Sleep(7 * time.Second) // the first look is refused
		s.instead(nil)
		books[1].accept(0)
		before := s.asked("STATUS")
		other := j.run(t, s, 9)
		time.Sleep(4 * time.Minute)
		if n := s.asked("STATUS"); n != before {
			t.Errorf("%d STATUS in the minutes after the server asked to slow down", n-before)
		}
		if f := factsOf[seedtest.Fault](other.book); len(f) != 1 || f[0].Kind != seedtest.FaultThrottled {
			t.Errorf("another process: faults %+v, want one of throttling", f)
		}
		time.Sleep(time.Minute + 30*time.Second)
		if len(factsOf[seedtest.Baseline](other.book)) != 1 {
			t.Error("another process has no baseline when the time is over")
		}
		other.accept(0)
		before = s.asked("STATUS")
		time.Sleep(2 * time.Minute)
		if n := s.asked("STATUS") - before; n > 10 {
			t.Errorf("%d STATUS in two minutes: there are to be no quick looks for an hour", n)
		}
		other.stop(t)
		for _, end := range ends {
			end()
		}
	})
}

func TestNextSignIn(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	in := func(m time.Duration) time.Time { return now.Add(m * time.Minute) }
	refused := standing{Retry: in(9), Kind: seedtest.FaultLogin, What: "LOGIN: NO"}
	check, first, again := &waiter{}, &waiter{takesOver: true}, &waiter{takesOver: true, again: true}
	for name, x := range map[string]struct {
		s    standing
		own  bool
		who  *waiter
		want time.Duration // minutes
		kind seedtest.FaultKind
	}{
		"nothing is known":      {standing{}, false, again, 0, seedtest.FaultConnect},
		"too soon":              {standing{Next: in(1)}, false, check, 1, seedtest.FaultConnect},
		"refused":               {refused, false, first, 9, seedtest.FaultLogin},
		"refused, a check":      {refused, false, check, 0, seedtest.FaultConnect},
		"refused, ours":         {refused, true, first, 0, seedtest.FaultConnect},
		"left alone":            {standing{Quiet: in(5)}, false, first, 5, seedtest.FaultThrottled},
		"left alone, a check":   {standing{Quiet: in(5)}, false, check, 0, seedtest.FaultConnect},
		"too many":              {standing{Paid: in(60)}, false, again, 15, seedtest.FaultConnect},
		"too many, its first":   {standing{Paid: in(60)}, false, first, 0, seedtest.FaultConnect},
		"others wait to resume": {standing{Resume: in(2)}, false, first, 0, seedtest.FaultConnect},
	} {
		seed := otherSeed(1, seedtest.Habits{})
		seed.Own = x.own
		until, why := x.s.due(seed, x.who, now)
		if wait := max(until.Sub(now), 0); wait != x.want*time.Minute || why.kind != x.kind {
			t.Errorf("%s: in %s (%s), want %d min (%s)", name, wait, why.kind, x.want, x.kind)
		}
	}
}

// Where notes cannot be kept, the process minds what it knows itself.
func TestNotesThatFailDoNotKeepFromWatching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := newTally(t, 0), newJotter()
		j.fails = errors.New("the disk is full")
		p, seed := processWith(s, j), otherSeed(1, seedtest.Habits{})
		for range 3 {
			if _, err := p.Check(t.Context(), seed); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i < 3; i++ {
			if gap := s.signIns[i].Sub(s.signIns[i-1]); gap != apartOfOthers {
				t.Errorf("sign-in %d came %s after the one before, want %s", i+1, gap, apartOfOthers)
			}
		}
	})
}

// Of seeds of ours nothing is noted, and no note tells whose account it is of.
func TestNotesTellNobodysName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := newTally(t, 0), newJotter()
		for _, own := range []bool{true, false} {
			seed := otherSeed(1, seedtest.Habits{})
			seed.Own = own
			if _, err := processWith(s, j).Check(t.Context(), seed); err != nil {
				t.Fatal(err)
			}
			if n := len(j.kept); (n == 0) != own {
				t.Errorf("own = %t: %d notes", own, n)
			}
			if kept := fmt.Sprint(j.kept); strings.Contains(kept, seed.Login.Username) {
				t.Errorf("the notes name the account: %s", kept)
			}
		}
	})
}

// A clock that is set back, or a note that is none, keeps nobody away for long.
func TestReadStanding(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	year := `"2027-11-26T12:00:00Z"`
	s := readStanding([]byte(`{"next":`+year+`,"retry":`+year+`,"quiet":`+year+`,"slow":`+year+
		`,"paid":`+year+`,"refused":3}`), now)
	for name, at := range map[string]time.Time{"next": s.Next, "retry": s.Retry, "quiet": s.Quiet,
		"slow": s.Slow, "paid": s.Paid} {
		if at.IsZero() || at.Sub(now) > time.Hour {
			t.Errorf("%s is %s, want an hour off at most", name, at)
		}
	}
	if s.Refused != 3 {
		t.Errorf("%d refusals, want 3", s.Refused)
	}
	for _, kept := range []string{"", "nonsense", `{"next":"nonsense"}`, `{"refused":"x"}`} {
		if s := readStanding([]byte(kept), now); s != (standing{}) {
			t.Errorf("readStanding(%q) = %+v, want none", kept, s)
		}
	}
}

// Runs that were thrown out come back one after the other, and hold up none that begins.
func TestRunsComeBackOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seed := NewConnections(), otherSeed(1, seedtest.Habits{Connections: 9})
		var mu sync.Mutex
		var back []time.Time
		for range 3 {
			go func() {
				w := newWaiter(true)
				w.again = true
				if _, _, err := c.admit(t.Context(), seed, w, turnWait); err != nil {
					t.Errorf("admit = %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				back = append(back, time.Now())
			}()
		}
		synctest.Wait()
		begun := time.Now()
		if _, _, err := c.admit(t.Context(), seed, newWaiter(true), turnWait); err != nil {
			t.Errorf("admit = %v", err)
		}
		if took := time.Since(begun); took > apartOfOthers {
			t.Errorf("one that begins waited %s", took)
		}
		time.Sleep(turnWait)
		mu.Lock()
		defer mu.Unlock()
		if len(back) != 3 {
			t.Fatalf("%d came back, want 3", len(back))
		}
		for i := 1; i < len(back); i++ {
			if gap := back[i].Sub(back[i-1]); gap < resumeApart {
				t.Errorf("number %d came %s after the one before", i+1, gap)
			}
		}
	})
}

func TestAllowance(t *testing.T) {
	w, now := allowance{atOnce: 3, every: time.Minute}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var used, from time.Time
	for i, want := range []time.Duration{0, 0, 0, time.Minute, 2 * time.Minute} {
		used, from = w.take(used, now, 1)
		if wait := max(from.Sub(now), 0); wait != want {
			t.Errorf("number %d waits %s, want %s", i+1, wait, want)
		}
	}
	if used, from = w.take(used, now.Add(time.Hour), 3); from.After(now.Add(time.Hour)) {
		t.Errorf("an hour later three wait until %s", from)
	}
	if _, from = w.take(used, now.Add(time.Hour), 1); from != now.Add(time.Hour+time.Minute) {
		t.Errorf("and one more until %s, want a minute", from)
	}
}

// Proofs of many runs that fall together are slower: some may be too late, and all would be
// refused.
func TestRunsOfAnAccountShareABudgetOfCommands(t *testing.T) {
	watchTogether(t, 12, 12, func(g *together) {
		var mu sync.Mutex
		var asked []time.Time
		honest := g.answer
		g.instead(func(c *client, tag, line string) bool {
			if line != "DONE" { // it belongs to IDLE
				mu.Lock()
				asked = append(asked, time.Now())
				mu.Unlock()
			}
			return honest(c, tag, line)
		})
		for _, b := range g.books {
			b.accept(0)
		}
		time.Sleep(16 * time.Minute)
		overdue := 0
		for i, b := range g.books {
			switch p := b.probe(0); p.Placements.Current {
			case seedtest.Overdue:
				overdue++
			case seedtest.Blind:
			default:
				g.t.Errorf("run %d: %s (%s), want overdue or blind", i, p.Placements.Current, p.Why)
			}
		}
		if overdue < len(g.books)/3 {
			g.t.Errorf("%d of %d proofs were in time", overdue, len(g.books))
		}
		mu.Lock()
		defer mu.Unlock()
		n := most(asked, time.Minute)
		g.t.Logf("%d commands in a minute at most, %d in all", n, len(asked))
		if n > 200 {
			g.t.Errorf("%d commands in a minute, want 200 at most", n)
		}
	})
}
