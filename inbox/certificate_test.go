package inbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"seedtest"
)

// selfSigned returns a certificate for a name, valid from a hundred years ago.
func selfSigned(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name}, NotBefore: time.Now().AddDate(-100, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, der}, PrivateKey: key}
}

// TestCheckTellsTheCertificate that it could not go on with: whose, and why.
func TestCheckTellsTheCertificate(t *testing.T) {
	soon, past := time.Now().AddDate(1, 0, 0), time.Now().AddDate(-1, 0, 0)
	for name, c := range map[string]struct {
		cert  tls.Certificate
		trust bool
		want  string
	}{
		"self-signed":  {selfSigned(t, "imap.example.net", soon), false, "self-signed"},
		"expired":      {selfSigned(t, "imap.example.net", past), true, "expired"},
		"another name": {selfSigned(t, "mail.example.com", soon), true, "for another name"},
	} {
		t.Run(name, func(t *testing.T) {
			roots := x509.NewCertPool()
			if leaf, err := x509.ParseCertificate(c.cert.Certificate[0]); err == nil && c.trust {
				roots.AddCert(leaf)
			}
			done := make(chan struct{})
			w := New(Options{Roots: roots, Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() {
					defer close(done)
					defer server.Close()
					_ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{c.cert}}).Handshake()
				}()
				return client, nil
			}})
			got, err := w.Check(t.Context(), seedtest.Seed{Name: "a", Address: "a@example.net",
				Login:  seedtest.Login{Username: "a", Password: seedtest.Secret("secret")},
				Server: seedtest.Endpoint{Host: "imap.example.net", Port: 993, TLS: seedtest.TLSImplicit}})
			<-done
			if err == nil || got.TLS == nil || got.TLS.Verified || got.TLS.Problem != c.want ||
				len(got.TLS.SHA256) != 64 || len(got.TLS.Chain) != 1 {
				t.Errorf("Check: %v, TLS %+v, want %q", err, got.TLS, c.want)
			}
		})
	}
}
