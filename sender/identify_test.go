package sender_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// client issues a certificate for a client, with a key of its own.
func (a *authority) client(t testing.TB, until time.Time, usage ...x509.ExtKeyUsage) *seedtest.Showing {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "mail1.example.org"},
		NotBefore: a.cert.NotBefore, NotAfter: until, ExtKeyUsage: usage}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &seedtest.Showing{
		Chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:   seedtest.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}
}

// TestClientCertificate shows one to servers that ask for it, by each version of TLS, and says what it
// means that a server wants none, another one or one at all.
func TestClientCertificate(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	forClients, past := x509.ExtKeyUsageClientAuth, time.Date(2009, 6, 1, 0, 0, 0, 0, time.UTC)
	wrongKey := a.client(t, distant)
	wrongKey.Key = b.client(t, distant).Key
	for name, c := range map[string]struct {
		wants tls.ClientAuthType
		shows *seedtest.Showing
		asked bool
		shown bool
		error string // empty: accepted
		hint  string
	}{
		"not asked":       {tls.NoClientCert, a.client(t, distant), false, false, "", ""},
		"shown":           {tls.RequireAndVerifyClientCert, a.client(t, distant, forClients), true, true, "", ""},
		"of any use":      {tls.RequireAndVerifyClientCert, a.client(t, distant), true, true, "", ""},
		"asked, and none": {tls.RequestClientCert, nil, true, false, "", ""},
		"required, and none": {tls.RequireAndVerifyClientCert, nil, true, false, "was shown none",
			"write certificate = {"},
		"foreign": {tls.RequireAndVerifyClientCert, b.client(t, distant), true, true,
			"does not trust the issuer of the certificate that it was shown (CN=mail1.example.org)",
			"have the server trust that issuer"},
		"expired": {tls.RequestClientCert, a.client(t, past), true, false, "valid until 2009-06-01",
			"see route.old.certificate"},
		"for servers": {tls.RequestClientCert, a.client(t, distant, x509.ExtKeyUsageServerAuth), true, false,
			"for servers only", "see route.old.certificate"},
		"with another key": {tls.RequestClientCert, wrongKey, true, false, "does not match",
			"see route.old.certificate"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				config := a.server(t, "127.0.0.1", distant)
				config.MaxVersion, config.ClientAuth, config.ClientCAs = version, c.wants, x509.NewCertPool()
				config.ClientCAs.AddCert(a.cert)
				route := (&script{}).tlsRoute(seedtest.TLSImplicit, a)
				route.Shows = c.shows
				client := whisper(t, config, "never", "").client(route)
				defer client.Close()
				got := client.Send(t.Context(), composed(t), committed)
				if c.error == "" {
					wantAccepted(t, got)
					if got.TLS == nil || got.TLS.Asked != c.asked || (got.TLS.Shown != "") != c.shown {
						t.Errorf("on record: %+v, want asked %t, shown %t", got.TLS, c.asked, c.shown)
					}
					return
				}
				if got.Outcome != failed || !strings.Contains(got.Error, c.error) ||
					!strings.Contains(got.Error, c.hint) {
					t.Errorf("%s at %s: %s, want %q and %q", got.Outcome, got.Stage, got.Error, c.error, c.hint)
				}
				for _, line := range append(got.Dialog, got.Error) {
					if strings.Contains(line, "PRIVATE KEY") {
						t.Errorf("the key is told: %s", line)
					}
				}
			})
		}
	}
}

// TestExternal signs in as who the certificate says that we are.
func TestExternal(t *testing.T) {
	a := newAuthority(t)
	for answer, want := range map[string]seedtest.Outcome{
		"235 2.7.0 welcome": accepted, "535 5.7.8 who are you": failed,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := secure(t, a)
			s.tls.ClientAuth = tls.RequireAnyClientCert
			s.answers["TLS"] = "250-mx.example.net\r\n250 AUTH PLAIN EXTERNAL"
			s.answers["AUTH"] = answer
			route := s.tlsRoute(seedtest.TLSStartTLS, a)
			route.Shows, route.Login = a.client(t, distant), seedtest.Login{Username: "ops@example.org"}
			got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
			if got.Outcome != want {
				t.Errorf("%s: %s, want %s", got.Outcome, got.Error, want)
			}
			if said := strings.Join(s.said(), "\n"); !strings.Contains(said, "AUTH EXTERNAL b3BzQGV4YW1wbGUub3Jn") {
				t.Errorf("said %s", said)
			}
		})
	}
}

// A key that is slow to come is not waited for longer than a handshake.
func TestClientCertificateWithoutKey(t *testing.T) {
	a := newAuthority(t)
	synctest.Test(t, func(t *testing.T) {
		s := secure(t, a)
		s.tls.ClientAuth = tls.RequestClientCert
		route := s.tlsRoute(seedtest.TLSStartTLS, a)
		route.Shows = a.client(t, distant)
		route.Shows.Key = never{}
		begun := time.Now()
		got := s.client(route, sender.Options{}).Send(t.Context(), composed(t), committed)
		if took := time.Since(begun); got.Outcome != failed || took > time.Minute {
			t.Errorf("%s after %s: %s", got.Outcome, took, got.Error)
		}
	})
}

// never is a secret that is not told.
type never struct{}

// Secret implements seedtest.SecretSource.
func (never) Secret(ctx context.Context) (seedtest.Secret, error) {
	<-ctx.Done()
	return "", ctx.Err()
}
