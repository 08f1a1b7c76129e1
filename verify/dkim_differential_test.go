package verify

import (
	"bytes"
	"crypto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"pgregory.net/rapid"

	"seedtest/header"
)

// TestDKIMAgainstLibrary signs messages of every shape with another implementation and demands that
// both call each right, and with one byte changed on the way both the same.
func TestDKIMAgainstLibrary(t *testing.T) {
	record := map[string]string{}
	for name, key := range testKeys() {
		kind, _, _ := strings.Cut(strings.Replace(name, "rsa", "rsa ", 1), " ")
		record[name] = "v=DKIM1; k=" + kind + "; p=" + public(t, key)
	}
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"rsa1024", "rsa2048", "ed25519"}).Draw(t, "key")
		raw := drawMessage(t)
		sent := signByLibrary(t, raw, testKeys()[name])
		zone := keyZone{"one._domainkey.example.org": {record[name]}}
		if ours, theirs := bothPass(t, sent, zone); !ours || !theirs {
			t.Fatalf("%q: passes %v, with the library %v, want true for both", sent, ours, theirs)
		}
		at := rapid.IntRange(0, len(sent)-1).Draw(t, "at")
		changed := bytes.Clone(sent)
		changed[at] = rapid.SampledFrom([]byte("aZ0 \t;:=.\r\n")).Draw(t, "byte")
		whole := bytes.ReplaceAll(changed, []byte("\r\n"), nil)
		if len(header.Parse(changed).Stray) > 0 || bytes.IndexByte(whole, '\r') >= 0 {
			return // of lines that are no field, and of CR alone, each makes something else
		}
		ours, theirs := bothPass(t, changed, zone)
		if ours != theirs {
			t.Fatalf("%q, byte %d now %q: passes %v, with the library %v", sent, at, changed[at],
				ours, theirs)
		}
		seen[map[bool]string{true: "pass", false: "fail"}[ours]]++
	})
	if !t.Failed() && seen["fail"] == 0 {
		t.Errorf("changed messages came to %v, want some that fail", seen)
	}
}

// drawMessage draws a message in which blanks, folds and empty lines stand where they can.
func drawMessage(t *rapid.T) []byte {
	var b bytes.Buffer
	blank := rapid.SampledFrom([]string{" ", "", "  ", "\t", "\r\n ", " \r\n\t \t"})
	word := rapid.SampledFrom([]string{"Hello", "x:y;z", "=?utf-8?q?=C3=A4?=", "ä",
		"<a@example.org>"})
	b.WriteString("From: a@example.org\r\n")
	names := rapid.SampledFrom([]string{"Subject", "SUBJECT", "to", "Received", "X-Odd_1", "Cc"})
	for range rapid.IntRange(0, 6).Draw(t, "fields") {
		b.WriteString(names.Draw(t, "name") + ":")
		for range rapid.IntRange(0, 5).Draw(t, "words") {
			b.WriteString(blank.Draw(t, "blank") + word.Draw(t, "word"))
		}
		b.WriteString(rapid.SampledFrom([]string{"", " ", "\t "}).Draw(t, "trail") + "\r\n")
	}
	b.WriteString("\r\n")
	part := rapid.SampledFrom([]string{"\r\n", "\r\n", " ", "\t", "word", "ä", ".", "\x00"})
	for range rapid.IntRange(0, 20).Draw(t, "parts") {
		b.WriteString(part.Draw(t, "part"))
	}
	return b.Bytes()
}

func signByLibrary(t *rapid.T, raw []byte, key crypto.Signer) []byte {
	forms := rapid.SampledFrom([]dkim.Canonicalization{dkim.CanonicalizationSimple,
		dkim.CanonicalizationRelaxed})
	options := &dkim.SignOptions{Domain: "example.org", Selector: "one", Signer: key,
		Hash: crypto.SHA256, HeaderCanonicalization: forms.Draw(t, "header form"),
		BodyCanonicalization: forms.Draw(t, "body form")}
	if rapid.Bool().Draw(t, "names") {
		options.HeaderKeys = append(rapid.SliceOfN(rapid.SampledFrom([]string{"Subject", "To",
			"Received", "X-Odd_1", "From", "Reply-To"}), 0, 6).Draw(t, "h"), "From")
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(raw), options); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func bothPass(t *rapid.T, raw []byte, zone keyZone) (ours, theirs bool) {
	checks := DKIM(t.Context(), raw, header.Parse(raw), zone, time.Now())
	ours = len(checks) == 1 && checks[0].Result == "pass"
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return zone.TXT(t.Context(), name) }})
	return ours, err == nil && len(found) == 1 && found[0].Err == nil
}
