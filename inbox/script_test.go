package inbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

// answering is an answer that replaces the one to every command that begins with a word. "%" in
// it is the tag.
func answering(word string, lines ...string) func(*client, string, string) bool {
	return func(c *client, tag, line string) bool {
		if !strings.HasPrefix(line, word) {
			return false
		}
		for _, l := range lines {
			c.say("%s", strings.ReplaceAll(l, "%", tag))
		}
		return true
	}
}

// Each of these dialects ends a connection or loses mail in a client that takes the standard at
// its word.
func TestWatchUnderstandsDialects(t *testing.T) {
	for _, x := range []struct {
		name   string
		answer func(header string) func(*client, string, string) bool
	}{
		{"unknown untagged responses", func(string) func(*client, string, string) bool {
			return func(c *client, tag, line string) bool {
				c.say("* VANISHED (EARLIER) 1:5")
				c.say(`* XLIST (\HasNoChildren) "/" "x"`)
				c.say("* 3 FETCH (FLAGS (\\Seen) MODSEQ (12) X-GM-LABELS (\"\\\\Inbox\"))")
				c.say("")
				c.say("* ")
				return false
			}
		}},
		{"UID after the literal", func(h string) func(*client, string, string) bool {
			return answering("UID FETCH", "* 1 FETCH (BODY[HEADER]<0> {"+size(h)+"}\r\n"+h+
				" UID 1 INTERNALDATE \"01-Jan-2000 00:00:00 +0000\" )", "% OK done")
		}},
		{"INTERNALDATE that is none", func(h string) func(*client, string, string) bool {
			return answering("UID FETCH", "* 1 FETCH (INTERNALDATE NIL UID 1 RFC822.HEADER {"+
				size(h)+"}\r\n"+h+")", "% OK done")
		}},
		{"names in no encoding", func(string) func(*client, string, string) bool {
			return func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, "LIST") {
					c.say(`* LIST (\HasNoChildren) "/" "&AAA"`)
					c.say(`* LIST (\HasNoChildren) "/" "&-&zzz-"`)
					c.say("* LIST () NIL {5}\r\na\x1b[2J")
					c.say("* LIST (\\Noselect) \"/\" \"\xff\xfe\"")
				}
				return false
			}
		}},
		{"NIL in ID", func(string) func(*client, string, string) bool {
			return answering("ID", `* ID ("name" NIL "version")`, "% OK done")
		}},
		{"STATUS by another name", func(string) func(*client, string, string) bool {
			return answering("STATUS INBOX",
				`* STATUS "inbox" (UIDVALIDITY 7 MESSAGES 1 UNSEEN 1 UIDNEXT 2)`, "% OK done")
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			watch(t, newBook(1), func(s *server) {
				s.instead(func(c *client, tag, line string) bool {
					return !strings.HasPrefix(line, "UID") && !strings.HasPrefix(line, "STATUS") &&
						x.answer("")(c, tag, line)
				})
			}, func(w *watching) {
				w.accept(0)
				w.instead(x.answer(w.header(0)))
				w.deliver("INBOX", w.header(0), "")
				w.ended()
				w.placed(0, seedtest.Inbox)
				if f := factsOf[seedtest.Fault](w.book); len(f) != 0 {
					t.Errorf("faults %+v, want none", f)
				}
			})
		})
	}
}

// Dovecot 2.3 shows what the second of two FETCH asks for before it ends the first.
func TestWatchTakesAnswersOfServersThatWorkAhead(t *testing.T) {
	watch(t, newBook(2), nil, func(w *watching) {
		w.accept(0)
		w.accept(1)
		ends := ""
		w.instead(func(c *client, tag, line string) bool {
			if strings.HasPrefix(line, "UID FETCH") {
				_, arg, _ := strings.Cut(line, "FETCH ")
				c.fetch(arg, true)
				ends += tag + " OK done\r\n"
				return true
			}
			_, _ = c.Conn.Write([]byte(ends))
			ends = ""
			return false
		})
		w.deliver("INBOX", w.header(0), "")
		time.Sleep(time.Second)
		w.deliver("INBOX", w.header(1), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		w.placed(1, seedtest.Inbox)
		if gone := factsOf[seedtest.Gone](w.book); len(gone) != 0 {
			t.Errorf("gone: %+v, but nothing was moved", gone)
		}
	})
}

func size(s string) string { return strconv.Itoa(len(s)) }

func TestWatchSurvivesServersThatEndIDLE(t *testing.T) {
	b := newBook(1)
	b.seed.Own = false
	watch(t, b, nil, func(w *watching) {
		w.accept(0)
		w.server.instead(answering("IDLE", "+ idling", "% OK that was it"))
		time.Sleep(2 * time.Minute)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		w.placed(0, seedtest.Inbox)
		if n := w.asked("IDLE"); n > 40 || n == 0 {
			t.Errorf("%d IDLE in two minutes with a server that ends them", n)
		}
		if w.asked("DONE") != 0 {
			t.Error("DONE was sent after the server had ended IDLE: a command unknown to it")
		}
	})
}

func TestWatchBoundsEverySilence(t *testing.T) {
	for _, word := range []string{"LOGIN", "LIST", "STATUS", "EXAMINE", "UID FETCH"} {
		b := newBook(1)
		watch(t, b, func(s *server) {
			quiet := func(*client, string, string) bool { return true }
			s.instead(func(c *client, tag, line string) bool {
				if strings.HasPrefix(line, word) {
					s.instead(quiet) // on this connection and until the next sign-in
				}
				if strings.HasPrefix(line, "LOGIN") && time.Since(epoch) > 2*time.Minute {
					s.instead(nil)
					return false
				}
				return strings.HasPrefix(line, word)
			})
			go func() {
				time.Sleep(2 * time.Minute)
				s.instead(nil)
			}()
		}, func(w *watching) {
			w.accept(0)
			w.deliver("INBOX", w.header(0), "")
			w.ended()
			faults := w.run().Faults
			if len(faults) == 0 || !strings.Contains(faults[0].What, "no answer in time") {
				t.Errorf("%s: faults %+v, want that no answer came in time", word, faults)
			}
		})
	}
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where a bubble's clock begins

func TestWatchTellsWhyAServerHungUp(t *testing.T) {
	watch(t, newBook(1), nil, func(w *watching) {
		w.accept(0)
		w.server.instead(func(c *client, tag, line string) bool {
			c.say("* BYE closing down for pass-word-1 \x1b[31mnow")
			_ = c.Conn.Close()
			w.instead(nil)
			return true
		})
		time.Sleep(time.Second)
		w.deliver("INBOX", w.header(0), "")
		w.ended()
		f := w.run().Faults[0]
		if !strings.Contains(f.What, "the server said: BYE closing down for (secret) [31mnow") {
			t.Errorf("fault %q, want the server's last word without what is secret or drives terminals",
				f.What)
		}
	})
}

func TestWatchDoesNotHammerARefusedLogin(t *testing.T) {
	for _, own := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			b.seed.Own = own
			s.instead(answering("LOGIN", "% NO [AUTHENTICATIONFAILED] wrong password pass-word-1"))
			w := begin(t, b, s, b.awaiting())
			time.Sleep(15 * time.Minute)
			w.refused(0)
			w.ended()
			n, most := s.asked("LOGIN"), 25
			if !own {
				most = 5
			}
			if n < 2 || n > most {
				t.Errorf("own = %t: %d sign-ins in a quarter of an hour, want at most %d", own, n, most)
			}
			faults := factsOf[seedtest.Fault](b)
			if len(faults) != 1 || faults[0].Kind != seedtest.FaultLogin ||
				strings.Contains(faults[0].What, "pass-word") {
				t.Errorf("faults %+v, want one, without the password", faults)
			}
		})
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	for _, word := range []string{"", "LOGIN", "STATUS", "IDLE"} {
		synctest.Test(t, func(t *testing.T) {
			b, s := newBook(1), newServer(t)
			b.seed.Own = word != "IDLE"
			if word != "" && word != "IDLE" {
				s.instead(func(_ *client, _, line string) bool { return strings.HasPrefix(line, word) })
			}
			w := begin(t, b, s, b.awaiting())
			b.accept(0)
			time.Sleep(7 * time.Second)
			begun := time.Now()
			w.cancel()
			if err := <-w.done; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: Watch = %v, want the context's error", word, err)
			}
			if d := time.Since(begun); d > 0 {
				t.Errorf("%s: Watch ended %s after its context", word, d)
			}
		})
	}
}

func TestWatchEndsWhenFactsCannotBeRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := newBook(1), newServer(t)
		b.refuse = errors.New("disk full")
		w := begin(t, b, s, b.awaiting())
		if err := <-w.done; !errors.Is(err, b.refuse) {
			t.Errorf("Watch = %v, want %v", err, b.refuse)
		}
	})
}

// check runs Check against a server.
func check(t *testing.T, seed seedtest.Seed, s *server) (Check, error) {
	t.Helper()
	return New(Options{Dial: s.dial}).Check(t.Context(), seed)
}

func TestCheckSignsIn(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00a\x00pass-word-1"))
	for _, x := range []struct {
		name, caps, greet string
		token             bool
		answer            func(*client, string, string) bool
		asked             string // a command that must have been sent
		err               string
	}{
		{name: "LOGIN", caps: allCaps, asked: `LOGIN "a" "pass-word-1"`},
		{name: "PLAIN where LOGIN is disabled", caps: "IMAP4rev1 LOGINDISABLED AUTH=PLAIN SASL-IR",
			asked: "AUTHENTICATE PLAIN " + plain},
		{name: "no way", caps: "IMAP4rev1 LOGINDISABLED", err: "LOGINDISABLED"},
		{name: "PREAUTH", caps: allCaps, greet: "* PREAUTH welcome", asked: "LIST"},
		{name: "capabilities in the greeting", caps: allCaps,
			greet: "* OK [CAPABILITY IMAP4rev1 LITERAL+ ID] ready", asked: "LOGIN"},
		{name: "refused greeting", caps: allCaps, greet: "* BYE too busy", err: "too busy"},
		{name: "no greeting", caps: allCaps, greet: "220 smtp.example.org ESMTP", err: "no IMAP server"},
		{name: "refused", caps: allCaps, err: "wrong", answer: answering("LOGIN", "% NO wrong")},
		{name: "XOAUTH2", caps: "IMAP4rev1 AUTH=XOAUTH2 SASL-IR", token: true,
			asked: "AUTHENTICATE XOAUTH2"},
		{name: "XOAUTH2 that is challenged", caps: "IMAP4rev1 AUTH=XOAUTH2 SASL-IR", token: true,
			err: "expired", answer: challenged},
		{name: "OAUTHBEARER that is challenged", caps: "IMAP4rev1 AUTH=OAUTHBEARER SASL-IR",
			token: true, err: "expired", answer: challenged},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, seed := newServer(t), newBook(0).seed
			s.caps, s.answer = x.caps, x.answer
			if x.greet != "" {
				s.greet = x.greet
			}
			if x.token {
				seed.Login.Token = seedtest.Secret("pass-word-1")
			}
			c, err := check(t, seed, s)
			switch {
			case x.err == "" && err != nil:
				t.Errorf("Check = %v", err)
			case x.err != "" && (err == nil || !strings.Contains(err.Error(), x.err)):
				t.Errorf("Check = %v, want an error that says %q", err, x.err)
			case x.err == "" && len(c.Mailboxes) != 5:
				t.Errorf("%d mailboxes, want 5", len(c.Mailboxes))
			}
			if x.asked != "" && s.asked(x.asked) == 0 {
				t.Errorf("sent %q, want %s", s.log, x.asked)
			}
			if all := strings.Join(c.Dialog, "\n"); strings.Contains(all, "pass-word-1") ||
				strings.Contains(all, plain) {
				t.Errorf("the transcript holds the secret:\n%s", all)
			}
		})
	}
}

// challenged refuses a token as servers do: with a challenge that the client must answer.
func challenged(c *client, tag, line string) bool {
	if strings.HasPrefix(line, "AUTHENTICATE") {
		c.say("+ eyJzdGF0dXMiOiI0MDAifQ==")
		answer, _ := bufio.NewReader(c.Conn).ReadString('\n')
		c.say("%s NO token expired after %q", tag, strings.TrimSpace(answer))
		return true
	}
	return false
}

func TestCheckTellsWhatItFound(t *testing.T) {
	c, err := check(t, newBook(0).seed, newServer(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Greeting != "ready" || c.Server != "Memory 1" || len(c.Capabilities) < 5 || len(c.Dialog) == 0 {
		t.Errorf("Check = %+v, want greeting, server, capabilities and transcript", c)
	}
	for _, m := range c.Mailboxes {
		if m.Name == "Spam" && (m.Role != seedtest.RoleJunk || m.FoundBy != foundSpecialUse) {
			t.Errorf("Spam is %+v, want junk by special-use", m)
		}
	}
}

func TestCheckReadsTheQuota(t *testing.T) {
	for _, x := range []struct {
		name, caps string
		lines      []string
		want       []Quota
	}{
		{"storage", allCaps + " QUOTA", []string{`* QUOTAROOT INBOX ""`, `* QUOTA "" (STORAGE 95 100 MESSAGE 3 0)`,
			"% OK done"}, []Quota{{Resource: "STORAGE", Used: 95, Limit: 100}, {Resource: "MESSAGE", Used: 3}}},
		{"nothing to tell", allCaps + " QUOTA", []string{`* QUOTAROOT INBOX`, "% OK done"}, nil},
		{"refused", allCaps + " QUOTA", []string{"% NO not here"}, nil},
		{"nonsense", allCaps + " QUOTA", []string{"* QUOTA", `* QUOTA x (STORAGE -1 y Z)`, "% OK done"}, nil},
		{"not announced", allCaps, []string{"% BAD what"}, nil},
	} {
		s := newServer(t)
		s.caps = x.caps
		s.instead(answering("GETQUOTAROOT", x.lines...))
		c, err := check(t, newBook(0).seed, s)
		if err != nil || !slices.Equal(c.Quotas, x.want) {
			t.Errorf("%s: quotas %+v, %v; want %+v", x.name, c.Quotas, err, x.want)
		}
		if announced := strings.Contains(x.caps, "QUOTA"); announced != (s.asked("GETQUOTAROOT") == 1) {
			t.Errorf("%s: asked %d times", x.name, s.asked("GETQUOTAROOT"))
		}
	}
}

func TestCheckSaysWhichTroubleItMet(t *testing.T) {
	for answer, want := range map[string]seedtest.FaultKind{
		"% NO [AUTHENTICATIONFAILED] no": seedtest.FaultLogin,
		"% NO [LIMIT] Rate limit hit":    seedtest.FaultThrottled,
	} {
		s := newServer(t)
		s.instead(answering("LOGIN", answer))
		c, err := check(t, newBook(0).seed, s)
		if err == nil || c.Trouble == nil || c.Trouble.Kind != want {
			t.Errorf("LOGIN answered %q: trouble %+v, %v; want %s", answer, c.Trouble, err, want)
		}
	}
	if c, err := check(t, newBook(0).seed, newServer(t)); err != nil || c.Trouble != nil {
		t.Errorf("a server without trouble: %+v, %v", c.Trouble, err)
	}
}

// remote is a connection that is not on this machine.
type remote struct{ net.Conn }

func (remote) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }

func TestPasswordIsNotSentInPlainText(t *testing.T) {
	s := newServer(t)
	w := New(Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := s.dial(ctx, network, addr)
		return remote{conn}, err
	}})
	_, err := w.Check(t.Context(), newBook(0).seed)
	if err == nil || !strings.Contains(err.Error(), "not encrypted") || s.asked("LOGIN") != 0 {
		t.Errorf("Check = %v after %q, want a refusal before the password is sent", err, s.log)
	}
}

func TestSTARTTLSTakesNothingFromPlainText(t *testing.T) {
	for _, x := range []struct{ name, greet, answer, want string }{
		{"text after OK", "* OK ready", "% OK go ahead\r\nT1 OK [CAPABILITY X] injected",
			"plain text after"},
		{"PREAUTH", "* PREAUTH welcome", "", "PREAUTH"},
		{"refused", "* OK ready", "% NO not now", "does not offer STARTTLS"},
	} {
		s, seed := newServer(t), newBook(0).seed
		seed.Server.TLS = seedtest.TLSStartTLS
		s.greet, s.answer = x.greet, answering("STARTTLS", x.answer)
		_, err := check(t, seed, s)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: Check = %v, want an error that says %q", x.name, err, x.want)
		}
	}
}

func TestWireBoundsWhatAServerSends(t *testing.T) {
	for _, x := range []struct{ name, line string }{
		{"an endless line", "* OK " + strings.Repeat("x", 2*maxLine)},
		{"a literal beyond measure", "* LIST () NIL {4294967295}"},
	} {
		s := newServer(t)
		s.instead(answering("LIST", x.line))
		_, err := check(t, newBook(0).seed, s)
		if err == nil || !strings.Contains(err.Error(), errTooMuch.Error()) {
			t.Errorf("%s: Check = %v, want %v", x.name, err, errTooMuch)
		}
	}
}
