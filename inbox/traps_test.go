package inbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// traps are what go-imap v2 beta 8 does to its user, and the tests that hold its handling.
var traps = []struct {
	trap  string
	tests []string
}{
	{"no timeout on a reply, and no context", []string{"TestWatchBoundsEverySilence",
		"TestWatchEndsWithItsContext"}},
	{"IDLE ended by the server is not noticed", []string{"TestWatchSurvivesServersThatEndIDLE"}},
	{"one goroutine a connection: commands beside IDLE deadlock", []string{"TestTrapNothingIsSentInIDLE"}},
	{"handlers run in the reader", []string{"TestTrapFloodOfPushes"}},
	{"Close blocks while a long LIST is not consumed", []string{"TestTrapBreakInALongList"}},
	{"BYE, untagged NO and ALERT are dropped", []string{"TestWatchTellsWhyAServerHungUp",
		"TestTrapAlertIsKept"}},
	{"after ID every error reads alike", []string{"TestWatchUnderstandsDialects",
		"TestTrapErrorsAfterIDAreTold"}},
	{"CAPABILITY after Login in a goroutine", []string{"TestTrapCapabilitiesAreAskedOnce"}},
	{"unknown responses and items end the connection", []string{"TestWatchUnderstandsDialects"}},
	{"mistakes of ours end it, too: an empty set, a bad flag", []string{"TestTrapNoEmptySets"}},
	{"a refused literal ends it", []string{"TestTrapNoLiterals", "TestPasswordBySASL"}},
	{"a SASL client that fails hangs the connection", []string{"TestCheckSignsIn", "TestRefusedToken"}},
	{"BODYSTRUCTURE may be unreadable", []string{"TestTrapNoLiterals"}},
	{"messages whose UID comes late are lost", []string{"TestWatchUnderstandsDialects",
		"TestRule06CountsAgainstEXISTS"}},
	{"a section is found by its exact name only", []string{"TestTrapSectionByAnyName"}},
	{"SEARCH quotes dates and names", []string{"TestQuirkNothingIsSearchedFor"}},
	{"RETURN options are random, SAVE is not sent", []string{"TestQuirkNothingIsSearchedFor"}},
	{"NOT and OR in parentheses", []string{"TestQuirkNothingIsSearchedFor"}},
	{"missing: X-GM-RAW", []string{"TestGmailCategories"}},
	{"missing: XLIST", []string{"TestJunkByXLIST"}},
	{"IMAP4rev2 implies what servers lack", []string{"TestQuirkRev2ClaimedFalsely"}},
	{"DebugWriter holds passwords", []string{"TestCheckSignsIn", "TestWatchTellsWhyAServerHungUp"}},
	{"PREAUTH and plain text under STARTTLS", []string{"TestSTARTTLSTakesNothingFromPlainText"}},
	{"163 and 126: ID before SELECT, no SASL-IR", []string{"TestQuirkIDBeforeSelect"}},
	{"iCloud: no flag for junk", []string{"TestRolesInManyLanguages"}},
	{"Yahoo: Inbox, MESSAGELIMIT", []string{"TestQuirkInboxCase", "TestQuirkMessageLimit"}},
}

func TestTrapsAreAnswered(t *testing.T) {
	here := testsIn(t, ".")
	for _, x := range traps {
		for _, name := range x.tests {
			if !slices.Contains(here, name) {
				t.Errorf("%s: there is no test %s", x.trap, name)
			}
		}
	}
	if len(traps) < 18 {
		t.Errorf("%d traps, want 18 at least", len(traps))
	}
}

// A second command while IDLE is open blocks the library for ever.
func TestTrapNothingIsSentInIDLE(t *testing.T) {
	b := others(2)
	b.suite.Deadline = 2 * time.Hour
	watch(t, b, nil, func(w *watching) {
		var mu sync.Mutex
		open := map[*client]bool{}
		w.instead(func(c *client, tag, line string) bool {
			mu.Lock()
			defer mu.Unlock()
			if open[c] && line != "DONE" {
				t.Errorf("%q was sent while IDLE was open", line)
			}
			open[c] = strings.HasPrefix(line, "IDLE")
			return false
		})
		w.accept(0)
		w.accept(1)
		time.Sleep(30 * time.Minute)
		w.deliver("INBOX", w.header(0), "")
		time.Sleep(30 * time.Minute)
		w.deliver("Spam", w.header(1), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		w.placed(1, seedtest.Junk)
	})
}

// Pushes by the thousand, none of which anybody reads.
func TestTrapFloodOfPushes(t *testing.T) {
	watch(t, others(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(10 * time.Second)
		w.server.mu.Lock()
		conns := slices.Clone(w.server.conns)
		w.server.mu.Unlock()
		for range 5000 {
			for _, c := range conns {
				c.say("* 1 EXISTS\r\n* 1 RECENT\r\n* 1 FETCH (FLAGS (\\Seen))")
			}
		}
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
	})
}

// The library keeps 64 rows of LIST for a reader, and waits for one when the connection breaks.
func TestTrapBreakInALongList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		s.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "LIST") {
				return false
			}
			for i := range 500 {
				c.say(`* LIST () "/" "box %d"`, i)
			}
			_ = c.Conn.Close()
			s.instead(nil)
			return true
		})
		w := begin(t, b, s, b.awaiting())
		select {
		case <-b.based:
		case <-time.After(time.Minute):
			t.Fatal("no baseline in a minute after the connection broke")
		}
		b.refused(0)
		w.ended()
	})
}

func TestTrapAlertIsKept(t *testing.T) {
	for _, word := range []string{"* OK [ALERT] your account will be closed", "* NO disk full"} {
		watch(t, newBook(1), nil, func(w *watching) {
			w.accept(0)
			w.server.instead(func(c *client, tag, line string) bool {
				c.say("%s", word)
				_ = c.Conn.Close()
				w.instead(nil)
				return true
			})
			time.Sleep(time.Second)
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			_, said, _ := strings.Cut(word, " ")
			if f := w.run().Faults; len(f) == 0 || !strings.Contains(f[0].What, said) {
				t.Errorf("faults %+v, want %q told", f, said)
			}
		})
	}
}

// An error after ID tells what was wrong, not what the library thought.
func TestTrapErrorsAfterIDAreTold(t *testing.T) {
	s := newServer(t)
	s.instead(func(c *client, tag, line string) bool {
		switch {
		case strings.HasPrefix(line, "ID"):
			c.say(`* ID ("name" NIL "version" ("x"))`)
			c.say("%s OK done", tag)
			return true
		case strings.HasPrefix(line, "LIST"):
			c.say("%s NO [SERVERBUG] the index is broken", tag)
			return true
		}
		return false
	})
	if _, err := check(t, newBook(0).seed, s); err == nil ||
		!strings.Contains(err.Error(), "the index is broken") {
		t.Errorf("Check = %v, want the server's words", err)
	}
}

func TestTrapCapabilitiesAreAskedOnce(t *testing.T) {
	watch(t, others(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		if n := w.asked("CAPABILITY"); n != 2 {
			t.Errorf("CAPABILITY was sent %d times, want once before and once after sign-in", n)
		}
	})
}

// sets returns the sequence sets of all FETCH that were sent.
func sets(w *watching) []string {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	var all []string
	for _, line := range w.log {
		if _, arg, ok := strings.Cut(line, "FETCH "); ok {
			set, _, _ := strings.Cut(arg, " ")
			all = append(all, set)
		}
	}
	return all
}

func TestTrapNoEmptySets(t *testing.T) {
	for _, own := range []bool{true, false} {
		b := newBook(1)
		b.seed.Own, b.settled = own, true
		watch(t, b, nil, func(w *watching) {
			w.accept(0)
			uid := w.deliver("INBOX", w.header(0), "")
			time.Sleep(time.Minute)
			w.remove("INBOX", uid)
			w.ended()
			for _, set := range sets(w) {
				if _, err := strconv.Atoi(set[:1]); err != nil {
					t.Errorf("FETCH of the set %q", set)
				}
			}
			noFaults(w)
		})
	}
}

// Names need no literals, and no structure is asked for, which 163.com cannot write.
func TestTrapNoLiterals(t *testing.T) {
	names := []string{`a "quoted" one`, `back\slash`, "Entw&APw-rfe", "(brackets) {5}", "*%", "Спам"}
	watch(t, newBook(1), func(s *server) {
		for _, n := range names {
			s.create(n, "")
		}
		s.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "LIST") {
				return false
			}
			for _, n := range append([]string{"INBOX"}, names...) {
				c.say("* LIST () \"/\" {%d}\r\n%s", len(n), n)
			}
			c.say("%s OK done", tag)
			return true
		})
	}, func(w *watching) {
		w.accept(0)
		time.Sleep(time.Minute)
		w.server.mu.Lock()
		defer w.server.mu.Unlock()
		for _, line := range w.log {
			if strings.HasSuffix(line, "}") || strings.Contains(line, "STRUCTURE") ||
				strings.Contains(line, "ENVELOPE") {
				t.Errorf("sent %q", line)
			}
		}
	})
}

// A server may echo the section in words of its own.
func TestTrapSectionByAnyName(t *testing.T) {
	for _, section := range []string{"BODY[HEADER]", "body[header]<0>", "RFC822.HEADER", "Body[Header]"} {
		watch(t, newBook(1), nil, func(w *watching) {
			w.accept(0)
			w.instead(func(c *client, tag, line string) bool {
				if !strings.HasPrefix(line, "UID FETCH") {
					return false
				}
				h := w.header(0)
				c.say("* 1 FETCH (%s %s UID 1)", section, fmt.Sprintf("{%d}\r\n%s", len(h), h))
				c.say("%s OK done", tag)
				return true
			})
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Inbox)
		})
	}
}

// A server that does not count on in UIDNEXT of some mailbox, or tells one of the past, is found
// out by the number of messages. Nobody looked into the mailbox before.
func TestWatchFindsAFalseUIDNEXTOut(t *testing.T) {
	for _, next := range []int{5, 4, 2} {
		for _, own := range []bool{true, false} {
			b := newBook(2)
			b.seed.Own = own
			watch(t, b, func(s *server) {
				s.box("News").next = 3
				s.deliver("News", "Subject: old\r\n\r\n", "")
				s.deliver("News", "Subject: old\r\n\r\n", "")
				s.instead(func(c *client, tag, line string) bool {
					n := s.count("News")
					switch {
					case n > 2 && strings.HasPrefix(line, `STATUS "News"`):
						c.say(`* STATUS "News" (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)`, n, next)
					case n > 2 && strings.HasPrefix(line, `EXAMINE "News"`):
						c.mu.Lock()
						c.open = c.box("News")
						c.mu.Unlock()
						c.say("* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x", n, next)
					default:
						return false
					}
					c.say("%s OK done", tag)
					return true
				})
			}, func(w *watching) {
				w.accept(0)
				w.accept(1)
				time.Sleep(time.Minute)
				w.deliver("News", w.header(0), "")
				w.ended()
				w.placed(0, seedtest.Other)
				w.placed(1, seedtest.Overdue)
				if reads := w.asked("UID FETCH 5 (UID INTERNALDATE"); reads != 1 {
					t.Errorf("UIDNEXT %d: its header was read %d times, want once", next, reads)
				}
			})
		}
	}
}
