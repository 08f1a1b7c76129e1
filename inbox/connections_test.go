package inbox

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// tally counts the connections to a server that are open, and when sign-ins came.
type tally struct {
	*server
	mu         sync.Mutex
	open, most int
	signIns    []time.Time
}

func (c *tally) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.server.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	c.most = max(c.most, c.open)
	return &tallyConn{Conn: conn, done: sync.OnceFunc(c.closed)}, nil
}

func (c *tally) closed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
}

type tallyConn struct {
	net.Conn
	done func()
}

func (c *tallyConn) Close() error {
	c.done()
	return c.Conn.Close()
}

// newTally returns a server that takes a while to sign in.
func newTally(t *testing.T, slow time.Duration) *tally {
	c := &tally{server: newServer(t)}
	c.instead(func(_ *client, _, line string) bool {
		if strings.HasPrefix(line, "LOGIN") {
			time.Sleep(slow)
			c.mu.Lock()
			c.signIns = append(c.signIns, time.Now())
			c.mu.Unlock()
		}
		return false
	})
	return c
}

func otherSeed(i int, h seedtest.Habits) seedtest.Seed {
	seed := newBook(0).seed
	seed.Own, seed.Provider.Habits = false, h
	seed.Provider.Name = "Example Mail"
	seed.Name = fmt.Sprint("seed-", i)
	seed.Login.Username = fmt.Sprint("user-", i)
	return seed
}

func TestSignInsToAnAccountAreApart(t *testing.T) {
	for _, x := range []struct {
		habits seedtest.Habits
		own    bool
		want   time.Duration
	}{
		{seedtest.Habits{}, false, apartOfOthers},
		{seedtest.Habits{LoginEvery: 8 * time.Second}, false, 8 * time.Second},
		{seedtest.Habits{}, true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, seed := newTally(t, 0), otherSeed(1, x.habits)
			seed.Own = x.own
			w := New(Options{Dial: s.dial})
			for range 3 {
				if _, err := w.Check(t.Context(), seed); err != nil {
					t.Fatal(err)
				}
			}
			for i := 1; i < 3; i++ {
				if gap := s.signIns[i].Sub(s.signIns[i-1]); gap != x.want {
					t.Errorf("%+v: sign-in %d came %s after the one before, want %s", x.habits, i+1, gap, x.want)
				}
			}
		})
	}
}

func TestCheckSaysWhenASignInIsTooSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seed := newTally(t, 0), otherSeed(1, seedtest.Habits{LoginEvery: 10 * time.Minute})
		w := New(Options{Dial: s.dial})
		_, _ = w.Check(t.Context(), seed)
		begun := time.Now()
		_, err := w.Check(t.Context(), seed)
		if err == nil || !strings.Contains(err.Error(), "Example Mail wants 10m0s between") {
			t.Errorf("Check = %v, want why it must wait", err)
		}
		if time.Since(begun) > defaultConnect || len(s.signIns) != 1 {
			t.Errorf("%d sign-ins, and %s until the error", len(s.signIns), time.Since(begun))
		}
	})
}

// Many seeds of one provider do not come at once.
func TestSignInsToAServerComeInARamp(t *testing.T) {
	for _, own := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newTally(t, time.Second)
			w := New(Options{Dial: s.dial})
			var all sync.WaitGroup
			for i := range 2 * gateOwn {
				seed := otherSeed(i, seedtest.Habits{})
				seed.Own = own
				all.Go(func() {
					if _, err := w.Check(t.Context(), seed); err != nil {
						t.Errorf("Check = %v", err)
					}
				})
			}
			all.Wait()
			gate := boundsOf(seedtest.Seed{Own: own}).gate
			for i, at := range s.signIns {
				if j := i - gate; j >= 0 && at.Sub(s.signIns[j]) < time.Second {
					t.Errorf("own = %t: more than %d sign-ins at once", own, gate)
				}
			}
		})
	}
}

// never is a program that is asked for a token and does not end.
type never struct{}

func (never) Secret(ctx context.Context) (seedtest.Secret, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// Whoever hangs before a sign-in keeps nobody else from the server.
func TestSlowSecretsHoldNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		w := New(Options{Dial: s.dial})
		ctx, cancel := context.WithCancel(t.Context())
		var hanging sync.WaitGroup
		for i := range gateOfOthers {
			seed := otherSeed(i, seedtest.Habits{})
			seed.Login.Token = never{}
			hanging.Go(func() { _, _ = w.Check(ctx, seed) })
		}
		synctest.Wait()
		begun := time.Now()
		_, err := w.Check(ctx, otherSeed(gateOfOthers, seedtest.Habits{}))
		if d := time.Since(begun); err != nil || d > 0 {
			t.Errorf("Check = %v after %s, want it at once", err, d)
		}
		cancel()
		hanging.Wait()
	})
}
