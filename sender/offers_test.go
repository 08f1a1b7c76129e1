package sender_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// shelf keeps notes in memory.
type shelf struct {
	mu    sync.Mutex
	notes map[string][]byte
	asked int
}

// Note implements sender.Notes.
func (s *shelf) Note(_ context.Context, name string, change func([]byte) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.notes[name] = change(s.notes[name])
	return nil
}

// TestWhatAServerNoLongerOffers is told with when it did, by another process too.
func TestWhatAServerNoLongerOffers(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		mode        seedtest.TLSMode
		at, without string
		error       string
	}{
		"STARTTLS": {seedtest.TLSStartTLS, "EHLO", polite["EHLO"],
			"does not offer STARTTLS, and did on 2000-01-01 00:00 UTC: its operator"},
		"AUTH": {seedtest.TLSStartTLS, "TLS", "250-mx\r\n250 HELP",
			"offers no AUTH, and did on 2000-01-01 00:00 UTC: its operator"},
		"STARTTLS of an opportunistic route": {seedtest.TLSOpportunistic, "EHLO", polite["EHLO"], ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				notes := &shelf{notes: map[string][]byte{}}
				send := func(change func(*script)) seedtest.Submission {
					s := offering(t, a, "AUTH PLAIN")
					change(s)
					route := s.tlsRoute(c.mode, a)
					route.Server.Host = "mx.example.net"
					if c.mode != seedtest.TLSOpportunistic {
						route.Login = byPassword
					}
					client := s.client(route, sender.Options{Notes: notes})
					defer client.Close()
					return client.Send(t.Context(), composed(t), committed)
				}
				wantAccepted(t, send(func(*script) {}))
				time.Sleep(48 * time.Hour) // of the bubble's clock
				got := send(func(s *script) { s.answers[c.at] = c.without })
				if !strings.Contains(got.Error, c.error) || (c.error == "") != (got.Outcome == accepted) {
					t.Errorf("Send: %s, %q, want %q", got.Outcome, got.Error, c.error)
				}
				if said := strings.Join(got.Dialog, "\n"); c.error == "" &&
					!strings.Contains(said, "-- the server does not offer STARTTLS, and did on 2000-01-01") {
					t.Errorf("the dialogue says nothing of it:\n%s", said)
				}
			})
		})
	}
}

// TestNotesOfServersCostLittle: one that offers nothing is asked for once, and what was kept is never
// believed blindly.
func TestNotesOfServersCostLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notes := &shelf{notes: map[string][]byte{"smtp offers mx.example.net:587": []byte("{broken")}}
		s := &script{t: t, answers: map[string]string{"RCPT": "550 no"}}
		route := s.route()
		route.Server.TLS = seedtest.TLSOpportunistic
		client := s.client(route, sender.Options{Notes: notes, Timeouts: sender.Timeouts{Idle: 1}})
		for range 5 {
			time.Sleep(time.Minute) // of the bubble's clock: each message has a connection of its own
			got := client.Send(t.Context(), composed(t), committed)
			if got.Reused || got.Outcome != refused || strings.Contains(strings.Join(got.Dialog, "\n"), "and did on") {
				t.Errorf("Send: %s, reused %t: %q", got.Outcome, got.Reused, got.Dialog)
			}
		}
		if notes.asked != 1 {
			t.Errorf("asked %d times, want once", notes.asked)
		}
	})
}
