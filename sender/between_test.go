package sender_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

const stars = "220 ***********************2***0******"

// TestWhatStandsBetweenIsNamed where it does harm, and noted where it does not.
func TestWhatStandsBetweenIsNamed(t *testing.T) {
	a, shield := newAuthority(t), newAuthority(t)
	shield.cert.RawSubject, shield.cert.Subject.CommonName = nil, "Avast Web/Mail Shield Root"
	const starttls = seedtest.TLSStartTLS
	for name, c := range map[string]struct {
		mode    seedtest.TLSMode
		change  func(*script)
		login   seedtest.Login
		outcome seedtest.Outcome
		stage   seedtest.Stage
		error   string
		lacks   string // of the error
		note    string // in the dialogue
	}{
		"stars, and no STARTTLS": {starttls, func(s *script) {
			s.answers[""], s.answers["EHLO"] = stars, polite["EHLO"]
		}, seedtest.Login{}, failed, "starttls", "does not offer STARTTLS; its greeting is written over", "",
			"its greeting is written over with asterisks"},
		"stars alone": {starttls, func(s *script) { s.answers[""] = stars }, seedtest.Login{}, accepted, "final",
			"", "", "its greeting is written over with asterisks"},
		"no EHLO": {starttls, func(s *script) {
			s.answers["EHLO"], s.answers["HELO"] = "500 what?", "250 mx"
		}, seedtest.Login{}, failed, "starttls", "does not offer STARTTLS; it knows no EHLO", "", "it knows no EHLO"},
		"no EHLO, and HELO refused": {starttls, func(s *script) {
			s.answers["EHLO"], s.answers["HELO"] = "502 what?", "550 no"
		}, seedtest.Login{}, refused, "ehlo", "ehlo: 550 no; it knows no EHLO", "", "it knows no EHLO"},
		"AUTH written over": {starttls, func(s *script) { s.answers["TLS"] = "250-mx\r\n250 XXXA" }, byPassword,
			failed, "auth", "the server offers no AUTH; XXXA in its reply to EHLO", "", "XXXA in its reply"},
		"login refused for itself": {starttls, func(s *script) {
			s.answers["TLS"], s.answers["AUTH"] = "250-mx\r\n250-XXXA\r\n250 AUTH PLAIN", "535 5.7.8 no"
		}, byPassword, failed, "auth", "refused the login", "written over", "XXXA in its reply"},
		"scanner": {starttls, func(s *script) { s.tls = shield.server(s.t, "mx.example.net", distant) },
			seedtest.Login{}, failed, "starttls", "a virus scanner on the way made itself; switch the scanning",
			"ca = ", "its certificate is one that a virus scanner"},
		"two greetings": {starttls, func(s *script) { s.answers[""] = "220 220 mx" }, seedtest.Login{}, accepted,
			"final", "", "", "its greeting holds a second one"},
		"proxy that reaches nobody": {starttls, func(s *script) {
			s.answers[""] = "421 Cannot connect to SMTP server 192.0.2.1 (192.0.2.1:587), connect error 10060"
		}, seedtest.Login{}, deferred, "banner", "mail proxy speaks in its name; switch the scanning", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := secure(t, a)
				c.change(s)
				route := s.tlsRoute(c.mode, a)
				route.Login = c.login
				got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
				if got.Outcome != c.outcome || got.Stage != c.stage || !strings.Contains(got.Error, c.error) ||
					c.lacks != "" && strings.Contains(got.Error, c.lacks) {
					t.Errorf("Send: %s at %s: %q, want %s at %s: %q without %q", got.Outcome, got.Stage, got.Error,
						c.outcome, c.stage, c.error, c.lacks)
				}
				if n := strings.Count(strings.Join(got.Dialog, "\n"), "\n-- "+c.note); c.note != "" && n != 1 {
					t.Errorf("%q is noted %d times in\n%s", c.note, n, strings.Join(got.Dialog, "\n"))
				}
			})
		})
	}
}

// TestLateGreetingIsTold, which is no failure: the wait of postscreen is, a slow day is not.
func TestLateGreetingIsTold(t *testing.T) {
	for wait, told := range map[time.Duration]bool{4900 * time.Millisecond: false, 6 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{t: t, delay: map[string]time.Duration{"": wait}}
			client := s.client(s.route(), sender.Options{})
			for _, want := range []bool{told, false} { // once a connection
				got := client.Send(t.Context(), composed(t), committed)
				wantAccepted(t, got)
				late := slices.ContainsFunc(got.Dialog, func(line string) bool {
					return strings.HasPrefix(line, "-- the greeting came late") && strings.Contains(line, "after 6s")
				})
				if late != want {
					t.Errorf("greeting after %v, told %t: %q", wait, late, got.Dialog)
				}
			}
			check := client.Check(t.Context())
			if !check.OK || len(check.Remarks) > 0 != told {
				t.Errorf("greeting after %v: Check: OK %t, remarks %q", wait, check.OK, check.Remarks)
			}
		})
	}
}
