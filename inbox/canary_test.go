package inbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// cage is a shelf that takes messages by APPEND.
type cage struct {
	*shelf
	labels *labelled // mailboxes are labels; nil: they are not
	open   string    // what is appended, as far as it came
	size   int       // 0: nothing is
	tag    string
	stale  int    // so many appended messages are shown only to who may write
	hidden string // the one that is not shown yet
	refuse string // the answer to APPEND or UID EXPUNGE
	early  bool   // it refuses before the message is sent
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

// label makes labels of the mailboxes.
func (x *cage) label() {
	x.caps += " X-GM-EXT-1 MOVE"
	x.create(allMail, `\All`)
	x.labels = &labelled{shelf: x.shelf, tell: func(c *client, tag, code string) {
		c.say("* OK [%s] moved", code)
		c.say("%s OK done", tag)
	}}
}

// file puts an appended message where it belongs.
func (x *cage) file(header string) uint32 {
	if x.labels != nil {
		x.deliver(allMail, header, "")
	}
	return x.deliver("INBOX", header, "")
}

// reveal shows what was not shown yet, at the moment for it.
func (x *cage) reveal(now bool) {
	if now && x.hidden != "" {
		x.file(x.hidden)
		x.hidden = ""
	}
}

// appended is the code that tells of an appended message.
func (x *cage) appended(uid uint32) string {
	if !strings.Contains(x.caps, "UIDPLUS") {
		return ""
	}
	return fmt.Sprintf("[APPENDUID 7 %d] ", uid)
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
		x.reveal(x.labels != nil)
		if x.early {
			c.say("%s NO %s", tag, strings.TrimPrefix(x.refuse, "APPEND "))
			return true
		}
		x.tag, x.open = tag, ""
		_, _ = fmt.Sscanf(arg[strings.Index(arg, "{"):], "{%d}", &x.size)
		c.say("+ go on")
		return true
	case word == "SELECT":
		x.reveal(x.labels == nil)
		return x.shelf.take(c, tag, line)
	case strings.HasPrefix(line, "UID EXPUNGE") && strings.HasPrefix(x.refuse, "UID"):
		c.say("%s NO not today", tag)
		return true
	case strings.HasPrefix(line, "UID MOVE") && x.labels != nil:
		return x.labels.take(c, tag, line)
	case strings.HasPrefix(line, "UID STORE"), strings.HasPrefix(line, "UID EXPUNGE"):
		return x.shelf.take(c, tag, line)
	case word == "EXPUNGE":
		x.wrong = append(x.wrong, line)
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
		c.say("%s OK %sdone", x.tag, x.appended(x.box("INBOX").next))
		return
	}
	uid := x.file(header + "\r\n\r\n")
	if x.breaks {
		x.breaks = false
		_ = c.Conn.Close()
		return
	}
	c.say("%s OK %sdone", x.tag, x.appended(uid))
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
		{name: "no UIDPLUS", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d 2d",
			prepare: func(x *cage) { x.caps = strings.Replace(x.caps, " UIDPLUS", "", 1) }},
		{name: "no UIDPLUS, not seen at first", want: seedtest.Blind, rounds: 3, appended: 1, left: "1d",
			prepare: func(x *cage) {
				x.caps = strings.Replace(x.caps, " UIDPLUS", "", 1)
				x.stale = 1
			}, round: "view is stale"},
		{name: "no LITERAL+", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d",
			prepare: func(x *cage) { x.caps = strings.Replace(x.caps, " LITERAL+", "", 1) }},
		{name: "refused at once, no LITERAL+", want: seedtest.Overdue, rounds: 1, appended: 1,
			why: "OVERQUOTA", left: "1d", prepare: func(x *cage) {
				x.caps = strings.Replace(x.caps, " LITERAL+", "", 1)
				x.refuse, x.early = "APPEND [OVERQUOTA] full", true
			}},
		{name: "Gmail", want: seedtest.Overdue, rounds: 1, appended: 1, left: "1d",
			prepare: (*cage).label},
		{name: "Gmail without a way through Trash", caps: " X-GM-EXT-1", want: seedtest.Overdue,
			rounds: 1, why: "archives", left: "1d"},
		{name: "Gmail, not seen at first", want: seedtest.Overdue, rounds: 2, appended: 2, left: "1d",
			prepare: func(x *cage) {
				x.label()
				x.stale = 1
			}, round: "view is stale"},
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
				k.checkLabels(t)
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

// checkLabels checks that no canary is left where mailboxes are labels, and that nothing was asked
// that could remove what is not ours.
func (x *cage) checkLabels(t *testing.T) {
	t.Helper()
	if len(x.wrong) > 0 {
		t.Errorf("commands %q", x.wrong)
	}
	if x.labels == nil {
		return
	}
	for _, name := range []string{allMail, "Trash"} {
		if got := x.left(name); got != "" {
			t.Errorf("%s holds %q, want nothing", name, got)
		}
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

// A canary of another run comes and goes between two looks. Its record tells it from mail that
// vanished; one of another numbering is none.
func TestRule12CanariesOfOtherRunsDoNotVanish(t *testing.T) {
	for _, x := range []struct {
		name   string
		others []seedtest.Canary
		want   seedtest.Placement
	}{
		{"known", []seedtest.Canary{{Mailbox: "INBOX", UIDValidity: 7, UID: 1}}, seedtest.Overdue},
		{"known by a copy", []seedtest.Canary{{Mailbox: "News", UIDValidity: 7, UID: 9,
			Copies: []seedtest.CanaryCopy{{Mailbox: "INBOX", UIDValidity: 7, UID: 1}}}}, seedtest.Overdue},
		{"of another numbering", []seedtest.Canary{{Mailbox: "INBOX", UIDValidity: 6, UID: 1}},
			seedtest.Blind},
		{"none", nil, seedtest.Blind},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBook(1)
				a := b.awaiting()
				a.Others = func(context.Context) ([]seedtest.Canary, error) { return x.others, nil }
				s := newServer(t)
				w := begin(t, b, s, a)
				<-b.based
				w.accept(0)
				time.Sleep(3 * time.Second)
				w.remove("INBOX", w.deliver("INBOX", "Subject: seedtest canary\r\n\r\n", ""))
				w.ended()
				w.placed(0, x.want)
			})
		})
	}
}

// Whoever comes after a crash removes what was left, and takes none of it for vanished mail.
func TestRule12CanaryOfACrash(t *testing.T) {
	for _, x := range []struct {
		at     string
		labels bool
	}{{"APPEND", false}, {"SELECT", false}, {"UID EXPUNGE", false}, {"APPEND", true},
		{"SELECT", true}, {"UID MOVE", true}, {"UID STORE", true}, {"UID EXPUNGE", true}} {
		t.Run(fmt.Sprintf("%s, labels %t", x.at, x.labels), func(t *testing.T) {
			at := x.at
			synctest.Test(t, func(t *testing.T) {
				b := newBook(1)
				b.seed.Canary = true
				s := newServer(t)
				k := newCage(s, " UIDPLUS")
				if x.labels {
					k.label()
				}
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
				if k.left("INBOX") == "1d" && k.left("Trash") == "" {
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
				k.checkLabels(t)
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
