package seedtest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"
)

// The bounds of what is kept of certificates.
const (
	maxSubject = 300 // characters of a subject or an issuer
	maxNames   = 20  // names of a certificate
	maxChain   = 10  // certificates that were sent with it
)

// CertificateInfo is what can be told of the certificates that a server sent, its own first. Of none
// it is empty.
func CertificateInfo(sent []*x509.Certificate) *TLSInfo {
	info := &TLSInfo{}
	if len(sent) == 0 {
		return info
	}
	cert := sent[0]
	begin, end, sum := cert.NotBefore.UTC(), cert.NotAfter.UTC(), sha256.Sum256(cert.Raw)
	info.Peer = OneLine(cert.Subject.String(), maxSubject)
	info.Issuer = OneLine(cert.Issuer.String(), maxSubject)
	info.NotBefore, info.NotAfter = &begin, &end
	info.Names, info.SHA256 = CertificateNames(cert), hex.EncodeToString(sum[:])
	for _, above := range sent[1:min(len(sent), 1+maxChain)] {
		info.Chain = append(info.Chain, OneLine(above.Subject.String(), maxSubject))
	}
	return info
}

// CertificateNames are the DNS names and addresses that a certificate is for, at most 20.
func CertificateNames(cert *x509.Certificate) []string {
	var names []string
	for _, name := range cert.DNSNames[:min(len(cert.DNSNames), maxNames)] {
		names = append(names, OneLine(name, maxSubject))
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return names[:min(len(names), maxNames)]
}

// CertificateProblem says in words why a certificate does not verify at a time; empty if err is nil.
// The certificate may be nil.
func CertificateProblem(cert *x509.Certificate, err error, at time.Time) string {
	var (
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &name):
		return "for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if at.Before(invalid.Cert.NotBefore) { // the same reason, but the other end
			return "not valid yet"
		}
		return "expired"
	case errors.As(err, &authority):
		if cert != nil && bytes.Equal(cert.RawSubject, cert.RawIssuer) {
			return "self-signed"
		}
		return "by an unknown authority"
	}
	return OneLine(err.Error(), maxSubject)
}
