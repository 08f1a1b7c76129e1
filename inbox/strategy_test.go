package inbox

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

func TestChoose(t *testing.T) {
	both := []seedtest.Mailbox{{Name: "INBOX"}, {Name: "Spam"}}
	for _, x := range []struct {
		name  string
		given grounds
		how   How
		push  How
		why   string
	}{
		{"own", grounds{own: true, caps: capsOf("IDLE"), quick: both}, HowStatus, HowIdle, "own server"},
		{"own without IDLE", grounds{own: true, quick: both}, HowStatus, HowLooks, "no IDLE"},
		{"own with NOTIFY", grounds{own: true, caps: capsOf("IDLE NOTIFY"), quick: both}, HowStatus,
			HowNotify, "own server"},
		{"NOTIFY", grounds{caps: capsOf("IDLE NOTIFY"), quick: both}, HowNotify, HowNotify,
			"2 mailboxes"},
		{"NOTIFY without IDLE", grounds{caps: capsOf("NOTIFY"), quick: both}, HowLooks, HowLooks,
			"no IDLE"},
		{"NOTIFY for INBOX only", grounds{caps: capsOf("IDLE NOTIFY"), quick: both[:1]}, HowIdle,
			HowIdle, "only mailbox"},
		{"a name beyond ASCII", grounds{caps: capsOf("IDLE NOTIFY"), quick: append(both[:1:1],
			seedtest.Mailbox{Name: "Pošta & Spam"})}, HowIdle, HowIdle, "name"},
		{"NOTIFY given up", grounds{caps: capsOf("IDLE NOTIFY"), quick: both,
			measured: measured{noNotify: "it lies"}}, HowIdle, HowIdle, "it lies"},
		{"IDLE", grounds{caps: capsOf("IDLE"), quick: both}, HowIdle, HowIdle, "no NOTIFY"},
		{"IDLE given up", grounds{caps: capsOf("IDLE NOTIFY"), quick: both,
			measured: measured{noIdle: "it is late"}}, HowLooks, HowLooks, "it is late"},
		{"a preset against IDLE", grounds{caps: capsOf("IDLE"), quick: both,
			quirks: []string{"no-idle"}}, HowLooks, HowLooks, "preset"},
		{"nothing", grounds{quick: both}, HowLooks, HowLooks, "no IDLE"},
	} {
		got := choose(x.given)
		if got.How != x.how || got.push != x.push || !strings.Contains(got.Why, x.why) {
			t.Errorf("%s: choose = %+v, want %s with %s, because of %q", x.name, got, x.how, x.push, x.why)
		}
	}
}

func TestMissed(t *testing.T) {
	from := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	at := func(d time.Duration) seedtest.Sighting {
		return seedtest.Sighting{InternalDate: from.Add(d)}
	}
	to := from.Add(time.Minute)
	idle, notify := waited{HowIdle, from, to}, waited{HowNotify, from, to}
	for _, x := range []struct {
		name string
		wait waited
		came time.Duration
		role seedtest.Role
		want bool
	}{
		{"in the middle", idle, 30 * time.Second, seedtest.RoleInbox, true},
		{"just before the end", idle, 55 * time.Second, seedtest.RoleInbox, false},
		{"before the wait", idle, -time.Second, seedtest.RoleInbox, false},
		{"by a clock ahead", idle, time.Hour, seedtest.RoleInbox, false},
		{"in junk, where IDLE does not listen", idle, 30 * time.Second, seedtest.RoleJunk, false},
		{"in junk, where NOTIFY listens", notify, 30 * time.Second, seedtest.RoleJunk, true},
		{"without a wait", waited{}, 0, seedtest.RoleInbox, false},
	} {
		if got := x.wait.missed(at(x.came), x.role); got != x.want {
			t.Errorf("%s: missed = %t, want %t", x.name, got, x.want)
		}
	}
}

// gentleBook is a run of n messages to a seed at a provider of others.
func gentleBook(n int) *book {
	b := newBook(n)
	b.seed.Own = false
	return b
}

// lastStrategy is the one on the record.
func lastStrategy(b *book) seedtest.Listing {
	all := factsOf[seedtest.Listing](b)
	return all[len(all)-1]
}

// A server that announces IDLE and does not push is found out by the looks.
func TestWatchGivesUpAnIDLEThatDoesNotPush(t *testing.T) {
	b := gentleBook(3)
	watch(t, b, func(s *server) { s.deaf = true }, func(w *watching) {
		for i := range 2 {
			w.accept(i)
			time.Sleep(2*time.Minute + 20*time.Second)
			if got := lastStrategy(w.book); got.Strategy != string(HowIdle) {
				t.Errorf("message %d: strategy %s (%s), want idle", i, got.Strategy, got.Reason)
			}
			w.deliver("INBOX", w.header(i), "")
			time.Sleep(2 * time.Minute)
		}
		got := lastStrategy(w.book)
		if got.Strategy != string(HowLooks) || !strings.Contains(got.Reason, "found 2 times") {
			t.Errorf("strategy %s (%s), want looks because IDLE does not push", got.Strategy, got.Reason)
		}
		n := w.asked("IDLE")
		w.accept(2)
		w.deliver("INBOX", w.header(2), "")
		w.ended()
		w.placed(2, seedtest.Inbox)
		if w.asked("IDLE") != n {
			t.Error("IDLE was sent after it had been given up")
		}
	})
}

func TestWatchKeepsAnIDLEThatPushes(t *testing.T) {
	b := gentleBook(4)
	watch(t, b, nil, func(w *watching) {
		for i := range 4 {
			w.accept(i)
			time.Sleep(2*time.Minute + 20*time.Second)
			w.deliver("INBOX", w.header(i), "")
			time.Sleep(time.Minute)
		}
		w.ended()
		if got := lastStrategy(w.book); got.Strategy != string(HowIdle) {
			t.Errorf("strategy %s (%s), want idle", got.Strategy, got.Reason)
		}
	})
}

func TestCheckTellsTheStrategy(t *testing.T) {
	seed := newBook(0).seed
	seed.Own = false
	c, err := check(t, seed, newServer(t))
	if err != nil || c.Strategy.How != HowIdle || c.Strategy.Why == "" {
		t.Errorf("Check = %+v, %v; want IDLE and why", c.Strategy, err)
	}
}

// Runs that follow do not all look in the moment in which a message comes; one that seeks does.
func TestAPushIsFollowedUpAtLeisure(t *testing.T) {
	for _, seeks := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s, b := newServer(t), gentleBook(2)
			b.settled = true
			b.open()
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			a := b.awaiting()
			jitter := func(d time.Duration) time.Duration { return d }
			go func() { done <- New(Options{Dial: s.dial, Jitter: jitter}).Watch(ctx, b.seed, a) }()
			<-b.based
			b.accept(0)
			s.deliver("INBOX", b.header(0), "")
			time.Sleep(time.Hour + time.Second)
			if seeks {
				b.accept(1)
				time.Sleep(time.Minute + 2*time.Second)
			}
			before := s.asked("STATUS")
			for range 3 {
				s.deliver("INBOX", "Subject: other\r\n\r\n", "")
				time.Sleep(time.Second)
			}
			if n := s.asked("STATUS") - before; (n > 0) != seeks {
				t.Errorf("seeks = %t: %d STATUS in the seconds after pushes", seeks, n)
			}
			time.Sleep(leisure)
			if n := s.asked("STATUS") - before; n == 0 || n > 8 && !seeks {
				t.Errorf("seeks = %t: %d STATUS in the minutes after three pushes, want one look", seeks, n)
			}
			cancel()
			<-done
		})
	}
}
