package inbox

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// follows watches a message that lies in INBOX until its window closes, and lets act happen to it.
func follows(t *testing.T, act func(w *watching, uid uint32)) *book {
	b := newBook(1)
	b.settled = true
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		uid := w.deliver("INBOX", w.header(0), "")
		time.Sleep(time.Minute)
		act(w, uid)
		w.ended()
	})
	return b
}

// moved returns the only later move of message 0.
func (b *book) moved(t *testing.T) seedtest.Move {
	t.Helper()
	moves := b.probe(0).Moves()
	if len(moves) != 1 {
		t.Fatalf("moves %+v, want one", moves)
	}
	return moves[0]
}

// between holds a move against the time at which it really happened, and the longest time
// between two looks.
func between(t *testing.T, m seedtest.Move, at time.Time, most time.Duration) {
	t.Helper()
	if at.Before(m.After) || at.After(m.Before) || m.Before.Sub(m.After) > most {
		t.Errorf("%s %s>%s between %s and %s, but it was at %s", m.Kind, m.From, m.To, m.After, m.Before,
			at)
	}
}

func TestFollowTellsAMoveFromACopy(t *testing.T) {
	for _, kind := range []seedtest.MoveKind{seedtest.Moved, seedtest.Copied} {
		var at time.Time
		b := follows(t, func(w *watching, uid uint32) {
			time.Sleep(time.Hour + 3*time.Second)
			at = time.Now()
			if kind == seedtest.Moved {
				w.move("INBOX", uid, "News") // a mailbox that only sweeps visit
			} else {
				w.deliver("News", w.header(0), "")
			}
		})
		m := b.moved(t)
		if m.Kind != kind || m.From != "INBOX" || m.To != "News" {
			t.Errorf("%s %s>%s, want %s INBOX>News", m.Kind, m.From, m.To, kind)
		}
		between(t, m, at, 11*time.Second)
	}
}

func TestFollowSweepsWhenAFurtherCopyIsSeen(t *testing.T) {
	var at time.Time
	b := newBook(1)
	b.settled, b.seed.Own = true, false // a sweep each 15 minutes, a look each 5
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		uid := w.deliver("News", w.header(0), "")
		time.Sleep(31 * time.Minute)
		at = time.Now()
		w.move("News", uid, "INBOX")
		w.ended()
	})
	m := b.moved(t)
	if m.Kind != seedtest.Moved || m.From != "News" || m.To != "INBOX" {
		t.Errorf("%s %s>%s, want moved News>INBOX", m.Kind, m.From, m.To)
	}
	if m.Before.Sub(at) > 5*time.Minute+time.Second {
		t.Errorf("known to have left News %s later: no sweep followed the copy in INBOX", m.Before.Sub(at))
	}
}

func TestFollowAcrossProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		b.settled = true
		first := begin(t, b, s, b.awaiting())
		<-b.based
		b.accept(0)
		uid := s.deliver("INBOX", b.header(0), "")
		time.Sleep(time.Minute)
		s.move("INBOX", uid, "Spam")
		time.Sleep(20 * time.Minute)
		stopped := time.Now()
		first.cancel()
		<-first.done
		time.Sleep(10 * time.Minute)
		moved := time.Now()
		s.move("Spam", s.box("Spam").messages[0].uid, "News")
		time.Sleep(10 * time.Minute)

		a := b.awaiting()
		a.Baseline = &factsOf[seedtest.Baseline](b)[0]
		a.Seen = b.probe(0).Sightings
		second := begin(t, b, s, a)
		second.ended()
		if n := len(factsOf[seedtest.Gone](b)); n != 2 {
			t.Errorf("%d times gone, want 2: what the first process said is not said again", n)
		}
		moves := b.probe(0).Moves()
		if len(moves) != 2 || moves[1].From != "Spam" || moves[1].To != "News" {
			t.Fatalf("moves %+v, want INBOX>Spam>News", moves)
		}
		between(t, moves[1], moved, 21*time.Minute)
		if quiet := stopped.Sub(moves[1].After); quiet > 11*time.Second {
			t.Errorf("the move is bounded by %s, %s before the first process ended", moves[1].After, quiet)
		}
	})
}

func TestFollowPutsQuietSweepsOnRecord(t *testing.T) {
	b := newBook(1)
	b.settled, b.suite.Follow = true, 5*time.Hour
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
	})
	looks := factsOf[seedtest.Looked](b)
	if n := len(looks); n < 5 || n > 8 {
		t.Fatalf("%d sweeps on record in 5 hours, want one after the sighting and one an hour", n)
	}
	for i, l := range looks {
		if l.Seed != "a" || len(l.But) > 0 || i > 0 && !l.Begun.After(looks[i-1].Begun) {
			t.Errorf("look %d: %+v", i, l)
		}
	}
}

func TestFollowLeavesOutWhatASweepCouldNotAsk(t *testing.T) {
	b := newBook(1)
	b.settled = true
	forbid := func(c *client, tag, line string) bool {
		if strings.HasPrefix(line, "STATUS") && strings.Contains(line, "News") {
			c.say("%s NO permission denied", tag)
			return true
		}
		return false
	}
	watch(t, b, func(s *server) { s.instead(forbid) }, func(w *watching) {
		w.accept(0)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
	})
	for _, l := range factsOf[seedtest.Looked](b) {
		if !slices.Contains(l.But, "News") {
			t.Errorf("a sweep that was refused News is on record without that: %+v", l)
		}
	}
}

// A process that looks once looks again where something is gone: what it read before it saw that
// may hold the message, or take it later.
func TestOneLookTellsRemovedFromMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		first := begin(t, b, s, b.awaiting())
		<-b.based
		b.accept(0)
		uid := s.deliver("News", b.header(0), "")
		first.ended()

		time.Sleep(b.suite.Follow + time.Hour)
		s.remove("News", uid)
		s.instead(func(*client, string, string) bool { time.Sleep(50 * time.Millisecond); return false })
		a := b.awaiting()
		a.Baseline, a.Seen = &factsOf[seedtest.Baseline](b)[0], b.probe(0).Sightings
		b.settled = true
		second := begin(t, b, s, a)
		second.ended()
		time.Sleep(time.Hour)
		b.add(seedtest.Sighting{Seed: "a", Token: b.tokens[0], Mailbox: "INBOX",
			Role: seedtest.RoleInbox, UIDValidity: 1, UID: 99})
		moves := b.probe(0).Moves()
		if len(moves) != 2 || moves[0].Kind != seedtest.Removed || moves[1].Kind != seedtest.Returned {
			t.Errorf("moves %+v, want removed, and returned an hour later", moves)
		}
		if p := b.probe(0); p.Placements.Settled == nil {
			t.Error("one look did not settle it")
		}
	})
}
