package inbox

import (
	"strings"
	"testing"

	"seedtest"
)

// oldGoogle answers XLIST, and LIST without flags, as servers did before RFC 6154.
func oldGoogle(s *server) {
	s.caps = "IMAP4rev1 XLIST LIST-STATUS"
	s.create("Bulk letters", "")
	for _, m := range s.boxes {
		m.attrs = ""
	}
	s.instead(func(c *client, tag, line string) bool {
		if !strings.HasPrefix(line, "XLIST") {
			return false
		}
		c.say(`* XLIST (\HasNoChildren \Inbox) "/" "Inbox"`)
		c.say(`* XLIST (\HasNoChildren \Spam) "/" "Bulk letters"`)
		c.say(`* XLIST (\HasNoChildren \AllMail) "/" "Elsewhere"`)
		c.say("%s OK done", tag)
		return true
	})
}

func TestJunkByXLIST(t *testing.T) {
	b := newBook(1)
	watch(t, b, oldGoogle, func(w *watching) {
		w.accept(0)
		w.deliver("Bulk letters", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
		if n := w.asked(`XLIST "" "*"`); n != 1 {
			t.Errorf("XLIST was sent %d times, want once: %q", n, w.log)
		}
		m := mailboxNamed(t, w.book, "Bulk letters")
		if m.Role != seedtest.RoleJunk || m.FoundBy != foundXLIST || !m.Essential {
			t.Errorf("%+v, want junk by XLIST", m)
		}
	})
}

// mailboxNamed returns a mailbox of the last listing.
func mailboxNamed(t *testing.T, b *book, name string) seedtest.Mailbox {
	t.Helper()
	all := factsOf[seedtest.Listing](b)
	for _, m := range all[len(all)-1].Mailboxes {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("the listing %+v lacks %q", all, name)
	return seedtest.Mailbox{}
}

func TestXLISTIsAskedAnewForANewMailbox(t *testing.T) {
	watch(t, newBook(1), oldGoogle, func(w *watching) {
		w.accept(0)
		w.create("Later", "")
		w.deliver("Later", w.header(0), "")
		w.ended()
		if n := w.asked("XLIST"); n != 2 {
			t.Errorf("XLIST was sent %d times, want twice", n)
		}
	})
}

func TestXLISTIsNotSentWhereItIsNotWanted(t *testing.T) {
	for _, x := range []struct {
		what, caps string
		most       int
	}{
		{"not announced", "IMAP4rev1 LIST-STATUS", 0},
		{"SPECIAL-USE is there too", allCaps + " XLIST", 0},
		{"refused", "IMAP4rev1 XLIST", 1},
	} {
		watch(t, newBook(1), func(s *server) {
			s.caps, s.answer = x.caps, answering("XLIST", "% BAD unknown command")
		}, func(w *watching) {
			w.accept(0)
			w.deliver("News", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Other)
			if n := w.asked("XLIST"); n != x.most {
				t.Errorf("%s: XLIST was sent %d times, want %d", x.what, n, x.most)
			}
		})
	}
}

// A server may write names in UTF-8 that nobody asked for: it gets them back so.
func TestNamesInPlainUTF8(t *testing.T) {
	for _, x := range []struct{ list, want string }{
		{"Входящие/Спам", "Входящие/Спам"},
		{"&BCEEPwQwBDw-", "Спам"},
	} {
		watch(t, newBook(1), func(s *server) { s.create(x.list, `\Junk`) }, func(w *watching) {
			w.accept(0)
			w.deliver(x.list, w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
			if s := factsOf[seedtest.Sighting](w.book); len(s) != 1 || s[0].Mailbox != x.want {
				t.Errorf("LIST says %q: sightings %+v, want one in %q", x.list, s, x.want)
			}
		})
	}
}

func TestUTF8OnlyIsEnabled(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.caps = "IMAP4rev1 ENABLE UTF8=ACCEPT UTF8=ONLY"
		s.create("Спам", `\Junk`)
		s.instead(func(c *client, tag, line string) bool {
			switch {
			case strings.HasPrefix(line, "ENABLE UTF8=ACCEPT"):
				c.say("* ENABLED UTF8=ACCEPT")
			case strings.HasPrefix(line, "EXAMINE") && c.asked("ENABLE") == 0:
				c.say("%s NO [CANNOT] UTF8=ACCEPT is required", tag)
				return true
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		w.deliver("Спам", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
	})
}

// A name may turn text around and is read all the same; one that drives a terminal is not sent back.
func TestMailboxNamesThatTurnTextAround(t *testing.T) {
	names := []string{"\u05d3\u05d5\u05d0\u05e8\u200f (1)", "a\u202etxt", "News"}
	watch(t, newBook(3), func(s *server) {
		s.caps += " UTF8=ACCEPT"
		s.create(names[0], "")
		s.create(names[1], "")
		s.create("x\x1b[2J", "")
	}, func(w *watching) {
		for i := range names {
			w.accept(i)
			w.deliver(names[i], w.header(i), "")
		}
		w.ended()
		for i, name := range names {
			if p := w.placed(i, seedtest.Other); p.Sightings[0].Mailbox != name {
				t.Errorf("it was seen in %q, want %q", p.Sightings[0].Mailbox, name)
			}
		}
		for _, line := range w.log {
			if strings.Contains(line, "\x1b") {
				t.Errorf("%q was sent", line)
			}
		}
	})
}
