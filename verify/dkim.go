package verify

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"seedtest"
	"seedtest/header"
)

// maxDKIM is how many DKIM-Signature fields are evaluated, the uppermost first.
const maxDKIM = 20

// DKIM evaluates every DKIM-Signature field of a message (RFC 6376, RFC 8301, RFC 8463). h is the
// head of raw. Keys are asked of r; now decides what has expired.
//
// The results are used so:
//
//	pass       the signature is right and may be relied on
//	fail       the signed fields or the body are not what was signed, or not with this key
//	policy     the signature is right, or cannot be tried, and must not be relied on: rsa-sha1, or a
//	           key below 1024 bits (RFC 8301), or expired, or the header has lines that are no
//	           field, or is large and was signed many times
//	permerror  the signature or its key cannot be read, or there is no key
//	temperror  the key could not be asked for
//
// Result is empty for the fields beyond the first 20, and for all of a head too large to be read.
//
// Every line end is read as CRLF, which is what was signed, however the message was stored. If a
// body from an mbox is not what was signed, it is also tried without the quoting of lines that
// begin with "From ".
func DKIM(ctx context.Context, raw []byte, h header.Header, r Resolver,
	now time.Time) []seedtest.DKIMCheck {
	places := placesOf(h, "DKIM-Signature")
	if len(places) == 0 {
		return nil
	}
	checks := make([]seedtest.DKIMCheck, len(places))
	for i, place := range places {
		checks[i].Position = place
		checks[i].Reason = fmt.Sprintf("not evaluated: more than %d signatures", maxDKIM)
		if h.Cut {
			checks[i].Reason = tooLarge
		}
	}
	if !h.Cut {
		places = places[:min(len(places), maxDKIM)]
		newVerifier(raw, h, r, now).dkim(ctx, places, checks)
	}
	return checks
}

// tooLarge is said of a message of whose header some was not read.
const tooLarge = "not evaluated: the header is too large to be read in full"

// placesOf returns where the fields of a name stand.
func placesOf(h header.Header, name string) []int {
	var places []int
	for i, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			places = append(places, i)
		}
	}
	return places
}

// verifier holds signatures of DKIM and ARC against one message.
type verifier struct {
	message *message
	keys    keyring
	now     time.Time
}

func newVerifier(raw []byte, h header.Header, r Resolver, now time.Time) *verifier {
	return &verifier{message: newMessage(raw, h), now: now,
		keys: keyring{resolver: r, known: map[string]foundKeys{}}}
}

// finding is what a signature came to with one key.
type finding struct {
	result   string
	reason   string
	key      publicKey
	unsigned int64 // octets of the body that l= leaves out
	quoted   bool  // the body is right but for the quoting of mbox files
}

// check holds a signature against its key; sum gives the hash that was signed. Where several
// records stand at the key's name, the first with which it passes decides, else the first.
func (v *verifier) check(ctx context.Context, s *signature, sum func() []byte) finding {
	found := v.keys.find(ctx, s)
	if len(found.keys) == 0 {
		return finding{result: found.flaw.result, reason: found.flaw.reason}
	}
	once := sync.OnceValue(sum)
	var first finding
	for i, key := range found.keys {
		f := v.checkWith(s, key, once)
		if i == 0 || f.result == resultPass {
			first = f
		}
		if f.result == resultPass {
			break
		}
	}
	return first
}

func (v *verifier) checkWith(s *signature, key publicKey, sum func() []byte) finding {
	f := finding{result: resultPass, key: key}
	x := key.allows(s)
	if x == nil && s.kind != kindSeal {
		x = v.checkBody(s, &f)
	}
	if x == nil {
		x = v.checkHead(s, key, sum)
	}
	if x == nil {
		x = v.acceptable(s)
	}
	if x != nil {
		f.result, f.reason = x.result, x.reason
	}
	return f
}

// checkBody compares the body with its hash (RFC 6376 section 6.1.3).
func (v *verifier) checkBody(s *signature, f *finding) *flaw {
	body := v.message.bodyHash(s)
	if s.length != nil {
		if *s.length > body.size {
			return &flaw{resultFail, fmt.Sprintf("l= covers %d octets, the body has %d",
				*s.length, body.size)}
		}
		f.unsigned = body.size - *s.length
	}
	f.quoted = !bytes.Equal(body.sum, s.bodySum)
	if f.quoted && !v.message.hasBody(s) {
		return &flaw{resultFail, "the body was changed"}
	}
	return nil
}

// tooMuch is said of signatures that come after mostSigned.
const tooMuch = "the header is too large for so many signatures"

// checkHead holds the signature against the signed fields.
func (v *verifier) checkHead(s *signature, key publicKey, sum func() []byte) *flaw {
	signed := sum()
	switch {
	case signed == nil:
		return &flaw{resultPolicy, tooMuch}
	case !key.verifies(s, signed):
		return &flaw{resultFail, "the signed header fields were changed, or another key signed"}
	}
	return nil
}

// acceptable says why a signature that is right must not be relied on, or nil.
func (v *verifier) acceptable(s *signature) *flaw {
	switch {
	case s.algorithm == "rsa-sha1":
		return &flaw{resultPolicy, "rsa-sha1 must not be used (RFC 8301 section 3.1)"}
	case !s.expires.IsZero() && !v.now.Before(s.expires):
		return &flaw{resultPolicy, "expired on " + s.expires.Format(time.RFC3339)}
	case len(v.message.head.Stray) > 0:
		// Many programs show what follows such a line as the body, and no signature covers it.
		return &flaw{resultPolicy, "a line of the header is no field"}
	}
	return nil
}

// dkim evaluates the DKIM-Signature fields at some places into checks.
func (v *verifier) dkim(ctx context.Context, places []int, checks []seedtest.DKIMCheck) {
	signatures := make([]*signature, len(places))
	for i, place := range places {
		s, x := parseSignature(v.message.head.Fields[place], place, kindDKIM)
		checks[i] = seedtest.DKIMCheck{Position: place, Domain: s.domain, Selector: s.selector,
			Identity: s.identity, Algorithm: s.algorithm, HeaderForm: string(s.headerForm),
			BodyForm: string(s.bodyForm), Signed: s.signed, Time: s.time, Expires: s.expires,
			Length: s.length}
		if x != nil {
			checks[i].Result, checks[i].Reason = x.result, x.reason
			continue
		}
		signatures[i] = s
		v.message.expect(s)
	}
	for i, s := range signatures {
		if s != nil {
			v.evaluate(ctx, s, &checks[i])
		}
	}
}

// evaluate adds to a check what the signature comes to.
func (v *verifier) evaluate(ctx context.Context, s *signature, c *seedtest.DKIMCheck) {
	f := v.check(ctx, s, func() []byte { return v.message.headerHash(s) })
	c.Result, c.Reason = f.result, f.reason
	c.KeyType, c.KeyBits, c.Testing = f.key.kind, f.key.bits, f.key.testing
	c.Unsigned = f.unsigned
	c.Notes = v.notes(s, f)
	if f.key.key == nil && v.checkBody(s, &f) != nil {
		c.Notes = append(c.Notes, noteBody)
	}
}

// noteBody is said where there is no key, and yet something is known.
const noteBody = "the body is not as it was signed, whatever the key"

// notes says what is weak about a signature, or worth knowing of how it was read.
func (v *verifier) notes(s *signature, f finding) []string {
	var notes []string
	add := func(is bool, format string, args ...any) {
		if is {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	add(s.algorithm == "rsa-sha1", "rsa-sha1 is broken and must not be used")
	add(f.key.kind == "rsa" && f.key.bits < goodBits,
		"an RSA key of %d bits: RFC 8301 asks for %d", f.key.bits, goodBits)
	add(s.length != nil && f.result == resultPass,
		"l= leaves %d octets of the body unsigned, and whatever is added to it", f.unsigned)
	add(s.time.After(v.now), "signed in the future: %s", s.time.Format(time.RFC3339))
	for _, name := range []string{"from", "subject", "to", "date", "reply-to", "content-type"} {
		n := len(v.message.names[name])
		signed := count(s.signed, name)
		add(signed > 0 && n > signed, "%d of %d %s fields are signed", signed, n, name)
	}
	add(v.message.lone, "lines that end without CRLF were read as if they had it")
	add(f.quoted && f.result == resultPass,
		"lines that begin with >From were read without the > that mbox files put there")
	return notes
}

func count(list []string, word string) int {
	n := 0
	for _, item := range list {
		if item == word {
			n++
		}
	}
	return n
}

// sameDomain reports whether the domain of an identity is the one that signs.
func sameDomain(identity, domain string) bool {
	return strings.EqualFold(identity[strings.LastIndexByte(identity, '@')+1:], domain)
}
