package inbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
)

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

// shut is a connection that the server has closed when a command is to be written, and what it said
// before is not read yet.
type shut struct {
	net.Conn
	server *server
}

func (c shut) Write(p []byte) (int, error) {
	if !strings.Contains(string(p), "NOOP") {
		return c.Conn.Write(p)
	}
	go func() {
		time.Sleep(100 * time.Millisecond)
		c.server.bye("Session expired")
	}()
	return 0, io.ErrClosedPipe
}

func TestWhatAServerSaidBeforeItHungUpIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.dialed = func(c net.Conn) net.Conn { return shut{c, s} }
		_, err := check(t, newBook(0).seed, s)
		if err == nil || !strings.Contains(err.Error(), "Session expired") {
			t.Errorf("Check = %v, want what the server said", err)
		}
	})
}
