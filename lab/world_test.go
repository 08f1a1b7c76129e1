package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"seedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start builds a world that ends with the test.
func start(t *testing.T, o Options) *World {
	t.Helper()
	w, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// inWorlds runs a test over loopback, and over pipes on a virtual clock.
func inWorlds(t *testing.T, o Options, f func(t *testing.T, w *World)) {
	t.Run("loopback", func(t *testing.T) { f(t, start(t, o)) })
	t.Run("pipes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o.Network = Pipes()
			f(t, start(t, o))
		})
	})
}

func routeOf(t *testing.T, w *World, name string) seedtest.Route {
	t.Helper()
	for _, r := range w.Routes() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no route %q", name)
	return seedtest.Route{}
}

func addressOf(t *testing.T, w *World, seed string) string {
	t.Helper()
	for _, s := range w.Seeds() {
		if s.Name == seed {
			return s.Address
		}
	}
	t.Fatalf("no seed %q", seed)
	return ""
}

// connect signs in to a route as its clients do.
func connect(t *testing.T, w *World, route string) (*smtp.Client, error) {
	t.Helper()
	r := routeOf(t, w, route)
	addr := net.JoinHostPort(r.Server.Host, fmt.Sprint(r.Server.Port))
	conn, err := w.Dial(t.Context(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: r.Server.Host, RootCAs: w.Roots()}
	var c *smtp.Client
	if r.Server.TLS == seedtest.TLSImplicit {
		c = smtp.NewClient(tls.Client(conn, config))
	} else if c, err = smtp.NewClientStartTLS(conn, config); err != nil {
		_ = conn.Close()
		return nil, err
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Hello(r.HELO); err != nil {
		return nil, err
	}
	return c, c.Auth(saslOf(t, r.Login))
}

func saslOf(t *testing.T, l seedtest.Login) sasl.Client {
	t.Helper()
	if l.Token != nil {
		token, err := l.Token.Secret(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return tokenClient{l.Username, token.Reveal()}
	}
	password, err := l.Password.Secret(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sasl.NewPlainClient("", l.Username, password.Reveal())
}

// tokenClient speaks XOAUTH2.
type tokenClient struct{ user, token string }

func (c tokenClient) Start() (string, []byte, error) {
	return "XOAUTH2", fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", c.user, c.token), nil
}

func (tokenClient) Next([]byte) ([]byte, error) { return nil, errors.New("unexpected challenge") }

const weekly = "Your weekly notice"

// mailOf writes a message from a route's sender.
func mailOf(r seedtest.Route, id, to, subject string) string {
	return strings.Join([]string{"From: " + r.Sender.From, "To: " + to, "Subject: " + subject,
		"Date: Sat, 21 Nov 2026 14:00:00 +0000", "Message-ID: <" + id + ">",
		"MIME-Version: 1.0", "Content-Type: text/plain", "", "Hello.", ".", "End.", ""}, "\r\n")
}

// send hands one message to a route and returns the route's answer, nil for 250.
func send(t *testing.T, w *World, route, seed, id string) error {
	t.Helper()
	c, err := connect(t, w, route)
	if err != nil {
		return err
	}
	r, to := routeOf(t, w, route), addressOf(t, w, seed)
	if err := c.Mail(r.Sender.EnvelopeFrom, &smtp.MailOptions{EnvelopeID: "env-" + id}); err != nil {
		return err
	}
	if err := c.Rcpt(to, nil); err != nil {
		return err
	}
	data, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write([]byte(mailOf(r, id, to, weekly))); err != nil {
		return err
	}
	return data.Close()
}

// truthOf returns the truth about a message.
func truthOf(t *testing.T, w *World, id string) Truth {
	t.Helper()
	for _, truth := range w.Truth() {
		if truth.MessageID == id {
			return truth
		}
	}
	t.Fatalf("no truth about %q in %+v", id, w.Truth())
	return Truth{}
}

func TestRoutesToEveryProvider(t *testing.T) {
	const good, bad = "spf=pass dkim=pass dmarc=pass iprev=pass",
		"spf=fail dkim=none dmarc=fail iprev=fail"
	tests := []struct {
		route, seed      string
		code             int // of the route's answer
		evaluated, where string
		class            string
		dropped          bool
	}{
		{"old", "gmail-a", 250, good, "INBOX", "primary", false},
		{"old", "gmail-b", 250, good, "INBOX", "promotions", false},
		{"old", "outlook-a", 250, good, "INBOX", "", false},
		{"old", "strict-a", 250, good, "INBOX", "", false},
		{"old", "silent-a", 250, good, "INBOX", "", false},
		{"old", "local-a", 250, good, "INBOX", "", false},
		{"old", "broken-a", 250, good, "INBOX", "", false},
		{"new", "gmail-a", 550, bad, "", "", false},
		{"new", "gmail-b", 550, bad, "", "", false},
		{"new", "outlook-a", 250, bad, "Junk", "", false},
		{"new", "strict-a", 250, bad, "Junk", "", false},
		{"new", "silent-a", 250, bad, "", "", true},
		{"new", "local-a", 250, bad, "迷惑メール", "", false},
		{"new", "broken-a", 250, bad, "INBOX", "", false},
		{"control", "gmail-a", 250, good, "INBOX", "primary", false},
		{"control", "strict-a", 250, good, "INBOX", "", false},
		{"control", "silent-a", 250, good, "INBOX", "", false},
	}
	inWorlds(t, Options{}, func(t *testing.T, w *World) {
		for i, test := range tests {
			id := fmt.Sprintf("%d@example.org", i)
			name := test.route + " to " + test.seed
			err := send(t, w, test.route, test.seed, id)
			if got := codeOf(err); got != test.code {
				t.Errorf("%s: answer %d (%v), want %d", name, got, err, test.code)
			}
			truth := truthOf(t, w, id)
			if truth.Route != test.route || truth.Seed != test.seed {
				t.Errorf("%s: truth is about %s to %s", name, truth.Route, truth.Seed)
			}
			if e := truth.Events[0]; e.What != Evaluated || e.Detail != test.evaluated {
				t.Errorf("%s: first event %s %q, want %q", name, e.What, e.Detail, test.evaluated)
			}
			first, _ := truth.First()
			if first.Mailbox != test.where || first.Class != test.class {
				t.Errorf("%s: delivered to %q class %q, want %q %q", name, first.Mailbox, first.Class,
					test.where, test.class)
			}
			if truth.Dropped() != test.dropped || truth.Accepted() != (test.code == 250) {
				t.Errorf("%s: events %v", name, truth.Events)
			}
		}
	})
}

// codeOf returns the SMTP code of an answer: 250 for none, 0 for what is no reply.
func codeOf(err error) int {
	var e *smtp.SMTPError
	switch {
	case err == nil:
		return 250
	case errors.As(err, &e):
		return e.Code
	}
	return 0
}

func TestRefusalIsHandedOnWordForWord(t *testing.T) {
	w := start(t, Options{})
	err := send(t, w, "new", "gmail-a", "1@example.org")
	var e *smtp.SMTPError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a reply", err)
	}
	if e.EnhancedCode != (smtp.EnhancedCode{5, 7, 26}) {
		t.Errorf("enhanced code %v, want 5.7.26", e.EnhancedCode)
	}
	for _, want := range []string{"host mx.gmail-like.example[192.0.2.20] said: 550 5.7.26 Your email",
		"SPF [example.org] with ip: [203.0.113.9] = did not pass",
		"(in reply to end of DATA command)"} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("reply %q does not hold %q", e.Message, want)
		}
	}
	if truth := truthOf(t, w, "1@example.org"); !truth.has(Refused) || truth.Accepted() {
		t.Errorf("events %v, want refused", truth.Events)
	}
	logged := strings.Join(w.Logs("new"), "\n")
	if !strings.Contains(logged, "dsn=5.7.26, status=bounced (host mx.gmail-like.example") {
		t.Errorf("the relay's log says:\n%s", logged)
	}
}

func TestGreylistLetsWait(t *testing.T) {
	inWorlds(t, Options{Greylist: 100 * time.Millisecond}, func(t *testing.T, w *World) {
		if err := send(t, w, "old", "greylist-a", "1@example.org"); codeOf(err) != 451 {
			t.Fatalf("first try: %v, want 451", err)
		}
		first := w.Truth()
		if len(first) != 1 || first[0].MessageID != "" || first[0].EnvelopeID != "env-1@example.org" ||
			!first[0].has(Deferred) {
			t.Errorf("truth after the first try: %+v", first)
		}
		for try := 0; ; try++ {
			timer := time.NewTimer(50 * time.Millisecond)
			<-timer.C
			err := send(t, w, "old", "greylist-a", "1@example.org")
			if err == nil {
				break
			}
			if codeOf(err) != 451 || try == 100 {
				t.Fatalf("try %d: %v", try, err)
			}
		}
		if where, _, ok := truthOf(t, w, "1@example.org").Where(); !ok || where != "INBOX" {
			t.Errorf("the message is in %q", where)
		}
	})
}

func TestSecondThoughtsMoveToJunk(t *testing.T) {
	moves := func() (moved []int) {
		synctest.Test(t, func(t *testing.T) {
			w := start(t, Options{Random: 7, Network: Pipes()})
			for i := range 12 {
				if err := send(t, w, "old", "outlook-a", fmt.Sprintf("%d@x", i)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(moveAfter + moveSpread) // of the bubble's clock
			synctest.Wait()
			for i, truth := range w.Truth() {
				if where, _, _ := truth.Where(); where == "Junk" {
					moved = append(moved, i)
				}
			}
		})
		return moved
	}
	a, b := moves(), moves()
	if len(a) == 0 || len(a) == 12 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("moved %v, then with the same random number %v", a, b)
	}
}

func TestCloseDoesNotWaitForLaterMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Random: 7, Network: Pipes()})
		for i := range 12 {
			if err := send(t, w, "old", "outlook-a", fmt.Sprintf("%d@x", i)); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took >= moveAfter {
			t.Errorf("close took %v of the world's time", took)
		}
	})
}
