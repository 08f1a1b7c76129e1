package sender

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"
)

// TestTLSProblem tells a certificate that signed itself from one of an authority that is not known,
// and both ends of its time apart.
func TestTLSProblem(t *testing.T) {
	self := &x509.Certificate{RawSubject: []byte("a"), RawIssuer: []byte("a")}
	other := &x509.Certificate{RawSubject: []byte("a"), RawIssuer: []byte("b")}
	early := &x509.Certificate{NotBefore: time.Now().Add(time.Hour)}
	for _, c := range []struct {
		cert *x509.Certificate
		err  error
		want string
	}{
		{self, x509.UnknownAuthorityError{Cert: self}, "self-signed"},
		{other, x509.UnknownAuthorityError{Cert: other}, "by an unknown authority"},
		{early, x509.CertificateInvalidError{Cert: early, Reason: x509.Expired}, "not valid yet"},
		{other, x509.CertificateInvalidError{Cert: other, Reason: x509.Expired}, "expired"},
		{other, errDANE, "not the one that DNS names (DANE)"},
		{other, errors.New("odd\x1b[2J"), printable("odd\x1b[2J")},
		{other, nil, ""},
	} {
		if got := tlsProblem(c.cert, c.err); got != c.want {
			t.Errorf("tlsProblem(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}
