package inbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// A server that carries out few things at a time is asked no more at once than that, by a thousand
// seeds, and each of them as often as any other.
func TestTurnsAreFairAndFollowTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const seeds, bears, each, span = 1000, 30, 5 * time.Millisecond, 10 * time.Second
		turns, server := newTurns(), make(chan struct{}, bears)
		var mu sync.Mutex
		var all sync.WaitGroup
		looks, asked, most := make([]int, seeds), 0, 0
		ctx, cancel := context.WithTimeout(t.Context(), span)
		defer cancel()
		for i := range seeds {
			all.Go(func() {
				for {
					done, err := turns.take(ctx)
					if err != nil {
						return
					}
					mu.Lock()
					looks[i]++
					asked++
					most = max(most, asked)
					mu.Unlock()
					server <- struct{}{}
					time.Sleep(each)
					<-server
					mu.Lock()
					asked--
					mu.Unlock()
					done()
				}
			})
		}
		all.Wait()
		if least, most := slices.Min(looks), slices.Max(looks); least < most*4/5 {
			t.Errorf("a seed had %d looks, and another %d", most, least)
		}
		if sum, could := sumOf(looks), int(span/each)*bears; sum < could*9/10 {
			t.Errorf("%d looks, and the server bears %d", sum, could)
		}
		if most > 5*bears {
			t.Errorf("%d looks at once, and the server carries out %d", most, bears)
		}
		if turns.busy != 0 || len(turns.waiting) != 0 {
			t.Errorf("%d turns are left, and %d wait", turns.busy, len(turns.waiting))
		}
	})
}

func sumOf(list []int) (sum int) {
	for _, n := range list {
		sum += n
	}
	return sum
}

// Looks by dead connections hold up no others.
func TestTurnsEndByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		begun := time.Now()
		for range 10 * fewestTurns {
			if _, err := turns.take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(begun); d < longestTurn || d > longestWait {
			t.Errorf("after %s all have had a turn that nobody ended", d)
		}
		time.Sleep(longestTurn)
		synctest.Wait()
		if turns.busy != 0 {
			t.Errorf("%d turns are left", turns.busy)
		}
	})
}

// Who waits for long looks all the same, and who does not want to look any more leaves the line.
func TestTurnsDoNotKeepAnybodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		turns.busy = mostTurns
		begun := time.Now()
		done, err := turns.take(t.Context())
		if d := time.Since(begun); err != nil || d != longestWait {
			t.Errorf("a turn after %s, %v; want one after %s", d, err, longestWait)
		}
		done()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx); err != context.DeadlineExceeded {
			t.Errorf("take = %v, want the context's error", err)
		}
		if turns.busy != mostTurns || len(turns.waiting) != 0 {
			t.Errorf("%d turns are taken, and %d wait; want those of before", turns.busy,
				len(turns.waiting))
		}
	})
}

// Sweeps of a thousand seeds come due at once: they are apart, and those of one server hold up none
// at another.
func TestConnectionsSweepsAreApart(t *testing.T) {
	c, now := NewConnections(), time.Now()
	here := seedtest.Seed{Server: seedtest.Endpoint{Host: "imap.example.net", Port: 993}}
	elsewhere := seedtest.Seed{Server: seedtest.Endpoint{Host: "imap.example.com", Port: 993}}
	for i := range 3 {
		want := now.Add(time.Duration(i) * sweepsApart)
		if at := c.turnsAt(here).nextSweep(now); !at.Equal(want) {
			t.Errorf("sweep %d begins at %s, want %s", i, at, want)
		}
	}
	if at := c.turnsAt(elsewhere).nextSweep(now); !at.Equal(now) {
		t.Errorf("the sweep at another server waits for %s", at.Sub(now))
	}
	later := now.Add(time.Hour)
	if at := c.turnsAt(here).nextSweep(later); !at.Equal(later) {
		t.Errorf("a sweep waits for %s though none was for long", at.Sub(later))
	}
}

// Where looks are slower than the pace there is always one due: the other mailboxes are swept all
// the same.
func TestSlowLooksLeaveRoomForSweeps(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.instead(func(_ *client, _, line string) bool {
			if strings.HasPrefix(line, "STATUS") {
				time.Sleep(200 * time.Millisecond)
			}
			return false
		})
		w.deliver("News", w.header(0), "")
		w.accept(0)
		begun := time.Now()
		w.ended()
		w.placed(0, seedtest.Other)
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("found after %s, want it in the first sweep", d)
		}
	})
}

// The way to a server may become longer: that is not taken for load for ever.
func TestLeastForgets(t *testing.T) {
	var l least
	at := time.Now()
	for _, x := range []struct{ after, took, want time.Duration }{
		{0, 50, 50}, {time.Second, 90, 50}, {time.Second, 40, 40}, {time.Minute, 90, 40},
		{time.Second, 80, 40}, {time.Minute, 85, 80}, {time.Hour, 99, 99},
	} {
		at = at.Add(x.after)
		if got := l.of(x.took, at); got != x.want {
			t.Errorf("after %d: the least is %d, want %d", x.took, got, x.want)
		}
	}
}

// A server that becomes slow is asked less at once than before.
func TestTurnsFollowAServerThatBecomesSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, lanes := newTurns(), make(chan struct{}, 100)
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		var all sync.WaitGroup
		for range 400 {
			all.Go(func() {
				for {
					done, err := turns.take(ctx)
					if err != nil {
						return
					}
					lanes <- struct{}{}
					time.Sleep(10 * time.Millisecond)
					<-lanes
					done()
				}
			})
		}
		time.Sleep(3 * time.Second)
		quick := turns.mostNow()
		for range cap(lanes) - 5 { // others have come, and keep the server busy
			lanes <- struct{}{}
		}
		time.Sleep(5 * time.Second)
		slow := turns.mostNow()
		for range cap(lanes) - 5 {
			<-lanes
		}
		if quick < 50 || slow > quick/3 {
			t.Errorf("%.0f looks at once while the server was quick, %.0f when it was slow", quick, slow)
		}
		all.Wait()
	})
}

func (t *turns) mostNow() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.most
}

// beginAt starts a watch whose connections are given.
func beginAt(t *testing.T, b *book, s *server, c *Connections) *watching {
	b.awaiting()
	b.open()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{book: b, server: s, t: t, cancel: cancel, done: make(chan error, 1)}
	go func() {
		w.done <- New(Options{Dial: s.dial, Connections: c}).Watch(ctx, b.seed, b.awaiting())
	}()
	<-b.based
	return w
}

// A watch looks when it is its turn, and sweeps when it is that of its sweep.
func TestWatchTakesTurns(t *testing.T) {
	for _, x := range []struct {
		what, mailbox string
		hold          func(*turns)
		wait          time.Duration
	}{
		{"looks", "INBOX", func(t *turns) { t.busy = mostTurns }, longestWait},
		{"sweeps", "News",
			func(t *turns) { t.sweep = time.Now().Add(30 * time.Second) }, 30 * time.Second},
		{"looks do not wait for sweeps", "INBOX",
			func(t *turns) { t.sweep = time.Now().Add(30 * time.Second) }, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, b := NewConnections(), newBook(1)
			w := beginAt(t, b, newServer(t), c)
			x.hold(c.turnsAt(b.seed))
			w.deliver(x.mailbox, w.header(0), "")
			begun := time.Now()
			w.accept(0)
			w.ended()
			seen := factsOf[seedtest.Sighting](b)
			if len(seen) != 1 || seen[0].Mailbox != x.mailbox {
				t.Fatalf("%s: sightings %+v, want one", x.what, seen)
			}
			if d := time.Since(begun); d < x.wait || d > x.wait+5*time.Second {
				t.Errorf("%s: seen after %s, want it after %s", x.what, d, x.wait)
			}
		})
	}
}
