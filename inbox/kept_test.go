package inbox

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// looks are runs of one process that look at one account, one after the other.
type looks struct {
	*tally
	t *testing.T
	w *Watcher
	c *Connections
}

func lookInTurn(t *testing.T, test func(*looks)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, c := newTally(t, 0), NewConnections()
		test(&looks{s, t, New(Options{Dial: s.dial, Connections: c}), c})
		c.Close(t.Context())
		synctest.Wait()
		if s.open != 0 {
			t.Errorf("%d connections are left open", s.open)
		}
	})
}

// look has a run find its message, and returns it when its watch has ended.
func (l *looks) look(n byte) *book {
	l.t.Helper()
	b := gentleBook(1)
	b.seed.Provider.Habits.Connections = 1
	b.tokens[0] = seedtest.MintToken([16]byte{6: 0x70, 8: 0x80, 14: n}, []byte("key"))
	b.open()
	done := make(chan error, 1)
	a := b.awaiting()
	go func() { done <- l.w.Watch(l.t.Context(), b.seed, a) }()
	select {
	case <-b.based:
	case <-time.After(time.Hour):
		l.t.Fatal("no baseline in an hour")
	}
	b.accept(0)
	l.deliver("INBOX", b.header(0), "")
	if err := <-done; err != nil {
		l.t.Errorf("Watch = %v", err)
	}
	if p := b.probe(0); p.Placements.Current != seedtest.Inbox {
		l.t.Errorf("run %d: %s (%s), want inbox", n, p.Placements.Current, p.Why)
	}
	if f := factsOf[seedtest.Fault](b); len(f) != 0 {
		l.t.Errorf("run %d: faults %+v, want none", n, f)
	}
	return b
}

func (l *looks) signedIn(want int) {
	l.t.Helper()
	if len(l.signIns) != want {
		l.t.Errorf("%d sign-ins, want %d", len(l.signIns), want)
	}
}

// A process that looks at one run after the other signs in once, if it is told to keep sessions.
func TestASessionIsKeptForTheNextRun(t *testing.T) {
	for _, keep := range []bool{true, false} {
		lookInTurn(t, func(l *looks) {
			if keep {
				l.c.Keep()
			}
			for n := range byte(5) {
				b := l.look(n)
				spent := factsOf[seedtest.Spent](b)
				if first := n == 0 || !keep; len(spent) != 1 || (spent[0].SignIns == 1) != first ||
					spent[0].Commands == 0 {
					t.Errorf("keep %t: run %d spent %+v", keep, n, spent)
				}
			}
			l.signedIn(map[bool]int{true: 1, false: 5}[keep])
		})
	}
}

// A session that the server has ended while nobody had it is no trouble of the next run.
func TestAKeptSessionThatEndedIsOpenedAnew(t *testing.T) {
	lookInTurn(t, func(l *looks) {
		l.c.Keep()
		l.look(1)
		l.hangUp()
		time.Sleep(time.Minute)
		l.look(2)
		l.signedIn(2)
	})
}

// A check signs in by itself: the session that is kept gives up its place.
func TestACheckHasThePlaceOfAKeptSession(t *testing.T) {
	lookInTurn(t, func(l *looks) {
		l.c.Keep()
		b := l.look(1)
		if _, err := l.w.Check(l.t.Context(), b.seed); err != nil {
			t.Errorf("Check = %v", err)
		}
		l.signedIn(2)
		if l.most != 1 {
			t.Errorf("%d connections at once, want 1", l.most)
		}
	})
}

// A run that was cancelled leaves no session behind.
func TestNoSessionOfACancelledRunIsKept(t *testing.T) {
	lookInTurn(t, func(l *looks) {
		l.c.Keep()
		b := gentleBook(1)
		b.open()
		ctx, cancel := context.WithCancel(l.t.Context())
		done := make(chan error, 1)
		a := b.awaiting()
		go func() { done <- l.w.Watch(ctx, b.seed, a) }()
		<-b.based
		cancel()
		<-done
		synctest.Wait()
		if l.open != 0 {
			t.Errorf("%d connections are left open", l.open)
		}
	})
}
