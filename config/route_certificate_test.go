package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The first two belong together. They are of use for nothing else.
const (
	certificateOfTest = `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUHuB6MQzSE/BRKqUJa630MWAme/YwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRbWFpbDEuZXhhbXBsZS5vcmcwIBcNMjYxMTI2MTkwNzUxWhgP
MjEyNjExMDIxOTA3NTFaMBwxGjAYBgNVBAMMEW1haWwxLmV4YW1wbGUub3JnMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvHFPHJQcUyozv4Q13orzSztG1Mcubliq
e8xq5js+a+jOUQOtUhFZY29NIJiISWg6Dgbzss05fjhApqv89h2UyaNTMFEwHQYD
VR0OBBYEFCo0CmMIca4i5zJMDs8LXffEmzF1MB8GA1UdIwQYMBaAFCo0CmMIca4i
5zJMDs8LXffEmzF1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AMGok+dLw1g/J/WDltM+7SDI8JOdbUnOwHmkXHk8D/PXAiBxWk0T0pBXT/lQ2VMe
jU0FHAmNlm7eZx8Ql9+mpkC5IQ==
-----END CERTIFICATE-----
`
	keyOfTest = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghqfwHdexTgR0oYG0
bao+ET6mKmYgk0ResXbHeO1N8UqhRANCAAS8cU8clBxTKjO/hDXeivNLO0bUxy5u
WKp7zGrmOz5r6M5RA61SEVljb00gmIhJaDoOBvOyzTl+OECmq/z2HZTJ
-----END PRIVATE KEY-----
`
	anotherKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0NM6p5YFu/JD+Mdl
OL1EONJ/a7Swji7IBuIpLz2TOPahRANCAATH28PkDPrLrzze1MFUeG7RxmCZB5tS
m/w24cXiUQytR5crmngQpSKj9bvQ0350Ml5ztjG9CVkCGPQFn6wirkcI
-----END PRIVATE KEY-----
`
)

func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("client.pem", certificateOfTest)
	text := "[sender.main]\nfrom = \"Ops <ops@example.org>\"\n[route.a]\nhost = \"mx.example.org\"\n" +
		"certificate = { file = \"client.pem\", key = { file = \"key.pem\" } }\n"
	for key, want := range map[string]string{
		keyOfTest: "", anotherKey: "does not go with the certificate: private key does not match",
		certificateOfTest: "does not go with the certificate", "hunter2\n": "PEM form",
	} {
		put("key.pem", key)
		c, err := Parse(filepath.Join(dir, "seeds.toml"), []byte(text), testEnv())
		switch {
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Parse: %v, want %q", err, want)
			}
		case err != nil:
			t.Error(err)
		default:
			plain, err := Parse(filepath.Join(dir, "seeds.toml"), []byte(text+"tls = \"none\"\n"), testEnv())
			if err != nil || len(c.Warnings) > 0 || len(plain.Warnings) != 1 ||
				!strings.Contains(plain.Warnings[0], "shown to nobody") {
				t.Errorf("warnings %q and, without TLS, %q: %v", c.Warnings, plain.Warnings, err)
			}
			x := c.Routes[0].Shows
			if secret, err := x.Key.Secret(t.Context()); err != nil || string(secret) != keyOfTest ||
				string(x.Chain) != certificateOfTest {
				t.Errorf("shows %s, key %v", x.Chain, err)
			}
		}
	}
}

// TestClientCertificateExpired: one that no server believes any more is a mistake where servers are
// signed in to, and none to commands that only read what was stored.
func TestClientCertificateExpired(t *testing.T) {
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	client := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)}
	cert, err1 := x509.CreateCertificate(rand.Reader, client, client, &private.PublicKey, private)
	key, err2 := x509.MarshalPKCS8PrivateKey(private)
	err = errors.Join(err1, err2,
		os.WriteFile(filepath.Join(dir, "client.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("[sender.main]\nfrom = \"Ops <ops@example.org>\"\n[route.a]\nhost = \"mx.example.org\"\n" +
		"certificate = { file = \"client.pem\", key = { file = \"key.pem\" } }\n")
	env := testEnv()
	_, err = Parse(filepath.Join(dir, "seeds.toml"), text, env)
	if err == nil || !strings.Contains(err.Error(), "certificate.file: the certificate was valid until 2020-01-02; renew it") {
		t.Errorf("Parse: %v", err)
	}
	env.WithoutSecrets = true
	if _, err = Parse(filepath.Join(dir, "seeds.toml"), text, env); err != nil {
		t.Errorf("Parse without secrets: %v", err)
	}
}
