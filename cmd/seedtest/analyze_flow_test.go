package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a flow over n messages of that size, which counts those that were read and not yet
// written.
type counted struct {
	flow
	alive, most atomic.Int64
	got         []string
}

func newCounted(n, size int) *counted {
	c := &counted{}
	c.flow = flow{workers: 4, mostMessages: 8, mostBytes: 1000}
	c.read = func(_ context.Context, take func(letter) bool) {
		for i := range n {
			c.most.Store(max(c.most.Load(), c.alive.Load()))
			if !take(letter{number: i, raw: make([]byte, size)}) {
				return
			}
			c.alive.Add(1)
		}
	}
	c.work = func(_ context.Context, l letter) (printed, error) {
		time.Sleep(time.Duration(l.number*7919%13) * time.Millisecond) // each takes another time
		return printed{body: fmt.Append(nil, l.number)}, nil
	}
	c.write = func(p printed) error {
		c.alive.Add(-1)
		c.got = append(c.got, string(p.body))
		return nil
	}
	return c
}

func TestFlowKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		c := newCounted(n, 10)
		if err := c.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if len(c.got) != n || c.got[i] != fmt.Sprint(i) {
				t.Fatalf("wrote %d messages, %v, want 0 to %d in order", len(c.got), c.got, n-1)
			}
		}
	})
}

// TestFlowIsBounded holds that the reader waits for the writer, by number and by size.
func TestFlowIsBounded(t *testing.T) {
	for _, x := range []struct{ size, most int }{{0, 8}, {300, 3}, {5000, 1}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounted(100, x.size)
			if err := c.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			// The reader counts a message a moment after it has entered: one more may be seen.
			if got := int(c.most.Load()); got > x.most+1 || len(c.got) != 100 {
				t.Errorf("%d bytes each: %d messages on their way, want %d; %d written", x.size, got,
					x.most, len(c.got))
			}
		})
	}
}

// TestFlowStops holds that nothing runs on when writing fails, work fails or the context ends.
// The bubble ends only when every goroutine in it has ended.
func TestFlowStops(t *testing.T) {
	broken := errors.New("broken")
	for what, change := range map[string]func(*counted, context.CancelFunc){
		"write": func(c *counted, _ context.CancelFunc) {
			c.write = func(printed) error { return broken }
		},
		"work": func(c *counted, _ context.CancelFunc) {
			c.work = func(context.Context, letter) (printed, error) { return printed{}, broken }
		},
		"context": func(c *counted, cancel context.CancelFunc) {
			c.write = func(printed) error { cancel(); return nil }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := newCounted(1000, 1)
			change(c, cancel)
			if err := c.run(ctx); !errors.Is(err, broken) && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: run gave %v", what, err)
			}
		})
	}
}
