package sender

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// minRSA is the least length of an RSA key that signs, in bits (RFC 8301 section 3.2).
const minRSA = 1024

// DKIMKey is a key that signs (RFC 6376). Domain and Selector are d= and s=.
type DKIMKey struct {
	Domain, Selector string

	signer crypto.Signer
}

// DKIMKeys sign a message, each by itself.
type DKIMKeys []DKIMKey

// LoadDKIM reads the keys that a route signs with.
func LoadDKIM(ctx context.Context, r seedtest.Route) (DKIMKeys, error) {
	var keys DKIMKeys
	for _, k := range r.DKIM {
		if k.Key == nil {
			return nil, fmt.Errorf("route %s: dkim: no key for selector %s", r.Name, k.Selector)
		}
		text, err := k.Key.Secret(ctx)
		if err != nil {
			return nil, fmt.Errorf("route %s: dkim: %w", r.Name, err)
		}
		signer, err := parseKey([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("route %s: dkim: key of selector %s: %w", r.Name, k.Selector, err)
		}
		keys = append(keys, DKIMKey{Domain: k.Domain, Selector: k.Selector, signer: signer})
	}
	return keys, nil
}

// parseKey reads a private key in PEM form. Its errors do not show it.
func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not in PEM form (-----BEGIN PRIVATE KEY-----)")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("PEM of type %q: want PRIVATE KEY or RSA PRIVATE KEY, not encrypted",
			block.Type)
	}
	if err != nil {
		return nil, errors.New("a broken private key")
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if n := k.N.BitLen(); n < minRSA {
			return nil, fmt.Errorf("RSA with %d bits, and receivers want %d or more", n, minRSA)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("neither RSA nor Ed25519")
}

// Algorithm is the value of k= that the published key must have: rsa or ed25519.
func (k DKIMKey) Algorithm() string {
	if _, ok := k.signer.(ed25519.PrivateKey); ok {
		return "ed25519"
	}
	return "rsa"
}

// Bits is the length of an RSA key, 256 for Ed25519.
func (k DKIMKey) Bits() int {
	if r, ok := k.signer.(*rsa.PrivateKey); ok {
		return r.N.BitLen()
	}
	return 256
}

// Record is the text to publish at [DKIMKey.Name] (RFC 6376 section 3.6.1, RFC 8463 section 4).
func (k DKIMKey) Record() string {
	var public []byte
	switch p := k.signer.Public().(type) {
	case *rsa.PublicKey:
		public, _ = x509.MarshalPKIXPublicKey(p) // does not fail for RSA
	case ed25519.PublicKey:
		public = p
	}
	return "v=DKIM1; k=" + k.Algorithm() + "; p=" + base64.StdEncoding.EncodeToString(public)
}

// Name is where the public key is looked up.
func (k DKIMKey) Name() string { return k.Selector + "._domainkey." + k.Domain }

// signed are the fields that a signature covers, where a message has them (RFC 6376 section 5.4.1;
// RFC 8058 section 4 for the list fields). From stands twice, so that none can be added.
func signed() []string {
	return []string{"from", "to", "cc", "subject", "date", "message-id", "reply-to", "sender",
		"mime-version", "content-type", "content-transfer-encoding", "in-reply-to", "references",
		"list-id", "list-unsubscribe", "list-unsubscribe-post"}
}

// sign puts a signature of each key above a message whose lines end in CRLF. The signatures say the
// date of the message, and neither algorithm draws anything, so that a retry has the same bytes. A
// library that lets us choose the time is not to be had.
func (keys DKIMKeys) sign(data []byte, date time.Time) ([]byte, error) {
	if len(keys) == 0 {
		return data, nil
	}
	var all []byte
	for _, k := range keys {
		field, err := k.signature(data, date)
		if err != nil {
			return nil, fmt.Errorf("dkim: selector %s: %w", k.Selector, err)
		}
		all = append(all, field...)
	}
	return append(all, data...), nil
}

// signature returns the DKIM-Signature field of a message.
func (k DKIMKey) signature(data []byte, date time.Time) (string, error) {
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return "", errors.New("a message without a body")
	}
	fields := splitFields(string(head) + "\r\n")
	var names, covered []string
	for _, name := range signed() {
		for i := len(fields) - 1; i >= 0; i-- { // from the bottom (RFC 6376 section 5.4.2)
			if own, _, _ := strings.Cut(fields[i], ":"); strings.EqualFold(own, name) {
				names, covered = append(names, name), append(covered, relaxedField(fields[i]))
			}
		}
	}
	sum := sha256.Sum256(relaxedBody(body))
	text := fmt.Sprintf("DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed; d=%s;\r\n"+
		"\ts=%s; t=%d;\r\n\th=%s;\r\n\tbh=%s;\r\n\tb=", k.Algorithm(), k.Domain, k.Selector,
		date.Unix(), foldedNames(append(names, "from")),
		base64.StdEncoding.EncodeToString(sum[:]))
	hash := sha256.Sum256([]byte(strings.Join(covered, "") +
		strings.TrimSuffix(relaxedField(text+"\r\n"), "\r\n")))
	var by crypto.SignerOpts = crypto.SHA256
	if k.Algorithm() == "ed25519" {
		by = crypto.Hash(0) // it signs the hash itself (RFC 8463 section 3)
	}
	raw, err := k.signer.Sign(nil, hash[:], by)
	if err != nil {
		return "", err
	}
	return text + folded(base64.StdEncoding.EncodeToString(raw)) + "\r\n", nil
}

// foldedNames joins the names of fields with colons, in lines of fair length.
func foldedNames(names []string) string {
	const width = 60
	var b strings.Builder
	line := 0
	for i, name := range names {
		if i > 0 {
			b.WriteByte(':')
		}
		if line += len(name) + 1; line > width {
			b.WriteString("\r\n\t ")
			line = len(name) + 1
		}
		b.WriteString(name)
	}
	return b.String()
}

// folded breaks base64 into lines, with white space that a verifier takes out again.
func folded(s string) string {
	const width = 72
	var lines []string
	for len(s) > width {
		lines, s = append(lines, s[:width]), s[width:]
	}
	return strings.Join(append(lines, s), "\r\n\t ")
}

// splitFields returns the fields of a header with their line breaks.
func splitFields(head string) []string {
	var fields []string
	for line := range strings.SplitAfterSeq(head, "\r\n") {
		switch {
		case line == "":
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			fields[len(fields)-1] += line
		default:
			fields = append(fields, line)
		}
	}
	return fields
}

// relaxedField is the "relaxed" form of a field (RFC 6376 section 3.4.2).
func relaxedField(field string) string {
	name, value, _ := strings.Cut(field, ":")
	value = strings.ReplaceAll(value, "\r\n", "")
	return strings.ToLower(strings.TrimRight(name, " \t")) + ":" +
		strings.Trim(oneSpace(value), " ") + "\r\n"
}

// relaxedBody is the "relaxed" form of a body (RFC 6376 section 3.4.4).
func relaxedBody(body []byte) []byte {
	lines := strings.Split(strings.TrimSuffix(string(body), "\r\n"), "\r\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(oneSpace(line), " ")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return nil
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

// oneSpace makes every run of spaces and tabs one space.
func oneSpace(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for i := range len(s) {
		if s[i] == ' ' || s[i] == '\t' {
			gap = true
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteByte(s[i])
	}
	if gap {
		b.WriteByte(' ')
	}
	return b.String()
}
