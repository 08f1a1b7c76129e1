package inbox

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"seedtest"
)

// shelf is a mailbox that can be written to, behind the honest server.
type shelf struct {
	*server
	mu       sync.Mutex
	readOnly bool
	cut      string
	wrong    []string // commands that no clean-up may send
}

func (s *shelf) take(c *client, tag, line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut != "" && strings.HasPrefix(line, s.cut) {
		s.cut = ""
		_ = c.Conn.Close()
		return true
	}
	word, arg, _ := strings.Cut(line, " ")
	if word == "UID" {
		word, arg, _ = strings.Cut(arg, " ")
		word = "UID " + word
	}
	switch word {
	case "SELECT":
		s.selected(c, tag, arg)
		return true
	case "UID STORE":
		s.store(c.open, arg)
	case "UID EXPUNGE":
		expunge(c.open, arg)
	case "UID FETCH":
		if strings.Contains(arg, "BODY[") {
			s.wrong = append(s.wrong, line)
		}
		return false
	case "CAPABILITY", "LOGIN", "ID", "LIST", "LOGOUT":
		return false
	default:
		s.wrong = append(s.wrong, line)
	}
	c.say("%s OK done", tag)
	return true
}

func (s *shelf) selected(c *client, tag, arg string) {
	m := c.named(arg)
	c.server.mu.Lock()
	c.open = m
	c.server.mu.Unlock()
	c.say("* %d EXISTS", len(m.messages))
	c.say("* OK [UIDVALIDITY %d] valid", m.validity)
	if s.readOnly {
		c.say("%s OK [READ-ONLY] done", tag)
		return
	}
	c.say("%s OK [READ-WRITE] done", tag)
}

func (s *shelf) store(m *mailbox, arg string) {
	set, what, _ := strings.Cut(arg, " ")
	if what != `+FLAGS.SILENT (\Deleted)` {
		s.wrong = append(s.wrong, "UID STORE "+arg)
	}
	for i, l := range m.messages {
		if inSet(set, l.uid, 1<<31) {
			m.messages[i].deleted = true
		}
	}
}

func expunge(m *mailbox, set string) {
	m.messages = slices.DeleteFunc(m.messages, func(l letter) bool {
		return l.deleted && inSet(set, l.uid, 1<<31)
	})
}

// mark marks a message as its owner does who deletes it.
func (s *server) mark(name string, uid uint32) {
	for i, l := range s.box(name).messages {
		if l.uid == uid {
			s.box(name).messages[i].deleted = true
		}
	}
}

// left says which messages are in a mailbox, a "d" behind those that are marked.
func (s *server) left(name string) string {
	var list []string
	for _, l := range s.box(name).messages {
		word := fmt.Sprint(l.uid)
		if l.deleted {
			word += "d"
		}
		list = append(list, word)
	}
	return strings.Join(list, " ")
}

// newShelf has five messages: 1 and 5 are of others and 1 is marked by its owner if asked, 2 and 3
// are ours, and 4 is somebody else's where ours was recorded.
func newShelf(t *testing.T, b *book, caps string, marked bool) (*shelf, []Copy) {
	s := &shelf{server: newServer(t)}
	s.caps += caps
	for _, id := range []string{"x@example.net", string(b.tokens[0]) + "@example.org",
		string(b.tokens[1]) + "@example.org", "y@example.net", "z@example.net"} {
		s.deliver("INBOX", "Message-ID: <"+id+">\r\nSubject: hello\r\n\r\n", "")
	}
	if marked {
		s.mark("INBOX", 1)
	}
	s.instead(s.take)
	var copies []Copy
	for i, uid := range []uint32{2, 3, 4} {
		copies = append(copies, Copy{Token: b.tokens[i], Mailbox: "INBOX", UIDValidity: 7, UID: uid})
	}
	return s, copies
}

func TestCleanRemovesOursOnly(t *testing.T) {
	for _, x := range []struct {
		name, caps string
		marked     bool
		change     func(*shelf, []Copy)
		left, why  string
		runs       int
	}{
		{name: "UIDPLUS", caps: " UIDPLUS", marked: true, left: "1d 4 5",
			why: "does not carry the tag"},
		{name: "no UIDPLUS", left: "1 2 3 4 5", why: "UIDPLUS"},
		{name: "UIDPLUS that the preset denies", caps: " UIDPLUS", marked: true, left: "1d 2 3 4 5",
			why: "UIDPLUS", runs: 1},
		{name: "numbered anew", caps: " UIDPLUS", left: "1 2 3 4 5", why: "UIDVALIDITY",
			change: func(s *shelf, _ []Copy) { s.box("INBOX").validity = 8 }},
		{name: "read-only", caps: " UIDPLUS", left: "1 2 3 4 5", why: "only be read",
			change: func(s *shelf, _ []Copy) { s.readOnly = true }},
		{name: "no such mailbox", caps: " UIDPLUS", left: "1 2 3 4 5", why: "no such mailbox",
			change: func(_ *shelf, copies []Copy) {
				for i := range copies {
					copies[i].Mailbox = "Elsewhere"
				}
			}},
		{name: "lost before STORE", caps: " UIDPLUS", marked: true, left: "1d 4 5",
			change: func(s *shelf, _ []Copy) { s.cut = "UID STORE" }, why: "tag", runs: 2},
		{name: "lost before EXPUNGE", caps: " UIDPLUS", marked: true, left: "1d 4 5",
			change: func(s *shelf, _ []Copy) { s.cut = "UID EXPUNGE" }, why: "tag", runs: 2},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook(3)
				s, copies := newShelf(t, b, x.caps, x.marked)
				if x.change != nil {
					x.change(s, copies)
				}
				if strings.Contains(x.name, "preset") {
					b.seed.Provider.Quirks = []string{"no-uidplus"}
				}
				told := cleanTimes(t, s, b, copies, max(x.runs, 1))
				if got := s.left("INBOX"); got != x.left {
					t.Errorf("left %q, want %q (commands %q)", got, x.left, s.log)
				}
				if len(s.wrong) > 0 {
					t.Errorf("commands %q: a clean-up has no use for them", s.wrong)
				}
				if !slices.ContainsFunc(told, func(c Cleaned) bool {
					return !c.Removed && strings.Contains(c.Why, x.why)
				}) {
					t.Errorf("told %+v, want one that was left: %q", told, x.why)
				}
			})
		})
	}
}

// cleanTimes cleans as often as it takes: all but the last time must fail.
func cleanTimes(t *testing.T, s *shelf, b *book, copies []Copy, times int) (told []Cleaned) {
	t.Helper()
	known := func(x seedtest.Token) bool { return slices.Contains(b.tokens, x) }
	for i := range times {
		cost, err := New(Options{Dial: s.dial}).Clean(t.Context(), b.seed, copies, known,
			func(c []Cleaned) error { told = append(told, c...); return nil })
		if (err != nil) != (i < times-1) || cost.SignIns != 1 || cost.Commands < 4 {
			t.Errorf("clean-up %d: %+v, %v", i+1, cost, err)
		}
	}
	return told
}

func TestCleanRemovesNothingOfAnotherInstallation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook(3)
		s, copies := newShelf(t, b, " UIDPLUS", false)
		var told []Cleaned
		_, err := New(Options{Dial: s.dial}).Clean(t.Context(), b.seed, copies,
			func(seedtest.Token) bool { return false },
			func(c []Cleaned) error { told = append(told, c...); return nil })
		if err != nil || s.left("INBOX") != "1 2 3 4 5" || s.asked("UID STORE") > 0 || len(told) != 3 {
			t.Errorf("%v, left %q, told %+v", err, s.left("INBOX"), told)
		}
	})
}
