package lab

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// loginClient speaks LOGIN.
type loginClient struct {
	user, password string
	asked          int
}

func (*loginClient) Start() (string, []byte, error) { return "LOGIN", nil, nil }

func (c *loginClient) Next([]byte) ([]byte, error) {
	c.asked++
	if c.asked == 1 {
		return []byte(c.user), nil
	}
	return []byte(c.password), nil
}

// unsigned connects to a route without signing in.
func unsigned(t *testing.T, w *World, route string) *smtp.Client {
	t.Helper()
	lift := w.Inject(Fault{Kind: SMTPAuthRefused, Party: route})
	defer lift()
	c, err := connect(t, w, route)
	if codeOf(err) != 535 || c == nil {
		t.Fatalf("connect: %v", err)
	}
	return c
}

func TestRelaySignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Network: Pipes()})
		var right seedtest.Secret
		for _, r := range w.relays {
			if r.route == "old" {
				right = r.secret
			}
		}
		tests := []struct {
			user, password string
			code           int
		}{
			{"ops", right.Reveal(), 250},
			{"ops", right.Reveal() + "x", 535},
			{"ops", "", 535},
			{"other", right.Reveal(), 535},
		}
		for _, test := range tests {
			c := unsigned(t, w, "old")
			err := c.Auth(&loginClient{user: test.user, password: test.password})
			if codeOf(err) != test.code {
				t.Errorf("LOGIN as %s: %v, want %d", test.user, err, test.code)
			}
		}
		if c := unsigned(t, w, "old"); codeOf(c.Mail("a@example.org", nil)) != 530 {
			t.Error("a client that had not signed in was taken")
		}
		if c := unsigned(t, w, "old"); codeOf(c.Auth(tokenClient{"ops", right.Reveal()})) != 504 {
			t.Error("the old relay took a token")
		}
	})
}

func TestRelayRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, Options{Network: Pipes()})
		c, err := connect(t, w, "old")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Mail("bounces@example.org", nil); err != nil {
			t.Fatal(err)
		}
		err = c.Rcpt("nobody@strict.example", nil)
		if codeOf(err) != 550 || !strings.Contains(err.Error(), "User unknown") {
			t.Errorf("unknown user: %v", err)
		}
		if err := c.Rcpt("a@nowhere.example", nil); codeOf(err) != 550 {
			t.Errorf("unknown domain: %v", err)
		}
		if err := c.Rcpt(addressOf(t, w, "strict-a"), nil); err != nil {
			t.Errorf("known user: %v", err)
		}
		if err := c.Rcpt(addressOf(t, w, "local-a"), nil); codeOf(err) != 452 {
			t.Errorf("a second recipient: %v, want 452", err)
		}
	})
}

func TestRelayLog(t *testing.T) {
	w := start(t, Options{})
	if err := send(t, w, "old", "strict-a", "1@example.org"); err != nil {
		t.Fatal(err)
	}
	logged := strings.Join(w.Logs("old"), "\n")
	for _, want := range []string{"client=ops.example.org[192.0.2.10], sasl_method=PLAIN",
		"message-id=<1@example.org>", "to=<strict-a@strict.example>, relay=mx.strict.example[",
		"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4"} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log does not hold %q:\n%s", want, logged)
		}
	}
	if len(w.Logs("new")) > 0 || w.Logs("other") != nil {
		t.Error("other routes have logs")
	}
}

func TestTruthKnowsWhatClientsDo(t *testing.T) {
	w := start(t, Options{})
	if err := send(t, w, "old", "strict-a", "1@example.org"); err != nil {
		t.Fatal(err)
	}
	first, _ := truthOf(t, w, "1@example.org").First()
	a := w.seedAt(addressOf(t, w, "strict-a")).account
	a.changed(accountChange{mailbox: first.Mailbox, uid: first.UID, to: "Trash", toUID: 9})
	if where, _, _ := truthOf(t, w, "1@example.org").Where(); where != "Trash" {
		t.Errorf("moved, and the truth says %q", where)
	}
	a.changed(accountChange{mailbox: first.Mailbox, uid: first.UID}) // another's by now
	a.changed(accountChange{mailbox: "Trash", uid: 9})
	truth := truthOf(t, w, "1@example.org")
	if where, _, ok := truth.Where(); ok || len(truth.Events) != 5 {
		t.Errorf("expunged, and the truth says %q: %v", where, truth.Events)
	}
}

func TestWorldEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := Start(ctx, Options{Network: Pipes()})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		if _, err := w.Dial(t.Context(), "tcp", "mail1.example.org:587"); err == nil {
			t.Error("the world still listens")
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}
