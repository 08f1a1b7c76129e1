package inbox

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seedtest"
	"seedtest/provider"
)

// others returns a book whose seed is at a provider of others.
func others(n int) *book {
	b := newBook(n)
	b.seed.Own = false
	return b
}

// presetOf gives a book's seed a preset of the data.
func presetOf(t *testing.T, b *book, id string) *book {
	t.Helper()
	p, ok := provider.ByID(id)
	if !ok {
		t.Fatalf("there is no preset %q", id)
	}
	b.seed.Provider = p
	return b
}

// noFaults demands that a watch met no trouble.
func noFaults(w *watching) {
	w.t.Helper()
	for _, f := range factsOf[seedtest.Fault](w.book) {
		w.t.Errorf("fault %+v, want none", f)
	}
}

func TestQuirkCapabilitiesAfterLogin(t *testing.T) {
	for _, code := range []string{"", "[CAPABILITY IMAP4rev1 LIST-STATUS] "} {
		watch(t, newBook(1), func(s *server) {
			s.caps = "IMAP4rev1"
			s.instead(func(c *client, tag, line string) bool {
				if !strings.HasPrefix(line, "LOGIN") {
					return false
				}
				c.mu.Lock()
				c.caps = "IMAP4rev1 LIST-STATUS"
				c.mu.Unlock()
				c.say("%s OK %sdone", tag, code)
				return true
			})
		}, func(w *watching) {
			if n := w.asked(`LIST "" "*" RETURN (STATUS`); n == 0 {
				t.Errorf("code %q: sent %q, want what is announced after sign-in", code, w.log)
			}
		})
	}
}

// badly refuses what has one of some words, as a server does that announces too much.
func badly(words ...string) func(*client, string, string) bool {
	return func(c *client, tag, line string) bool {
		for _, word := range words {
			if strings.HasPrefix(line, word) || strings.Contains(line, " "+word) {
				c.say("%s BAD %s is not supported", tag, word)
				return true
			}
		}
		return false
	}
}

func TestQuirkRev2ClaimedFalsely(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.caps = "IMAP4rev2 IMAP4rev1"
		s.instead(badly("RETURN", "ENABLE", "SEARCH", "UNSELECT", "IDLE", "ID "))
	}, func(w *watching) {
		w.accept(0)
		w.deliver("Spam", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
		for _, word := range []string{"RETURN", "ENABLE", "UNSELECT", "IDLE", "ID "} {
			if n := w.asked(word); n > 0 {
				t.Errorf("%s was sent %d times to a server that does not name it", word, n)
			}
		}
		noFaults(w)
	})
}

func TestQuirkReturnOptionsByName(t *testing.T) {
	for _, caps := range []string{"IMAP4rev1", "IMAP4rev1 LIST-EXTENDED", "IMAP4rev1 SPECIAL-USE"} {
		watch(t, newBook(1), func(s *server) {
			s.caps = caps
			s.box("Spam").name = "Rubbish" // only the flag tells that it is junk
			s.instead(badly("RETURN"))
		}, func(w *watching) {
			w.accept(0)
			w.deliver("Rubbish", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
			noFaults(w)
		})
	}
}

// Nothing is searched for on a server, and nothing is enabled: providers disagree about both.
func TestQuirkNothingIsSearchedFor(t *testing.T) {
	b := newBook(2)
	watch(t, b, func(s *server) {
		s.caps = allCaps + " IMAP4rev2 ESEARCH SEARCHRES CONDSTORE QRESYNC ENABLE UTF8=ACCEPT WITHIN"
	}, func(w *watching) {
		w.accept(0)
		w.accept(1)
		w.deliver("News", w.header(0), "")
		w.deliver("INBOX", "Subject: other\r\n\r\n", "a body\r\n")
		w.ended()
		w.placed(0, seedtest.Other)
		w.placed(1, seedtest.Overdue)
		for _, word := range []string{"SEARCH", "UID SEARCH", "ENABLE", "SELECT", "SORT", "THREAD"} {
			if n := w.asked(word); n > 0 {
				t.Errorf("%s was sent %d times", word, n)
			}
		}
	})
}

func TestQuirkSeveralJunk(t *testing.T) {
	for _, name := range []string{"Spam", "Junk-E-Mail"} {
		watch(t, newBook(1), func(s *server) { s.create("Junk-E-Mail", `\Junk`) }, func(w *watching) {
			w.accept(0)
			w.deliver(name, w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
		})
	}
}

func TestQuirkIDBeforeSelect(t *testing.T) {
	watch(t, presetOf(t, others(1), "netease"), func(s *server) {
		s.caps = "IMAP4rev1 XLIST SPECIAL-USE ID LITERAL+ UIDPLUS"
		s.instead(func(c *client, tag, line string) bool {
			word, _, _ := strings.Cut(line, " ")
			if (word == "EXAMINE" || word == "STATUS") && c.asked(`ID ("name" "seedtest"`)+
				c.asked(`ID (`) == 0 {
				c.say("%s NO %s Unsafe Login. Please contact kefu@188.com for help", tag, word)
				return true
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

// Where IDLE is missing, or takes us in and never pushes, the looks find the message.
func TestQuirkIDLEThatDoesNotPush(t *testing.T) {
	for _, caps := range []string{allCaps, strings.Replace(allCaps, "IDLE ", "", 1)} {
		watch(t, others(1), func(s *server) {
			s.caps = caps
			s.instead(answering("IDLE", "+ idling"))
		}, func(w *watching) {
			w.accept(0)
			time.Sleep(61 * time.Second)
			begun := time.Now()
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Inbox)
			if d := time.Since(begun); d > 70*time.Second {
				t.Errorf("caps %s: seen after %s, want it at the next look", caps, d)
			}
		})
	}
}

// A server cuts connections that are silent for ten minutes; the preset says to renew IDLE before.
func TestQuirkShortIDLE(t *testing.T) {
	b := others(1)
	b.seed.Provider.IdleRestart = 2 * time.Minute
	b.suite.Deadline = 3 * time.Hour
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		var last time.Time
		var worst time.Duration
		w.instead(func(c *client, tag, line string) bool {
			w.server.mu.Lock()
			defer w.server.mu.Unlock()
			if now := time.Now(); !last.IsZero() {
				worst = max(worst, now.Sub(last))
			}
			last = time.Now()
			return false
		})
		time.Sleep(2 * time.Hour)
		w.server.mu.Lock()
		defer w.server.mu.Unlock()
		if worst > 2*time.Minute+5*time.Second {
			t.Errorf("the connection was silent for %s, want at most 2 min", worst)
		}
	})
}

// A server handles at most 1000 messages in one command, the highest UIDs first (RFC 9738).
func TestQuirkMessageLimit(t *testing.T) {
	const limit, at, mail = 1000, 250, 1500
	watch(t, newBook(1), func(s *server) { s.caps = allCaps + " MESSAGELIMIT=1000" }, func(w *watching) {
		w.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "UID FETCH") {
				return false
			}
			_, arg, _ := strings.Cut(line, "FETCH ")
			set, items, _ := strings.Cut(arg, " ")
			chosen := c.chosen(set, true)
			if len(chosen) <= limit {
				return false
			}
			c.fetch(fmt.Sprintf("%d:* %s", chosen[len(chosen)-limit].uid, items), true)
			c.say("%s OK [MESSAGELIMIT 1000 %d] partial", tag, chosen[len(chosen)-limit].uid)
			return true
		})
		for i := range mail {
			header := "Subject: other\r\n\r\n"
			if i == at {
				header = w.header(0)
			}
			w.deliver("News", header, "")
		}
		w.accept(0)
		begun := time.Now()
		w.ended()
		p := w.placed(0, seedtest.Other)
		if len(p.Sightings) != 1 || p.Sightings[0].UID != at+1 {
			t.Errorf("sightings %+v, want UID %d of %d", p.Sightings, at+1, mail)
		}
		if d := time.Since(begun); d > time.Minute {
			t.Errorf("found after %s, want it in the first sweeps", d)
		}
	})
}

func TestQuirkSequenceNumbersThatLie(t *testing.T) {
	watch(t, newBook(2), nil, func(w *watching) {
		w.instead(func(c *client, tag, line string) bool {
			arg, ok := strings.CutPrefix(line, "UID FETCH ")
			if !ok {
				return false
			}
			set, _, _ := strings.Cut(arg, " ")
			for _, l := range c.chosen(set, true) {
				c.say("* 1 FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%s BODY[TEXT]<0> {0}\r\n)", l.uid, len(l.header),
					l.header)
			}
			c.say("%s OK done", tag)
			return true
		})
		w.accept(0)
		w.accept(1)
		for range 3 {
			w.deliver("INBOX", "Subject: other\r\n\r\n", "")
		}
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		w.placed(1, seedtest.Overdue)
	})
}

func TestQuirkInboxCase(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "LIST") {
				return false
			}
			c.say(`* LIST (\HasNoChildren) "/" "Inbox"`)
			c.say(`* LIST (\HasNoChildren \Junk) "/" "Bulk"`)
			c.say("%s OK done", tag)
			return true
		})
		s.create("Bulk", "")
	}, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if n := len(factsOf[seedtest.Listing](w.book)[0].Mailboxes); n != 2 {
			t.Errorf("%d mailboxes, want INBOX once and Bulk", n)
		}
	})
}

// counted is a source that gives another token each time.
type counted struct{ given atomic.Int32 }

func (s *counted) Secret(context.Context) (seedtest.Secret, error) {
	return seedtest.Secret(fmt.Sprint("token-", s.given.Add(1))), nil
}

func TestQuirkSessionEndsWithItsToken(t *testing.T) {
	b, source := others(1), &counted{}
	b.seed.Login = seedtest.Login{Username: "a", Token: source}
	b.suite.Deadline = 3 * time.Hour
	watch(t, b, func(s *server) {
		s.caps = allCaps + " AUTH=XOAUTH2"
	}, func(w *watching) {
		w.accept(0)
		time.Sleep(time.Hour)
		w.server.mu.Lock()
		conns := w.server.conns
		w.server.conns = nil
		w.server.mu.Unlock()
		for _, c := range conns {
			c.say("* BYE Session expired, please login again.")
			_ = c.Conn.Close()
		}
		time.Sleep(10 * time.Minute)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if n := w.asked("AUTHENTICATE XOAUTH2"); n != 2 || source.given.Load() != 2 {
			t.Errorf("%d sign-ins with %d tokens, want a fresh one for the second", n, source.given.Load())
		}
		noFaults(w)
	})
}

func TestQuirkFocusedHidden(t *testing.T) {
	b := presetOf(t, newBook(1), "outlook")
	if why := b.seed.Provider.WhyNoClass(); !strings.Contains(why, "not observable by IMAP") {
		t.Errorf("WhyNoClass = %q", why)
	}
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		p := w.placed(0, seedtest.Inbox)
		if p.Placements.Class != classUnknown || !strings.Contains(p.Why, "not observable by IMAP") {
			t.Errorf("class %q (%s), want unknown and why", p.Placements.Class, p.Why)
		}
	})
}

func TestQuirkCategoriesAsMailboxes(t *testing.T) {
	watch(t, presetOf(t, newBook(1), "mailru"), func(s *server) {
		s.create("INBOX/Newsletters", "")
	}, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX/Newsletters", w.header(0), "")
		begun := time.Now()
		w.ended()
		if p := w.placed(0, seedtest.Category); p.Placements.Class != "newsletters" {
			t.Errorf("class %q, want newsletters", p.Placements.Class)
		}
		if d := time.Since(begun); d > 100*time.Millisecond {
			t.Errorf("seen after %s: it is part of the inbox, and looked at as often", d)
		}
	})
}

func TestQuirkAllMailIncludesSpam(t *testing.T) {
	watch(t, presetOf(t, newBook(1), "proton"), func(s *server) { s.create("All Mail", "") },
		func(w *watching) {
			w.accept(0)
			w.deliver("All Mail", w.header(0), "")
			w.deliver("Spam", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
		})
}

func TestQuirkDotSeparator(t *testing.T) {
	watch(t, presetOf(t, newBook(1), "courier"), func(s *server) {
		s.create("INBOX.Spam", "")
		s.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "LIST") {
				return false
			}
			for _, name := range []string{"INBOX", "INBOX.Spam", "INBOX.Trash"} {
				c.say(`* LIST (\HasNoChildren) "." "%s"`, name)
			}
			c.say("%s OK done", tag)
			return true
		})
	}, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX.Spam", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
		if m := mailboxNamed(t, w.book, "INBOX.Trash"); m.Role != seedtest.RoleTrash {
			t.Errorf("%+v, want trash by its name", m)
		}
	})
}
