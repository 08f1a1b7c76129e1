package inbox

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// libraries is how many go-imap clients of this process read from a connection.
func libraries() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "imapclient.(*Client).read(")
}

// While nothing is asked of a server there is none of the library, whatever is waited for.
func TestAWatchAtRestHoldsNoLibrary(t *testing.T) {
	for _, x := range []struct {
		how  How
		caps string
	}{
		{HowNotify, allCaps + " NOTIFY"}, {HowIdle, allCaps}, {HowLooks, "IMAP4rev1 UNSELECT"},
	} {
		watch(t, gentleBook(1), func(s *server) { s.caps = x.caps }, func(w *watching) {
			w.accept(0)
			var mu sync.Mutex
			asked, held := 0, 0
			w.instead(func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, "STATUS") {
					mu.Lock()
					asked, held = asked+1, held+libraries()
					mu.Unlock()
				}
				return false
			})
			for range 3 {
				time.Sleep(2*time.Minute + 10*time.Second)
				synctest.Wait()
				if n := libraries(); n != 0 {
					t.Errorf("%s: %d libraries at rest, want none", x.how, n)
				}
			}
			mu.Lock()
			if asked == 0 || held != asked {
				t.Errorf("%s: %d libraries in %d looks, want one in each", x.how, held, asked)
			}
			mu.Unlock()
			if got := lastStrategy(w.book); got.Strategy != string(x.how) {
				t.Errorf("strategy %s (%s), want %s", got.Strategy, got.Reason, x.how)
			}
			w.deliver("Spam", w.header(0), "")
			w.ended()
			w.placed(0, seedtest.Junk)
			noFaults(w)
		})
	}
}

// Every library counts its tags from one: on the connection they go on.
func TestTagsGoOnFromOneLibraryToTheNext(t *testing.T) {
	b := gentleBook(1)
	b.suite.Deadline = 2 * time.Hour
	watch(t, b, nil, func(w *watching) {
		var mu sync.Mutex
		var tags []string
		w.instead(func(c *client, tag, line string) bool {
			if line != "DONE" {
				mu.Lock()
				tags = append(tags, tag)
				mu.Unlock()
			}
			return false
		})
		w.accept(0)
		time.Sleep(time.Hour)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		mu.Lock()
		defer mu.Unlock()
		first, _ := strconv.Atoi(strings.TrimPrefix(tags[0], "T"))
		for i, tag := range tags {
			if want := tagOf(first + i); tag != want {
				t.Fatalf("command %d has the tag %s, want %s", i, tag, want)
			}
		}
		if idles := w.asked("IDLE"); idles < 10 || len(tags) < 3*idles {
			t.Errorf("%d commands, %d of them IDLE: want many of both", len(tags), idles)
		}
	})
}

// The end of a command of long ago is taken for no other's, though the library that now is has
// given a command the same tag.
func TestALateEndIsOfNoOtherCommand(t *testing.T) {
	watch(t, gentleBook(1), nil, func(w *watching) {
		w.accept(0)
		time.Sleep(7*time.Minute + 20*time.Second)
		w.instead(func(c *client, tag, line string) bool {
			for i := range 8 {
				c.say("%s NO too late", tagOf(i+1))
			}
			return false
		})
		w.deliver("INBOX", w.header(0), "")
		begun := time.Now()
		w.ended()
		w.placed(0, seedtest.Inbox)
		if d := time.Since(begun); d > time.Second {
			t.Errorf("seen after %s, want at once", d)
		}
		noFaults(w)
	})
}

// What a server said of itself holds for the next library too: here that names are in UTF-8.
func TestTheNextLibraryKnowsTheServer(t *testing.T) {
	watch(t, gentleBook(1), func(s *server) {
		s.caps = strings.Replace(allCaps, "IDLE", "ENABLE UTF8=ACCEPT UTF8=ONLY", 1)
		s.box("Spam").name = "Спам"
		s.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "ENABLE UTF8=ACCEPT") {
				c.say("* ENABLED UTF8=ACCEPT")
			}
			return false
		})
	}, func(w *watching) {
		w.accept(0)
		time.Sleep(7*time.Minute + 20*time.Second)
		n := w.asked(`STATUS "Спам"`)
		w.deliver("Спам", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Junk)
		if n < 5 || w.asked(`STATUS "&`) > 0 {
			t.Errorf("%d looks at a name in UTF-8, and some in another encoding: %q", n, w.log)
		}
		if n := w.asked("ENABLE"); n != 1 {
			t.Errorf("ENABLE was sent %d times, want once", n)
		}
		noFaults(w)
	})
}

// A library that is greeted must know all: its reader may fall behind whoever asks next.
func TestTheNextLibraryKnowsAllWhenItIsGreeted(t *testing.T) {
	w := newWire(nil, nil)
	w.greeting, w.utf8 = "ready", true
	lines := strings.Split(string(w.newLine().out), "\r\n")
	if len(lines) != 3 || lines[0] != "* ENABLED UTF8=ACCEPT" ||
		!strings.HasPrefix(lines[1], "* PREAUTH [CAPABILITY IMAP4rev1") {
		t.Errorf("the next library is told %q, want a greeting after all else", lines)
	}
}
