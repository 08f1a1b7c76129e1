package sender_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"seedtest"
	"seedtest/sender"
)

// TestHostileServerIsBounded: whatever a server says, little of it is kept, in bounded time, and
// what is kept can be shown on a terminal.
func TestHostileServerIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1990)
	for name, c := range map[string]struct{ at, answer string }{
		"long replies":       {"RCPT", strings.Repeat("550-"+long+"\r\n", 100) + "550 " + long},
		"endless reply":      {"RCPT", strings.Repeat("550-x\r\n", 100000)},
		"endless line":       {".", strings.Repeat("x", 1<<20)},
		"control characters": {"RCPT", "550 \x1b]0;owned\x07\x1b[2J\u202egnp.exe\x00\x9b31m\xff"},
		"as an error":        {"RCPT", "\x1b[2J\x07 is no reply"},
		"huge EHLO":          {"EHLO", strings.Repeat("250-"+long+"\r\n", 5000) + "250 x"},
		"many keywords":      {"EHLO", strings.Repeat("250-X\u00ff\xff "+"\r\n", 120) + "250 SIZE 1"},
		"long keywords": {"EHLO", "250-mx\r\n250-X" + strings.Repeat("\xff", 1900) +
			"\r\n250 AUTH " + strings.Repeat("A", 1900)},
		"hostile queue id": {".", "250 Ok: queued as \x1b[2J" + strings.Repeat("9", 1900)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{t: t, answers: map[string]string{c.at: c.answer}}
				begun := time.Now()
				got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), committed)
				if d := time.Since(begun); d > time.Second {
					t.Errorf("Send took %v", d)
				}
				kept := fmt.Sprint(got.Error, got.QueueID, got.Dialog)
				for _, st := range got.Stages {
					if st.Reply != nil {
						kept += st.Reply.Text
					}
				}
				if len(kept) > 200<<10 {
					t.Errorf("Send kept %d octets", len(kept))
				}
				if i := strings.IndexFunc(kept, unfit); i >= 0 {
					t.Errorf("Send kept %q", kept[i:min(len(kept), i+40)])
				}
				if len(got.QueueID) > 200 {
					t.Errorf("Send: queue id of %d octets", len(got.QueueID))
				}
			})
		})
	}
}

func unfit(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

// TestHugeKeywordsDoNotEndIt: what is offered beside what we use does no harm.
func TestHugeKeywordsDoNotEndIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, answers: map[string]string{"EHLO": "250-mx\r\n250-X" +
			strings.Repeat("\xff", 1900) + "\r\n250 SIZE 100000"}}
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), committed)
		wantAccepted(t, got)
		if !strings.Contains(s.said()[1], " SIZE=") {
			t.Errorf("SIZE was offered, but Send said %q", s.said()[1])
		}
	})
}

// TestDialogIsCapped: with many recipients it ends, and says so.
func TestDialogIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		m := composed(t)
		for i := range 300 {
			m.To = append(m.To, fmt.Sprintf("a%d@example.net", i))
		}
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
		wantAccepted(t, got)
		if n := len(got.Dialog); n != 201 || got.Dialog[200] != "-- the rest is not kept" {
			t.Errorf("Send: dialogue of %d lines, the last %q", n, got.Dialog[n-1])
		}
	})
}

// TestDialogShowsNoContent: only how much of it left.
func TestDialogShowsNoContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t}
		m := composed(t)
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), m, committed)
		want := []string{"-- connected to pipe from pipe", "S: 220 mx.example.net ESMTP",
			"C: EHLO mail1.example.org", "S: 250-mx.example.net", "S: 250-SIZE 1000000",
			"S: 250-8BITMIME", "S: 250 DSN", fmt.Sprintf("C: MAIL FROM:<ops@example.org> "+
				"BODY=8BITMIME SIZE=%d ENVID=%s", len(m.Data), token), "S: 250 2.1.0 Ok",
			"C: RCPT TO:<anna@example.net>", "S: 250 2.1.5 Ok", "C: DATA", "S: 354 go ahead",
			fmt.Sprintf("C: (%d octets of content)", len(m.Data)-2), "C: (5 octets of content)",
			"S: 250 2.0.0 Ok: queued as 4XyZ"}
		if got, want := strings.Join(got.Dialog, "\n"), strings.Join(want, "\n"); got != want {
			t.Errorf("dialogue:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestHELOFallback (RFC 5321 section 4.1.4) and a name that would be a command.
func TestHELOFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, answers: map[string]string{"EHLO": "502 what?", "HELO": "250 mx"}}
		wantAccepted(t, s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), committed))
		if got := s.verbs(); got != "EHLO HELO MAIL RCPT DATA" {
			t.Errorf("said %s", got)
		}
		route := s.route()
		route.HELO = "x\r\nMAIL FROM:<>"
		got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
		if got.Outcome != seedtest.OutcomeFailed || len(s.said()) != 5 {
			t.Errorf("Send: %s, said %q", got.Outcome, s.said())
		}
	})
}

// TestRefusalForWantOfTLSHasAHint: the route is set up for less than the server wants.
func TestRefusalForWantOfTLSHasAHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{t: t, answers: map[string]string{"MAIL": "530 5.7.0 Must issue STARTTLS first"}}
		got := s.client(s.route(), sender.Options{}).Send(t.Context(), composed(t), committed)
		if got.Outcome != seedtest.OutcomeRefused || !strings.Contains(got.Error, `tls = "starttls"`) {
			t.Errorf("Send: %s (%s)", got.Outcome, got.Error)
		}
	})
}

// TestCheckTellsWhatTheRouteShows, in order and without a message.
func TestCheckTellsWhatTheRouteShows(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := offering(t, a, "AUTH LOGIN PLAIN")
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		route.Login = seedtest.Login{Username: "ops", Password: password}
		client := s.client(route, sender.Options{})
		c := client.Check(t.Context())
		if !c.OK || c.Banner != "mx.example.net ESMTP" || c.Mechanism != "PLAIN" ||
			strings.Join(c.Mechanisms, " ") != "LOGIN PLAIN" || c.TLS == nil || !c.TLS.Verified ||
			strings.Join(c.Extensions, ",") != "AUTH LOGIN PLAIN" || c.Stage != seedtest.StageAUTH ||
			c.RoundTrips != 7 || c.BytesIn == 0 || c.BytesOut == 0 {
			t.Errorf("Check: %+v", c)
		}
		if got := s.verbs(); got != "EHLO STARTTLS EHLO AUTH QUIT" {
			t.Errorf("said %s", got)
		}
		s.set("AUTH", "535 5.7.8 no")
		c = client.Check(t.Context())
		if c.OK || c.Stage != seedtest.StageAUTH || c.Reply.Code != 535 || c.Hint == "" ||
			!strings.HasPrefix(c.Error, "auth: the server refused the login") {
			t.Errorf("Check: %+v", c)
		}
		s.set("", silent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if c = client.Check(ctx); c.OK || c.Stage != seedtest.StageBanner {
			t.Errorf("Check: %+v", c)
		}
	})
}

// FuzzSend: whatever a server says, Send ends, what it keeps is bounded and can be shown, and only
// what was committed can be accepted or in doubt.
func FuzzSend(f *testing.F) {
	f.Add([]byte("220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 Ok: queued as 4XyZ\r\n"))
	f.Add([]byte("220-a\r\n220 b\r\n500 what\r\n250 mx\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 no\r\n"))
	f.Add([]byte("220 mx\r\n250-mx\r\n250-SIZE 1\r\n250-DSN\r\n250 8BITMIME\r\n250\r\n250\r\n354\r\n4"))
	f.Add([]byte("421 4.7.0 \x1b[2J\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t}
			client := sender.New(s.route(), sender.Options{
				Dial: func(context.Context, string, string) (net.Conn, error) { return say(said), nil }})
			defer client.Close()
			commits := 0
			got := client.Send(t.Context(), composed(t), func(context.Context) error {
				commits++
				return nil
			})
			left := got.Outcome == accepted || got.Outcome == inDoubt
			if commits > 1 || left && commits != 1 {
				t.Fatalf("Send: %s after %d commits", got.Outcome, commits)
			}
			kept := got.Error + got.QueueID + strings.Join(got.Dialog, "\n")
			if len(kept) > 200<<10 || strings.ContainsFunc(kept, unfit) {
				t.Fatalf("Send kept %d octets: %q", len(kept), kept)
			}
		})
	})
}

// say returns a connection to a server that says all it has to say, hears everything and closes. What
// ends in CRLF waits until it is asked for: it is not ahead of its command.
func say(said []byte) net.Conn {
	client, server := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, server) }()
	go func() {
		for _, part := range bytes.SplitAfter(said, []byte("\r\n")) {
			_, _ = server.Write(part)
		}
		_ = server.Close()
	}()
	return client
}
