package verify

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"seedtest"
	"seedtest/header"
)

// sealed adds an ARC set on top of a message.
func sealed(t testing.TB, instance int, cv, raw string) string {
	t.Helper()
	key := testKeys()["rsa1024"]
	i := fmt.Sprint(instance)
	tags := "; a=rsa-sha256; d=example.org; s=one"
	raw = "ARC-Authentication-Results: i=" + i + "; mx.example.org; none\r\n" + raw
	raw = signed(t, "ARC-Message-Signature: i="+i+tags+"; c=relaxed/relaxed; h=from:subject", raw, key)
	seal := "ARC-Seal: i=" + i + tags + "; cv=" + cv + "; b="
	draft := seal + "AA==\r\n" + raw
	sets, _ := collectSets(header.Parse([]byte(draft)))
	chain := arcChain{verifier: newVerifier([]byte(draft), header.Parse([]byte(draft)), nil, noon),
		sets: sets}
	sig, err := key.Sign(rand.Reader, chain.sealHash(instance-1), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return seal + base64.StdEncoding.EncodeToString(sig) + "\r\n" + raw
}

func arcOf(t *testing.T, raw string, r Resolver) seedtest.ARCCheck {
	t.Helper()
	return ARC(t.Context(), []byte(raw), header.Parse([]byte(raw)), r, noon)
}

func arcKeys(t *testing.T) keyZone {
	t.Helper()
	return keyZone{"one._domainkey.example.org": {"p=" + public(t, testKeys()["rsa1024"])}}
}

// TestARCTellsWhoChangedTheMessage sends a message by three that seal it, of whom the second
// changes the subject.
func TestARCTellsWhoChangedTheMessage(t *testing.T) {
	raw := sealed(t, 1, "none", lines(note))
	raw = sealed(t, 2, "pass", strings.Replace(raw, "One", "[list] One", 1))
	raw = sealed(t, 3, "pass", raw)
	got := arcOf(t, raw, arcKeys(t))
	if got.Result != "pass" || got.Oldest != 2 || len(got.Sets) != 3 {
		t.Fatalf("ARC: got %+v, want pass of three with 2 as the oldest", got)
	}
	for i, want := range []string{"fail", "pass", "pass"} {
		s := got.Sets[i]
		if s.Message != want || s.Seal != "pass" || s.Instance != i+1 || s.Domain != "example.org" {
			t.Errorf("ARC: set %d is %+v, want the message signature %s", i+1, s, want)
		}
	}
	if got := arcOf(t, strings.Replace(raw, "i=1; mx.", "i=1; mx2.", 1), arcKeys(t)); got.Result !=
		"fail" || got.Sets[0].Seal != "fail" || got.Oldest != 2 {
		t.Errorf("ARC with forged results: got %+v, want fail", got)
	}
}

func TestARCResults(t *testing.T) {
	one := sealed(t, 1, "none", lines(note))
	down := downZone{arcKeys(t)}
	for _, c := range []struct{ name, raw, want, says string }{
		{"no set", lines(note), "none", ""},
		{"one set", one, "pass", ""},
		{"LF only", strings.ReplaceAll(one, "\r\n", "\n"), "pass", ""},
		{"changed", strings.Replace(one, "Hello", "Hallo", 1), "fail", "message signature of instance 1"},
		{"no key", strings.ReplaceAll(one, "s=one", "s=two"), "fail", "permerror"},
		{"DNS is down", strings.ReplaceAll(one, "s=one", "s=down"), "temperror", "instance 1"},
		{"claims a chain before it", sealed(t, 1, "pass", lines(note)), "fail", "claims cv"},
		{"claims none before it", sealed(t, 2, "none", one), "fail", "claims cv"},
		{"says that it fails", sealed(t, 2, "fail", one), "fail", "claims cv"},
		{"twice", "ARC-Seal: i=1; cv=none\r\n" + one, "fail", ""},
		{"instance 0", strings.ReplaceAll(one, "i=1", "i=0"), "fail", "from 1 to 50"},
		{"instance 2 alone", strings.ReplaceAll(one, "i=1", "i=2"), "fail", "instance 1 is missing"},
		{"instance 51", strings.ReplaceAll(one, "i=1", "i=51"), "fail", "from 1 to 50"},
		{"results only", "ARC-Authentication-Results: i=1; x; none\r\n" + lines(note), "fail",
			"incomplete"},
	} {
		got := arcOf(t, c.raw, down)
		if got.Result != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s: got %s (%s), want %s (%s)", c.name, got.Result, got.Reason, c.want, c.says)
		}
		if (got.Result == "fail") != (got.Reason != "") && got.Result != "temperror" {
			t.Errorf("%s: %s with the reason %q", c.name, got.Result, got.Reason)
		}
	}
}

// TestARCLongestChain seals a message as often as a chain allows, and once more.
func TestARCLongestChain(t *testing.T) {
	raw := sealed(t, 1, "none", lines(note))
	for i := 2; i <= maxSets; i++ {
		raw = sealed(t, i, "pass", raw)
	}
	zone := &countingZone{keyZone: arcKeys(t)}
	if got := arcOf(t, raw, zone); got.Result != "pass" || len(got.Sets) != 50 || zone.asked != 1 {
		t.Errorf("ARC of 50 sets: got %s (%s) of %d sets with %d questions", got.Result, got.Reason,
			len(got.Sets), zone.asked)
	}
	more := strings.Replace(raw, "i=50;", "i=51;", 1)
	if got := arcOf(t, more+raw, zone); got.Result != "fail" {
		t.Errorf("ARC with an instance 51: got %s, want fail", got.Result)
	}
}
