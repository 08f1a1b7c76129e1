package inbox

import (
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
)

// A server of ours whose IDLE pushes nothing, or that has none, is asked often enough.
func TestMailIsSeenAtOnceWhereIDLEIsMute(t *testing.T) {
	for _, caps := range []string{allCaps, allCaps + " NOTIFY", "IMAP4rev1"} {
		for _, mailbox := range []string{"INBOX", "Spam"} {
			for _, ms := range []time.Duration{0, 1, 77, 230, 777, 1003, 3141, 4999, 9873, 17017, 29111} {
				after := ms * time.Millisecond
				watch(t, newBook(1), func(s *server) { s.caps, s.deaf = caps, true }, func(w *watching) {
					w.accept(0)
					time.Sleep(after)
					w.deliver(mailbox, w.header(0), "")
					begun := time.Now()
					w.ended()
					if d := time.Since(begun); d > 100*time.Millisecond {
						t.Errorf("%s, %s after its acceptance: seen after %s", mailbox, after, d)
					}
				})
			}
		}
	}
}

// patientBook is a run whose looks are hours apart, at a provider whose preset lets IDLE last too
// long.
func patientBook() *book {
	b := gentleBook(1)
	b.suite.Deadline = 10 * time.Hour
	b.seed.Pace = seedtest.Pace{Looks: []time.Duration{5 * time.Second}, Every: 4 * time.Hour,
		Sweeps: []time.Duration{5 * time.Second}, SweepEvery: 4 * time.Hour}
	b.seed.Provider.IdleRestart = 2 * time.Hour
	return b
}

// Servers hang up after half an hour of silence (RFC 2177): IDLE is begun anew before, whatever
// pace and preset say, and hears afterwards.
func TestIDLEIsBegunAnewInTime(t *testing.T) {
	for _, caps := range []string{allCaps, allCaps + " NOTIFY"} {
		watch(t, patientBook(), func(s *server) { s.caps = caps }, func(w *watching) {
			var mu sync.Mutex
			worst, last := time.Duration(0), time.Now()
			w.instead(func(*client, string, string) bool {
				mu.Lock()
				defer mu.Unlock()
				worst, last = max(worst, time.Since(last)), time.Now()
				return false
			})
			w.accept(0)
			time.Sleep(3 * time.Hour)
			mu.Lock()
			if worst > 29*time.Minute || worst < 20*time.Minute {
				t.Errorf("the connection was silent for %s, want a little less than half an hour", worst)
			}
			mu.Unlock()
			if begun, over := w.asked("IDLE"), w.asked("DONE"); begun != over+1 || over < 6 {
				t.Errorf("%d IDLE and %d DONE in three hours, want one IDLE open", begun, over)
			}
			w.deliver("INBOX", w.header(0), "")
			begun := time.Now()
			w.ended()
			w.placed(0, seedtest.Inbox)
			if d := time.Since(begun); d > time.Second {
				t.Errorf("seen after %s, want at once", d)
			}
			noFaults(w)
		})
	}
}

// An IDLE that the server does not let go on is given up with its connection, and soon.
func TestAnIDLEThatDoesNotBeginIsNoticed(t *testing.T) {
	b := patientBook()
	watch(t, b, nil, func(w *watching) {
		w.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "IDLE") {
				w.instead(nil)
				return true
			}
			return false
		})
		w.accept(0)
		time.Sleep(5*time.Second + defaultCommand)
		w.deliver("INBOX", w.header(0), "")
		begun := time.Now()
		w.ended()
		w.placed(0, seedtest.Inbox)
		if d := time.Since(begun); d > 2*time.Minute {
			t.Errorf("seen after %s, want it after the next sign-in", d)
		}
		f := w.run().Faults
		if len(f) != 1 || !strings.Contains(f[0].What, "no answer in time") || f[0].To == nil {
			t.Errorf("faults %+v, want one that is over", f)
		}
	})
}

// What servers say around an IDLE: pushes before they let it go on, its end by themselves, a
// refusal.
func TestAnIDLEIsUnderstood(t *testing.T) {
	for _, x := range []struct {
		name   string
		answer []string
		within time.Duration // of the message that came before it
		how    How           // in the end
	}{
		{"a push before the continuation", []string{"* 1 EXISTS", "+ idling"}, time.Second, HowIdle},
		{"a push and the end", []string{"+ idling", "* 1 EXISTS", "% OK enough"}, time.Second, HowIdle},
		{"another command's end", []string{"T1 NO too late", "+", "* 1 EXISTS"}, time.Second, HowIdle},
		{"NO", []string{"% NO not now"}, time.Minute, HowLooks},
		{"BAD", []string{"% BAD what?"}, time.Minute, HowLooks},
	} {
		t.Run(x.name, func(t *testing.T) {
			watch(t, gentleBook(1), nil, func(w *watching) {
				w.accept(0)
				time.Sleep(6*time.Minute + 50*time.Second) // the next look is in 10 s, the one after in 70
				said := false
				w.instead(func(c *client, tag, line string) bool {
					if said || !strings.HasPrefix(line, "IDLE") {
						return false
					}
					said = true
					w.server.mu.Lock()
					w.deaf = true
					w.server.mu.Unlock()
					w.deliver("INBOX", w.header(0), "")
					c.mu.Lock()
					c.idling = tag
					c.mu.Unlock()
					for _, l := range x.answer {
						if strings.HasPrefix(l, "%") {
							c.mu.Lock()
							c.idling = ""
							c.mu.Unlock()
						}
						c.say("%s", strings.ReplaceAll(l, "%", tag))
					}
					return true
				})
				begun := time.Now().Add(10 * time.Second)
				w.ended()
				w.placed(0, seedtest.Inbox)
				if d := time.Since(begun); d > x.within {
					t.Errorf("seen after %s, want %s", d, x.within)
				}
				if got := lastStrategy(w.book); got.Strategy != string(x.how) {
					t.Errorf("strategy %s (%s), want %s", got.Strategy, got.Reason, x.how)
				}
				noFaults(w)
			})
		})
	}
}
