package resolve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"seedtest"
)

// TestCache asks again what it may not know any more.
func TestCache(t *testing.T) {
	var asked atomic.Int64
	now := time.Unix(1e9, 0)
	r := newResolver(t, Options{Now: func() time.Time { return now },
		Dial: one(func(q *dns.Msg) *dns.Msg {
			asked.Add(1)
			switch q.Question[0].Name {
			case "nosoa.example.":
				return reply(q, dns.RcodeNameError)
			case "old.example.":
				return reply(q, 0, "old.example. 4000000000 A 192.0.2.1")
			case "zero.example.":
				return reply(q, 0, "zero.example. 0 A 192.0.2.1")
			}
			return world(q)
		}).dial})
	for _, c := range []struct {
		name, kind string
		keeps      time.Duration
	}{
		{"plain.example", "A", 60 * time.Second}, // the shortest of its records
		{"alias.example", "A", 30 * time.Second}, // its alias
		{"gone.example", "A", 60 * time.Second},  // the last number of the SOA record
		{"plain.example", "MX", 60 * time.Second},
		{"old.example", "A", maxKept},
		{"zero.example", "A", 0},
		{"nosoa.example", "A", 0},
	} {
		count := func() int64 {
			before := asked.Load()
			_, _ = r.Query(t.Context(), c.name, c.kind)
			return asked.Load() - before
		}
		first := count()
		now = now.Add(c.keeps - 1)
		kept := count()
		now = now.Add(1)
		if again := count(); first != 1 || kept != 0 && c.keeps > 0 || again != 1 {
			t.Errorf("%s %s: asked %d, %d before and %d after %v, want 1, 0 and 1", c.name, c.kind,
				first, kept, again, c.keeps)
		}
	}
	before := asked.Load()
	for _, wait := range []time.Duration{0, keptFailure - 1, 1} {
		now = now.Add(wait)
		if _, err := r.IP4(t.Context(), "servfail.example"); KindOf(err) != KindServFail {
			t.Errorf("a failure after %v: got %v", wait, err)
		}
	}
	if n := asked.Load() - before; n != 2*rounds {
		t.Errorf("a failure: asked %d times, want %d", n, 2*rounds)
	}
}

// TestCacheIsBounded keeps the answers that were used last.
func TestCacheIsBounded(t *testing.T) {
	var asked atomic.Int64
	r := newResolver(t, Options{Size: 3, Dial: one(func(q *dns.Msg) *dns.Msg {
		asked.Add(1)
		return reply(q, 0, q.Question[0].Name+" 60 A 192.0.2.1")
	}).dial})
	for _, name := range []string{"a", "b", "c", "a", "d", "a", "b"} {
		if _, err := r.IP4(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if n := asked.Load(); n != 5 || len(r.memory.kept) != 3 || r.memory.recent.Len() != 3 {
		t.Errorf("asked %d times and kept %d, want 5 and 3", n, len(r.memory.kept))
	}
}

// TestAnswersAreNotShared changes an answer and asks again.
func TestAnswersAreNotShared(t *testing.T) {
	r := newResolver(t, Options{Dial: one(world).dial})
	for range 2 {
		a, err := r.Query(t.Context(), "plain.example", "A")
		if err != nil || a.Records[0].Data != "192.0.2.1" {
			t.Fatalf("Query: got %+v, %v", a, err)
		}
		a.Records[0].Data = "changed"
	}
}

// TestSameQuestionAtOnce asks once for many who ask at the same time.
func TestSameQuestionAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		answer := make(chan struct{})
		r := newResolver(t, Options{Dial: one(func(q *dns.Msg) *dns.Msg {
			asked.Add(1)
			<-answer
			return world(q)
		}).dial})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if got, err := r.IP4(t.Context(), "plain.example"); err != nil || len(got) != 2 {
					t.Errorf("IP4: got %v, %v", got, err)
				}
			})
		}
		synctest.Wait()
		close(answer)
		all.Wait()
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
	})
}

// TestAskerGivesUp lets the one give up who asks for others too, and one who waits.
func TestAskerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		r := newResolver(t, Options{Dial: handler(func(_ string, q *dns.Msg) []*dns.Msg {
			if asked.Add(1) == 1 {
				return nil
			}
			return []*dns.Msg{world(q)}
		}).dial})
		var all sync.WaitGroup
		start := func(wait time.Duration, want error) {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			all.Go(func() {
				defer cancel()
				if _, err := r.IP4(ctx, "plain.example"); !errors.Is(err, want) {
					t.Errorf("IP4 of who waits %v: got %v, want %v", wait, err, want)
				}
			})
			synctest.Wait()
		}
		start(2*time.Second, context.DeadlineExceeded)
		start(time.Second, context.DeadlineExceeded)
		start(time.Minute, nil)
		all.Wait()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times, want twice", n)
		}
	})
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	r := newResolver(t, Options{Size: 8, Dial: one(world).dial})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				_, err := r.IP4(t.Context(), fmt.Sprintf("n%d.example", (i+j)%12))
				if !errors.Is(err, seedtest.ErrNXDOMAIN) {
					t.Errorf("IP4: got %v", err)
				}
			}
		})
	}
	all.Wait()
}

// FuzzAnswer holds that no message makes trouble, and that what is taken from one belongs to the
// name at the end of its aliases.
func FuzzAnswer(f *testing.F) {
	q := newQuestion("alias.example.", dns.TypeA, true)
	q.Id = 7
	for _, name := range []string{"alias.example.", "loop.example.", "text.example.",
		"gone.example."} {
		m := q.Copy()
		m.Question[0].Name = name
		wire, err := world(m).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		m, x, ok := answers(wire, q)
		if !ok || x != nil {
			return
		}
		for _, kind := range []uint16{dns.TypeA, dns.TypeTXT, dns.TypeMX, dns.TypeCNAME} {
			end, passed, _ := chain(m, "alias.example.", kind)
			if len(passed) > maxAliases+1 {
				t.Errorf("%d aliases", len(passed))
			}
			for _, r := range recordsAt(m, end, kind) {
				if r.Type != dns.TypeToString[kind] || r.TTL < 0 {
					t.Errorf("record %+v for type %d", r, kind)
				}
			}
		}
		if d := nothingTTL(m); d < 0 || d > maxNothing {
			t.Errorf("nothingTTL: %v", d)
		}
	})
}
