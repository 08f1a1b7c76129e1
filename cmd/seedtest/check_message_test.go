package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"seedtest/config"
	"seedtest/sender"
)

// textZone serves TXT records on loopback; names that end in "broken." fail.
func textZone(t *testing.T, records map[string]string) string {
	t.Helper()
	return serveDNS(t, func(asked dns.Question, reply *dns.Msg) {
		text, ok := records[strings.TrimSuffix(asked.Name, ".")]
		switch {
		case strings.HasSuffix(asked.Name, "broken."):
			reply.Rcode = dns.RcodeServerFailure
		case !ok:
			reply.Rcode = dns.RcodeNameError
		case asked.Qtype == dns.TypeTXT:
			reply.Answer = append(reply.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: asked.Name,
				Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}, Txt: []string{text}})
		}
	})
}

// TestCheckComparesPublishedKeys: what receivers would verify by is held against what we sign with.
func TestCheckComparesPublishedKeys(t *testing.T) {
	dir := t.TempDir()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "dkim.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	route := "\n[route.signed]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\ndkim = ["
	for _, domain := range []string{"same.example", "other.example", "none.example", "broken"} {
		route += "\n{ domain = \"" + domain + "\", selector = \"s\", key = { file = \"" + file + "\" } },"
	}
	var keys sender.DKIMKeys
	b.configure(func(text string) string { return text + route + "\n]\n" })
	cfg, err := config.Load(b.config(), config.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range cfg.Routes {
		if r.Name == "signed" {
			if keys, err = sender.LoadDKIM(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	zone := textZone(t, map[string]string{"s._domainkey.same.example": keys[0].Record(),
		"s._domainkey.other.example": "v=DKIM1; k=ed25519; p=AAAA"})
	b.configure(func(text string) string { return strings.Replace(text, b.world.DNS(), zone, 1) })

	got := b.run(t.Context(), nil, "check", "signed", "--format", "json")
	obey(t, "check", "check", got.stdout)
	var out struct {
		Checks []struct {
			Name        string
			Key         string `json:"dkim_name"`
			OK          bool
			Error, Hint string
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &out); err != nil {
		t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
	}
	wants := map[string]string{"s._domainkey.same.example": "", "s._domainkey.other.example": "another key",
		"s._domainkey.none.example": "no key", "s._domainkey.broken": "could not be looked up"}
	for _, c := range out.Checks {
		want, ok := wants[c.Key]
		if !ok {
			continue // the server itself
		}
		delete(wants, c.Key)
		if c.OK != (want == "") || !strings.Contains(c.Error, want) || !c.OK && c.Hint == "" {
			t.Errorf("%s: %+v, want %q", c.Key, c, want)
		}
		if strings.Contains(want, " key") && !strings.Contains(c.Hint, keys[0].Record()) {
			t.Errorf("%s: the hint %q does not say what to publish", c.Key, c.Hint)
		}
	}
	if len(wants) > 0 || strings.Contains(got.stdout+got.stderr, "PRIVATE") {
		t.Errorf("not checked: %v\n%s%s", wants, got.stdout, got.stderr)
	}
}

// TestCheckLooksThroughMessages, also without asking anybody, and a dry run says the same.
func TestCheckLooksThroughMessages(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(b.config()), "real.eml"), []byte(
		"From: a@example.com\nDKIM-Signature: v=1\nSubject: OUR SUMMER SALE\n\nHello {{name}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.configure(func(text string) string {
		return text + "\n[message.real]\nfile = \"real.eml\"\n[suite.real]\nmessages = [\"real\"]\n"
	})
	got := b.run(t.Context(), nil, "check", "--offline")
	for _, want := range []string{"note  message real", "the subject is in capitals: \"OUR SUMMER SALE\"",
		"a variable is not filled in: \"{{name}}\"", "left out   From Dkim-Signature", "write it as a sentence"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("check --offline says no %q:\n%s%s", want, got.stdout, got.stderr)
		}
	}
	if got.status != statusPass {
		t.Errorf("check --offline: status %d", got.status)
	}
	got = b.run(t.Context(), nil, "check", "--offline", "--format", "json")
	obey(t, "check", "check", got.stdout)
	got = b.run(t.Context(), nil, "run", "real", "--dry-run")
	if !strings.Contains(got.stdout, "-- warning: the subject is in capitals") {
		t.Errorf("run --dry-run says nothing of the subject:\n%s%s", got.stdout, got.stderr)
	}
}
