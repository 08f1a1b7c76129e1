package inbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seedtest"
)

// reportBook is a book whose seed is the account of a return path. A report names a probe in its
// text, which stands for a parser.
func reportBook(n int) *book {
	b := newBook(n)
	b.since = time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC) // an hour before the bubble's time
	return b
}

// reading is how reports of the book are read.
func (b *book) reading() *seedtest.ReportReading {
	if b.since.IsZero() {
		return nil
	}
	return &seedtest.ReportReading{Since: b.since,
		Like: func(header []byte) bool { return strings.Contains(string(header), "MAILER-DAEMON") },
		Read: func(message []byte) []seedtest.FactBody {
			_, about, ok := strings.Cut(string(message), "\r\n\r\nabout ")
			if !ok {
				return nil
			}
			id, _, _ := strings.Cut(about, "\r\n")
			return []seedtest.FactBody{seedtest.Bounce{Dispatch: seedtest.DispatchID(id),
				Probe: seedtest.ProbeID(id), Action: "failed", Status: "5.1.1"}}
		}}
}

const daemon = "From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered\r\n\r\n"

func aboutOf(i int) string { return fmt.Sprintf("about %s\r\n", dispatch(i)) }

func bounced(w *watching) (of []string) {
	for _, b := range factsOf[seedtest.Bounce](w.book) {
		of = append(of, string(b.Probe))
	}
	return of
}

func TestReportsAreReadWhereverTheyLie(t *testing.T) {
	for _, mailbox := range []string{"INBOX", "Spam", "News"} {
		for _, own := range []bool{true, false} {
			t.Run(fmt.Sprint(mailbox, own), func(t *testing.T) {
				b := reportBook(2)
				b.seed.Own = own
				watch(t, b, func(s *server) { s.deliver("INBOX", daemon, aboutOf(1)) }, func(w *watching) {
					w.accept(0)
					w.accept(1)
					time.Sleep(time.Second)
					w.deliver(mailbox, "From: a@example.org\r\n\r\n", aboutOf(1))
					w.deliver(mailbox, w.header(1), "")
					w.deliver(mailbox, daemon, aboutOf(0))
					time.Sleep(3 * time.Minute)
					if of := bounced(w); len(of) != 1 || of[0] != "d0" {
						t.Errorf("reports about %v are read, want one about d0", of)
					}
					if n := len(factsOf[seedtest.Sighting](w.book)); n != 0 {
						t.Errorf("%d sightings at a return path", n)
					}
					w.placed(0, seedtest.Bounced)
					w.placed(1, seedtest.Pending)
				})
			})
		}
	}
}

// A report that came since the mailbox was numbered anew, or while there was no connection, is read,
// and one that is older than the run is not.
func TestReportsAreReadAfterTrouble(t *testing.T) {
	b := reportBook(3)
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.accept(1)
		time.Sleep(time.Second)
		w.server.refuse(errors.New("no route"))
		w.hangUp()
		w.deliver("INBOX", daemon, aboutOf(0))
		w.renumber("INBOX", 8)
		w.server.mu.Lock()
		inbox := w.box("INBOX")
		inbox.messages = append(inbox.messages, letter{inbox.next, time.Now().AddDate(0, 0, -1),
			daemon, aboutOf(2), false})
		inbox.next++
		w.server.mu.Unlock()
		w.server.refuse(nil)
		broke := false
		w.instead(func(c *client, _, line string) bool {
			if broke || !strings.Contains(line, "BODY.PEEK[TEXT]") {
				return false
			}
			broke = true // once, in the middle of the reading
			c.Close()
			return true
		})
		time.Sleep(time.Minute)
		if of := bounced(w); len(of) != 1 || of[0] != "d0" || !broke {
			t.Errorf("reports about %v are read, want one about d0", of)
		}
	})
}

// Mail leaves although the account cannot be read: what came before its baseline is read as well.
func TestReportsBeforeALateBaseline(t *testing.T) {
	b := reportBook(2)
	watch(t, b, func(s *server) {
		s.refuse(errors.New("no route"))
		time.AfterFunc(10*time.Second, func() {
			b.accept(0)
			b.accept(1)
			s.deliver("INBOX", daemon, aboutOf(0))
			s.mu.Lock()
			inbox := s.box("INBOX")
			inbox.messages = append(inbox.messages, letter{inbox.next, time.Now().AddDate(0, 0, -1),
				daemon, aboutOf(1), false})
			inbox.next++
			s.mu.Unlock()
			s.refuse(nil)
		})
	}, func(w *watching) {
		time.Sleep(time.Minute)
		if of := bounced(w); len(of) != 1 || of[0] != "d0" {
			t.Errorf("reports about %v are read, want one about d0", of)
		}
	})
}

// What a mailbox does not show now is read later, and holds up no other.
func TestReportsThatAreRefusedAreReadLater(t *testing.T) {
	watch(t, reportBook(2), nil, func(w *watching) {
		w.accept(0)
		w.accept(1)
		var refused atomic.Int32
		w.instead(func(c *client, tag, line string) bool {
			if c.open == nil || c.open.name != "INBOX" || !strings.Contains(line, "BODY.PEEK[TEXT]") ||
				refused.Add(1) > 2 {
				return false
			}
			c.say("%s NO [UNAVAILABLE] not now", tag)
			return true
		})
		w.deliver("INBOX", daemon, aboutOf(0))
		w.deliver("Spam", daemon, aboutOf(1))
		time.Sleep(time.Minute)
		if of := bounced(w); len(of) != 2 || of[0] != "d1" || of[1] != "d0" {
			t.Errorf("reports about %v are read, want d1 and then d0", of)
		}
	})
}

// What a server does not show together is asked for one by one, and what it does not show at all is
// told.
func TestReportsThatDoNotCome(t *testing.T) {
	watch(t, reportBook(3), nil, func(w *watching) {
		for i := range 3 {
			w.accept(i)
		}
		var asked atomic.Int32
		w.instead(func(c *client, tag, line string) bool {
			if !strings.Contains(line, "BODY.PEEK[TEXT]") || strings.Contains(line, " FETCH 2 ") {
				return false
			}
			asked.Add(1)
			c.say("%s OK nothing to tell", tag)
			return true
		})
		for i := range 3 {
			w.deliver("INBOX", daemon, aboutOf(i))
		}
		time.Sleep(10 * time.Minute)
		if of := bounced(w); len(of) != 1 || of[0] != "d1" {
			t.Errorf("reports about %v are read, want one about d1", of)
		}
		faults := factsOf[seedtest.Fault](w.book)
		if len(faults) != 1 || !strings.Contains(faults[0].What, "its text did not come") {
			t.Errorf("faults %+v, want one that says so", faults)
		}
		if n := asked.Load(); n > 3*(askAgain+1) {
			t.Errorf("asked %d times in vain", n)
		}
	})
}

// Anybody can send to a return path: what is read there is bounded, and that it was too much is told.
func TestReportsAreBounded(t *testing.T) {
	b := reportBook(1)
	b.suite.Deadline = 10 * time.Hour
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		for range maxReports + 100 {
			w.deliver("INBOX", daemon, "about nothing\r\n")
		}
		time.Sleep(time.Minute)
		w.deliver("INBOX", daemon, aboutOf(0))
		time.Sleep(time.Minute)
		faults := factsOf[seedtest.Fault](w.book)
		if len(faults) != 1 || !strings.Contains(faults[0].What, "more than 2000") {
			t.Errorf("faults %+v, want one that says that it was too much", faults)
		}
		if of := bounced(w); len(of) != maxReports || slices.Contains(of, "d0") {
			t.Errorf("%d are read, want %d, and not yet the last one", len(of), maxReports)
		}
		time.Sleep(time.Hour)
		if of := bounced(w); len(of) != maxReports+101 || !slices.Contains(of, "d0") {
			t.Errorf("%d are read in the next hour, want all", len(of))
		}
	})
}

// A watch that is to end asks once more: the report of a message that was not seen may have come.
func TestReportsAreAskedForAtTheEnd(t *testing.T) {
	b := reportBook(1)
	b.seed.Own = false
	watch(t, b, func(s *server) { s.deaf = true }, func(w *watching) {
		w.accept(0)
		time.Sleep(70 * time.Second)
		w.deliver("INBOX", daemon, aboutOf(0))
		w.add(seedtest.Bounce{Dispatch: dispatch(0), Probe: seedtest.ProbeID(dispatch(0)),
			Action: "failed"}) // as by a log: nothing is awaited any more
		w.ended()
		if n := len(bounced(w)); n != 2 {
			t.Errorf("%d reports, want that of the mailbox too", n)
		}
	})
}
