package verify

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"seedtest/header"
)

// note is what the tests send; noon is when.
const note = "From: A <a@example.org>\nTo: b@example.net\nSubject: One\n\tand  two\n\n" +
	"Hello,\n\nworld  .\n"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// dkimCase is a signature, what becomes of it on the way, and what is said of it.
type dkimCase struct {
	name   string
	tags   string // besides v, bh and b
	key    string // of testKeys
	record string // KEY stands for the public key
	change [2]string
	result string
	says   string // a part of the reason or of a note
}

const (
	rsaTags    = "a=rsa-sha256; d=example.org; s=one; c=relaxed/relaxed; h=from:to:subject"
	rsaRecord  = "v=DKIM1; k=rsa; p=KEY"
	goodMarch  = "; t=1772362800; x=1772449200" // the days around noon
	otherMarch = "; t=1772000000; x=1772000001"
)

func dkimCases() []dkimCase {
	none := [2]string{}
	good := dkimCase{"", rsaTags, "rsa2048", rsaRecord, none, "pass", ""}
	with := func(name, tags, result, says string) dkimCase {
		c := good
		c.name, c.tags, c.result, c.says = name, tags, result, says
		return c
	}
	record := func(name, record, result, says string) dkimCase {
		c := good
		c.name, c.record, c.result, c.says = name, record, result, says
		return c
	}
	changed := func(name, tags, from, to, result, says string) dkimCase {
		c := with(name, tags, result, says)
		c.change = [2]string{from, to}
		return c
	}
	swap := func(from, to string) string { return strings.ReplaceAll(rsaTags, from, to) }
	return []dkimCase{
		with("plain", rsaTags, "pass", ""),
		with("over-signed", rsaTags+":from:cc", "pass", ""),
		with("in time", rsaTags+goodMarch, "pass", ""),
		with("expired", rsaTags+otherMarch, "policy", "expired on 2026-02-25"),
		with("expires before it begins", rsaTags+"; t=9; x=9", "permerror", "x= is not after"),
		with("from the future", rsaTags+"; t=1800000000", "pass", "signed in the future"),
		with("expiry in letters", rsaTags+"; x=noon", "permerror", "is no time"),
		with("a time too late", rsaTags+"; t=1234567890123", "permerror", "is no time"),
		with("too many tags", rsaTags+manyTags(), "permerror", "too many tags"),
		with("time in letters", rsaTags+"; t=noon", "permerror", "is no time"),
		with("rsa-sha1", swap("sha256", "sha1"), "policy", "RFC 8301"),
		with("all but 5 octets", rsaTags+"; l=14", "pass", "leaves 5 octets"),
		with("more octets than there are", rsaTags+"; l=99", "fail", "the body has 19"),
		with("length beyond numbers", rsaTags+"; l=99999999999999999999999", "fail", "l= covers"),
		with("length in letters", rsaTags+"; l=all", "permerror", "no length"),
		with("identity below", rsaTags+"; i=x@sub.example.org", "pass", ""),
		with("identity beside", rsaTags+"; i=x@notexample.org", "permerror", "is not within"),
		with("From unsigned", swap("from:", ""), "permerror", "does not name From"),
		with("no h=", swap("; h=from:to:subject", ""), "permerror", "h= is absent"),
		with("no key in DNS", rsaTags+"; q=http/get", "permerror", "not in DNS"),
		with("other query first", rsaTags+"; q=http/get : dns/txt", "pass", ""),
		with("unknown tag", rsaTags+"; zz=1", "pass", ""),
		with("tag twice", rsaTags+"; s=two", "permerror", "stands twice"),
		with("bad domain", swap("d=example.org", "d=exa mple"), "permerror", "no domain"),
		with("no such selector", swap("s=one", "s=two"), "permerror", "no key at"),
		with("DNS is down", swap("s=one", "s=down"), "temperror", "cannot be asked"),
		with("bad form", swap("relaxed/relaxed", "nofws"), "permerror", "no known canon"),
		with("one form", swap("relaxed/relaxed", "relaxed"), "pass", ""),

		record("default record", "p=KEY", "pass", ""),
		record("unknown tags and blanks", " p = KEY ; n=a note; g=*; ", "pass", ""),
		record("testing", rsaRecord+"; t=s : y", "pass", ""),
		record("revoked", "v=DKIM1; p=", "permerror", "revoked"),
		record("no p", "v=DKIM1; k=rsa", "permerror", "no p="),
		record("another version", "v=DKIM2; p=KEY", "permerror", "v=DKIM1"),
		record("version not first", "p=KEY; v=DKIM1", "permerror", "v=DKIM1"),
		record("SPF in its place", "v=spf1 -all", "permerror", "v=DKIM1"),
		record("for mail", rsaRecord+"; s=tlsrpt : email", "pass", ""),
		record("not for mail", rsaRecord+"; s=tlsrpt", "permerror", "not for mail"),
		record("hashes", rsaRecord+"; h=sha1 : sha256", "pass", ""),
		record("other hash", rsaRecord+"; h=sha1", "permerror", "does not allow sha256"),
		record("other kind", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
			"permerror", "but the key is"),
		record("unknown kind", "k=dsa; p=KEY", "permerror", "no known kind"),
		record("garbage", "p=AAAA", "permerror", "no RSA key"),
		record("no base64", "p=*", "permerror", "no base64"),
		record("escaped semicolons", `v=DKIM1\; k=rsa\; p=KEY`, "permerror", ""),
		{"strict, and below", rsaTags + "; i=@sub.example.org", "rsa2048", rsaRecord + "; t=s:y", none,
			"permerror", "forbids subdomains"},
		{"strict, and equal", rsaTags + "; i=@EXAMPLE.org", "rsa2048", rsaRecord + "; t=s", none,
			"pass", ""},
		{"1024 bits", rsaTags, "rsa1024", rsaRecord, none, "pass", "an RSA key of 1024 bits"},
		{"Ed25519", "a=ed25519-sha256; d=example.org; s=one; h=from", "ed25519",
			"k=ed25519; p=KEY", none, "pass", ""},
		{"Ed25519 key of another size", "a=ed25519-sha256; d=example.org; s=one; h=from", "ed25519",
			"k=ed25519; p=AAAA", none, "permerror", "of 3 octets"},

		changed("other algorithm", rsaTags, "rsa-sha256", "rsa-md5", "permerror", "no known algo"),
		changed("other version", rsaTags, "v=1", "v=2", "permerror", "v= is not 1"),
		changed("no signature", rsaTags, "; b=", "; c2=", "permerror", "b= is absent"),
		changed("no body hash", rsaTags, "bh=", "bx=", "permerror", "bh= is absent"),
		changed("subject", rsaTags, "One", "Two", "fail", "header fields were changed"),
		changed("body", rsaTags, "Hello", "Hallo", "fail", "the body was changed"),
		changed("body, and no key", swap("s=one", "s=two"), "Hello", "Hallo", "permerror",
			"the body is not as it was signed"),
		changed("folds", rsaTags, "One\r\n\tand", "One and", "pass", ""),
		changed("folds, simple", swap("relaxed/", "simple/"), "One\r\n\tand", "One and", "fail", ""),
		changed("blanks of the body", rsaTags, "world  .", "world .   ", "pass", ""),
		changed("blanks of the body, simple", swap("/relaxed", "/simple"), "world  .", "world .",
			"fail", "the body was changed"),
		changed("lines below", swap("/relaxed", "/simple"), ".\r\n", ".\r\n\r\n\r\n", "pass", ""),
		changed("added to the body", rsaTags+"; l=19", ".\r\n", ".\r\nBuy!\r\n", "pass",
			"leaves 6 octets"),
		changed("unsigned field", rsaTags, "To:", "Cc: x\r\nTo:", "pass", ""),
		changed("over-signed field", rsaTags+":cc", "To:", "Cc: x\r\nTo:", "fail", ""),
		changed("second From above", rsaTags, "From:", "From: x@evil.example\r\nFrom:", "pass",
			"1 of 2 from fields"),
		changed("second From below", rsaTags, "To:", "From: x@evil.example\r\nTo:", "fail", ""),
		changed("text in the header", rsaTags, "To:", "Buy!\r\nTo:", "policy", "is no field"),
		changed("LF only", rsaTags, "\r\n", "\n", "pass", "without CRLF"),
		changed("case of names", rsaTags, "From:", "FROM :", "pass", ""),
	}
}

func manyTags() string {
	var b strings.Builder
	for i := range maxTags {
		fmt.Fprintf(&b, "; x%d=", i)
	}
	return b.String()
}

func TestDKIM(t *testing.T) {
	for _, c := range dkimCases() {
		t.Run(c.name, func(t *testing.T) {
			key := testKeys()[c.key]
			raw := signed(t, "DKIM-Signature: v=1; "+c.tags, lines(note), key)
			if c.change[0] != "" {
				raw = strings.ReplaceAll(raw, c.change[0], c.change[1])
			}
			zone := downZone{keyZone{}.with("one._domainkey.example.org",
				strings.ReplaceAll(c.record, "KEY", public(t, key)))}
			checks := evaluate(t, raw, zone, noon)
			if len(checks) != 1 {
				t.Fatalf("DKIM: %d checks, want 1", len(checks))
			}
			got := checks[0]
			if got.Result != c.result {
				t.Errorf("DKIM: got %s (%s), want %s", got.Result, got.Reason, c.result)
			}
			if test := strings.HasSuffix(c.record, "y"); got.Testing != test {
				t.Errorf("DKIM: a test is %v, want %v", got.Testing, test)
			}
			said := got.Reason + "\n" + strings.Join(got.Notes, "\n")
			if !strings.Contains(said, c.says) {
				t.Errorf("DKIM says %q, want %q in it", said, c.says)
			}
			if (got.Result == "pass") != (got.Reason == "") {
				t.Errorf("DKIM: %s with the reason %q", got.Result, got.Reason)
			}
		})
	}
}

// downZone is a zone in which selectors named "down" cannot be asked for.
type downZone struct{ keyZone }

func (z downZone) TXT(ctx context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, "down.") {
		return nil, errors.New("no server answers")
	}
	return z.keyZone.TXT(ctx, name)
}

// TestDKIMShortKey uses a key that crypto/rsa itself would refuse to make or to use.
func TestDKIMShortKey(t *testing.T) {
	short := "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAJnluk8TUJ38v4JNjE/+/2wMpDQ7O93kMFl76l" +
		"Z5AEmPO0QdGRszqVEzbgIgvT2jCE5KDsD3+d70pWL2kWcr3PsCAwEAAQ=="
	raw := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), testKeys()["rsa1024"])
	zone := keyZone{"one._domainkey.example.org": {"p=" + short}}
	got := evaluate(t, raw, zone, noon)[0]
	if got.Result != "policy" || !strings.Contains(got.Reason, "too short") || got.KeyBits != 512 {
		t.Errorf("DKIM with 512 bits: got %+v, want policy", got)
	}
}

// TestDKIMLongKey leaves alone a key that would take long to use.
func TestDKIMLongKey(t *testing.T) {
	long := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 9000, 1), E: 65537}
	p := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(long))
	raw := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), testKeys()["rsa1024"])
	got := evaluate(t, raw, keyZone{"one._domainkey.example.org": {"p=" + p}}, noon)[0]
	if got.Result != "policy" || got.Reason != "the key is too long" || got.KeyBits != 9001 {
		t.Errorf("DKIM with 9001 bits: got %+v, want policy", got)
	}
}

// TestCutHeader evaluates nothing of a message of whose header some was not read.
func TestCutHeader(t *testing.T) {
	raw := []byte(sealed(t, 1, "none", signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note),
		testKeys()["rsa2048"])))
	h := header.Parse(raw)
	h.Cut = true
	checks := DKIM(t.Context(), raw, h, keyZone{}, noon)
	if len(checks) != 1 || checks[0].Result != "" || checks[0].Reason != tooLarge {
		t.Errorf("DKIM: got %+v, want nothing evaluated", checks)
	}
	if a := ARC(t.Context(), raw, h, keyZone{}, noon); a.Result != "" || a.Reason != tooLarge {
		t.Errorf("ARC: got %+v, want nothing evaluated", a)
	}
}

// TestDKIMSeveralRecords lets records of others stand beside the key.
func TestDKIMSeveralRecords(t *testing.T) {
	key := testKeys()["rsa2048"]
	raw := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), key)
	right, wrong := "p="+public(t, key), "p="+public(t, testKeys()["rsa1024"])
	for _, c := range []struct {
		records []string
		want    string
	}{
		{[]string{"v=spf1 -all", right}, "pass"}, {[]string{wrong, right}, "pass"},
		{[]string{right, wrong}, "pass"}, {[]string{wrong, "v=spf1 -all"}, "fail"},
		{[]string{"v=spf1 -all", "p="}, "permerror"}, {nil, "permerror"},
	} {
		zone := keyZone{"one._domainkey.example.org": c.records}
		if got := evaluate(t, raw, zone, noon)[0]; got.Result != c.want {
			t.Errorf("DKIM with records %q: got %s (%s), want %s", c.records, got.Result,
				got.Reason, c.want)
		}
	}
}

// TestDKIMBareRSAKey takes p= as RFC 6376 section 3.6.1 words it, without the kind of key.
func TestDKIMBareRSAKey(t *testing.T) {
	key := testKeys()["rsa2048"].(*rsa.PrivateKey)
	raw := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), key)
	p := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	zone := keyZone{"one._domainkey.example.org": {"p=" + p[:90] + " \t" + p[90:]}}
	if got := evaluate(t, raw, zone, noon)[0]; got.Result != "pass" {
		t.Errorf("DKIM with a bare RSA key: got %s (%s), want pass", got.Result, got.Reason)
	}
}

func TestDKIMManySignatures(t *testing.T) {
	key := testKeys()["rsa2048"]
	one := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), key)
	field := strings.TrimSuffix(one, lines(note))
	raw := strings.Repeat(field, 25) + lines(note)
	zone := &countingZone{keyZone: keyZone{"one._domainkey.example.org": {"p=" + public(t, key)}}}
	checks := evaluate(t, raw, zone, noon)
	if len(checks) != 25 || zone.asked != 1 {
		t.Fatalf("DKIM: %d checks with %d questions, want 25 with 1", len(checks), zone.asked)
	}
	for i, c := range checks {
		if want := map[bool]string{true: "pass"}[i < 20]; c.Result != want || c.Position != i {
			t.Errorf("DKIM: check %d at %d is %q (%s), want %q", i, c.Position, c.Result, c.Reason,
				want)
		}
	}
}

type countingZone struct {
	keyZone
	asked int
}

func (z *countingZone) TXT(ctx context.Context, name string) ([]string, error) {
	z.asked++
	return z.keyZone.TXT(ctx, name)
}

func TestDKIMUnsigned(t *testing.T) {
	for _, raw := range []string{"", "\r\n", lines(note), "DKIM-Signature"} {
		if got := evaluate(t, raw, keyZone{}, noon); len(got) != 0 {
			t.Errorf("DKIM(%q): got %v, want none", raw, got)
		}
	}
}

// FuzzDKIM holds that nothing in a message makes trouble, that no changed message passes with a key
// that signed another, and that fields are told apart by their bytes.
func FuzzDKIM(f *testing.F) {
	f.Add([]byte(rfc6376Signature + rfc6376Received + dinnerHead + "\r\n" + dinnerBody))
	f.Add([]byte(rfc8463Ed25519 + rfc8463RSA + dinnerHead + "\r\n" + dinnerBody))
	f.Add([]byte("DKIM-Signature: v=1;;\n\n"))
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		f.Fatal(err)
	}
	keys := everyZone{records: []string{"p=" + public(f, key)}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := header.Parse(raw)
		for _, c := range DKIM(t.Context(), raw, h, keys, noon) {
			if c.Result == "pass" {
				t.Errorf("DKIM(%q): passes with a key that signed nothing", raw)
			}
			if c.Result != "" && c.Reason == "" {
				t.Errorf("DKIM(%q): %s without a reason", raw, c.Result)
			}
		}
		if a := ARC(t.Context(), raw, h, keys, noon); a.Result == "pass" {
			t.Errorf("ARC(%q): passes with a key that signed nothing", raw)
		}
	})
}

// everyZone has the same records at every name.
type everyZone struct {
	keyZone
	records []string
}

func (z everyZone) TXT(context.Context, string) ([]string, error) { return z.records, nil }

// TestDKIMFromMbox holds that the quoting of mbox files breaks no signature there, and is a change
// everywhere else.
func TestDKIMFromMbox(t *testing.T) {
	const body = "\nFrom here on\n>From the quoted\nnothing\n"
	const envelope = "From a@example.org Sun Mar  1 11:00:00 2026\n"
	key := testKeys()["rsa2048"]
	z := parseZone(t, strings.ReplaceAll(goodKey, "KEY", public(t, key)))
	for _, tags := range []string{rsaTags,
		strings.Replace(rsaTags, "relaxed/relaxed", "simple/simple", 1), rsaTags + "; l=5"} {
		raw := strings.ReplaceAll(signed(t, "DKIM-Signature: v=1; "+tags,
			lines("From: a@example.org\n"+body), key), "\r\n", "\n")
		quoted := strings.NewReplacer("\nFrom here", "\n>From here", "\n>From the", "\n>>From the").
			Replace(raw)
		for text, want := range map[string]string{
			raw: "pass", envelope + raw: "pass", quoted: "fail", envelope + quoted: "pass",
			envelope + strings.Replace(quoted, "nothing", "something", 1): "fail",
		} {
			if strings.HasSuffix(tags, "l=5") && strings.Contains(text, ">From here") {
				want = "fail"
			}
			c := DKIM(t.Context(), []byte(text), header.Parse([]byte(text)), z, noon)[0]
			if c.Result != want {
				t.Errorf("%q, %s: %s (%s), want %s", text[:6], tags, c.Result, c.Reason, want)
			}
		}
	}
}
