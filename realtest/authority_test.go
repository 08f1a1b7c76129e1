//go:build real

package realtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// writeCertificates writes ca.pem, cert.pem and key.pem into dir: an authority of the tests and one
// certificate for every server on loopback.
func writeCertificates(dir string) error {
	authority := template509("Test authority")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign
	caKey, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	ca, err := x509.CreateCertificate(rand.Reader, authority, authority, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	leaf := template509("mail.example.org")
	leaf.DNSNames = []string{"mail.example.org", "localhost"}
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, caKey)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writeClient(dir, "client"), writeClient(dir, "stranger"),
		writePEM(filepath.Join(dir, "ca.pem"), "CERTIFICATE", ca, 0o644),
		writePEM(filepath.Join(dir, "cert.pem"), "CERTIFICATE", cert, 0o644),
		writePEM(filepath.Join(dir, "key.pem"), "PRIVATE KEY", secret, 0o600))
}

// writeClient writes NAME.pem and NAME-key.pem, by which a client may be known. They signed themselves:
// a relay goes by their fingerprints.
func writeClient(dir, name string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	client := template509(name + ".example.org")
	client.KeyUsage = x509.KeyUsageDigitalSignature
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	cert, err1 := x509.CreateCertificate(rand.Reader, client, client, &key.PublicKey, key)
	secret, err2 := x509.MarshalPKCS8PrivateKey(key)
	return errors.Join(err1, err2,
		writePEM(filepath.Join(dir, name+".pem"), "CERTIFICATE", cert, 0o644),
		writePEM(filepath.Join(dir, name+"-key.pem"), "PRIVATE KEY", secret, 0o600))
}

// fingerprint of a certificate as Postfix writes it.
func fingerprint(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(text)
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(block.Bytes)), " ", ":"), nil
}

func template509(name string) *x509.Certificate {
	now := time.Now()
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
