package sender_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// tlsaOf is a TLSA record of a certificate.
func tlsaOf(t testing.TB, usage, selector, matching int, der []byte) string {
	t.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	content := cert.Raw
	if selector == 1 {
		content = cert.RawSubjectPublicKeyInfo
	}
	switch matching {
	case 1:
		sum := sha256.Sum256(content)
		content = sum[:]
	case 2:
		sum := sha512.Sum512(content)
		content = sum[:]
	}
	return fmt.Sprintf("%d %d %d %s", usage, selector, matching, hex.EncodeToString(content))
}

// TestDANE holds certificates against TLSA records where DNS is validated, and says why not where
// it is not.
func TestDANE(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	year := time.Now().AddDate(1, 0, 0)
	const records = "_25._tcp.mx1.example.com TLSA"
	for name, c := range map[string]struct {
		certificate string // empty: for the server's name
		ended       bool   // the certificate's time is over
		plain       bool   // the server offers no TLS
		own         bool   // the record is of the server's own certificate, else of its authority's
		usage       [3]int
		dns         func(n names, record string)
		outcome     seedtest.Outcome
		demanded    bool
		verified    bool
		note        string // in the policy's note or the error
	}{
		"own key": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true},
		"own certificate": {own: true, usage: [3]int{3, 0, 2}, outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true},
		"own in full": {own: true, usage: [3]int{3, 0, 0}, outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true},
		"own, name and time off": {own: true, usage: [3]int{3, 1, 1},
			certificate: "elsewhere.example", ended: true, outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true},
		"authority": {usage: [3]int{2, 0, 1}, outcome: seedtest.OutcomeAccepted, demanded: true,
			verified: true},
		"authority's key": {usage: [3]int{2, 1, 2}, outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true},
		"authority, domain name": {usage: [3]int{2, 0, 1}, certificate: "example.com",
			outcome: seedtest.OutcomeAccepted, demanded: true, verified: true},
		"authority, other name": {usage: [3]int{2, 0, 1}, certificate: "elsewhere.example",
			outcome: seedtest.OutcomeFailed, demanded: true, note: "TLSA"},
		"authority, time over": {usage: [3]int{2, 0, 1}, ended: true,
			outcome: seedtest.OutcomeFailed, demanded: true, note: "TLSA"},
		"another one": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeFailed, demanded: true, note: "TLSA",
			dns: func(n names, _ string) { n[records] = []string{tlsaOf(t, 3, 0, 1, other.cert.Raw)} }},
		"one of several": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted, demanded: true, verified: true,
			dns: func(n names, r string) {
				n[records] = []string{tlsaOf(t, 3, 0, 1, other.cert.Raw), "3 9 9 zz", r}
			}},
		"no TLS": {plain: true, own: true, usage: [3]int{3, 1, 1},
			outcome: seedtest.OutcomeFailed, demanded: true},
		"authority as a server": {own: true, usage: [3]int{2, 0, 1},
			outcome: seedtest.OutcomeFailed, demanded: true, note: "TLSA"},
		"of the web": {usage: [3]int{0, 0, 1}, outcome: seedtest.OutcomeAccepted, demanded: true,
			note: "any certificate"},
		"of the web, without TLS": {plain: true, usage: [3]int{1, 1, 1}, outcome: seedtest.OutcomeFailed, demanded: true,
			note: "STARTTLS"},
		"none": {plain: true, outcome: seedtest.OutcomeAccepted, note: "no TLSA records",
			dns: func(n names, _ string) { delete(n, records) }},
		"not known": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeFailed, note: "SERVFAIL",
			dns: func(n names, _ string) { n[records] = []string{"SERVFAIL"} }},
		"records not validated": {plain: true, own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted,
			note: "no AD bit", dns: func(n names, r string) { n[records] = []string{"!" + r} }},
		"MX not validated": {plain: true, own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted,
			note: "the MX records of example.com", dns: func(n names, _ string) { n["example.com MX"] = []string{"!10 mx1.example.com"} }},
		"address not validated": {plain: true, own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted,
			note: "the addresses of mx1.example.com", dns: func(n names, _ string) { n["mx1.example.com A"] = []string{"!192.0.2.1"} }},
		"without MX records": {own: true, usage: [3]int{3, 1, 1}, certificate: "example.com", outcome: seedtest.OutcomeAccepted,
			demanded: true, verified: true, dns: func(n names, r string) {
				n["example.com MX"], n["example.com A"] = []string{}, []string{"192.0.2.1"}
				n["_25._tcp.example.com TLSA"] = []string{r}
			}},
		"where aliases end": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted, demanded: true, verified: true,
			dns: func(n names, r string) {
				alias(n)
				n["_25._tcp.real.example.net TLSA"] = []string{r}
				n[records] = []string{tlsaOf(t, 3, 0, 1, other.cert.Raw)}
			}},
		"where aliases begin": {own: true, usage: [3]int{3, 1, 1}, outcome: seedtest.OutcomeAccepted, demanded: true, verified: true,
			dns: func(n names, _ string) { alias(n) }},
	} {
		synctest.Test(t, func(t *testing.T) {
			end := year
			if c.ended {
				end = time.Now().AddDate(-1, 0, 0)
			}
			certificate := c.certificate
			if certificate == "" {
				certificate = "mx1.example.com"
			}
			config := ca.server(t, certificate, end)
			der := config.Certificates[0].Certificate[0]
			config.Certificates[0].Certificate = append(config.Certificates[0].Certificate, ca.cert.Raw)
			record := tlsaOf(t, c.usage[0], c.usage[1], c.usage[2], ca.cert.Raw)
			if c.own {
				record = tlsaOf(t, c.usage[0], c.usage[1], c.usage[2], der)
			}
			dns := threeHosts()
			dns["example.com MX"] = []string{"10 mx1.example.com"}
			delete(dns, "mx1.example.com AAAA")
			dns[records] = []string{record}
			if c.dns != nil {
				c.dns(dns, record)
			}
			s := &script{t: t, tls: config}
			if !c.plain {
				s.answers = map[string]string{"EHLO": "250-mx\r\n250 STARTTLS", "TLS": "250 mx"}
			}
			f := &field{servers: map[string]*script{"192.0.2.1:25": s}}
			got, _ := sent(t, f.client(t, direct(seedtest.TLSDANE), sender.Options{DNS: dns}),
				addressed(t, "anna@example.com"))
			policy := seedtest.TLSPolicy{}
			if got.Policy != nil {
				policy = *got.Policy
			}
			verified := got.Outcome == seedtest.OutcomeAccepted && got.TLS != nil && got.TLS.Verified
			if got.Outcome != c.outcome || policy.Demanded != c.demanded || verified != c.verified ||
				!strings.Contains(policy.Note+" "+got.Error, c.note) {
				t.Errorf("%s: %s at %s (%s), TLS %+v, policy %+v", name, got.Outcome, got.Stage, got.Error,
					got.TLS, policy)
			}
			if strings.Contains(got.Error, "TLSA records name") && (got.TLS == nil || got.TLS.Peer == "") {
				t.Errorf("%s: the certificate that was refused is not on record", name)
			}
		})
	}
}

// alias makes the server's name one of another.
func alias(n names) {
	delete(n, "mx1.example.com A")
	n["mx1.example.com CNAME"] = []string{"real.example.net"}
	n["real.example.net A"] = []string{"192.0.2.1"}
}
