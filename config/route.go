package config

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"seedtest"
)

// The ports that a submission route has unless it names one.
const (
	portRelay      = 25
	portSubmission = 587
	portSubmitTLS  = 465 // RFC 8314 section 7.3
)

// mainSender is the sender that a route has unless it names one.
const mainSender = "main"

// senders reads [sender.NAME].
func (r *reader) senders(top *table, presets *presets) []seedtest.Identity {
	var all []seedtest.Identity
	top.named("sender", func(name string, t *table) {
		id := seedtest.Identity{Name: name}
		if t.needs("from", `write from = "Name <name@example.org>"`) {
			id.From = t.line("from", "Name <name@example.org>")
		}
		id.EnvelopeFrom = t.envelopeFrom()
		if id.From != "" {
			t.from(&id)
		}
		id.Mailbox = t.returnPath(id, presets)
		all = append(all, id)
	})
	return all
}

// from checks the From mailbox (RFC 5322 section 3.4), and takes the envelope's sender from it.
func (t *table) from(id *seedtest.Identity) {
	a, err := mail.ParseAddress(id.From)
	problem, hint := "", `write it as "Name <name@example.org>"`
	switch {
	case err == nil:
		problem = addressProblem(a.Address)
	case !strings.Contains(id.From, "@"):
		problem = "it has no @"
	default:
		problem = "RFC 5322 has no such form"
		hint = `write one address, and a name with punctuation in quotes of its own: ` +
			`'"Name, Inc." <name@example.org>'`
	}
	if problem != "" {
		t.r.fail(t.get("from"), fmt.Sprintf("%q is no mailbox: %s", id.From, problem), hint)
		return
	}
	if id.EnvelopeFrom == "" {
		id.EnvelopeFrom = a.Address
	}
}

// routes reads [route.NAME].
func (r *reader) routes(top *table, senders []seedtest.Identity) []seedtest.Route {
	var all []seedtest.Route
	top.named("route", func(name string, t *table) {
		all = append(all, t.route(name, senders))
	})
	return all
}

// tls reads the word for TLS. Opportunistic TLS is for routes only.
func (t *table) tls(route bool) seedtest.TLSMode {
	words := []string{string(seedtest.TLSStartTLS), string(seedtest.TLSImplicit)}
	if route {
		words = append(words, string(seedtest.TLSOpportunistic))
	}
	return seedtest.TLSMode(t.word("tls", append(words, string(seedtest.TLSNone))...))
}

// helo reads the name for EHLO: a host name or an address literal (RFC 5321 section 4.1.3).
func (t *table) helo() string {
	s := t.line("helo", "mail.example.org")
	if s == "" || isHost(s) {
		return s
	}
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		inner = strings.TrimPrefix(strings.TrimSuffix(inner, "]"), "IPv6:")
		if _, err := netip.ParseAddr(inner); err == nil {
			return s
		}
	}
	t.r.fail(t.get("helo"), fmt.Sprintf("%q is no name for EHLO", s),
		`write a host name, or an address in brackets such as "[192.0.2.1]"`)
	return ""
}

// checkSubmission fills in TLS and port where they are not given, and warns of pairs that rarely
// fit.
func (t *table) checkSubmission(route *seedtest.Route) {
	s := &route.Server
	if s.TLS == "" {
		s.TLS = seedtest.TLSStartTLS
		if s.Port == portSubmitTLS {
			t.r.warn(t.get("port"), `465 is the port of implicit TLS: write tls = "implicit"`)
		}
	}
	if s.Port == 0 {
		switch s.TLS {
		case seedtest.TLSImplicit:
			s.Port = portSubmitTLS
		case seedtest.TLSStartTLS:
			s.Port = portSubmission
		default:
			s.Port = portRelay
		}
	}
	if s.TLS == seedtest.TLSNone && t.signsIn(route.Login) {
		t.r.warn(t.get("tls"), "the route signs in without TLS, and the password can be read on the way")
	}
}

func (t *table) signsIn(l seedtest.Login) bool {
	return l.Password != nil || l.Token != nil || l.OAuth != nil
}

// checkRouteLogin says when one half of a login is missing. A route without login is fine.
func (t *table) checkRouteLogin(route seedtest.Route) {
	secret := t.get("password")
	if secret == nil {
		secret = t.get("token")
	}
	if secret == nil {
		secret = t.get("oauth")
	}
	name := t.get("username")
	switch {
	case secret != nil && name == nil:
		t.r.fail(secret, "there is no username to go with it", `write username = "..." beside it`)
	case secret == nil && name != nil && route.Shows == nil: // else the certificate is the login
		t.r.fail(name, "there is no password or token to go with it",
			"write password = "+secretForms+" beside it, or take username out")
	}
}

// sender returns the identity that a route names: the one it says, else the only one, else "main".
func (t *table) sender(senders []seedtest.Identity) seedtest.Identity {
	var names []string
	for _, s := range senders {
		names = append(names, s.Name)
	}
	name, n := t.line("sender", mainSender), t.get("sender")
	switch {
	case len(senders) == 0:
		t.r.fail(t.node, "nobody is the sender: there is no [sender.NAME] table",
			`add [sender.main] with from = "Name <name@example.org>"`)
		return seedtest.Identity{}
	case name == "" && len(senders) == 1:
		return senders[0]
	case name == "":
		name, n = mainSender, t.node
	}
	i := slices.Index(names, name)
	if i < 0 {
		if n == t.node {
			t.r.fail(n, `there are several senders and none is called "main"`,
				fmt.Sprintf("write sender = %q", names[0]))
		} else {
			t.r.fail(n, fmt.Sprintf("there is no [sender.%s]", name), oneOf(name, names))
		}
		return seedtest.Identity{}
	}
	return senders[i]
}

// authorities reads a file of certificates (PEM) to trust beside the system's.
func (t *table) authorities() []byte { return t.certificates("ca", "private-ca.pem") }

// certificates reads a file of certificates (PEM).
func (t *table) certificates(key, example string) []byte {
	path := t.line(key, example)
	if path == "" {
		return nil
	}
	data, _, err := t.r.env.read(t.r.path(path), maxSize)
	if err != nil {
		t.r.fail(t.get(key), err.Error(), "name a file of certificates in PEM form")
		return nil
	}
	if problem := certificateProblem(data); problem != "" {
		t.r.fail(t.get(key), path+" "+problem, "name a file of certificates in PEM form")
		return nil
	}
	return data
}

func certificateProblem(data []byte) string {
	found := false
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "holds a broken certificate: " + err.Error()
		}
		found = true
	}
	if !found {
		return "holds no certificate"
	}
	return ""
}
