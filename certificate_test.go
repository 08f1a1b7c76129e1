package seedtest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// TestCertificateInfo tells who, by whom, until when and with what, within bounds and fit to be shown.
func TestCertificateInfo(t *testing.T) {
	named := func(name string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{CommonName: name}, Raw: []byte(name)}
	}
	leaf := named("mx.example.net\x1b[2J")
	leaf.DNSNames = []string{"mx.example.net", "\x07" + strings.Repeat("x", 9000)}
	leaf.IPAddresses = []net.IP{net.ParseIP("192.0.2.1")}
	sent := []*x509.Certificate{leaf}
	for range 30 {
		sent = append(sent, named("CA"))
	}
	got := CertificateInfo(sent)
	if len(got.Chain) != 10 || got.Chain[0] != "CN=CA" || len(got.SHA256) != 64 ||
		!strings.HasPrefix(got.Peer, "CN=mx.example.net") || strings.Contains(got.Peer, "\x1b") {
		t.Errorf("CertificateInfo: %+v", got)
	}
	if n := got.Names; len(n) != 3 || n[2] != "192.0.2.1" || len(n[1]) > 400 || strings.Contains(n[1], "\x07") {
		t.Errorf("names %q", n)
	}
	if got := CertificateInfo(nil); got.Peer != "" || got.NotAfter != nil {
		t.Errorf("CertificateInfo(nil): %+v", got)
	}
	leaf.DNSNames = make([]string, 5000)
	if n := len(CertificateNames(leaf)); n != 20 {
		t.Errorf("%d names, want 20", n)
	}
}

// TestCertificateProblem tells a certificate that signed itself from one of an authority that is not
// known, and both ends of its time apart.
func TestCertificateProblem(t *testing.T) {
	now := time.Date(2026, 9, 21, 0, 0, 0, 0, time.UTC)
	self := &x509.Certificate{RawSubject: []byte("a"), RawIssuer: []byte("a")}
	other := &x509.Certificate{RawSubject: []byte("a"), RawIssuer: []byte("b")}
	early := &x509.Certificate{NotBefore: now.Add(time.Hour)}
	for _, c := range []struct {
		cert *x509.Certificate
		err  error
		want string
	}{
		{self, x509.UnknownAuthorityError{Cert: self}, "self-signed"},
		{other, x509.UnknownAuthorityError{Cert: other}, "by an unknown authority"},
		{nil, x509.UnknownAuthorityError{}, "by an unknown authority"},
		{early, x509.CertificateInvalidError{Cert: early, Reason: x509.Expired}, "not valid yet"},
		{other, x509.CertificateInvalidError{Cert: other, Reason: x509.Expired}, "expired"},
		{other, x509.HostnameError{Certificate: other, Host: "mx"}, "for another name"},
		{other, errors.New("odd\x1b[2J"), "odd [2J"},
		{other, nil, ""},
	} {
		if got := CertificateProblem(c.cert, c.err, now); got != c.want {
			t.Errorf("CertificateProblem(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}
