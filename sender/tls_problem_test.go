package sender

import (
	"crypto/x509"
	"fmt"
	"testing"
)

// TestTLSProblemOfDANE names DNS, and leaves the rest to what all connections share.
func TestTLSProblemOfDANE(t *testing.T) {
	cert := &x509.Certificate{RawSubject: []byte("a"), RawIssuer: []byte("b")}
	for err, want := range map[error]string{
		fmt.Errorf("mx: %w", errDANE):         "not the one that DNS names (DANE)",
		x509.UnknownAuthorityError{}:          "by an unknown authority",
		x509.HostnameError{Certificate: cert}: "for another name",
	} {
		if got := tlsProblem(cert, err); got != want {
			t.Errorf("tlsProblem(%v) = %q, want %q", err, got, want)
		}
	}
}
