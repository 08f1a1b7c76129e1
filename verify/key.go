package verify

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"

	"seedtest"
)

// maxKeys is how many records at one name are tried. There should be one (RFC 6376 section
// 3.6.2.2).
const maxKeys = 10

// The lengths of RSA keys in bits (RFC 8301 section 3.2): below the first a signature is not valid,
// above the last none is tried, and signers should use goodBits.
const (
	minBits  = 1024
	goodBits = 2048
	maxBits  = 8192
)

// publicKey is a key record (RFC 6376 section 3.6.1).
type publicKey struct {
	kind    string
	bits    int
	key     crypto.PublicKey
	testing bool // t=y
	strict  bool // t=s: i= has no subdomain
	tags    tagList
}

// parseKey reads a key record. A revoked key is a flaw, and so is one that is not for mail.
func parseKey(record string) (publicKey, *flaw) {
	tags, err := parseTagList(record)
	if err != nil {
		return publicKey{}, permError("unreadable key record: %v", err)
	}
	k := publicKey{kind: "rsa", tags: tags,
		testing: tags.listed("t", "y"), strict: tags.listed("t", "s")}
	if kind, ok := tags.get("k"); ok {
		k.kind = kind
	}
	switch v, ok := tags.get("v"); {
	case ok && (v != "DKIM1" || tags[0].name != "v"):
		return k, permError("the key record does not begin with v=DKIM1")
	case tags.has("s") && !tags.listed("s", "*", "email"):
		return k, permError("the key is not for mail")
	}
	return k, k.readPublic()
}

func (k *publicKey) readPublic() *flaw {
	p, ok := k.tags.get("p")
	switch {
	case !ok:
		return permError("the key record has no p=")
	case p == "":
		return permError("the key is revoked")
	}
	der, err := base64.StdEncoding.DecodeString(withoutBlanks(p))
	if err != nil {
		return permError("p= of the key record is no base64")
	}
	switch k.kind {
	case "rsa":
		return k.readRSA(der)
	case "ed25519":
		if len(der) != ed25519.PublicKeySize {
			return permError("an Ed25519 key of %d octets", len(der))
		}
		k.key, k.bits = ed25519.PublicKey(der), 8*ed25519.PublicKeySize
		return nil
	}
	return permError("k=%.40q is no known kind of key", k.kind)
}

// readRSA reads a SubjectPublicKeyInfo, as signers publish it, or the bare RSAPublicKey that RFC
// 6376 section 3.6.1 names.
func (k *publicKey) readRSA(der []byte) *flaw {
	var key *rsa.PublicKey
	if any, err := x509.ParsePKIXPublicKey(der); err == nil {
		key, _ = any.(*rsa.PublicKey)
	} else if bare, err := x509.ParsePKCS1PublicKey(der); err == nil {
		key = bare
	}
	if key == nil {
		return permError("p= of the key record is no RSA key")
	}
	k.key, k.bits = key, key.N.BitLen()
	return nil
}

// allows says why a signature may not be held against a key, or nil.
func (k *publicKey) allows(s *signature) *flaw {
	hash := "sha256"
	if s.hash == crypto.SHA1 {
		hash = "sha1"
	}
	switch {
	case k.kind != s.keyType:
		return permError("a=%s, but the key is %.40q", s.algorithm, k.kind)
	case k.tags.has("h") && !k.tags.listed("h", hash):
		return permError("the key does not allow %s", hash)
	case k.strict && s.identity != "" && !sameDomain(s.identity, s.domain):
		return permError("the key forbids subdomains, and i=%.80q has one", s.identity)
	case k.kind == "rsa" && k.bits < minBits:
		return &flaw{resultPolicy, "the key is too short (RFC 8301 section 3.2)"}
	case k.bits > maxBits:
		return &flaw{resultPolicy, "the key is too long"}
	}
	return nil
}

// verifies reports whether a signature was made with a key over a hash.
func (k *publicKey) verifies(s *signature, sum []byte) bool {
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, s.hash, sum, s.value) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, sum, s.value) // RFC 8463 section 3: of the hash
	}
	return false
}

// keyring remembers keys, as a chain of seals asks for the same ones many times.
type keyring struct {
	resolver Resolver
	known    map[string]foundKeys
}

// foundKeys are the keys at a name, or why there is none.
type foundKeys struct {
	keys []publicKey
	flaw *flaw
}

func (r *keyring) find(ctx context.Context, s *signature) foundKeys {
	name := s.selector + "._domainkey." + s.domain
	if f, ok := r.known[name]; ok {
		return f
	}
	f := r.ask(ctx, name)
	r.known[name] = f
	return f
}

func (r *keyring) ask(ctx context.Context, name string) foundKeys {
	records, err := r.resolver.TXT(ctx, name)
	switch {
	case errors.Is(err, seedtest.ErrNXDOMAIN), errors.Is(err, seedtest.ErrNODATA):
		return foundKeys{flaw: permError("no key at %q: %v", name, err)}
	case err != nil:
		return foundKeys{flaw: &flaw{resultTempError, "the key cannot be asked for: " + err.Error()}}
	}
	var f foundKeys
	for _, record := range records[:min(len(records), maxKeys)] {
		k, x := parseKey(record)
		switch {
		case x == nil:
			f.keys = append(f.keys, k)
		case f.flaw == nil:
			f.flaw = x
		}
	}
	if len(records) == 0 {
		f.flaw = permError("no key at %q", name)
	}
	return f
}
