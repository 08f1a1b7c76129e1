package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// together are runs of one process at one account.
type together struct {
	*tally
	t     *testing.T
	w     *Watcher
	books []*book
	ends  []context.CancelFunc
	done  []chan error
}

// watchTogether has n runs watch an account that may have so many connections, and follow what they
// find; each begins when the one before has its baseline.
func watchTogether(t *testing.T, n, most int, test func(*together)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newTally(t, 0)
		g := &together{tally: s, t: t, w: New(Options{Dial: s.dial})}
		for range n {
			g.begin(most)
		}
		test(g)
		for i, d := range g.done {
			g.ends[i]()
			if err := <-d; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("run %d: Watch = %v", i, err)
			}
		}
		synctest.Wait()
		if s.open != 0 {
			t.Errorf("%d connections are left open", s.open)
		}
	})
}

// begin starts one more run, and waits for its baseline.
func (g *together) begin(most int) *book {
	g.t.Helper()
	b := gentleBook(1)
	b.settled, b.seed.Provider.Habits.Connections = true, most
	b.tokens[0] = seedtest.MintToken([16]byte{6: 0x70, 8: 0x80, 14: byte(len(g.books) + 1)},
		[]byte("key"))
	b.open()
	ctx, end := context.WithCancel(g.t.Context())
	done := make(chan error, 1)
	a := b.awaiting()
	go func() { done <- g.w.Watch(ctx, b.seed, a) }()
	g.books, g.ends, g.done = append(g.books, b), append(g.ends, end), append(g.done, done)
	select {
	case <-b.based:
	case <-time.After(30 * time.Second):
		g.t.Fatalf("run %d has no baseline in 30 s: faults %+v", len(g.books)-1,
			factsOf[seedtest.Fault](b))
	}
	return b
}

// quiet checks that no run met trouble, and that there were so many sign-ins.
func (g *together) quiet(signIns int) {
	g.t.Helper()
	for i, b := range g.books {
		if f := factsOf[seedtest.Fault](b); len(f) != 0 {
			g.t.Errorf("run %d: faults %+v, want none", i, f)
		}
	}
	if len(g.signIns) != signIns {
		g.t.Errorf("%d sign-ins, want %d", len(g.signIns), signIns)
	}
}

// Runs that begin while others follow are not blind, though there is one connection for all.
func TestRunsThatFollowHandTheirSessionOver(t *testing.T) {
	for _, x := range []struct{ runs, most int }{{2, 1}, {3, 2}, {8, 1}, {8, 3}} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			watchTogether(t, 0, x.most, func(g *together) {
				for range x.runs {
					b := g.begin(x.most)
					b.accept(0)
					g.deliver("INBOX", b.header(0), "")
					time.Sleep(10 * time.Minute)
				}
				g.quiet(min(x.runs, x.most))
				for i, b := range g.books {
					p := b.probe(0)
					if p.Placements.Current != seedtest.Inbox {
						t.Errorf("run %d: %s (%s), want inbox", i, p.Placements.Current, p.Why)
						continue
					}
					if took := p.Sightings[0].At.Sub(p.Expected); took > 6*time.Second {
						t.Errorf("run %d: seen after %s, want at its first look", i, took)
					}
				}
				if g.most > x.most {
					t.Errorf("%d connections at once, want at most %d", g.most, x.most)
				}
			})
		})
	}
}

// Who lends its session looks at its pace all the same, asks nothing twice, and settles.
func TestRunsThatShareASessionKeepTheirPace(t *testing.T) {
	watchTogether(t, 5, 1, func(g *together) {
		for _, b := range g.books {
			b.accept(0)
			g.deliver("INBOX", b.header(0), "")
		}
		time.Sleep(time.Hour)
		for range g.books {
			g.move("INBOX", 1+uint32(g.count("Spam")), "Spam")
		}
		moved := time.Now()
		time.Sleep(3 * time.Hour)
		g.quiet(1)
		for i, b := range g.books {
			gone := factsOf[seedtest.Gone](b)
			if len(gone) != 1 {
				t.Errorf("run %d: gone %+v, want one", i, gone)
				continue
			}
			p := b.probe(0)
			if s := p.Placements.Settled; s == nil || *s != seedtest.Junk {
				t.Errorf("run %d: settled %v (%s), want junk", i, s, p.Why)
			}
			if at := p.Sightings[1].At; at.Sub(moved) > 5*time.Minute+time.Second {
				t.Errorf("run %d: the move was seen after %s", i, at.Sub(moved))
			}
			if spent := factsOf[seedtest.Spent](b); len(spent) != 1 || spent[0].Commands > 250 ||
				spent[0].Commands < 50 {
				t.Errorf("run %d: spent %+v, want what its own looks cost", i, spent)
			}
		}
		if n := g.asked("LIST"); n > 5*20 {
			t.Errorf("%d LIST by 5 runs in 4 hours, want no more than the sweeps and rounds", n)
		}
	})
}

// A session outlives the run that opened it.
func TestASessionThatWasHandedOverIsTheNewOwners(t *testing.T) {
	watchTogether(t, 2, 1, func(g *together) {
		g.ends[0]() // its session is the other's now
		<-g.done[0]
		g.done[0] <- nil
		b := g.books[1]
		b.accept(0)
		g.deliver("INBOX", b.header(0), "")
		time.Sleep(time.Minute)
		g.quiet(1)
		if p := b.probe(0); p.Placements.Current != seedtest.Inbox {
			t.Errorf("%s (%s), want inbox", p.Placements.Current, p.Why)
		}
	})
}

// When a run ends, another that waits goes on with its session.
func TestARunThatEndsLeavesItsSessionToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTally(t, 0)
		s.deaf = true // or the message would be seen while the run rests
		w, c := New(Options{Dial: s.dial}), make(chan *session, 1)
		seed := otherSeed(1, seedtest.Habits{Connections: 1})
		b := gentleBook(1)
		b.seed = seed
		b.seed.Name = "a"
		b.open()
		done := make(chan error, 1)
		a := b.awaiting()
		record := a.Record
		a.Record = func(ctx context.Context, facts ...seedtest.FactBody) error {
			err := record(ctx, facts...)
			for _, f := range facts {
				if _, ok := f.(seedtest.Sighting); ok { // it is busy, and has nothing to do afterwards
					go func() {
						s, _, _ := w.join(t.Context(), &seed, false)
						c <- s
					}()
					time.Sleep(time.Second)
				}
			}
			return err
		}
		go func() { done <- w.Watch(t.Context(), b.seed, a) }()
		<-b.based
		b.accept(0)
		time.Sleep(time.Second) // it idles
		s.deliver("INBOX", b.header(0), "")
		if err := <-done; err != nil {
			t.Errorf("Watch = %v", err)
		}
		next := <-c
		if next == nil {
			t.Fatal("no session came")
		}
		if _, err := next.ping(t.Context()); err != nil {
			t.Errorf("ping = %v", err)
		}
		next.logout(t.Context())
		if len(s.signIns) != 1 || s.open != 0 {
			t.Errorf("%d sign-ins, %d connections left open; want 1 and 0", len(s.signIns), s.open)
		}
	})
}

// Who lent its session and signs in again has not lost it: it need not wait as those do who were
// thrown out.
func TestARunThatLentItsSessionSignsInAgainAtOnce(t *testing.T) {
	watchTogether(t, 2, 1, func(g *together) {
		b := g.books[0]
		b.accept(0)
		g.w.connections.change(g.t.Context(), b.seed, func(s *standing) {
			s.Paid = signInsAllowed.latest(time.Now())
		})
		g.ends[1]() // with the session of both
		<-g.done[1]
		g.done[1] <- nil
		time.Sleep(10 * time.Minute)
		g.quiet(2)
	})
}

// A check signs in by itself: a run that rests makes room for it, and comes back.
func TestACheckIsGivenTheConnectionOfARunThatRests(t *testing.T) {
	watchTogether(t, 1, 1, func(g *together) {
		b := g.books[0]
		b.accept(0)
		time.Sleep(20 * time.Second)
		if _, err := g.w.Check(g.t.Context(), b.seed); err != nil {
			t.Errorf("Check = %v", err)
		}
		g.deliver("INBOX", b.header(0), "")
		time.Sleep(2 * time.Minute)
		g.quiet(3)
		if p := b.probe(0); p.Placements.Current != seedtest.Inbox {
			t.Errorf("%s (%s), want inbox", p.Placements.Current, p.Why)
		}
		for i := 1; i < len(g.signIns); i++ {
			if gap := g.signIns[i].Sub(g.signIns[i-1]); gap < apartOfOthers {
				t.Errorf("sign-in %d came %s after the one before", i, gap)
			}
		}
	})
}

// A session that many used ends in its time as any other.
func TestASessionThatWasHandedOverEndsInItsTime(t *testing.T) {
	watchTogether(t, 3, 1, func(g *together) {
		for _, b := range g.books {
			b.accept(0)
			g.deliver("INBOX", b.header(0), "")
		}
		time.Sleep(time.Hour)
		g.bye("Session expired, please login again.")
		time.Sleep(20 * time.Minute)
		g.quiet(2)
	})
}

// A connection that is kept busy is not had by waiting: that is a fault which says why.
func TestWatchSaysThatAllConnectionsAreInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTally(t, 0)
		w, b := New(Options{Dial: s.dial}), gentleBook(1)
		b.seed.Provider.Habits.Connections, b.seed.Provider.Name = 1, "Example Mail"
		busy, _, err := w.open(t.Context(), &b.seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.open()
		done := make(chan error, 1)
		a := b.awaiting()
		go func() { done <- w.Watch(t.Context(), b.seed, a) }()
		time.Sleep(5 * time.Minute)
		if f := factsOf[seedtest.Fault](b); len(f) != 1 || !strings.Contains(f[0].What,
			"all 1 connections to an account that Example Mail allows are in use by other runs") {
			t.Errorf("faults %+v, want one that says why", f)
		}
		busy.logout(t.Context())
		<-b.based
		b.refused(0)
		if err := <-done; err != nil {
			t.Errorf("Watch = %v", err)
		}
		if s.most != 1 || s.open != 0 {
			t.Errorf("%d connections at once, %d left open; want 1 and 0", s.most, s.open)
		}
	})
}

// Waiters are served in their order, and one that gave up is not.
func TestConnectionsAreGivenInTheOrderOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, a := NewConnections(), &account{}
		if s, err := c.take(t.Context(), a, newWaiter(true), 1, time.Minute); s != nil || err != nil {
			t.Fatalf("take = %v, %v", s, err)
		}
		var order []int
		for i := range 4 {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				if _, err := c.take(ctx, a, newWaiter(i%2 == 0), 1, time.Hour); err == nil {
					order = append(order, i)
				}
			}()
			synctest.Wait()
			if i == 1 {
				cancel()
				synctest.Wait()
			}
		}
		for range 3 {
			c.giveBack(a)
			synctest.Wait()
		}
		if fmt.Sprint(order) != "[0 2 3]" || a.open != 1 {
			t.Errorf("served in order %v with %d open, want [0 2 3] and 1", order, a.open)
		}
		if c.giveBack(a); a.open != 0 {
			t.Errorf("%d open, want 0", a.open)
		}
	})
}

// The session is called that need not look for longest, and one for each that waits.
func TestTheIdlestSessionIsCalled(t *testing.T) {
	c, a := NewConnections(), &account{open: 3}
	soon, later, never := &session{account: a}, &session{account: a}, &session{account: a}
	now := time.Now()
	c.rest(soon, now.Add(time.Minute))
	c.rest(later, now.Add(time.Hour))
	c.rest(never, time.Time{})
	called := func() string { return fmt.Sprint(soon.isCalled, later.isCalled, never.isCalled) }
	for _, want := range []string{"false false true", "false true true"} {
		if c.enter(a, newWaiter(true), 3); called() != want {
			t.Errorf("called %s, want %s", called(), want)
		}
	}
	if !c.wake(later, true) || called() != "true true true" {
		t.Errorf("called %s after one of them became busy, want another in its place", called())
	}
}
