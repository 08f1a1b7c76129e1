package inbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// A copy of refused mail must not make an arrival of a refusal.
func TestQuirkRejectsMailbox(t *testing.T) {
	b := presetOf(t, newBook(2), "mox")
	b.suite.Deadline = 10 * time.Minute
	watch(t, b, func(s *server) { s.create("Rejects", "") }, func(w *watching) {
		w.accept(1)
		w.refused(0)
		w.deliver("Rejects", w.header(0), "")
		time.Sleep(time.Minute)
		w.deliver("INBOX", w.header(1), "")
		w.ended()
		w.placed(0, seedtest.Refused)
		w.placed(1, seedtest.Inbox)
		if n := w.asked(`EXAMINE "Rejects"`) + w.asked(`STATUS "Rejects"`); n > 0 {
			t.Errorf("Rejects was asked for %d times", n)
		}
	})
}

func TestQuirkQuarantine(t *testing.T) {
	watch(t, presetOf(t, newBook(1), "microsoft365"), nil, func(w *watching) {
		w.accept(0)
		w.ended()
		if p := w.placed(0, seedtest.Overdue); !strings.Contains(p.Why, "or quarantined") {
			t.Errorf("why %q, want that it may be quarantined", p.Why)
		}
	})
}

// What was seen in junk stays seen when the provider empties it.
func TestQuirkJunkIsEmptied(t *testing.T) {
	b := newBook(1)
	b.settled = true
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		uid := w.deliver("Spam", w.header(0), "")
		time.Sleep(time.Minute)
		w.remove("Spam", uid)
		w.ended()
		p := w.placed(0, seedtest.Junk)
		if p.Sightings[0].Gone == nil || !carries(factsOf[seedtest.Sighting](w.book)[0], w.header(0)) {
			t.Errorf("%+v, want a copy that is gone and whose header is kept", p.Sightings)
		}
	})
}

// What the server asks for is kept, on the connection that is there.
func TestQuirkThrottleBackoff(t *testing.T) {
	watch(t, presetOf(t, others(1), "outlook"), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(20 * time.Second)
		w.instead(answering("STATUS", "% BAD Request is throttled. Suggested Backoff Time: 180000 milliseconds"))
		time.Sleep(20 * time.Second) // a look falls into it
		w.instead(nil)
		w.server.mu.Lock()
		before := len(w.server.log)
		w.server.mu.Unlock()
		time.Sleep(2 * time.Minute)
		w.server.mu.Lock()
		during := slices.Clone(w.server.log[before:])
		w.server.mu.Unlock()
		if len(during) > 0 {
			t.Errorf("sent %q while the server wanted to be left alone", during)
		}
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if w.logins != 1 {
			t.Errorf("%d sign-ins, want one: to come back would be worse", w.logins)
		}
	})
}

func TestQuirkAuthenticatedButNotConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := presetOf(t, others(1), "outlook"), newServer(t)
		s.instead(answering("LIST", "% BAD User is authenticated but not connected."))
		w := begin(t, b, s, b.awaiting())
		time.Sleep(30 * time.Minute)
		faults := factsOf[seedtest.Fault](b)
		if len(faults) == 0 || faults[0].Kind != seedtest.FaultLogin ||
			!strings.Contains(faults[0].What, "not connected") {
			t.Errorf("faults %+v, want one of sign-in", faults)
		}
		if n := s.asked("LOGIN"); n < 2 || n > 12 {
			t.Errorf("%d sign-ins in half an hour, want few", n)
		}
		w.refused(0)
		w.ended()
	})
}

// A server that hangs up after ten failed commands never does at us.
func TestQuirkTenErrors(t *testing.T) {
	b := presetOf(t, others(1), "microsoft365")
	b.suite.Deadline = time.Hour
	watch(t, b, func(s *server) {
		failed := 0
		for i := range 2 {
			s.create(fmt.Sprint("Shared ", i), "")
		}
		s.instead(func(c *client, tag, line string) bool {
			if !strings.Contains(line, `"Shared `) {
				return false
			}
			if failed++; failed > 10 {
				c.say("* BYE Session is closed due to too many errors")
				_ = c.Conn.Close()
				return true
			}
			c.say("%s NO no access", tag)
			return true
		})
	}, func(w *watching) {
		w.accept(0)
		w.ended()
		w.placed(0, seedtest.Overdue)
		noFaults(w)
	})
}

func TestQuirkOKWithoutText(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.greet = "* OK"
		s.instead(func(c *client, tag, line string) bool {
			for _, word := range []string{"LOGIN", "ID", "UNSELECT"} {
				if strings.HasPrefix(line, word) && !strings.HasPrefix(line, "IDLE") {
					c.mu.Lock()
					if word == "UNSELECT" {
						c.open = nil
					}
					c.mu.Unlock()
					c.say("%s OK", tag)
					return true
				}
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		noFaults(w)
	})
}

// Proton and others write the names of fields anew and the message with them.
func TestQuirkHeaderNamesRecased(t *testing.T) {
	b := newBook(1)
	h := strings.NewReplacer("Message-ID", "MESSAGE-Id", "Subject", "SUBJECT").Replace(b.header(0))
	found := Tokens(readFields([]byte(h)), b.tokens[:1], func(seedtest.Token) bool { return false })
	if len(found) != 1 || len(found[0].Carriers) != 2 {
		t.Errorf("Tokens(%q) = %+v, want both carriers", h, found)
	}
}

func TestQuirkSubjectTag(t *testing.T) {
	b := newBook(1)
	for _, subject := range []string{"[SPAM] Hello [%s]", "***SPAM*** Hello [%s]", "=?utf-8?q?Spam=3A?= [%s]",
		"Hello (%s) {Spam?}"} {
		h := "Subject: " + fmt.Sprintf(subject, b.tokens[0].Ref()) + "\r\n"
		if found := Tokens(readFields([]byte(h)), b.tokens[:1], func(seedtest.Token) bool { return false }); len(found) != 1 {
			t.Errorf("Tokens(%q) = %+v, want the message", h, found)
		}
	}
}
