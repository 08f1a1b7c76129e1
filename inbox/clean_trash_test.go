package inbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
)

// labelled is a shelf whose mailboxes are labels: what has one header is one message.
type labelled struct {
	*shelf
	tell func(c *client, tag, code string) // how MOVE ends
}

const allMail = "[Gmail]/All Mail"

// newLabelled has four messages in INBOX and All Mail, of which 2 and 3 are ours, and two of the
// owner's in Trash, one of them marked. All copies of ours are returned.
func newLabelled(t *testing.T, b *book) (*labelled, []Copy) {
	s := &labelled{shelf: &shelf{server: newServer(t)}, tell: func(c *client, tag, code string) {
		c.say("* OK [%s] moved", code)
		c.say("%s OK done", tag)
	}}
	s.caps += " UIDPLUS MOVE X-GM-EXT-1"
	s.create(allMail, `\All`)
	for _, id := range []string{"x@example.net", string(b.tokens[0]) + "@example.org",
		string(b.tokens[1]) + "@example.org", "y@example.net"} {
		for _, name := range []string{"INBOX", allMail} {
			s.deliver(name, "Message-ID: <"+id+">\r\nSubject: hello\r\n\r\n", "")
		}
	}
	s.deliver("Trash", "Message-ID: <z@example.net>\r\n\r\n", "")
	s.deliver("Trash", "Message-ID: <u@example.net>\r\n\r\n", "")
	s.mark("Trash", 1)
	s.instead(s.take)
	var copies []Copy
	for _, name := range []string{allMail, "INBOX"} {
		for i, uid := range []uint32{2, 3} {
			copies = append(copies, Copy{Token: b.tokens[i], Mailbox: name, UIDValidity: 7, UID: uid})
		}
	}
	return s, copies
}

func (s *labelled) take(c *client, tag, line string) bool {
	arg, ok := strings.CutPrefix(line, "UID MOVE ")
	if !ok {
		return s.shelf.take(c, tag, line)
	}
	set, to, _ := strings.Cut(arg, " ")
	if strings.Trim(to, `"`) != "Trash" {
		s.wrong = append(s.wrong, line)
	}
	from, dest := "", ""
	for _, l := range slices.Clone(c.open.messages) {
		if inSet(set, l.uid, 1<<31) {
			from += fmt.Sprint(",", l.uid)
			for _, name := range []string{"INBOX", allMail} {
				m := s.box(name)
				m.messages = slices.DeleteFunc(m.messages,
					func(x letter) bool { return x.header == l.header })
			}
			dest += fmt.Sprint(",", s.deliver("Trash", l.header, ""))
		}
	}
	s.tell(c, tag, "COPYUID 7 "+strings.TrimPrefix(from, ",")+" "+strings.TrimPrefix(dest, ","))
	return true
}

func TestCleanAtGmailRemovesOursOnly(t *testing.T) {
	for _, x := range []struct {
		name            string
		change          func(*labelled)
		only            string // the mailbox whose copies are named; empty: all are
		inbox, all, bin string
		moved, unknown  int // copies that were moved to Trash, and to where nobody knows
		removed         int
		why             string // why some are left
		runs            int
	}{
		{name: "all copies", inbox: "1 4", all: "1 4", bin: "1d 2", moved: 4, removed: 2},
		{name: "archived", only: allMail, inbox: "1 4", all: "1 4", bin: "1d 2", moved: 2, removed: 2},
		{name: "COPYUID at the end", inbox: "1 4", all: "1 4", bin: "1d 2", moved: 4, removed: 2,
			change: func(s *labelled) {
				s.tell = func(c *client, tag, code string) { c.say("%s OK [%s] moved", tag, code) }
			}},
		{name: "no COPYUID", inbox: "1 4", all: "1 4", bin: "1d 2 3 4", moved: 4, unknown: 4,
			change: func(s *labelled) {
				s.tell = func(c *client, tag, code string) { c.say("%s OK moved", tag) }
			}},
		{name: "COPYUID of others", inbox: "1 4", all: "1 4", bin: "1d 2 3 4", moved: 4,
			why: "does not carry the tag", change: func(s *labelled) {
				s.tell = func(c *client, tag, code string) {
					c.say("%s OK [COPYUID 7 2:3 1:2] moved", tag)
				}
			}},
		{name: "COPYUID of another validity", inbox: "1 4", all: "1 4", bin: "1d 2 3 4", moved: 4,
			why: "UIDVALIDITY", change: func(s *labelled) {
				s.tell = func(c *client, tag, code string) {
					c.say("%s OK [COPYUID 8 2:3 3:4] moved", tag)
				}
			}},
		{name: "refused", inbox: "1 2 3 4", all: "1 2 3 4", bin: "1d 2", why: "not today",
			change: func(s *labelled) {
				s.instead(func(c *client, tag, line string) bool {
					if strings.HasPrefix(line, "UID MOVE") {
						c.say("%s NO not today", tag)
						return true
					}
					return s.take(c, tag, line)
				})
			}},
		{name: "no Trash", inbox: "1 2 3 4", all: "1 2 3 4", bin: "1d 2", why: "shows no Trash",
			change: func(s *labelled) { s.box("Trash").attrs = `\Trash \Noselect` }},
		{name: "no UIDPLUS", inbox: "1 2 3 4", all: "1 2 3 4", bin: "1d 2", why: "UIDPLUS",
			change: func(s *labelled) { s.caps = strings.Replace(s.caps, " UIDPLUS", "", 1) }},
		{name: "lost in Trash", inbox: "1 4", all: "1 4", bin: "1d 2", moved: 4, removed: 2, runs: 2,
			change: func(s *labelled) { s.cut = "UID EXPUNGE" }},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook(2)
				s, copies := newLabelled(t, b)
				if x.change != nil {
					x.change(s)
				}
				if x.only != "" {
					copies = slices.DeleteFunc(copies, func(c Copy) bool { return c.Mailbox != x.only })
				}
				told := s.cleanTimes(t, b, copies, max(x.runs, 1))
				for name, want := range map[string]string{"INBOX": x.inbox, allMail: x.all, "Trash": x.bin} {
					if got := s.left(name); got != want {
						t.Errorf("%s holds %q, want %q (commands %q)", name, got, want, s.log)
					}
				}
				if len(s.wrong) > 0 {
					t.Errorf("commands %q: a clean-up has no use for them", s.wrong)
				}
				moved, unknown, removed := counts(told)
				if moved != x.moved || unknown != x.unknown || removed != x.removed {
					t.Errorf("moved %d, %d of them nobody knows where, removed %d of %+v; want %d, %d, %d",
						moved, unknown, removed, told, x.moved, x.unknown, x.removed)
				}
				if x.why != "" && !slices.ContainsFunc(told, func(c Cleaned) bool {
					return !c.Removed && strings.Contains(c.Why, x.why)
				}) {
					t.Errorf("told %+v, want one that was left: %q", told, x.why)
				}
			})
		})
	}
}

// cleanTimes cleans as often as it takes, each time what was told to be left to do.
func (s *labelled) cleanTimes(t *testing.T, b *book, copies []Copy, times int) (told []Cleaned) {
	t.Helper()
	known := func(x seedtest.Token) bool { return slices.Contains(b.tokens, x) }
	for i := range times {
		_, err := New(Options{Dial: s.dial}).Clean(t.Context(), b.seed, copies, known,
			func(c []Cleaned) error { told = append(told, c...); return nil })
		if (err != nil) != (i < times-1) {
			t.Errorf("clean-up %d: %v", i+1, err)
		}
		copies = nil
		for _, c := range told {
			if c.Moved != nil && !slices.Contains(copies, *c.Moved) {
				copies = append(copies, *c.Moved)
			}
		}
	}
	return told
}

func counts(told []Cleaned) (moved, unknown, removed int) {
	for _, c := range told {
		switch {
		case c.Moved != nil && c.Moved.UID == 0:
			moved, unknown = moved+1, unknown+1
		case c.Moved != nil:
			moved++
		case c.Removed:
			removed++
		}
	}
	return moved, unknown, removed
}

func TestCopyUID(t *testing.T) {
	for code, want := range map[string]string{
		"COPYUID 7 2 9":                       "7 map[2:9]",
		"copyuid 7 2:3,8 9:11":                "7 map[2:9 3:10 8:11]",
		"COPYUID 7 3:2 9,12":                  "7 map[2:9 3:12]",
		"COPYUID 7 2:3 9":                     "0 map[]",
		"COPYUID 0 2 9":                       "0 map[]",
		"COPYUID 7 2 *":                       "0 map[]",
		"COPYUID 7 2,2 9,10":                  "0 map[]",
		"COPYUID 7 2,3 9,9":                   "0 map[]",
		"COPYUID 7 0 9":                       "0 map[]",
		"COPYUID 7 1:4294967295 1:4294967295": "0 map[]",
		"COPYUID 7 2":                         "0 map[]",
		"APPENDUID 7 2":                       "0 map[]",
		"":                                    "0 map[]",
	} {
		got := (&answer{code: code}).copyUID()
		if s := fmt.Sprint(got.validity, " ", got.uids); s != want {
			t.Errorf("copyUID of %q = %s, want %s", code, s, want)
		}
	}
}
