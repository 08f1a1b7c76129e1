package sender

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// roots are the system's, or those of the options, and the route's own CA beside them. Nil means
// that crypto/tls asks the system itself.
func (c *Client) roots() (*x509.CertPool, error) {
	if len(c.route.CA) == 0 {
		return c.o.Roots, nil
	}
	pool := c.o.Roots
	if pool != nil {
		pool = pool.Clone()
	} else if system, err := x509.SystemCertPool(); err == nil {
		pool = system
	} else {
		pool = x509.NewCertPool() // a machine without roots can still trust its own CA
	}
	if !pool.AppendCertsFromPEM(c.route.CA) {
		return nil, fmt.Errorf("route %s: ca: no certificate in the PEM file", c.route.Name)
	}
	return pool, nil
}

// handshake agrees on TLS and says with what. An opportunistic route takes any certificate and
// records that it was not verified (RFC 7435); every other one wants it verified.
func (s *session) handshake(ctx context.Context) (*seedtest.TLSInfo, error) {
	roots, err := s.c.roots()
	if err != nil {
		return nil, err
	}
	verified, problem := true, ""
	id := &identifying{route: s.c.route, ctx: ctx, wait: s.c.o.Timeouts.TLS}
	config := &tls.Config{ServerName: s.c.route.Server.Host, RootCAs: roots, GetClientCertificate: id.show}
	if s.c.route.Server.TLS == seedtest.TLSOpportunistic {
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(state tls.ConnectionState) error {
			err := verifyPeer(state, config.ServerName, roots)
			verified, problem = err == nil, tlsProblem(state.PeerCertificates[0], err)
			return nil
		}
	}
	if dane := s.c.dane; dane != nil {
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(state tls.ConnectionState) error {
			var err error
			verified, err = dane.verify(state)
			return err
		}
	}
	conn := tls.Client(s.w.conn, config)
	err = conn.Handshake()
	s.asked, s.shown = id.asked, id.shown
	if err != nil {
		return unverified(err), err
	}
	s.w.upgrade(conn)
	s.w.trips++
	state := conn.ConnectionState()
	info := seedtest.CertificateInfo(state.PeerCertificates)
	info.Version, info.Cipher = tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	info.Verified, info.Problem = verified, problem
	info.Asked, info.Shown = id.asked, id.shown
	return info, nil
}

// verifyPeer does what crypto/tls does where it is not told to skip it. The state would not know
// the name of a host that is an address.
func verifyPeer(state tls.ConnectionState, host string, roots *x509.CertPool) error {
	rest := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		rest.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		DNSName: host, Roots: roots, Intermediates: rest})
	return err
}

// unverified is what can be told of the certificate that ended a handshake, nil if none did.
func unverified(err error) *seedtest.TLSInfo {
	var bad *tls.CertificateVerificationError
	if !errors.As(err, &bad) {
		return nil
	}
	info := seedtest.CertificateInfo(bad.UnverifiedCertificates)
	if len(bad.UnverifiedCertificates) > 0 {
		info.Problem = tlsProblem(bad.UnverifiedCertificates[0], bad.Err)
	}
	return info
}

// tlsHint says what to do about a handshake that failed.
func tlsHint(route seedtest.Route, err error) string {
	var (
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errShowing):
		return "see route." + route.Name + ".certificate of the configuration"
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate is for %s: set host to one of these names, "+
			"or give the server a certificate for %s",
			or(strings.Join(seedtest.CertificateNames(name.Certificate), ", "), "no name at all"), route.Server.Host)
	case errors.As(err, &authority):
		return "the certificate's issuer is not trusted here: if it is your own, name its " +
			"certificate with ca = \"FILE.pem\"; if not, the server may send too short a chain"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired &&
		time.Now().Before(invalid.Cert.NotBefore): // the same reason, but the other end
		return fmt.Sprintf("the certificate is valid from %s only: mend this clock, or replace it",
			invalid.Cert.NotBefore.UTC().Format("2006-01-02 15:04 MST"))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate was valid until %s: renew it, or mend this clock",
			invalid.Cert.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	case errors.As(err, &record):
		return fmt.Sprintf("port %d does not begin with TLS: set tls = \"starttls\", "+
			"or use port 465", route.Server.Port)
	case strings.Contains(err.Error(), "protocol version"): // as found here, and not by an alert
		return "the server speaks no TLS version from 1.2 on: it must be brought up to date"
	case route.Server.TLS == seedtest.TLSOpportunistic:
		return "to go without TLS by this route, set tls = \"none\""
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
