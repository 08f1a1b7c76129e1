package sender

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"
)

// maxChain bounds how many certificates above the server's own are kept.
const maxChain = 10

// tlsProblem says in words why a certificate does not verify.
func tlsProblem(cert *x509.Certificate, err error) string {
	var (
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errDANE):
		return "not the one that DNS names (DANE)"
	case errors.As(err, &name):
		return "for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if time.Now().Before(invalid.Cert.NotBefore) { // the same reason, but the other end
			return "not valid yet"
		}
		return "expired"
	case errors.As(err, &authority):
		if cert != nil && bytes.Equal(cert.RawSubject, cert.RawIssuer) {
			return "self-signed"
		}
		return "by an unknown authority"
	}
	return clip(printable(err.Error()), maxDialogLine)
}

// fingerprint is the SHA-256 of a certificate in hexadecimal digits, as openssl prints it without
// the colons.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// above are the subjects of the certificates that the server sent behind its own.
func above(chain []*x509.Certificate) []string {
	var subjects []string
	for _, cert := range chain[1:min(len(chain), 1+maxChain)] {
		subjects = append(subjects, clip(printable(cert.Subject.String()), maxDialogLine))
	}
	return subjects
}
