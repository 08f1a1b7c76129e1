package sender_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

func wantAccepted(t *testing.T, got seedtest.Submission) {
	t.Helper()
	if got.Outcome != seedtest.OutcomeAccepted {
		t.Fatalf("Send: %s at %s (%s), want accepted\n%s", got.Outcome, got.Stage, got.Error,
			strings.Join(got.Dialog, "\n"))
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		first := client.Send(t.Context(), composed(t), committed)
		wantAccepted(t, first)
		second := client.Send(t.Context(), composed(t), committed)
		wantAccepted(t, second)
		if first.Reused || !second.Reused || s.conns != 1 {
			t.Errorf("reused %v, then %v, over %d connections", first.Reused, second.Reused, s.conns)
		}
		want := "EHLO MAIL RCPT DATA MAIL RCPT DATA"
		if got := s.verbs(); got != want {
			t.Errorf("said %s, want %s", got, want)
		}
		if got := second.Stages[0].Stage; got != seedtest.StageMAIL {
			t.Errorf("the first stage of the second message is %s", got)
		}
		client.Close()
		if got := s.verbs(); got != want+" QUIT" {
			t.Errorf("after Close: said %s", got)
		}
		wantUnsent(t, client.Send(t.Context(), composed(t), committed), "the client is closed")
	})
}

// TestConnectionAfterRefusal: RSET comes only where a transaction is open, and EHLO not again.
func TestConnectionAfterRefusal(t *testing.T) {
	for at, want := range map[string]string{
		"MAIL": "EHLO MAIL MAIL RCPT DATA",
		"RCPT": "EHLO MAIL RCPT RSET MAIL RCPT DATA",
		"DATA": "EHLO MAIL RCPT DATA RSET MAIL RCPT DATA",
		".":    "EHLO MAIL RCPT DATA MAIL RCPT DATA",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, answers: map[string]string{at: "450 4.2.0 later"}}
			client := s.client(s.route(), sender.Options{})
			client.Send(t.Context(), composed(t), committed)
			s.set(at, polite[at])
			wantAccepted(t, client.Send(t.Context(), composed(t), committed))
			if got := s.verbs(); got != want || s.conns != 1 {
				t.Errorf("refused at %s: said %s over %d connections, want %s", at, got, s.conns, want)
			}
		})
	}
}

// TestConnectionIsNotKept after a word that ends it, or where it is not clear what comes next.
func TestConnectionIsNotKept(t *testing.T) {
	for at, answer := range map[string]string{
		"MAIL": "421 bye", "RCPT": "250-a\r\n550 b", "DATA": "250 what", ".": "421 bye",
		"body": hangUp,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, answers: map[string]string{at: answer}}
			client := s.client(s.route(), sender.Options{})
			client.Send(t.Context(), composed(t), committed)
			s.set(at, polite[at])
			got := client.Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); got.Reused || s.conns != 2 {
				t.Errorf("%s at %s: reused %v, %d connections", answer, at, got.Reused, s.conns)
			}
		})
	}
}

// TestStaleConnectionIsReplacedOnce: a server that left while we were idle has not seen the
// message. A second loss is the route's failure.
func TestStaleConnectionIsReplacedOnce(t *testing.T) {
	for answer, want := range map[string]seedtest.Outcome{
		hangUp:           seedtest.OutcomeFailed,
		"421 4.4.2 idle": seedtest.OutcomeDeferred,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t}
			client := s.client(s.route(), sender.Options{})
			client.Send(t.Context(), composed(t), committed)
			s.set("MAIL", answer)
			got := client.Send(t.Context(), composed(t), notCommitted)
			if got.Outcome != want || got.Reused || s.conns != 2 {
				t.Errorf("%s: %s, reused %v, %d connections, want %s on the second",
					answer, got.Outcome, got.Reused, s.conns, want)
			}
			if !strings.Contains(strings.Join(got.Dialog, "\n"), "a new one is made") {
				t.Errorf("%s: the dialogue does not tell of it: %q", answer, got.Dialog)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		client.Send(t.Context(), composed(t), committed)
		s.hangUpAll()
		got := client.Send(t.Context(), composed(t), committed)
		if wantAccepted(t, got); got.Reused || got.Stages[0].Stage != seedtest.StageConnect {
			t.Errorf("reused %v, first stage %s", got.Reused, got.Stages[0].Stage)
		}
	})
}

// TestLostAfterMAILIsNotReplaced: only a connection that was lost before MAIL was answered is.
func TestLostAfterMAILIsNotReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		client.Send(t.Context(), composed(t), committed)
		s.set(".", hangUp)
		got := client.Send(t.Context(), composed(t), committed)
		if got.Outcome != seedtest.OutcomeInDoubt || s.conns != 1 {
			t.Errorf("Send: %s over %d connections, want in doubt and no other", got.Outcome, s.conns)
		}
	})
}

func TestConnectionHasAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		o     sender.Timeouts
		pause time.Duration
		sends int
		conns int
	}{
		"idle for long":  {sender.Timeouts{Idle: time.Minute}, time.Minute + 1, 2, 2},
		"idle, not long": {sender.Timeouts{Idle: time.Minute}, time.Minute, 2, 1},
		"in use for long": {
			sender.Timeouts{Idle: time.Minute, Life: 90 * time.Second}, time.Minute, 3, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t}
				client := s.client(s.route(), sender.Options{Timeouts: c.o})
				for range c.sends {
					wantAccepted(t, client.Send(t.Context(), composed(t), committed))
					time.Sleep(c.pause) // of the bubble's clock
				}
				if s.conns != c.conns {
					t.Errorf("%d connections, want %d", s.conns, c.conns)
				}
			})
		})
	}
}

// TestMaxConns holds back what would be one connection too many, until one is free or the context
// ends.
func TestMaxConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, delay: map[string]time.Duration{".": time.Minute}}
		client := s.client(s.route(), sender.Options{MaxConns: 2})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got := client.Send(t.Context(), composed(t), committed)
				wantAccepted(t, got)
				last := got.Stages[len(got.Stages)-1].At
				if d := last.Sub(got.Begun); d != time.Minute {
					t.Errorf("from Begun to the answer: %v, want what the server took", d)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantUnsent(t, client.Send(ctx, composed(t), committed), "before a connection was free")
		all.Wait()
		if s.conns != 2 {
			t.Errorf("%d connections, want 2", s.conns)
		}
	})
}

// TestCloseIsBounded: a server that does not answer QUIT delays Close by Timeouts.Quit, once.
func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, answers: map[string]string{"QUIT": silent},
			delay: map[string]time.Duration{".": time.Second}}
		client := s.client(s.route(), sender.Options{})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { client.Send(t.Context(), composed(t), committed) })
		}
		all.Wait()
		begun := time.Now()
		if err := client.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if d := time.Since(begun); d != 2*time.Second || s.conns != 3 {
			t.Errorf("Close of %d connections took %v, want 2 s", s.conns, d)
		}
	})
}

// TestCloseDuringSend: the message that is under way ends in order.
func TestCloseDuringSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		wantAccepted(t, client.Send(t.Context(), composed(t), func(context.Context) error {
			return client.Close()
		}))
		wantUnsent(t, client.Send(t.Context(), composed(t), committed), "closed")
	})
}

func TestCancelledBeforeAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		client := s.client(s.route(), sender.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 20 {
			wantUnsent(t, client.Send(ctx, composed(t), committed), "cancelled")
		}
		if s.conns != 0 {
			t.Errorf("%d connections were made", s.conns)
		}
	})
}
