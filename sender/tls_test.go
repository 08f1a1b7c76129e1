package sender_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

var distant = time.Date(2098, 1, 1, 0, 0, 0, 0, time.UTC)

const offersTLS = "250-mx.example.net\r\n250-STARTTLS\r\n250-AUTH CRAM-MD5\r\n250 SIZE 1000000"

// secure is a script that offers STARTTLS with a certificate of the authority.
func secure(t testing.TB, a *authority) *script {
	return &script{t: t, tls: a.server(t, "mx.example.net", distant),
		answers: map[string]string{"EHLO": offersTLS, "TLS": polite["EHLO"]}}
}

// tlsRoute leads to the script in a mode, and trusts the authority.
func (s *script) tlsRoute(mode seedtest.TLSMode, a *authority) seedtest.Route {
	route := s.route()
	route.Server.TLS, route.CA = mode, a.pem
	return route
}

func TestSTARTTLS(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := secure(t, a)
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
		wantAccepted(t, got)
		info := got.TLS
		if info == nil || !info.Verified || info.Version != "TLS 1.3" ||
			!strings.HasPrefix(info.Cipher, "TLS_") || info.Peer != "CN=mx.example.net" ||
			info.Issuer != "CN=Example CA" || !slices.Equal(info.Names, []string{"mx.example.net"}) ||
			!info.NotAfter.Equal(distant) {
			t.Errorf("Send: TLS %+v", info)
		}
		if sum := sha256.Sum256(s.tls.Certificates[0].Certificate[0]); info.SHA256 != hex.EncodeToString(sum[:]) ||
			info.Problem != "" || info.NotBefore == nil || len(info.Chain) != len(s.tls.Certificates[0].Certificate)-1 {
			t.Errorf("Send: certificate %+v", info)
		}
		if got, want := s.verbs(), "EHLO STARTTLS EHLO MAIL RCPT DATA"; got != want {
			t.Errorf("said %s, want %s", got, want)
		}
		if s.said()[0] != "EHLO mail1.example.org" || s.said()[2] != "EHLO mail1.example.org" {
			t.Errorf("the name at EHLO: %q", s.said())
		}
		want := []seedtest.Stage{"connect", "banner", "ehlo", "starttls", "starttls", "ehlo",
			"mail", "rcpt", "data", "body", "final"}
		if stages := stagesOf(got); !slices.Equal(stages, want) {
			t.Errorf("Send: stages %v, want %v", stages, want)
		}
	})
}

// stagesOf also wants the times to be in order.
func stagesOf(s seedtest.Submission) (all []seedtest.Stage) {
	last := s.Begun
	for _, st := range s.Stages {
		if st.At.Before(last) || st.At.Location() != time.UTC {
			return nil
		}
		last = st.At
		all = append(all, st.Stage)
	}
	return all
}

func TestImplicitTLS(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := secure(t, a)
		s.atOnce = true
		route := s.tlsRoute(seedtest.TLSImplicit, a)
		got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
		if wantAccepted(t, got); got.TLS == nil || !got.TLS.Verified {
			t.Errorf("Send: TLS %+v", got.TLS)
		}
		if stages := stagesOf(got); stages[1] != seedtest.StageTLS {
			t.Errorf("Send: stages %v", stages)
		}
	})
}

// TestOpportunisticTLS goes on in plain text only where nothing else is offered, and takes any
// certificate but says that it was not verified.
func TestOpportunisticTLS(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	past := time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		ehlo     string
		server   string
		trust    *authority
		wantTLS  bool
		verified bool
		until    time.Time
		problem  string
	}{
		"offered":       {offersTLS, "mx.example.net", a, true, true, distant, ""},
		"another name":  {offersTLS, "other.example.net", a, true, false, distant, "for another name"},
		"unknown":       {offersTLS, "mx.example.net", b, true, false, distant, "by an unknown authority"},
		"expired":       {offersTLS, "mx.example.net", a, true, false, past, "expired"},
		"none offered":  {polite["EHLO"], "mx.example.net", a, false, false, distant, ""},
		"in small caps": {"250-mx\r\n250 starttls", "mx.example.net", a, true, true, distant, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := secure(t, a)
				s.answers["EHLO"], s.tls = c.ehlo, a.server(t, c.server, c.until)
				route := s.tlsRoute(seedtest.TLSOpportunistic, c.trust)
				got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
				wantAccepted(t, got)
				if (got.TLS != nil) != c.wantTLS || c.wantTLS &&
					(got.TLS.Verified != c.verified || got.TLS.Problem != c.problem) {
					t.Errorf("Send: TLS %+v, want %v, verified %v", got.TLS, c.wantTLS, c.verified)
				}
			})
		})
	}
}

// TestOpportunisticTLSToAnAddress: a trusted certificate for another host is not this address's.
func TestOpportunisticTLSToAnAddress(t *testing.T) {
	a := newAuthority(t)
	for name, verified := range map[string]bool{"mx.example.net": false, "192.0.2.25": true} {
		synctest.Test(t, func(t *testing.T) {
			s := secure(t, a)
			s.tls = a.server(t, name, distant)
			route := s.tlsRoute(seedtest.TLSOpportunistic, a)
			route.Server.Host = "192.0.2.25"
			got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
			if wantAccepted(t, got); got.TLS.Verified != verified {
				t.Errorf("certificate for %s: verified %v", name, got.TLS.Verified)
			}
		})
	}
}

// TestRule05TLSTroubleIsTheRoutes: nothing was sent, and the hint says what to do.
func TestRule05TLSTroubleIsTheRoutes(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	const starttls, implicit = seedtest.TLSStartTLS, seedtest.TLSImplicit
	for name, c := range map[string]struct {
		mode   seedtest.TLSMode
		change func(*script)
		trust  []byte
		stage  seedtest.Stage
		error  string
	}{
		"not offered": {starttls, func(s *script) { s.answers["EHLO"] = polite["EHLO"] }, a.pem,
			"starttls", "does not offer STARTTLS; a firewall that inspects mail"},
		"masked": {starttls, func(s *script) { s.answers["EHLO"] = "250-mx\r\n250-XCLIENT\r\n250 XXXXXXXA" },
			a.pem, "starttls", "does not offer STARTTLS; XXXXXXXA in its reply to EHLO is a keyword written over"},
		"refused": {starttls, func(s *script) { s.answers["STARTTLS"] = "454 4.7.0 not now" }, a.pem,
			"starttls", "its TLS setup or certificate may be broken"},
		"leaving": {starttls, func(s *script) { s.answers["STARTTLS"] = "421 bye" }, a.pem,
			"starttls", ""},
		"closed": {starttls, func(s *script) { s.answers["STARTTLS"] = hangUp }, a.pem,
			"starttls", "closed the connection"},
		"plain text behind": {starttls, func(s *script) {
			s.answers["STARTTLS"] = "220 go\r\n250-mx\r\n250 AUTH PLAIN"
		}, a.pem, "starttls", "sent plain text behind its reply to STARTTLS; somebody between"},
		"unknown authority": {starttls, nil, b.pem, "starttls", `name its certificate with ca = `},
		"another name": {starttls, func(s *script) {
			s.tls = a.server(s.t, "mail.example.com", distant)
		}, a.pem, "starttls", "the certificate is for mail.example.com: set host"},
		"expired": {starttls, func(s *script) {
			s.tls = a.server(s.t, "mx.example.net", time.Date(1999, 6, 1, 0, 0, 0, 0, time.UTC))
		}, a.pem, "starttls", "was valid until 1999-06-01"},
		"TLS 1.1": {starttls, func(s *script) {
			s.tls.MinVersion, s.tls.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		}, a.pem, "starttls", "no TLS version from 1.2 on"},
		"CA is no certificate": {starttls, nil, []byte("x"), "starttls", "no certificate in the PEM"},
		"implicit, unknown authority": {implicit, func(s *script) { s.atOnce = true }, b.pem,
			"tls", "its certificate with ca"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := secure(t, a)
				if c.change != nil {
					c.change(s)
				}
				route := s.tlsRoute(c.mode, a)
				route.CA = c.trust
				got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), notCommitted)
				if got.Outcome != seedtest.OutcomeFailed || got.Stage != c.stage ||
					!strings.Contains(got.Error, c.error) {
					t.Errorf("Send: %s at %s: %q, want failed at %s: %q",
						got.Outcome, got.Stage, got.Error, c.stage, c.error)
				}
				if strings.Contains(s.verbs(), "MAIL") {
					t.Errorf("Send went on to MAIL: %v", s.said())
				}
			})
		})
	}
}

// TestSilentHandshakeEnds: the wait for TLS is bounded, and cancelling ends it at once.
func TestSilentHandshakeEnds(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := secure(t, a)
		s.tls = nil // it agrees to TLS and waits for a line that never comes
		client := s.client(s.tlsRoute(seedtest.TLSStartTLS, a), sender.Options{})
		begun := time.Now()
		got := client.Send(t.Context(), composed(t), committed)
		if got.Outcome != seedtest.OutcomeFailed || got.Stage != seedtest.StageSTARTTLS ||
			time.Since(begun) != 30*time.Second {
			t.Errorf("Send: %s at %s (%s) after %v", got.Outcome, got.Stage, got.Error,
				time.Since(begun))
		}
	})
}

// TestSTARTTLSForgetsWhatWasOffered (RFC 3207 section 4.2): what came in plain text counts no more.
func TestSTARTTLSForgetsWhatWasOffered(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := secure(t, a)
		s.answers["TLS"] = "250-mx\r\n250 AUTH PLAIN"
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
		wantAccepted(t, got)
		if mail := s.said()[3]; mail != "MAIL FROM:<ops@example.org>" {
			t.Errorf("SIZE was offered before TLS only, but Send said %q", mail)
		}
	})
}
