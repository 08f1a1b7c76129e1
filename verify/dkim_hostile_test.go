package verify

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest/header"
)

// wideHead is a header of some megabytes whose fields every signature in front of it can name, and
// the list that names them. In the relaxed form next to nothing is left of it.
func wideHead() (raw, signed string) {
	const fields = 8
	field := "X-Wide: a" + strings.Repeat(" ", 1<<20-100) + "b\r\n"
	return strings.Repeat(field, fields) + "From: a@example.org\r\n\r\n",
		"h=from" + strings.Repeat(":x-wide", fields)
}

// emptySum is bh= of a body without anything, in the relaxed form.
const emptySum = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

// TestManySignaturesOfMuch holds what is read of a header to mostSigned, give or take a signature,
// however many sign it and however many keys there are to try.
func TestManySignaturesOfMuch(t *testing.T) {
	raw, signed := wideHead()
	value := base64.StdEncoding.EncodeToString(make([]byte, 128))
	tags := "a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; " + signed + "; bh=" + emptySum +
		"; b=" + value + "\r\n"
	z := zone{"s._domainkey.example.org": &node{txt: slices.Repeat(
		[]string{"p=" + public(t, testKeys()["rsa1024"])}, maxKeys)}}
	var dkim, arc strings.Builder
	for i := range maxDKIM {
		cv := "pass"
		if i == 0 {
			cv = "none"
		}
		dkim.WriteString("DKIM-Signature: v=1; " + tags)
		fmt.Fprintf(&arc, "ARC-Seal: i=%d; a=rsa-sha256; d=example.org; s=s; cv=%s; b=%s\r\n"+
			"ARC-Message-Signature: i=%d; %sARC-Authentication-Results: i=%d; example.org; none\r\n",
			i+1, cv, value, i+1, tags, i+1)
	}

	message := []byte(dkim.String() + raw)
	h := header.Parse(message)
	v := newVerifier(message, h, z, time.Now())
	for place := range maxDKIM {
		s, x := parseSignature(h.Fields[place], place, kindDKIM)
		if x != nil {
			t.Fatal(x.reason)
		}
		v.check(t.Context(), s, func() []byte { return v.message.headerHash(s) })
	}
	if v.message.taken > mostSigned+len(message) {
		t.Errorf("%d octets of header were read for a header of %d", v.message.taken, len(message))
	}
	checks := DKIM(t.Context(), message, h, z, time.Now())
	if first, last := checks[0], checks[maxDKIM-1]; first.Result != resultFail ||
		last.Result != resultPolicy || last.Reason != tooMuch {
		t.Errorf("the first is %s, the last %s (%s)", first.Result, last.Result, last.Reason)
	}

	message = []byte(arc.String() + raw)
	c := ARC(t.Context(), message, header.Parse(message), z, time.Now())
	if n := len(c.Sets); n != maxDKIM || c.Sets[0].Message != resultFail ||
		c.Sets[n-1].Message != resultPolicy || c.Result != resultFail {
		t.Errorf("ARC: %s (%s), %d sets", c.Result, c.Reason, n)
	}
}

// TestSignedNamesAreBounded holds that h= cannot name more fields than anybody signs.
func TestSignedNamesAreBounded(t *testing.T) {
	for names, want := range map[int]bool{maxSigned: true, maxSigned + 1: false} {
		h := header.Parse([]byte("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; bh=AA==; " +
			"b=AA==; h=from" + strings.Repeat(":x", names-1) + "\r\n"))
		if _, x := parseSignature(h.Fields[0], 0, kindDKIM); (x == nil) != want {
			t.Errorf("%d names: %v", names, x)
		}
	}
}
