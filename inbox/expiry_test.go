package inbox

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// Servers end a session with the life of its token: the next one begins at once, with a new token.
func TestWatchBeginsAnewWhenASessionExpires(t *testing.T) {
	for _, x := range []struct {
		name, bye string
		life      time.Duration
	}{
		{"Gmail", "Session expired, please login again.", 0},
		{"Microsoft", "Session invalidated - AccessTokenExpired", 0},
		{"by its usual life", "Bye", 5 * time.Minute},
	} {
		b, tokens := gentleBook(1), &counted{}
		b.seed.Login.Token, b.seed.Login.Password = tokens, nil
		b.seed.Provider.Habits.SessionLife = x.life
		watch(t, b, func(s *server) { s.caps = allCaps + " AUTH=XOAUTH2" }, func(w *watching) {
			w.accept(0)
			time.Sleep(5 * time.Minute)
			w.bye(x.bye)
			time.Sleep(10 * time.Second)
			if n := tokens.given.Load(); n != 2 {
				t.Errorf("%s: %d tokens were asked for, want another for the next session", x.name, n)
			}
			w.deliver("News", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Other)
			if f := factsOf[seedtest.Fault](w.book); len(f) != 0 {
				t.Errorf("%s: faults %+v, want none", x.name, f)
			}
		})
	}
}

// bye ends every connection in order.
func (s *server) bye(text string) {
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	for _, c := range conns {
		c.say("* BYE %s", text)
	}
	s.hangUp()
}

// What looks like an end in its time and comes again and again is trouble.
func TestWatchTakesSessionsThatEndAtOnceForTrouble(t *testing.T) {
	watch(t, gentleBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(5 * time.Second)
		w.bye("Session expired")
		time.Sleep(10 * time.Minute)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		f := w.run().Faults
		if len(f) != 1 || f[0].Kind != seedtest.FaultLost || f[0].To == nil {
			t.Errorf("faults %+v, want one that is over", f)
		}
		if n := w.asked("LOGIN"); n != 2 {
			t.Errorf("%d sign-ins, want 2", n)
		}
	})
}

// If no session can be begun after one that ended in its time, the trouble began with its end.
func TestWatchCountsTheTimeAfterASessionExpired(t *testing.T) {
	watch(t, gentleBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(5 * time.Minute)
		w.instead(func(_ *client, _, line string) bool {
			if line == "CAPABILITY" {
				time.Sleep(20 * time.Second)
			}
			return strings.HasPrefix(line, "LOGIN")
		})
		end := time.Now()
		w.bye("Session expired")
		time.Sleep(90 * time.Second)
		w.instead(nil)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		f := w.run().Faults
		if len(f) != 1 || !f[0].From.Equal(end) || f[0].To == nil || f[0].To.Sub(end) < 90*time.Second {
			t.Errorf("faults %+v, want one from %s for a minute and a half", f, end)
		}
	})
}

// A connection that is dead and does not say so is noticed when DONE is not answered, and nothing
// was seen since the server was last heard.
func TestWatchNoticesADeadIDLE(t *testing.T) {
	for _, caps := range []string{allCaps, allCaps + " NOTIFY"} {
		watch(t, gentleBook(1), func(s *server) { s.caps = caps }, func(w *watching) {
			w.accept(0)
			time.Sleep(7*time.Minute + 20*time.Second)
			w.server.mu.Lock()
			dead := w.conns[0]
			w.server.mu.Unlock()
			w.instead(func(c *client, _, _ string) bool { return c == dead })
			w.server.mu.Lock()
			w.deaf = true
			w.server.mu.Unlock()
			begun := time.Now()
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Inbox)
			if d := time.Since(begun); d > 3*time.Minute {
				t.Errorf("seen after %s", d)
			}
			f := w.run().Faults
			if len(f) != 1 || f[0].Kind != seedtest.FaultLost || f[0].From.After(begun) || f[0].To == nil ||
				!strings.Contains(f[0].What, "no answer in time") {
				t.Errorf("faults %+v, want one from before %s that is over", f, begun)
			}
		})
	}
}

// Once a server asks for less, not even its user makes looks quick.
func TestThrottlingEndsTheUsersQuickLooks(t *testing.T) {
	b := gentleBook(1)
	b.seed.Pace = seedtest.Pace{Every: 10 * time.Second, Looks: []time.Duration{5 * time.Second}}
	watch(t, b, func(s *server) { s.caps = "IMAP4rev1" }, func(w *watching) {
		w.accept(0)
		time.Sleep(time.Minute)
		if n := w.asked("STATUS INBOX"); n < 5 {
			t.Errorf("%d looks in a minute, want the user's pace", n)
		}
		w.instead(answering("STATUS", "% NO Request is throttled. Suggested Backoff Time: 30000 milliseconds"))
		time.Sleep(11 * time.Second)
		w.instead(nil)
		n := w.asked("STATUS INBOX")
		time.Sleep(20 * time.Minute)
		if more := w.asked("STATUS INBOX") - n; more < 2 || more > 6 {
			t.Errorf("%d looks in the 20 minutes after throttling, want one each 5", more)
		}
		w.deliver("INBOX", w.header(0), "")
		w.ended()
	})
}
