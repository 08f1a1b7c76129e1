package verify

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"seedtest/header"
)

// testKeys makes the keys of all tests once.
var testKeys = sync.OnceValue(func() map[string]crypto.Signer {
	keys := map[string]crypto.Signer{}
	for name, bits := range map[string]int{"rsa1024": 1024, "rsa2048": 2048} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		keys[name] = key
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	keys["ed25519"] = key
	return keys
})

// public returns p= of a key record.
func public(t testing.TB, key crypto.Signer) string {
	t.Helper()
	if k, ok := key.Public().(ed25519.PublicKey); ok {
		return base64.StdEncoding.EncodeToString(k)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// signed puts a field on top of a message, such as "DKIM-Signature: v=1; ...", and adds bh= and b=.
func signed(t testing.TB, field, raw string, key crypto.Signer) string {
	t.Helper()
	draft := field + "; bh=AA==; b=AA==\r\n" + raw
	m := newMessage([]byte(draft), header.Parse([]byte(draft)))
	s, _ := parseSignature(m.head.Fields[0], 0, kindDKIM)
	body := m.bodyHash(s)
	field = fmt.Sprintf("%s; bh=%s; b=", field, base64.StdEncoding.EncodeToString(body.sum))
	draft = field + "AA==\r\n" + raw
	m = newMessage([]byte(draft), header.Parse([]byte(draft)))
	options := s.hash
	if s.keyType == "ed25519" {
		options = crypto.Hash(0)
	}
	sig, err := key.Sign(rand.Reader, m.headerHash(s), options)
	if err != nil {
		t.Fatal(err)
	}
	return field + base64.StdEncoding.EncodeToString(sig) + "\r\n" + raw
}

// lines writes a message, whose lines end with LF here, with CRLF.
func lines(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
