package inbox

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

const letterOfOthers = "Subject: other\r\n\r\n"

// delete removes a mailbox with all that is in it.
func (s *server) delete(name string) *mailbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.box(name)
	s.boxes = slices.DeleteFunc(s.boxes, func(x *mailbox) bool { return x == m })
	return m
}

// remake deletes a mailbox, if it is there, and makes one of its name.
func (s *server) remake(name string, validity uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boxes = slices.DeleteFunc(s.boxes, func(x *mailbox) bool { return x.name == name })
	s.boxes = append(s.boxes, &mailbox{name: name, validity: validity, next: 1})
}

// renumber gives a mailbox another UIDVALIDITY, and its messages UIDs from 1 on.
func (s *server) renumber(name string, validity uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.box(name)
	m.validity, m.next = validity, 1
	for i := range m.messages {
		m.messages[i].uid = m.next
		m.next++
	}
}

// rename gives a mailbox another name.
func (s *server) rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box(from).name = to
}

// ownNumbers gives mailboxes a UIDVALIDITY each, as most servers do.
func ownNumbers(s *server) {
	for i, m := range s.boxes {
		m.validity = uint32(100 + i)
	}
}

// fate is what happens to the mailbox News between two sweeps, with mail that nobody has seen in
// it.
type fate struct {
	name    string
	before  func(*server) // before the baseline
	happen  func(*watching)
	want    seedtest.Placement // of message 0, which may be in the mailbox
	why     string             // in words, if it is blind
	another seedtest.Placement // of message 1, which never comes
}

// What went with a mailbox, or may have, was never called missing.
func TestRule06MailboxesThatGo(t *testing.T) {
	const blind, overdue = seedtest.Blind, seedtest.Overdue
	comes := func(w *watching) { w.deliver("News", w.header(0), "") }
	old := func(s *server) {
		ownNumbers(s)
		s.box("News").next = 40 // with gaps below
		s.deliver("News", letterOfOthers, "")
		s.deliver("News", letterOfOthers, "")
	}
	for _, x := range []fate{
		{"deleted", ownNumbers, func(w *watching) { comes(w); w.delete("News") },
			blind, "News is not listed any more", blind},
		{"deleted where copies of what was sent lie", nil, func(w *watching) {
			w.deliver("Sent", w.header(0), "")
			w.delete("Sent")
		}, overdue, "", overdue},
		{"cannot be selected any more", ownNumbers, func(w *watching) {
			comes(w)
			w.server.mu.Lock()
			defer w.server.mu.Unlock()
			w.box("News").attrs, w.box("News").messages = `\Noselect`, nil
		}, blind, "News is not listed any more", blind},
		{"renamed", old, func(w *watching) { comes(w); w.rename("News", "Olds") },
			seedtest.Other, "", overdue},
		{"renamed at a server that numbers all mailboxes alike", nil,
			func(w *watching) { w.rename("News", "Olds") }, blind, "News is not listed any more", blind},
		{"renamed after it was deleted and made anew", ownNumbers, func(w *watching) {
			comes(w)
			w.remake("News", 300)
			w.rename("News", "Olds")
		}, blind, "News is not listed any more", blind},
		{"made anew and empty", ownNumbers, func(w *watching) { comes(w); w.remake("News", 300) },
			blind, "News is numbered anew", blind},
		{"made anew with less in it", old, func(w *watching) {
			comes(w)
			w.remake("News", 300)
			w.deliver("News", letterOfOthers, "")
		}, blind, "News is numbered anew", blind},
		{"made anew with as much in it", old, func(w *watching) {
			comes(w)
			w.remake("News", 300)
			w.deliver("News", letterOfOthers, "")
			w.deliver("News", letterOfOthers, "")
		}, blind, "News is numbered anew", blind},
		{"made anew by the same number", old, func(w *watching) { comes(w); w.remake("News", 104) },
			blind, "News is numbered anew", blind},
		{"made anew by the same number, and mail comes", old, func(w *watching) {
			w.remake("News", 104)
			comes(w)
		}, seedtest.Other, "", blind},
		{"numbered anew", old, func(w *watching) {
			comes(w)
			w.renumber("News", 300)
		}, seedtest.Other, "", blind},
		{"numbered anew after mail came and went", old, func(w *watching) {
			w.remove("News", w.deliver("News", w.header(0), ""))
			w.renumber("News", 300)
		}, blind, "News is numbered anew", blind},
		{"not listed for a while", old, func(w *watching) {
			m := w.delete("News")
			time.Sleep(2 * time.Minute)
			w.server.mu.Lock()
			defer w.server.mu.Unlock()
			w.boxes = append(w.boxes, m)
		}, overdue, "", overdue},
	} {
		for _, own := range []bool{true, false} {
			t.Run(x.name, func(t *testing.T) {
				b := newBook(2)
				b.seed.Own = own
				watch(t, b, x.before, func(w *watching) {
					w.accept(0)
					w.accept(1)
					time.Sleep(time.Minute + time.Second)
					x.happen(w)
					w.ended()
					if p := w.placed(0, x.want); x.want == blind && !strings.Contains(p.Why, x.why) {
						t.Errorf("why %q, want %q", p.Why, x.why)
					}
					w.placed(1, x.another)
				})
			})
		}
	}
}

// Mail that was read under the old name and removed there does not vanish under the new one.
func TestRule06ReadMailDoesNotVanishByRenaming(t *testing.T) {
	watch(t, newBook(1), ownNumbers, func(w *watching) {
		w.accept(0)
		uid := w.deliver("News", letterOfOthers, "")
		w.deliver("News", letterOfOthers, "")
		time.Sleep(time.Minute)
		w.remove("News", uid)
		w.rename("News", "Olds")
		w.ended()
		w.placed(0, seedtest.Overdue)
		if f := w.run().Faults; len(f) != 0 {
			t.Errorf("faults %+v, want none", f)
		}
	})
}

// A message that was sent after a mailbox was found gone cannot have gone with it.
func TestRule06GoneBeforeItWasSent(t *testing.T) {
	watch(t, newBook(2), ownNumbers, func(w *watching) {
		w.accept(0)
		w.delete("News")
		time.Sleep(time.Minute)
		w.accept(1)
		w.ended()
		w.placed(0, seedtest.Blind)
		w.placed(1, seedtest.Overdue)
	})
}

// A mailbox that goes while no process watches takes mail with it too, whether the baseline has it
// or it came later.
func TestRule06MailboxGoneBetweenProcesses(t *testing.T) {
	for _, mailbox := range []string{"News", "Later"} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			ownNumbers(s)
			first := begin(t, b, s, b.awaiting())
			<-b.based
			b.accept(0)
			if mailbox == "Later" {
				s.remake("Later", 200)
			}
			time.Sleep(time.Minute)
			first.cancel()
			<-first.done
			s.deliver(mailbox, b.header(0), "")
			s.delete(mailbox)

			a := b.awaiting()
			a.Baseline = &factsOf[seedtest.Baseline](b)[0]
			listings := factsOf[seedtest.Listing](b)
			a.Mailboxes = listings[len(listings)-1].Mailboxes
			second := begin(t, b, s, a)
			second.ended()
			if p := second.placed(0, seedtest.Blind); !strings.Contains(p.Why, mailbox) {
				t.Errorf("why %q does not name %s", p.Why, mailbox)
			}
		})
	}
}

// A mailbox that one list lacks, and a status that is older than the last one, hide nothing.
func TestRule06StaleAnswersLoseNothing(t *testing.T) {
	for _, stale := range []string{"LIST", "STATUS"} {
		watch(t, newBook(1), ownNumbers, func(w *watching) {
			w.accept(0)
			w.deliver("News", letterOfOthers, "")
			time.Sleep(time.Minute)
			news, once := w.box("News"), true
			w.server.instead(func(c *client, tag, line string) bool {
				switch {
				case !once || !inRound(w) && stale == "LIST":
				case strings.HasPrefix(line, stale+` "" "*"`):
					once = false
					w.delete("News")
					c.list("")
					w.server.mu.Lock()
					w.boxes = append(w.boxes, news)
					w.server.mu.Unlock()
					c.say("%s OK done", tag)
					return true
				case strings.HasPrefix(line, `STATUS "News"`):
					once = false
					c.say("* STATUS News (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %d)", news.validity)
					c.say("%s OK done", tag)
					return true
				}
				return false
			})
			w.ended()
			w.placed(0, seedtest.Overdue)
			if f := w.run().Faults; len(f) != 0 || once {
				t.Errorf("%s: faults %+v, want none; it was never stale: %t", stale, f, once)
			}
		})
	}
}

// A mailbox that was not listed when a process began, and is again, is read like any other.
func TestRule06MailboxComesBackAfterAResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		ownNumbers(s)
		first := begin(t, b, s, b.awaiting())
		<-b.based
		b.accept(0)
		first.cancel()
		<-first.done

		a := b.awaiting()
		a.Baseline = &factsOf[seedtest.Baseline](b)[0]
		listings := factsOf[seedtest.Listing](b)
		a.Mailboxes = listings[len(listings)-1].Mailboxes
		away := true
		s.instead(func(c *client, tag, line string) bool {
			if !away || !strings.HasPrefix(line, "LIST") {
				return false
			}
			away = false
			news := s.delete("News")
			_ = c.honest(tag, line)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.boxes = append(s.boxes, news)
			return true
		})
		for range 2 * fetchBatch {
			s.deliver("News", "Subject: another\r\n\r\n", "")
		}
		s.deliver("News", b.header(0), "")
		second := begin(t, b, s, a)
		second.ended()
		second.placed(0, seedtest.Other)
	})
}
