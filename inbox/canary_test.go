package inbox

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
)

// cage is a shelf that takes messages by APPEND.
type cage struct {
	*shelf
	open   string // what is appended, as far as it came
	size   int    // 0: nothing is
	tag    string
	stale  int    // so many appended messages are shown only to who may write
	hidden string // the one that is not shown yet
	refuse string // the answer to APPEND or UID EXPUNGE
	breaks bool   // the next APPEND is taken, and the connection breaks
	cut    func(line string) bool
}

func newCage(s *server, caps string) *cage {
	x := &cage{shelf: &shelf{server: s}}
	s.caps += caps
	s.deliver("INBOX", "Subject: of the owner, who deleted it\r\n\r\n", "")
	s.mark("INBOX", 1)
	s.instead(x.take)
	return x
}

func (x *cage) take(c *client, tag, line string) bool {
	if x.size > 0 {
		x.more(c, tag, line)
		return true
	}
	if x.cut != nil && x.cut(line) {
		return true
	}
	switch word, arg, _ := strings.Cut(line, " "); {
	case word == "APPEND":
		x.tag, x.open = tag, ""
		_, _ = fmt.Sscanf(arg[strings.Index(arg, "{"):], "{%d+}", &x.size)
		return true
	case word == "SELECT":
		if x.hidden != "" {
			x.deliver("INBOX", x.hidden, "")
			x.hidden = ""
		}
		return x.shelf.take(c, tag, line)
	case strings.HasPrefix(line, "UID EXPUNGE") && strings.HasPrefix(x.refuse, "UID"):
		c.say("%s NO not today", tag)
		return true
	case strings.HasPrefix(line, "UID STORE"), strings.HasPrefix(line, "UID EXPUNGE"):
		return x.shelf.take(c, tag, line)
	case word == "CLOSE" && x.writing():
		expunge(x.box("INBOX"), "1:*")
	}
	return false
}

// writing reports whether the mailbox was opened for writing last.
func (x *cage) writing() bool {
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	for i := len(x.log) - 1; i >= 0; i-- {
		if word, _, _ := strings.Cut(x.log[i], " "); word == "SELECT" || word == "EXAMINE" {
			return word == "SELECT"
		}
	}
	return false
}

// more takes a line of what is appended; the one after it is empty.
func (x *cage) more(c *client, tag, rest string) {
	if len(x.open) < x.size {
		line := tag
		if rest != "" {
			line += " " + rest
		}
		x.open += line + "\r\n"
		return
	}
	x.size = 0
	if strings.HasPrefix(x.refuse, "APPEND") {
		c.say("%s NO %s", x.tag, strings.TrimPrefix(x.refuse, "APPEND "))
		return
	}
	header, _, _ := strings.Cut(x.open, "\r\n\r\n")
	if x.stale > 0 {
		x.stale--
		x.hidden = header + "\r\n\r\n"
		c.say("%s OK [APPENDUID 7 %d] done", x.tag, x.box("INBOX").next)
		return
	}
	uid := x.deliver("INBOX", header+"\r\n\r\n", "")
	if x.breaks {
		x.breaks = false
		_ = c.Conn.Close()
		return
	}
	c.say("%s OK [APPENDUID 7 %d] done", x.tag, uid)
}

func TestRule12Canary(t *testing.T) {
	for _, x := range []struct {
		name, caps string
		forbidden  bool
		prepare    func(*cage)
		want       seedtest.Placement
		rounds     int
		appended   int
		why        string // why there is none
		left       string
		round      string // why the first round proves nothing
	}{
		{name: "seen", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d"},
		{name: "seen, without UNSELECT", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d",
			prepare: func(x *cage) { x.caps = strings.Replace(x.caps, " UNSELECT", "", 1) }},
		{name: "never seen", want: seedtest.Blind, rounds: 3, appended: 3, left: "1d",
			prepare: func(x *cage) { x.stale = 3 }, round: "view is stale"},
		{name: "not seen at first", want: seedtest.Overdue, rounds: 2, appended: 2, left: "1d",
			prepare: func(x *cage) { x.stale = 1 }, round: "view is stale"},
		{name: "no UIDPLUS", want: seedtest.Overdue, rounds: 1, why: "no UIDPLUS", left: "1d",
			prepare: func(x *cage) { x.caps = strings.Replace(x.caps, " UIDPLUS", "", 1) }},
		{name: "no LITERAL+", want: seedtest.Overdue, rounds: 1, why: "no LITERAL+", left: "1d",
			prepare: func(x *cage) { x.caps = strings.Replace(x.caps, " LITERAL+", "", 1) }},
		{name: "Gmail", caps: " X-GM-EXT-1", want: seedtest.Overdue, rounds: 1, why: "archives",
			left: "1d"},
		{name: "refused", want: seedtest.Overdue, rounds: 1, appended: 1, why: "OVERQUOTA", left: "1d",
			prepare: func(x *cage) { x.refuse = "APPEND [OVERQUOTA] full" }},
		{name: "lost after APPEND", want: seedtest.Overdue, rounds: 2, appended: 1, left: "1d",
			prepare: func(x *cage) { x.breaks = true }, round: "closed by the server"},
		{name: "cannot be removed", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d 2d",
			prepare: func(x *cage) { x.refuse = "UID EXPUNGE" }},
		{name: "not allowed", forbidden: true, want: seedtest.Overdue, rounds: 1, left: "1d"},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := newBook(1)
			b.seed.Canary = !x.forbidden
			var k *cage
			watch(t, b, func(s *server) {
				k = newCage(s, " UIDPLUS"+x.caps)
				if x.prepare != nil {
					x.prepare(k)
				}
			}, func(w *watching) {
				w.accept(0)
				w.ended()
				w.placed(0, x.want)
				rounds := roundsOf(w, x.rounds)
				if x.round != "" && !strings.Contains(rounds[0].Why, x.round) {
					t.Errorf("first round %+v, want it spoilt by %q", rounds[0], x.round)
				}
				checkCanary(t, rounds[len(rounds)-1], !x.forbidden, x.why)
				if got := k.left("INBOX"); got != x.left {
					t.Errorf("left %q, want %q", got, x.left)
				}
				if n := w.asked("APPEND"); n != x.appended {
					t.Errorf("%d APPEND, want %d", n, x.appended)
				}
				if n := len(factsOf[seedtest.Sighting](b)); n != 0 {
					t.Errorf("%d sightings, want none", n)
				}
				checkLeft(t, b, strings.Contains(x.left, "2"))
			})
		})
	}
}

// checkCanary checks what the last round says of its canary.
func checkCanary(t *testing.T, r seedtest.Round, wanted bool, why string) {
	t.Helper()
	c := r.Canary
	switch {
	case !wanted:
		if c != nil {
			t.Errorf("canary %+v, want none", c)
		}
	case c == nil:
		t.Error("the round says nothing of a canary")
	case why != "":
		if c.Appended != nil || !strings.Contains(c.Why, why) {
			t.Errorf("canary %+v, want none because of %q", c, why)
		}
	case r.Complete && c.Why == "" && (c.Appended == nil || !c.Seen):
		t.Errorf("complete with canary %+v", c)
	}
}

// checkLeft checks what the facts say of canaries that were appended.
func checkLeft(t *testing.T, b *book, left bool) {
	t.Helper()
	b.add(seedtest.Closed{Reason: seedtest.ClosedDone})
	told := false
	for _, n := range b.run().Notes {
		told = told || n.Code == "canary-left"
	}
	if told != left {
		t.Errorf("told of one that was left: %t, want %t: %+v", told, left, b.fold.Canaries("a"))
	}
}

// Whoever comes after a crash removes what was left, and takes none of it for vanished mail.
func TestRule12CanaryOfACrash(t *testing.T) {
	for _, at := range []string{"APPEND", "SELECT", "UID EXPUNGE"} {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook(1)
				b.seed.Canary = true
				s := newServer(t)
				k := newCage(s, " UIDPLUS")
				crash := make(chan struct{})
				if k.breaks = at == "APPEND"; !k.breaks {
					crashed := false
					k.cut = func(line string) bool {
						if crashed || !strings.HasPrefix(line, at) {
							return false
						}
						crashed = true
						close(crash)
						return true
					}
				}
				w := begin(t, b, s, b.awaiting())
				<-b.based
				w.accept(0)
				if k.cut != nil {
					<-crash
				}
				for k.cut == nil && len(factsOf[seedtest.Round](b)) == 0 {
					<-b.changed
				}
				w.cancel()
				<-w.done
				s.hangUp()
				if k.left("INBOX") == "1d" {
					t.Fatal("nothing was left by the crash")
				}
				a := b.awaiting()
				a.Baseline = &factsOf[seedtest.Baseline](b)[0]
				w = begin(t, b, s, a)
				w.ended()
				w.placed(0, seedtest.Overdue)
				if got := k.left("INBOX"); got != "1d" {
					t.Errorf("left %q, want what was there before", got)
				}
				for _, f := range factsOf[seedtest.Fault](b) {
					if f.Kind != seedtest.FaultLost {
						t.Errorf("fault %+v, want none but the lost connection", f)
					}
				}
				checkLeft(t, b, false)
			})
		})
	}
}
