package sender_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// field is a network of scripts by the address that is dialled. Nothing listens anywhere else.
type field struct {
	servers map[string]*script

	mu      sync.Mutex
	dialled []string
}

func (f *field) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.mu.Lock()
	f.dialled = append(f.dialled, addr)
	f.mu.Unlock()
	s := f.servers[addr]
	if s == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return s.dial(ctx, network, addr)
}

// client sends by route into the field.
func (f *field) client(t testing.TB, route seedtest.Route, o sender.Options) *sender.Client {
	o.Dial = f.dial
	c := sender.New(route, o)
	t.Cleanup(func() { c.Close() })
	return c
}

// relays is a route with two servers.
func relays() seedtest.Route {
	r := seedtest.Route{Name: "old", Type: seedtest.RouteSMTP, HELO: "mail.example.org",
		Server: seedtest.Endpoint{Host: "mx1.example.net", Port: 587, TLS: seedtest.TLSNone}}
	r.Also = []seedtest.Endpoint{{Host: "mx2.example.net", Port: 2525, TLS: seedtest.TLSNone}}
	return r
}

// sent sends one message, and returns how often it was committed.
func sent(t testing.TB, c *sender.Client, m seedtest.Composed) (seedtest.Submission, int) {
	commits := 0
	sub := c.Send(t.Context(), m, func(context.Context) error { commits++; return nil })
	if commits > 1 {
		t.Errorf("committed %d times", commits)
	}
	return sub, commits
}

// TestNextRelay asks the next server only where the first one cannot be reached or used, and never
// after it has said something of the message or may have it.
func TestNextRelay(t *testing.T) {
	for _, c := range []struct {
		at, answer string
		next       bool // the other server gets the message
		stage      seedtest.Stage
		outcome    seedtest.Outcome // else
	}{
		{"", "421 too busy", true, seedtest.StageBanner, ""},
		{"", "450 later", true, seedtest.StageBanner, ""},
		{"", hangUp, true, seedtest.StageBanner, ""},
		{"", silent, true, seedtest.StageBanner, ""},
		{"EHLO", "421 bye", true, seedtest.StageEHLO, ""},
		{"EHLO", hangUp, true, seedtest.StageEHLO, ""},
		{"", "554 go away", false, seedtest.StageBanner, seedtest.OutcomeRefused},
		{"EHLO", "550 bad name", false, seedtest.StageEHLO, seedtest.OutcomeRefused},
		{"MAIL", "550 no", false, seedtest.StageMAIL, seedtest.OutcomeRefused},
		{"MAIL", "450 later", false, seedtest.StageMAIL, seedtest.OutcomeDeferred},
		{"RCPT", "450 greylisted", false, seedtest.StageRCPT, seedtest.OutcomeDeferred},
		{"RCPT", "550 nobody", false, seedtest.StageRCPT, seedtest.OutcomeRefused},
		{"DATA", "451 later", false, seedtest.StageDATA, seedtest.OutcomeDeferred},
		{".", "451 later", false, seedtest.StageFinal, seedtest.OutcomeDeferred},
		{".", "554 spam", false, seedtest.StageFinal, seedtest.OutcomeRefused},
		{".", hangUp, false, seedtest.StageFinal, seedtest.OutcomeInDoubt},
		{".", silent, false, seedtest.StageFinal, seedtest.OutcomeInDoubt},
	} {
		synctest.Test(t, func(t *testing.T) {
			first := &script{t: t, answers: map[string]string{c.at: c.answer}}
			second := &script{t: t}
			f := &field{servers: map[string]*script{"mx1.example.net:587": first,
				"mx2.example.net:2525": second}}
			got, _ := sent(t, f.client(t, relays(), sender.Options{}), composed(t))
			if !c.next {
				if got.Outcome != c.outcome || got.Stage != c.stage || got.Host != "mx1.example.net" ||
					len(got.Tried) > 0 || second.conns > 0 {
					t.Errorf("%q to %q: %s at %s by %s, tried %+v, %d connections to the second",
						c.answer, c.at, got.Outcome, got.Stage, got.Host, got.Tried, second.conns)
				}
				return
			}
			wantAccepted(t, got)
			if got.Host != "mx2.example.net" || len(got.Tried) != 1 || second.conns != 1 ||
				got.Tried[0].Host != "mx1.example.net" || got.Tried[0].Stage != c.stage ||
				(got.Tried[0].Reply == nil) == (c.answer[0] == '4') {
				t.Errorf("%q to %q: by %s, tried %+v", c.answer, c.at, got.Host, got.Tried)
			}
			if i := got.Stages[0].At.Sub(got.Begun); i < 0 || i > time.Second {
				t.Errorf("%q to %q: the stages begin %v after the server's turn", c.answer, c.at, i)
			}
		})
	}
}

// TestNoRelay says most of the server that said most, and remembers for a while who is away.
func TestNoRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := &script{t: t, answers: map[string]string{"": "421 too busy"}}
		f := &field{servers: map[string]*script{"mx2.example.net:2525": second}}
		client := f.client(t, relays(), sender.Options{})
		got, commits := sent(t, client, composed(t))
		if got.Outcome != seedtest.OutcomeDeferred || got.Host != "mx2.example.net" ||
			len(got.Tried) != 1 || got.Tried[0].Host != "mx1.example.net" ||
			!strings.Contains(got.Tried[0].Error, "nothing listens on port 587") || commits > 0 {
			t.Errorf("Send: %+v", got)
		}
		second.set("", polite[""])
		got, _ = sent(t, client, composed(t))
		wantAccepted(t, got)
		if len(got.Tried) > 0 {
			t.Errorf("a server that was away just now came first: %+v", got.Tried)
		}
		time.Sleep(2 * time.Minute)
		f.servers["mx1.example.net:587"] = &script{t: t}
		got, _ = sent(t, client, composed(t))
		wantAccepted(t, got)
		if got.Host != "mx1.example.net" {
			t.Errorf("after a while the message went by %s, want mx1", got.Host)
		}
	})
}

// TestLoginIsTriedOnce: where one server refuses the login, no other is asked, which might lock the
// account.
func TestLoginIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		server := func(name string) *script {
			return &script{t: t, tls: ca.server(t, name, time.Now().AddDate(1, 0, 0)),
				answers: map[string]string{"EHLO": "250-mx\r\n250 STARTTLS",
					"TLS": "250-mx\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}}
		}
		first, second := server("mx1.example.net"), server("mx2.example.net")
		f := &field{servers: map[string]*script{"mx1.example.net:587": first,
			"mx2.example.net:2525": second}}
		route := relays()
		route.CA, route.Server.TLS, route.Also[0].TLS = ca.pem, seedtest.TLSStartTLS, seedtest.TLSStartTLS
		route.Login = seedtest.Login{Username: "ops", Password: seedtest.Secret("hunter22")}
		client := f.client(t, route, sender.Options{})
		got, _ := sent(t, client, composed(t))
		if got.Stage != seedtest.StageAUTH || second.conns > 0 {
			t.Errorf("Send: %s at %s, %d connections to the second", got.Outcome, got.Stage, second.conns)
		}
		first.set("AUTH", "454 4.7.0 later")
		second.set("AUTH", "235 welcome")
		second.set(".", "250 thanks for hunter22")
		for i := range 3 {
			if i == 1 {
				first.set("AUTH", "235 welcome")
				first.set(".", "250 thanks for hunter22")
			}
			got, _ = sent(t, client, composed(t))
			wantAccepted(t, got)
			if got.Reused != (i == 2) {
				t.Errorf("message %d: reused %t", i, got.Reused)
			}
			if strings.Contains(strings.Join(got.Dialog, "\n"), "hunter22") {
				t.Errorf("the secret stands in the dialogue:\n%s", strings.Join(got.Dialog, "\n"))
			}
		}
	})
}

// TestChecksOfSeveral checks each server of a route.
func TestChecksOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &field{servers: map[string]*script{"mx2.example.net:2525": {t: t}}}
		got := f.client(t, relays(), sender.Options{}).Checks(t.Context(), "")
		if len(got) != 2 || got[0].OK || !got[1].OK || got[1].Host != "mx2.example.net:2525" {
			t.Errorf("Checks: %+v", got)
		}
		slices.Sort(f.dialled)
		if want := []string{"mx1.example.net:587", "mx2.example.net:2525"}; !slices.Equal(f.dialled, want) {
			t.Errorf("dialled %v, want %v", f.dialled, want)
		}
	})
}
