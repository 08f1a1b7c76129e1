package inbox

import (
	"strings"
	"testing"
	"time"

	"seedtest"
)

// notify answers NOTIFY (RFC 5465): the status of every mailbox at once.
func (c *client) notify(tag, arg string) error {
	c.mu.Lock()
	c.told = map[string]bool{}
	var boxes []*mailbox
	for _, m := range c.boxes {
		if strings.Contains(arg, `"`+m.name+`"`) {
			c.told[m.name] = true
			boxes = append(boxes, m)
		}
	}
	c.mu.Unlock()
	for _, m := range boxes {
		c.sayStatus(m)
	}
	c.say("%s OK done", tag)
	return nil
}

func withNotify(s *server) { s.caps = allCaps + " NOTIFY" }

func TestWatchHearsOfJunkByNOTIFY(t *testing.T) {
	for _, mailbox := range []string{"INBOX", "Spam"} {
		watch(t, gentleBook(1), withNotify, func(w *watching) {
			w.accept(0)
			time.Sleep(7*time.Minute + 20*time.Second) // the next look is 40 s away
			w.deliver(mailbox, w.header(0), "")
			begun := time.Now()
			w.ended()
			if d := time.Since(begun); d > time.Second {
				t.Errorf("%s: noticed after %s, want at once", mailbox, d)
			}
			if got := lastStrategy(w.book); got.Strategy != string(HowNotify) {
				t.Errorf("strategy %s (%s), want notify", got.Strategy, got.Reason)
			}
			if set, none := w.asked("NOTIFY SET"), w.asked("NOTIFY NONE"); set == 0 || set != none {
				t.Errorf("%d NOTIFY SET and %d NOTIFY NONE, want each ended", set, none)
			}
		})
	}
}

// Mail that comes between a look and the NOTIFY after it is told by the NOTIFY itself.
func TestWatchLosesNothingBeforeNOTIFY(t *testing.T) {
	watch(t, gentleBook(1), withNotify, func(w *watching) {
		w.accept(0)
		time.Sleep(7*time.Minute + 20*time.Second)
		w.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "NOTIFY SET") {
				w.instead(nil)
				w.deliver("Spam", w.header(0), "")
			}
			return false
		})
		begun := time.Now()
		w.ended()
		if d := time.Since(begun); d > 41*time.Second {
			t.Errorf("noticed after %s", d)
		}
		w.placed(0, seedtest.Junk)
	})
}

func TestWatchDoesWithoutANOTIFYThatIsRefused(t *testing.T) {
	refuses := func(s *server) {
		withNotify(s)
		s.instead(answering("NOTIFY", "% NO [NOTIFICATIONOVERFLOW] too much"))
	}
	watch(t, gentleBook(1), refuses, func(w *watching) {
		w.accept(0)
		time.Sleep(7*time.Minute + 20*time.Second)
		w.deliver("INBOX", w.header(0), "")
		begun := time.Now()
		w.ended()
		if d := time.Since(begun); d > time.Second {
			t.Errorf("noticed after %s, want at once by IDLE", d)
		}
		got := lastStrategy(w.book)
		if got.Strategy != string(HowIdle) || !strings.Contains(got.Reason, "too much") {
			t.Errorf("strategy %s (%s), want idle and why", got.Strategy, got.Reason)
		}
		if n := w.asked("NOTIFY"); n != 1 {
			t.Errorf("NOTIFY was asked %d times of a server that refuses it", n)
		}
	})
}

// Dovecot 2.3 tells once more what is known, 200 ms after IDLE has begun.
func TestWatchTakesNoEchoOfNOTIFYForNews(t *testing.T) {
	watch(t, gentleBook(1), withNotify, func(w *watching) {
		w.accept(0)
		for range 5 {
			time.Sleep(time.Minute)
			w.server.mu.Lock()
			c, m := w.conns[0], w.box("INBOX")
			w.server.mu.Unlock()
			c.sayStatus(m)
		}
		time.Sleep(2*time.Minute + 20*time.Second)
		n := w.asked("STATUS INBOX")
		if n > 15 {
			t.Errorf("%d looks in 7 minutes, want those of the pace", n)
		}
		if got := lastStrategy(w.book); got.Strategy != string(HowNotify) {
			t.Errorf("strategy %s (%s), want notify", got.Strategy, got.Reason)
		}
		w.deliver("Spam", w.header(0), "")
		begun := time.Now()
		w.ended()
		if d := time.Since(begun); d > time.Second {
			t.Errorf("noticed after %s, want at once", d)
		}
	})
}

func TestNotifySet(t *testing.T) {
	got := notifySet([]boxStatus{{mailbox: "INBOX"}, {mailbox: `a "b\c`}})
	want := `NOTIFY SET STATUS (MAILBOXES ("INBOX" "a \"b\\c") (MessageNew MessageExpunge))`
	if got != want {
		t.Errorf("notifySet = %s, want %s", got, want)
	}
}
