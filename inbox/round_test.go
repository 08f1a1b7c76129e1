package inbox

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// roundsOf returns the rounds of a watch, of which there must be n.
func roundsOf(w *watching, n int) []seedtest.Round {
	w.t.Helper()
	rounds := factsOf[seedtest.Round](w.book)
	if len(rounds) != n {
		w.t.Fatalf("%d rounds, want %d: %+v", len(rounds), n, rounds)
	}
	return rounds
}

func TestRule06ProvesAbsence(t *testing.T) {
	for _, own := range []bool{true, false} {
		b := newBook(1)
		b.seed.Own = own
		watch(t, b, func(s *server) {
			s.deliver("INBOX", "Subject: old\r\n\r\n", "")
		}, func(w *watching) {
			w.accept(0)
			w.deliver("INBOX", "Subject: other\r\n\r\n", "")
			w.deliver("News", "Subject: other\r\n\r\n", "")
			w.ended()
			w.placed(0, seedtest.Overdue)
			r := roundsOf(w, 1)[0]
			if !r.Complete || len(r.Mailboxes) != 5 || r.Begun.Before(w.probe(0).Deadline) {
				t.Fatalf("round %+v, want a complete one of 5 mailboxes after the deadline", r)
			}
			for _, m := range r.Mailboxes {
				essential := m.Name == "INBOX" || m.Name == "Spam" || m.Name == "Trash"
				if !m.OK || m.Essential != essential {
					t.Errorf("own = %t: mailbox %+v, want it read, essential %t", own, m, essential)
				}
			}
			if m := r.Mailboxes[0]; m.Name != "INBOX" || m.FromUID != 2 || m.ToUID != 2 || m.Read != 1 {
				t.Errorf("INBOX %+v, want UID 2 read", m)
			}
		})
	}
}

func TestRule06RepeatsWhatChanged(t *testing.T) {
	for _, x := range []struct {
		name   string
		spoil  func(*watching)
		times  int // how often
		rounds int
		want   seedtest.Placement
		why    string
	}{
		{"mail comes once", mailComes, 1, 2, seedtest.Overdue, "mail came to INBOX"},
		{"mail comes always", mailComes, 9, 3, seedtest.Blind, "mail came to INBOX"},
		{"a mailbox appears", func(w *watching) { w.create("Later", "") }, 1, 2, seedtest.Overdue,
			"set of mailboxes"},
		{"renumbered", func(w *watching) {
			w.server.mu.Lock()
			defer w.server.mu.Unlock()
			w.box("Spam").validity++
		}, 1, 2, seedtest.Blind, "UIDVALIDITY of Spam"},
	} {
		t.Run(x.name, func(t *testing.T) {
			watch(t, newBook(1), nil, func(w *watching) {
				w.accept(0)
				lists := 0
				w.server.instead(func(c *client, tag, line string) bool {
					// The second LIST of a round comes when the mailboxes were read.
					if strings.HasPrefix(line, "LIST") && inRound(w) {
						if lists++; lists%2 == 0 && lists <= 2*x.times {
							x.spoil(w)
						}
					}
					return false
				})
				w.ended()
				rounds := roundsOf(w, x.rounds)
				if r := rounds[0]; r.Complete || !strings.Contains(r.Why, x.why) {
					t.Errorf("first round %+v, want it spoilt by %q", r, x.why)
				}
				for i, r := range rounds {
					if r.Try != i+1 {
						t.Errorf("round %d says try %d", i+1, r.Try)
					}
				}
				w.placed(0, x.want)
			})
		})
	}
}

func mailComes(w *watching) { w.deliver("INBOX", "Subject: other\r\n\r\n", "") }

// inRound reports whether the deadline has come: own seeds are swept at 10 s, and the deadline is
// no multiple of it.
func inRound(w *watching) bool { return !time.Now().Before(w.probe(0).Deadline) }

func TestRule06FindsWhatTheRoundMeets(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.server.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "LIST") && inRound(w) && w.count("Spam") == 0 {
				w.deliver("Spam", w.header(0), "")
			}
			return false
		})
		w.ended()
		w.placed(0, seedtest.Junk)
	})
}

func TestRule06VanishedMailMakesBlind(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(3 * time.Second)
		// It comes and goes between two looks: UIDNEXT is all that tells of it.
		w.remove("Spam", w.deliver("Spam", w.header(0), ""))
		w.ended()
		p := w.placed(0, seedtest.Blind)
		if !strings.Contains(p.Why, "UID 1 of Spam vanished unread") {
			t.Errorf("why %q does not name what vanished", p.Why)
		}
		roundsOf(w, 1)
	})
}

func TestRule06ReadMailDoesNotVanish(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		uid := w.deliver("INBOX", "Subject: other\r\n\r\n", "")
		time.Sleep(3 * time.Second)
		w.remove("INBOX", uid)
		w.ended()
		w.placed(0, seedtest.Overdue)
	})
}

// What an earlier process has seen was read, whoever took it away since: nothing of it is missing,
// and the absence of another message can be proved.
func TestRule06SightedMailDoesNotVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(2), newServer(t)
		first := begin(t, b, s, b.awaiting())
		<-b.based
		b.accept(0)
		b.accept(1)
		uid := s.deliver("INBOX", b.header(0), "")
		time.Sleep(time.Minute)
		first.cancel()
		<-first.done
		s.remove("INBOX", uid)

		a := b.awaiting()
		a.Baseline = &factsOf[seedtest.Baseline](b)[0]
		for _, x := range factsOf[seedtest.Sighting](b) {
			a.Seen = append(a.Seen, seedtest.Seen{Sighting: x, Last: a.Now()})
		}
		second := begin(t, b, s, a)
		second.ended()
		second.placed(1, seedtest.Overdue)
		if faults := second.run().Faults; len(faults) > 0 {
			t.Errorf("faults %+v, want none", faults)
		}
	})
}

// A server that counts a message before it shows it has lost none.
func TestRule06MailShownLateIsRead(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		begun := time.Now()
		w.server.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "UID FETCH") && time.Since(begun) < 3*time.Second {
				c.say("%s OK nothing", tag)
				return true
			}
			return false
		})
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if n := len(factsOf[seedtest.Fault](w.book)); n != 0 {
			t.Errorf("%d faults, want none", n)
		}
	})
}

// A server whose UID FETCH keeps a message back is found out by the count of messages.
func TestRule06CountsAgainstEXISTS(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", "Subject: other\r\n\r\n", "")
		w.deliver("INBOX", w.header(0), "")
		w.server.instead(func(c *client, tag, line string) bool {
			switch {
			case !strings.HasPrefix(line, "UID FETCH"), inRound(w) && !strings.Contains(line, "*"):
				return false
			case inRound(w):
				c.say("* 1 FETCH (UID 1)")
			}
			c.say("%s OK done", tag)
			return true
		})
		w.ended()
		w.placed(0, seedtest.Inbox)
	})
}

func TestRule06ReadsBodiesInTheRoundOnly(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", "Subject: rewritten\r\n\r\n", "Hello\r\n"+string(w.tokens[0])+"\r\n")
		time.Sleep(time.Minute)
		if p := w.probe(0); p.Placements.Current != seedtest.Pending {
			t.Errorf("%s before the deadline: bodies are not read by looks", p.Placements.Current)
		}
		w.ended()
		p := w.placed(0, seedtest.Inbox)
		if c := fmt.Sprint(p.Sightings[0].Carriers); c != "[body]" {
			t.Errorf("carriers %s, want the body", c)
		}
	})
}

func TestRule07SideMailboxThatRefuses(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, `STATUS "News"`) || strings.HasPrefix(line, `EXAMINE "News"`) {
				c.say("%s NO [NOPERM] not yours", tag)
				return true
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		w.ended()
		w.placed(0, seedtest.Overdue)
		r := roundsOf(w, 1)[0]
		last := r.Mailboxes[len(r.Mailboxes)-1]
		if !r.Complete || last.Name != "News" || last.OK || last.Why == "" {
			t.Errorf("round %+v, want it complete and News named as unreadable", r)
		}
		if n := len(factsOf[seedtest.Fault](w.book)); n != 0 {
			t.Errorf("%d faults for a side mailbox, want none", n)
		}
	})
}

func TestRule07EssentialMailboxThatRefuses(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, `EXAMINE "Spam"`) {
				c.say("%s NO [NOPERM] not yours", tag)
				return true
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		w.ended()
		w.placed(0, seedtest.Blind)
		for _, r := range roundsOf(w, 3) {
			if r.Complete || !strings.Contains(r.Why, "Spam could not be read") {
				t.Errorf("round %+v, want it to name Spam", r)
			}
		}
		faults := factsOf[seedtest.Fault](w.book)
		if len(faults) != 1 || faults[0].Kind != seedtest.FaultMailbox || faults[0].Mailbox != "Spam" {
			t.Errorf("faults %+v, want one of the mailbox", faults)
		}
	})
}

func TestRule09TagAtAnotherSeed(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(1), "") // sent to seed b
		w.deliver("INBOX", "Message-ID: <"+strings.Repeat("a", seedtest.TokenLen)+"@x>\r\n\r\n", "")
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		run := w.run()
		if len(run.Notes) != 1 || run.Notes[0].Code != "forwarded" || run.Notes[0].Seed != "a" {
			t.Errorf("notes %+v, want one that the message for b was forwarded to a", run.Notes)
		}
		if n := len(factsOf[seedtest.Sighting](w.book)); n != 2 {
			t.Errorf("%d sightings, want 2: a tag of another installation is none", n)
		}
	})
}

func TestRule10CopyInSent(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("Sent", w.header(0), "")
		w.ended()
		if p := w.probe(0); p.Placements.Current.Seen() {
			t.Errorf("a copy in Sent is placed %s", p.Placements.Current)
		}
	})
}

func TestRule11Classes(t *testing.T) {
	for _, x := range []struct {
		by     seedtest.ClassMethod
		answer string // to the search of promotions
		want   string
	}{
		{seedtest.ClassXGMRAW, "* SEARCH 1", "promotions"},
		{seedtest.ClassXGMRAW, "* SEARCH", "unknown"},
		{seedtest.ClassHidden, "", "unknown"},
		{seedtest.ClassNone, "", ""},
	} {
		b := newBook(1)
		b.seed.Provider = seedtest.Provider{ClassBy: x.by, Classes: []string{"primary", "promotions"}}
		watch(t, b, func(s *server) {
			s.caps += " X-GM-EXT-1"
			s.instead(func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, "UID SEARCH") && strings.Contains(line, `X-GM-RAW "category:promotions"`) {
					c.say("%s", x.answer)
				}
				return false
			})
		}, func(w *watching) {
			w.accept(0)
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			if s := factsOf[seedtest.Sighting](w.book)[0]; s.Class != x.want {
				t.Errorf("class by %q with %q is %q, want %q", x.by, x.answer, s.Class, x.want)
			}
		})
	}
}

// A message that was read must not get lost with the connection that was to tell its class.
func TestRule11SightingOutlivesItsClass(t *testing.T) {
	b := newBook(1)
	b.seed.Provider = seedtest.Provider{ClassBy: seedtest.ClassXGMRAW, Classes: []string{"promotions"}}
	watch(t, b, func(s *server) {
		s.caps += " X-GM-EXT-1"
		s.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "UID SEARCH") {
				_ = c.Close()
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		if p := w.placed(0, seedtest.Inbox); p.Placements.Class != "unknown" {
			t.Errorf("class %q, want unknown", p.Placements.Class)
		}
	})
}

func TestRule23Gentle(t *testing.T) {
	b := newBook(1)
	b.seed.Own = false
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.ended()
		if w.logins != 1 {
			t.Errorf("%d sign-ins in one run, want 1", w.logins)
		}
		if n := len(w.log); n > 250 {
			t.Errorf("%d commands in a quarter of an hour", n)
		}
	})
}

func TestRule23ThrottlingEndsQuickLooks(t *testing.T) {
	b := newBook(1)
	b.seed.Own = false
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.instead(answering("STATUS", "% NO [THROTTLED] slow down"))
		time.Sleep(20 * time.Second)
		w.instead(nil)
		before := w.asked("STATUS")
		time.Sleep(4 * time.Minute)
		if n := w.asked("STATUS"); n != before {
			t.Errorf("%d STATUS in the minutes after the server asked to slow down", n-before)
		}
		time.Sleep(2 * time.Minute)
		w.deliver("Spam", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
		faults := w.run().Faults
		if len(faults) != 1 || faults[0].Kind != seedtest.FaultThrottled || faults[0].To == nil {
			t.Errorf("faults %+v, want one of throttling, which is over", faults)
		}
		if w.logins != 1 {
			t.Errorf("%d sign-ins, want 1: the connection was there", w.logins)
		}
	})
}

// Gmail does what it is asked, and says that it slows us down: what it shows counts, and quick
// looks end.
func TestRule23SlowedDownAnswersCount(t *testing.T) {
	b := newBook(2)
	b.seed.Own = false
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.accept(1)
		w.deliver("INBOX", w.header(0), "")
		w.instead(slowly)
		time.Sleep(20 * time.Second)
		w.placed(0, seedtest.Inbox)
		before := w.asked("STATUS")
		time.Sleep(4 * time.Minute)
		if n := w.asked("STATUS"); n != before {
			t.Errorf("%d STATUS in the minutes after the server said that it slows us down", n-before)
		}
		w.ended()
		w.placed(1, seedtest.Overdue)
		faults := w.run().Faults
		if len(faults) != 1 || faults[0].Kind != seedtest.FaultThrottled || faults[0].To == nil ||
			!strings.Contains(faults[0].What, "OK Success [THROTTLED]") {
			t.Errorf("faults %+v, want one of throttling, which is over", faults)
		}
		if w.logins != 1 {
			t.Errorf("%d sign-ins, want 1", w.logins)
		}
	})
}

// slowly answers a STATUS as Gmail does when it throttles.
func slowly(c *client, tag, line string) bool {
	name, ok := strings.CutPrefix(line, "STATUS ")
	if !ok {
		return false
	}
	c.sayStatus(c.named(name))
	c.say("%s OK Success [THROTTLED]", tag)
	return true
}

func TestRule06VanishedAnywhere(t *testing.T) {
	for mailbox, want := range map[string]seedtest.Placement{
		"News": seedtest.Blind, "Sent": seedtest.Overdue,
	} {
		watch(t, newBook(1), nil, func(w *watching) {
			w.accept(0)
			w.remove(mailbox, w.deliver(mailbox, w.header(0), ""))
			w.ended()
			w.placed(0, want)
		})
	}
}
