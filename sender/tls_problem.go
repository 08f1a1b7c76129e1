package sender

import (
	"crypto/x509"
	"errors"
	"time"

	"seedtest"
)

// tlsProblem says in words why a certificate does not verify.
func tlsProblem(cert *x509.Certificate, err error) string {
	if errors.Is(err, errDANE) {
		return "not the one that DNS names (DANE)"
	}
	return seedtest.CertificateProblem(cert, err, time.Now())
}
