package inbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"seedtest"
)

// A set of ranges says what a map of single UIDs says.
func TestUIDsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set uids
		all := map[uint32]bool{}
		for _, u := range rapid.SliceOf(rapid.Uint32Range(1, 60)).Draw(t, "uids") {
			set.add(u)
			all[u] = true
		}
		lo := rapid.Uint32Range(1, 60).Draw(t, "lo")
		hi := rapid.Uint32Range(0, 60).Draw(t, "hi")
		var want, got []uint32
		for u := uint32(1); u <= 60; u++ {
			if set.has(u) != all[u] {
				t.Fatalf("%v.has(%d) = %t", set, u, set.has(u))
			}
			if u >= lo && u <= hi && !all[u] {
				want = append(want, u)
			}
		}
		for _, s := range set.missing(lo, hi) {
			for u := s.lo; u <= s.hi; u++ {
				got = append(got, u)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v.missing(%d, %d) = %v, want %v", set, lo, hi, got, want)
		}
		for i := 1; i < len(set); i++ {
			if set[i-1].hi+1 >= set[i].lo {
				t.Fatalf("ranges touch: %v", set)
			}
		}
	})
}

func TestContiguous(t *testing.T) {
	for _, x := range []struct {
		seqs   []uint32
		exists uint32
		want   bool
	}{
		{nil, 0, true}, {nil, 3, false}, {[]uint32{3}, 3, true}, {[]uint32{3, 2}, 3, true},
		{[]uint32{1, 3}, 3, false}, {[]uint32{1, 2}, 3, false}, {[]uint32{3, 4}, 3, true},
	} {
		var places []place
		for _, s := range x.seqs {
			places = append(places, place{seq: s, uid: s})
		}
		if got := contiguous(places, x.exists); got != x.want {
			t.Errorf("contiguous(%v, %d) = %t, want %t", x.seqs, x.exists, got, x.want)
		}
	}
}

// The highest UID has no UIDNEXT. Servers that have used it say 0 or what is no number of IMAP.
func TestWatchReadsTheHighestUID(t *testing.T) {
	for _, next := range []string{"0", "4294967295", "4294967296"} {
		for _, mailbox := range []string{"INBOX", "News"} {
			watch(t, newBook(2), func(s *server) {
				m := s.box(mailbox)
				m.next = maxUID
				s.instead(func(c *client, tag, line string) bool {
					if !strings.HasPrefix(line, "STATUS") || c.named(line[len("STATUS "):]) != m {
						return false
					}
					n := s.count(mailbox)
					if n == 0 {
						return false
					}
					c.say(`* STATUS "%s" (MESSAGES %d UIDNEXT %s UIDVALIDITY 7)`, mailbox, n, next)
					c.say("%s OK done", tag)
					return true
				})
			}, func(w *watching) {
				w.accept(0)
				w.accept(1)
				time.Sleep(time.Second)
				w.deliver(mailbox, w.header(0), "")
				w.ended()
				if p := w.probe(0); len(p.Sightings) != 1 || p.Sightings[0].UID != maxUID {
					t.Errorf("UIDNEXT %s, %s: sighted %+v, want the highest UID", next, mailbox, p.Sightings)
				}
				w.placed(1, seedtest.Overdue)
				if n := w.asked("UID FETCH 4294967295 (UID INTERNALDATE"); n > 2 {
					t.Errorf("UIDNEXT %s, %s: its header was read %d times", next, mailbox, n)
				}
			})
		}
	}
}
