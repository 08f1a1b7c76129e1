package inbox

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// answering is an answer that replaces the one to every command that begins with a word. "%" in
// it is the tag.
func answering(word string, lines ...string) func(*client, string, string) bool {
	return func(c *client, tag, line string) bool {
		if !strings.HasPrefix(line, word) {
			return false
		}
		for _, l := range lines {
			c.say("%s", strings.ReplaceAll(l, "%", tag))
		}
		return true
	}
}

// Each of these dialects ends a connection or loses mail in a client that takes the standard at
// its word.
func TestWatchUnderstandsDialects(t *testing.T) {
	for _, x := range []struct {
		name   string
		answer func(header string) func(*client, string, string) bool
	}{
		{"unknown untagged responses", func(string) func(*client, string, string) bool {
			return func(c *client, tag, line string) bool {
				c.say("* VANISHED (EARLIER) 1:5")
				c.say(`* XLIST (\HasNoChildren) "/" "x"`)
				c.say("* 3 FETCH (FLAGS (\\Seen) MODSEQ (12) X-GM-LABELS (\"\\\\Inbox\"))")
				c.say("")
				c.say("* ")
				return false
			}
		}},
		{"UID after the literal", func(h string) func(*client, string, string) bool {
			return answering("UID FETCH", "* 1 FETCH (BODY[HEADER]<0> {"+size(h)+"}\r\n"+h+
				" UID 1 INTERNALDATE \"01-Jan-2000 00:00:00 +0000\" )", "% OK done")
		}},
		{"INTERNALDATE that is none", func(h string) func(*client, string, string) bool {
			return answering("UID FETCH", "* 1 FETCH (INTERNALDATE NIL UID 1 RFC822.HEADER {"+
				size(h)+"}\r\n"+h+")", "% OK done")
		}},
		{"names in no encoding", func(string) func(*client, string, string) bool {
			return func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, "LIST") {
					c.say(`* LIST (\HasNoChildren) "/" "&AAA"`)
					c.say(`* LIST (\HasNoChildren) "/" "&-&zzz-"`)
					c.say("* LIST () NIL {5}\r\na\x1b[2J")
					c.say("* LIST (\\Noselect) \"/\" \"\xff\xfe\"")
				}
				return false
			}
		}},
		{"NIL in ID", func(string) func(*client, string, string) bool {
			return answering("ID", `* ID ("name" NIL "version")`, "% OK done")
		}},
		{"STATUS by another name", func(string) func(*client, string, string) bool {
			return answering("STATUS INBOX",
				`* STATUS "inbox" (UIDVALIDITY 7 MESSAGES 1 UNSEEN 1 UIDNEXT 2)`, "% OK done")
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			watch(t, newBook(1), func(s *server) {
				s.instead(func(c *client, tag, line string) bool {
					return !strings.HasPrefix(line, "UID") && !strings.HasPrefix(line, "STATUS") &&
						x.answer("")(c, tag, line)
				})
			}, func(w *watching) {
				w.accept(0)
				w.instead(x.answer(w.header(0)))
				w.deliver("INBOX", w.header(0), "")
				w.ended()
				w.placed(0, seedtest.Inbox)
				if f := factsOf[seedtest.Fault](w.book); len(f) != 0 {
					t.Errorf("faults %+v, want none", f)
				}
			})
		})
	}
}

// Dovecot 2.3 shows what the second of two FETCH asks for before it ends the first.
func TestWatchTakesAnswersOfServersThatWorkAhead(t *testing.T) {
	watch(t, newBook(2), nil, func(w *watching) {
		w.accept(0)
		w.accept(1)
		ends := ""
		w.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "UID FETCH") {
				_, arg, _ := strings.Cut(line, "FETCH ")
				c.fetch(arg, true)
				ends += tag + " OK done\r\n"
				return true
			}
			_, _ = c.Conn.Write([]byte(ends))
			ends = ""
			return false
		})
		w.deliver("INBOX", w.header(0), "")
		time.Sleep(time.Second)
		w.deliver("INBOX", w.header(1), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		w.placed(1, seedtest.Inbox)
		if gone := factsOf[seedtest.Gone](w.book); len(gone) != 0 {
			t.Errorf("gone: %+v, but nothing was moved", gone)
		}
	})
}

func size(s string) string { return strconv.Itoa(len(s)) }

func TestWatchSurvivesServersThatEndIDLE(t *testing.T) {
	b := newBook(1)
	b.seed.Own = false
	ends := answering("IDLE", "+ idling", "% OK that was it")
	watch(t, b, func(s *server) { s.instead(ends) }, func(w *watching) {
		w.accept(0) // may end an IDLE of ours just as the server does
		time.Sleep(time.Second)
		before := w.asked("DONE")
		time.Sleep(2 * time.Minute)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if n := w.asked("IDLE"); n > 40 || n == 0 {
			t.Errorf("%d IDLE in two minutes with a server that ends them", n)
		}
		if w.asked("DONE") != before {
			t.Error("DONE was sent after the server had ended IDLE: a command unknown to it")
		}
	})
}

func TestWatchBoundsEverySilence(t *testing.T) {
	for _, word := range []string{"LOGIN", "LIST", "STATUS", "EXAMINE", "UID FETCH"} {
		b := newBook(1)
		watch(t, b, func(s *server) {
			quiet := func(*client, string, string) bool { return true }
			s.instead(func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, word) {
					s.instead(quiet) // on this connection and until the next sign-in
				}
				if strings.HasPrefix(line, "LOGIN") && time.Since(epoch) > 2*time.Minute {
					s.instead(nil)
					return false
				}
				return strings.HasPrefix(line, word)
			})
			go func() {
				time.Sleep(2 * time.Minute)
				s.instead(nil)
			}()
		}, func(w *watching) {
			w.accept(0)
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			faults := w.run().Faults
			if len(faults) == 0 || !strings.Contains(faults[0].What, "no answer in time") {
				t.Errorf("%s: faults %+v, want that no answer came in time", word, faults)
			}
		})
	}
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where a bubble's clock begins

func TestWatchTellsWhyAServerHungUp(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.server.instead(func(c *client, tag, line string) bool {
			c.say("* BYE closing down for pass-word-1 \x1b[31mnow")
			_ = c.Conn.Close()
			w.instead(nil)
			return true
		})
		time.Sleep(time.Second)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		f := w.run().Faults[0]
		if !strings.Contains(f.What, "the server said: BYE closing down for (secret) [31mnow") {
			t.Errorf("fault %q, want the server's last word without what is secret or drives terminals",
				f.What)
		}
	})
}

func TestWatchDoesNotHammerARefusedLogin(t *testing.T) {
	for _, own := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			b.seed.Own = own
			s.instead(answering("LOGIN", "% NO [AUTHENTICATIONFAILED] wrong password pass-word-1"))
			w := begin(t, b, s, b.awaiting())
			time.Sleep(15 * time.Minute)
			w.refused(0)
			w.ended()
			n, most := s.asked("LOGIN"), 25
			if !own {
				most = 5
			}
			if n < 2 || n > most {
				t.Errorf("own = %t: %d sign-ins in a quarter of an hour, want at most %d", own, n, most)
			}
			faults := b.run().Faults
			if len(faults) != 1 || faults[0].Kind != seedtest.FaultLogin ||
				strings.Contains(faults[0].What, "pass-word") {
				t.Errorf("faults %+v, want one, without the password", faults)
			}
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	for _, word := range []string{"", "LOGIN", "STATUS", "IDLE"} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			b.seed.Own = word != "IDLE"
			if word != "" && word != "IDLE" {
				s.instead(func(_ *client, _, line string) bool { return strings.HasPrefix(line, word) })
			}
			w := begin(t, b, s, b.awaiting())
			b.accept(0)
			time.Sleep(7 * time.Second)
			begun := time.Now()
			w.cancel()
			if err := <-w.done; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: Watch = %v, want the context's error", word, err)
			}
			if d := time.Since(begun); d > 0 {
				t.Errorf("%s: Watch ended %s after its context", word, d)
			}
		})
	}
}

func TestWatchEndsWhenFactsCannotBeRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		b.refuse = errors.New("disk full")
		w := begin(t, b, s, b.awaiting())
		if err := <-w.done; !errors.Is(err, b.refuse) {
			t.Errorf("Watch = %v, want %v", err, b.refuse)
		}
	})
}

func TestWireBoundsWhatAServerSends(t *testing.T) {
	for _, x := range []struct{ name, line string }{
		{"an endless line", "* OK " + strings.Repeat("x", 2*maxLine)},
		{"a literal beyond measure", "* LIST () NIL {4294967295}"},
	} {
		s := newServer(t)
		s.instead(answering("LIST", x.line))
		_, err := check(t, newBook(0).seed, s)
		if err == nil || !strings.Contains(err.Error(), errTooMuch.Error()) {
			t.Errorf("%s: Check = %v, want %v", x.name, err, errTooMuch)
		}
	}
}
