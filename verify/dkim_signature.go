package verify

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"seedtest/header"
)

// kind tells in which field a signature stands.
type kind uint8

const (
	kindDKIM    kind = iota // DKIM-Signature
	kindMessage             // ARC-Message-Signature
	kindSeal                // ARC-Seal
)

// The results that this file and its neighbours give (RFC 8601 section 2.7.1).
const (
	resultPass      = "pass"
	resultFail      = "fail"
	resultPolicy    = "policy"
	resultTempError = "temperror"
	resultPermError = "permerror"
)

// flaw is why something does not pass.
type flaw struct {
	result string
	reason string
}

func permError(format string, args ...any) *flaw {
	return &flaw{resultPermError, fmt.Sprintf(format, args...)}
}

// signature is what the tags of a signature say. What they do not say, or say wrongly, is zero.
type signature struct {
	place      int // of the field among all
	kind       kind
	algorithm  string
	keyType    string
	hash       crypto.Hash
	value      []byte
	bodySum    []byte
	headerForm form
	bodyForm   form
	domain     string
	selector   string
	identity   string
	signed     []string // in lower case
	time       time.Time
	expires    time.Time
	length     *int64
}

// parseSignature reads all tags that can be read. The flaw is the first thing that RFC 6376 section
// 6.1.1 or RFC 8617 section 4.1 do not allow, or nil.
func parseSignature(f header.Field, place int, k kind) (*signature, *flaw) {
	s := &signature{place: place, kind: k}
	tags, err := parseTagList(f.Value)
	var first *flaw
	if err != nil {
		first = permError("unreadable signature: %v", err)
	}
	readers := []func(tagList) *flaw{s.readNames, s.readAlgorithm, s.readValue, s.readTimes}
	if k != kindSeal {
		readers = append(readers, s.readForms, s.readBodySum, s.readSigned)
	} else {
		s.headerForm = formRelaxed
	}
	if k == kindDKIM {
		readers = append(readers, s.readVersion, s.readIdentity)
	}
	for _, read := range readers {
		if x := read(tags); x != nil && first == nil {
			first = x
		}
	}
	return s, first
}

func (s *signature) readVersion(tags tagList) *flaw {
	if v, ok := tags.get("v"); !ok || v != "1" {
		return permError("v= is not 1")
	}
	if q, ok := tags.get("q"); ok && !tags.listed("q", "dns/txt") {
		return permError("q=%.40q: the key is not in DNS", q)
	}
	return nil
}

func (s *signature) readNames(tags tagList) *flaw {
	s.domain, _ = tags.get("d")
	s.selector, _ = tags.get("s")
	if !isKeyName(s.domain) {
		return permError("d=%.80q is no domain", s.domain)
	}
	if !isKeyName(s.selector) {
		return permError("s=%.80q is no selector", s.selector)
	}
	return nil
}

// isKeyName reports whether a text can be part of the name of a key. U-labels may (RFC 8616).
func isKeyName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if !isNameByte(c) {
				return false
			}
		}
	}
	return len(name) <= 253
}

func isNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c >= 0x80
}

// readIdentity reads i=, whose domain is d= or below it (RFC 6376 section 3.5).
func (s *signature) readIdentity(tags tagList) *flaw {
	i, ok := tags.get("i")
	if !ok {
		s.identity = "@" + s.domain
		return nil
	}
	s.identity = i
	at := strings.LastIndexByte(i, '@')
	domain, parent := strings.ToLower(i[at+1:]), strings.ToLower(s.domain)
	if at < 0 || domain != parent && !strings.HasSuffix(domain, "."+parent) {
		return permError("i=%.80q is not within d=%.80q", i, s.domain)
	}
	return nil
}

func (s *signature) readAlgorithm(tags tagList) *flaw {
	s.algorithm, _ = tags.get("a")
	switch s.algorithm {
	case "rsa-sha256":
		s.keyType, s.hash = "rsa", crypto.SHA256
	case "rsa-sha1":
		s.keyType, s.hash = "rsa", crypto.SHA1
	case "ed25519-sha256":
		s.keyType, s.hash = "ed25519", crypto.SHA256
	default:
		return permError("a=%.40q is no known algorithm", s.algorithm)
	}
	return nil
}

func (s *signature) readForms(tags tagList) *flaw {
	s.headerForm, s.bodyForm = formSimple, formSimple
	c, ok := tags.get("c")
	if !ok {
		return nil
	}
	head, body, both := strings.Cut(c, "/")
	if !both {
		body = string(formSimple)
	}
	s.headerForm, s.bodyForm = form(head), form(body)
	for _, f := range []form{s.headerForm, s.bodyForm} {
		if f != formSimple && f != formRelaxed {
			return permError("c=%.40q is no known canonicalization", c)
		}
	}
	return nil
}

func (s *signature) readValue(tags tagList) *flaw {
	var x *flaw
	s.value, x = readBase64(tags, "b")
	return x
}

func (s *signature) readBodySum(tags tagList) *flaw {
	var x *flaw
	s.bodySum, x = readBase64(tags, "bh")
	return x
}

func readBase64(tags tagList, name string) ([]byte, *flaw) {
	text, _ := tags.get(name)
	value, err := base64.StdEncoding.DecodeString(withoutBlanks(text))
	if err != nil || len(value) == 0 {
		return nil, permError("%s= is absent or no base64", name)
	}
	return value, nil
}

// maxSigned is how many fields h= can name. Those that name every field twice have about 60.
const maxSigned = 1000

// readSigned reads h=, which names From in a DKIM-Signature and no seal in an
// ARC-Message-Signature.
func (s *signature) readSigned(tags tagList) *flaw {
	h, ok := tags.get("h")
	if !ok {
		return permError("h= is absent")
	}
	if strings.Count(h, ":") >= maxSigned {
		return permError("h= names more than %d fields", maxSigned)
	}
	from, seal := false, false
	for name := range strings.SplitSeq(h, ":") {
		name = strings.ToLower(trimFold(name))
		from, seal = from || name == "from", seal || name == "arc-seal"
		s.signed = append(s.signed, name)
	}
	switch {
	case s.kind == kindDKIM && !from:
		return permError("h= does not name From")
	case s.kind == kindMessage && seal:
		return permError("h= names ARC-Seal")
	}
	return nil
}

func (s *signature) readTimes(tags tagList) *flaw {
	var x, y, z *flaw
	s.time, x = readTime(tags, "t")
	s.expires, y = readTime(tags, "x")
	s.length, z = readLength(tags)
	switch {
	case x != nil:
		return x
	case y != nil:
		return y
	case !s.expires.IsZero() && !s.expires.After(s.time):
		return permError("x= is not after t=")
	}
	return z
}

// readTime reads seconds since 1970, of at most 12 digits.
func readTime(tags tagList, name string) (time.Time, *flaw) {
	text, ok := tags.get(name)
	if !ok {
		return time.Time{}, nil
	}
	if !isDigits(text) || len(text) > 12 {
		return time.Time{}, permError("%s=%.40q is no time", name, text)
	}
	n, _ := strconv.ParseInt(text, 10, 64) // so many digits always fit
	return time.Unix(n, 0).UTC(), nil
}

// readLength reads l=. A number beyond what can be counted stands for one beyond any body.
func readLength(tags tagList) (*int64, *flaw) {
	text, ok := tags.get("l")
	if !ok {
		return nil, nil
	}
	if !isDigits(text) || len(text) > 76 {
		return nil, permError("l=%.40q is no length", text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return &n, nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
