package inbox

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

func TestWatchFindsMailWhereverItLands(t *testing.T) {
	for _, x := range []struct {
		mailbox string
		want    seedtest.Placement
		within  time.Duration
	}{
		{"INBOX", seedtest.Inbox, 100 * time.Millisecond},
		{"Spam", seedtest.Junk, 100 * time.Millisecond},
		{"News", seedtest.Other, time.Second},
		{"Trash", seedtest.Other, time.Second},
	} {
		t.Run(x.mailbox, func(t *testing.T) {
			watch(t, newBook(1), nil, func(w *watching) {
				w.accept(0)
				w.deliver(x.mailbox, w.header(0), "")
				begun := time.Now()
				w.ended()
				if d := time.Since(begun); d > x.within {
					t.Errorf("seen after %s, want at most %s", d, x.within)
				}
				p := w.placed(0, x.want)
				if s := factsOf[seedtest.Sighting](w.book); len(s) != 1 || !carries(s[0], w.header(0)) {
					t.Errorf("sightings: %+v, want one with the header as delivered", s)
				}
				if s := p.Sightings[0]; s.UID != 1 || s.UIDValidity != 7 || s.InternalDate.IsZero() ||
					len(s.Carriers) != 2 {
					t.Errorf("sighting %+v lacks UID, UIDVALIDITY, date or carriers", s.Sighting)
				}
			})
		})
	}
}

func TestWatchAtProvidersOfOthers(t *testing.T) {
	for _, caps := range []string{allCaps, "IMAP4rev1 LIST-STATUS"} {
		b := newBook(1)
		b.seed.Own = false
		watch(t, b, func(s *server) { s.caps = caps }, func(w *watching) {
			w.accept(0)
			time.Sleep(20 * time.Second)
			w.deliver("Spam", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
			if n := w.asked("STATUS"); n > 20 {
				t.Errorf("%d STATUS in half a minute", n)
			}
		})
	}
}

func TestWatchTakesPushesInIDLE(t *testing.T) {
	b := newBook(1)
	b.seed.Own = false
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		time.Sleep(7*time.Minute + 20*time.Second) // the next look is 40 s away
		w.deliver("INBOX", w.header(0), "")
		begun := time.Now()
		w.ended()
		if d := time.Since(begun); d > time.Second {
			t.Errorf("a push was noticed after %s", d)
		}
	})
}

func TestWatchSeesDuplicatesAndMoves(t *testing.T) {
	b := newBook(1)
	b.settled = true
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		first := w.deliver("INBOX", w.header(0), "")
		w.deliver("Spam", w.header(0), "")
		time.Sleep(time.Minute)
		if p := w.placed(0, seedtest.Inbox); len(p.Sightings) != 2 {
			t.Errorf("%d copies, want 2", len(p.Sightings))
		}
		w.move("INBOX", first, "News")
		time.Sleep(time.Minute)
		p := w.placed(0, seedtest.Junk)
		if len(p.Sightings) != 3 || p.Sightings[0].Gone == nil {
			t.Fatalf("copies after the move: %+v", p.Sightings)
		}
		if g := p.Sightings[0].Gone; g.LastSeen.Before(p.Sightings[0].At) {
			t.Errorf("gone says last seen at %s, before it was seen", g.LastSeen)
		}
		w.ended()
	})
}

// A copy that came to INBOX after it was asked, and while another mailbox was read, decides all the
// same. Mail that was found in INBOX needs no other look.
func TestRule10WatchLooksForACopyInINBOX(t *testing.T) {
	for _, mailbox := range []string{"INBOX", "Spam", "News"} {
		t.Run(mailbox, func(t *testing.T) {
			watch(t, newBook(1), nil, func(w *watching) {
				w.accept(0)
				var came atomic.Bool
				var looks atomic.Int32
				w.instead(func(_ *client, _, line string) bool {
					switch {
					case !strings.HasPrefix(line, "UID FETCH"):
						if came.Load() && strings.HasPrefix(line, "STATUS INBOX") {
							looks.Add(1)
						}
					case came.CompareAndSwap(false, true) && mailbox != "INBOX":
						w.deliver("INBOX", w.header(0), "")
					}
					return false
				})
				w.deliver(mailbox, w.header(0), "")
				w.ended()
				w.placed(0, seedtest.Inbox)
				if n := looks.Load(); n > 1 || (n == 0) != (mailbox == "INBOX") {
					t.Errorf("%d looks after it was found", n)
				}
			})
		})
	}
}

func TestWatchRespectsTheBaseline(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		for range 3 {
			s.deliver("INBOX", "Subject: old\r\n\r\n", "")
		}
		s.remove("INBOX", 3)
	}, func(w *watching) {
		base := factsOf[seedtest.Baseline](w.book)[0]
		if m := base.Mailboxes[0]; m.Mailbox != "INBOX" || m.LastUID != 2 || m.UIDNext != 4 {
			t.Errorf("mark %+v, want INBOX with last UID 2 and UIDNEXT 4", m)
		}
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		if n := w.asked("UID FETCH 4 (") + w.asked("UID FETCH 4:4 ("); n != 1 {
			t.Errorf("read %q, want UID 4 only", w.log)
		}
	})
}

func TestWatchReadsAnewAfterRenumbering(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		s.deliver("INBOX", "Subject: old\r\n\r\n", "")
		s.deliver("INBOX", "Subject: old\r\n\r\n", "")
	}, func(w *watching) {
		w.accept(0)
		w.server.mu.Lock()
		inbox := w.box("INBOX")
		inbox.validity, inbox.next = 8, 1
		inbox.messages = nil
		w.server.mu.Unlock()
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		if s := w.placed(0, seedtest.Inbox).Sightings[0]; s.UIDValidity != 8 || s.UID != 1 {
			t.Errorf("sighting %+v, want UID 1 under the new UIDVALIDITY", s.Sighting)
		}
	})
}

func TestWatchFindsMailInANewMailbox(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.create("Later", "")
		w.deliver("Later", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Other)
		if n := len(factsOf[seedtest.Listing](w.book)); n != 2 {
			t.Errorf("%d listings, want one before and one after", n)
		}
	})
}

func TestWatchOutlastsALostConnection(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		synctest.Wait()
		w.server.refuse(errDown)
		w.hangUp()
		time.Sleep(time.Minute)
		w.deliver("News", w.header(0), "")
		w.server.refuse(nil)
		w.ended()
		w.placed(0, seedtest.Other)
		faults := w.run().Faults
		if len(faults) != 2 {
			t.Fatalf("faults %+v, want one lost and one connect", faults)
		}
		for _, f := range faults {
			if f.To == nil || f.To.Sub(f.From) < 50*time.Second {
				t.Errorf("fault %+v, want one that lasted a minute and is over", f.Fault)
			}
		}
	})
}

func TestWatchResumesFromABaseline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(2), newServer(t)
		b.settled = true
		first := begin(t, b, s, b.awaiting())
		<-b.based
		b.accept(0)
		s.deliver("INBOX", b.header(0), "")
		time.Sleep(time.Minute)
		first.cancel()
		<-first.done
		b.accept(1)
		s.deliver("Spam", b.header(1), "")

		a := b.awaiting()
		a.Baseline = &factsOf[seedtest.Baseline](b)[0]
		for _, x := range factsOf[seedtest.Sighting](b) {
			x.Header = nil
			a.Seen = append(a.Seen, seedtest.Seen{Sighting: x, Last: a.Now()})
		}
		second := begin(t, b, s, a)
		second.ended()
		second.placed(0, seedtest.Inbox)
		second.placed(1, seedtest.Junk)
		if n := len(factsOf[seedtest.Sighting](b)); n != 2 {
			t.Errorf("%d sightings, want 2: what was seen is not seen again", n)
		}
		if n := len(factsOf[seedtest.Baseline](b)); n != 1 {
			t.Errorf("%d baselines, want that of the first process only", n)
		}
	})
}

func TestWatchRecordsAListingOnce(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(2 * time.Second)
		w.server.mu.Lock()
		slices.Reverse(w.server.boxes) // servers keep no order
		w.server.mu.Unlock()
		w.ended()
		if n := len(factsOf[seedtest.Listing](w.book)); n != 1 {
			t.Errorf("%d listings of the same mailboxes, want 1", n)
		}
	})
}

func TestWatchRecordsWhatItSpent(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.server.mu.Lock()
		sent := len(w.server.log)
		w.server.mu.Unlock()
		spent := factsOf[seedtest.Spent](w.book)
		if len(spent) != 1 || spent[0].SignIns != 1 || spent[0].Commands < 5 || spent[0].Commands > sent {
			t.Errorf("spent %+v, want 1 sign-in and at most the %d commands that the server saw", spent, sent)
		}
	})
}

// Some servers tell a UIDNEXT that is lower than UIDs in use, or none.
func TestWatchDoesWithoutUIDNEXT(t *testing.T) {
	for _, item := range []string{"UIDNEXT 1 ", ""} {
		watch(t, newBook(1), func(s *server) {
			s.deliver("INBOX", "Subject: old\r\n\r\n", "")
			s.instead(func(c *client, tag, line string) bool {
				switch {
				case strings.HasPrefix(line, "STATUS"):
					c.say(`* %s (%sUIDVALIDITY 7 MESSAGES 1)`, line[:strings.Index(line, " (")], item)
				case strings.HasPrefix(line, "EXAMINE"):
					c.mu.Lock()
					c.open = c.box(strings.Trim(line[len("EXAMINE "):], `"`))
					n := len(c.open.messages)
					c.mu.Unlock()
					c.say("* %d EXISTS", n)
				default:
					return false
				}
				c.say("%s OK done", tag)
				return true
			})
		}, func(w *watching) {
			if m := factsOf[seedtest.Baseline](w.book)[0].Mailboxes[0]; m.LastUID != 1 {
				t.Errorf("with %q the mark of INBOX is %+v, want last UID 1", item, m)
			}
			w.accept(0)
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			if s := w.placed(0, seedtest.Inbox).Sightings; len(s) != 1 || s[0].UID != 2 {
				t.Errorf("with %q sighted %+v, want UID 2", item, s)
			}
		})
	}
}

func TestWatchReadsLargeMailboxesInBatches(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		for range 3 * fetchBatch {
			w.deliver("News", "Subject: other\r\n\r\n", "")
		}
		w.deliver("News", w.header(0), "")
		w.accept(0)
		w.ended()
		w.placed(0, seedtest.Other)
		if n := w.asked("UID FETCH"); n < 5 {
			t.Errorf("%d UID FETCH for %d messages, want a list and batches", n, 3*fetchBatch+1)
		}
	})
}

// A mailbox that is renumbered between its status and the visit for the baseline must be read by
// its new numbers.
func TestRule06RenumberedWhileTheBaselineIsTaken(t *testing.T) {
	watch(t, newBook(1), func(s *server) {
		junk := s.box("Spam")
		junk.next = 309
		s.instead(func(c *client, tag, line string) bool {
			if !strings.HasPrefix(line, "EXAMINE") {
				return false
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if junk.validity == 7 {
				junk.validity, junk.next = 8, 9
			}
			return false
		})
	}, func(w *watching) {
		for _, m := range factsOf[seedtest.Baseline](w.book)[0].Mailboxes {
			if m.Mailbox == "Spam" && (m.UIDValidity != 8 || m.UIDNext != 9) {
				t.Errorf("the mark of Spam is %+v, want the new numbers", m)
			}
		}
		w.accept(0)
		w.deliver("Spam", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
	})
}
