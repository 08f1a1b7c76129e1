package inbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

func TestClassAt(t *testing.T) {
	tabs := seedtest.Provider{ClassBy: seedtest.ClassHeader, ClassField: "X-Tab",
		Classes: []string{"Focused", "other"}}
	for _, x := range []struct {
		what     string
		provider seedtest.Provider
		header   string
		want     string
	}{
		{"no classes", seedtest.Provider{}, "X-Tab: other\r\n", ""},
		{"hidden", seedtest.Provider{ClassBy: seedtest.ClassHidden}, "X-Tab: other\r\n", classUnknown},
		{"by a field", tabs, "X-TAB:\r\n other \r\n", "other"},
		{"in any case", tabs, "X-Tab: FOCUSED\r\n", "Focused"},
		{"the provider's own above the sender's", tabs, "X-Tab: other\r\nX-Tab: focused\r\n", "other"},
		{"no field", tabs, "Subject: other\r\n", classUnknown},
		{"an unknown value", tabs, "X-Tab: spam\r\n", classUnknown},
	} {
		if got := classAt(x.provider, readFields([]byte(x.header))); got != x.want {
			t.Errorf("%s: classAt(%q) = %q, want %q", x.what, x.header, got, x.want)
		}
	}
}

// gmail is a server whose categories are told by X-GM-RAW; All Mail shows what the others hold.
type gmail struct {
	*server
	class map[uint32]string // of UIDs in INBOX
}

var gmailClasses = []string{"primary", "social", "promotions", "updates", "forums", "reservations",
	"purchases"}

func gmailSeed(b *book) {
	b.seed.Provider = seedtest.Provider{ID: "gmail", ClassBy: seedtest.ClassXGMRAW, Classes: gmailClasses,
		Essential: []string{`\All`}}
}

func (g *gmail) begin(s *server) {
	g.server, g.class = s, map[uint32]string{}
	s.caps = allCaps + " X-GM-EXT-1"
	s.create("[Gmail]/All Mail", `\All`)
	s.instead(g.answer)
}

// answer takes the searches by category, one UID and one category each.
func (g *gmail) answer(c *client, tag, line string) bool {
	var uid uint32
	var class string
	if !strings.HasPrefix(line, "UID SEARCH") {
		return false
	}
	for _, form := range []string{`UID SEARCH UID %d X-GM-RAW "category:%s`,
		`UID SEARCH X-GM-RAW "category:%[2]s UID %[1]d`} {
		if n, _ := fmt.Sscanf(line, form, &uid, &class); n == 2 {
			break
		}
	}
	c.mu.Lock()
	hit := c.open != nil && c.open.name == "INBOX" && g.class[uid] == strings.Trim(class, `")`)
	c.mu.Unlock()
	if hit {
		c.say("* SEARCH %d", uid)
	} else {
		c.say("* SEARCH")
	}
	c.say("%s OK done", tag)
	return true
}

func TestGmailCategories(t *testing.T) {
	for _, class := range gmailClasses {
		t.Run(class, func(t *testing.T) {
			var g gmail
			b := newBook(1)
			gmailSeed(b)
			watch(t, b, g.begin, func(w *watching) {
				g.class[1] = class
				w.accept(0)
				w.deliver("[Gmail]/All Mail", w.header(0), "")
				w.deliver("INBOX", w.header(0), "")
				w.ended()
				want := seedtest.Category
				if class == "primary" {
					want = seedtest.Inbox
				}
				w.placed(0, want)
				for _, s := range factsOf[seedtest.Sighting](w.book) {
					if s.Mailbox == "INBOX" && s.Class != class {
						t.Errorf("class %q, want %q: sent %q", s.Class, class, w.log)
					}
				}
			})
		})
	}
}

// A category may come some time after the message.
func TestGmailCategoryThatComesLate(t *testing.T) {
	var g gmail
	b := newBook(1)
	gmailSeed(b)
	b.settled = true
	watch(t, b, g.begin, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		time.Sleep(2 * time.Second)
		if p := w.placed(0, seedtest.Inbox); p.Placements.Class != classUnknown {
			t.Errorf("class %q before there is one, want unknown", p.Placements.Class)
		}
		w.server.mu.Lock()
		g.class[1] = "promotions"
		w.server.mu.Unlock()
		w.ended()
		if p := w.placed(0, seedtest.Category); p.Placements.Class != "promotions" || len(p.Sightings) != 1 {
			t.Errorf("class %q of %d copies, want promotions of one", p.Placements.Class, len(p.Sightings))
		}
	})
}

// A message that is sorted anew within INBOX changes no status. It is noticed all the same, with
// the interval in which it happened: soon at a server of ours, within about an hour at those of
// others.
func TestGmailCategoryThatChanges(t *testing.T) {
	for own, within := range map[bool]time.Duration{true: 11 * time.Second, false: 80 * time.Minute} {
		t.Run(fmt.Sprintf("own %t", own), func(t *testing.T) {
			var g gmail
			b := newBook(1)
			gmailSeed(b)
			b.seed.Own, b.settled, b.suite.Follow = own, true, 5*time.Hour
			watch(t, b, g.begin, func(w *watching) {
				g.class[1] = "primary"
				w.accept(0)
				w.deliver("INBOX", w.header(0), "")
				time.Sleep(130 * time.Minute)
				w.server.mu.Lock()
				g.class[1] = "promotions"
				w.server.mu.Unlock()
				changed := time.Now()
				before := w.asked("UID SEARCH")
				w.ended()
				p := w.placed(0, seedtest.Category)
				if p.Placements.First != seedtest.Inbox || p.Placements.Class != "promotions" ||
					p.Placements.Settled == nil || *p.Placements.Settled != seedtest.Category {
					t.Errorf("placements %+v, want first inbox and settled category promotions",
						p.Placements)
				}
				moves := p.Moves()
				if len(moves) != 1 || moves[0].Kind != seedtest.Resorted ||
					moves[0].OldClass != "primary" || moves[0].Class != "promotions" {
					w.t.Fatalf("moves %+v, want one from primary to promotions", moves)
				}
				if m := moves[0]; m.After.After(changed) || m.Before.Before(changed) ||
					m.Before.Sub(m.After) > within {
					t.Errorf("between %s and %s, want %s in it and at most %s", m.After, m.Before,
						changed, within)
				}
				if n := w.asked("UID SEARCH") - before; !own && n > 3+len(gmailClasses) {
					t.Errorf("%d searches in 3 hours, want one an hour and one for each class", n)
				}
			})
		})
	}
}

// What stands in All Mail as well is one message: the mailbox that holds it decides.
func TestGmailLabelsAreOneMessage(t *testing.T) {
	for _, x := range []struct {
		label string
		want  seedtest.Placement
	}{{"INBOX", seedtest.Inbox}, {"Receipts", seedtest.Other}, {"", seedtest.Other}} {
		var g gmail
		b := newBook(1)
		gmailSeed(b)
		watch(t, b, func(s *server) { g.begin(s); s.create("Receipts", "") }, func(w *watching) {
			w.accept(0)
			if x.label != "" {
				w.deliver(x.label, w.header(0), "")
			}
			w.deliver("[Gmail]/All Mail", w.header(0), "")
			w.ended()
			w.placed(0, x.want)
		})
	}
}

// A server that does not announce the extension is not asked with it, and the class is unknown.
func TestNoGmailSearchElsewhere(t *testing.T) {
	b := newBook(1)
	gmailSeed(b)
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		if p := w.placed(0, seedtest.Inbox); p.Placements.Class != classUnknown || w.asked("UID SEARCH") != 0 {
			t.Errorf("class %q after %d searches, want unknown after none", p.Placements.Class,
				w.asked("UID SEARCH"))
		}
	})
}

func TestClassByHeader(t *testing.T) {
	b := newBook(1)
	b.seed.Provider = seedtest.Provider{ClassBy: seedtest.ClassHeader, ClassField: "X-Tab",
		Classes: []string{"focused", "other"}}
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", "X-Tab: Other\r\n"+w.header(0), "")
		w.ended()
		s := factsOf[seedtest.Sighting](w.book)
		if i := slices.IndexFunc(s, func(s seedtest.Sighting) bool { return s.Class == "other" }); i < 0 {
			t.Errorf("sightings %+v, want one of class other", s)
		}
	})
}
