package verify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

// passing are identifiers that SPF and DKIM have found right; empty ones there are none of.
func passing(spf, dkim string) (seedtest.SPFCheck, []seedtest.DKIMCheck) {
	s := seedtest.SPFCheck{Result: "none", Reason: "no record"}
	if spf != "" {
		s = seedtest.SPFCheck{Result: "pass", MailFrom: "sender@" + spf}
	}
	if dkim == "" {
		return s, nil
	}
	return s, []seedtest.DKIMCheck{{Domain: dkim, Result: "pass"}}
}

// TestRFC9989Alignment holds the examples of RFC 9989 sections 4.4 (table 1), B.1.1, B.1.2, B.3.1,
// B.4 and 11.8.
func TestRFC9989Alignment(t *testing.T) {
	const simple = "_dmarc.example.com TXT v=DMARC1; p=reject\n" +
		"_dmarc.example.net TXT v=DMARC1; p=reject\n"
	const signing = simple + "_dmarc.signing.example.com TXT v=DMARC1; p=none\n"
	const bank = "_dmarc.bank.example TXT v=DMARC1; p=none; psd=y\n" +
		"_dmarc.giant.bank.example TXT v=DMARC1; p=reject\n"
	const intended = simple + "_dmarc.mail.example.com TXT v=DMARC1; p=reject\n"
	const evil = simple + "_dmarc.mail.example.com TXT v=DMARC1; p=reject; psd=n\n"
	tests := []struct {
		section, zone, author, spf, dkim string
		wantSPF, wantDKIM                bool
		policyDomain                     string
	}{
		{"4.4 relaxed", simple, "news.example.com", "foo.example.com", "foo.example.com", true, true,
			"example.com"},
		{"4.4 strict", strings.ReplaceAll(simple, "p=", "aspf=s; adkim=s; p="), "news.example.com",
			"news.example.com", "news.example.com", true, true, "example.com"},
		{"4.4 none", simple, "news.example.com", "foo.example.net", "foo.example.net", false, false,
			"example.com"},
		{"B.1.1 example 1", simple, "example.com", "example.com", "", true, false, "example.com"},
		{"B.1.1 example 2", simple, "example.com", "child.example.com", "", true, false,
			"example.com"},
		{"B.1.1 example 3", simple, "child.example.com", "example.net", "", false, false,
			"example.com"},
		{"B.1.2 example 1", simple, "example.com", "", "example.com", false, true, "example.com"},
		{"B.1.2 example 2", simple, "child.example.com", "", "example.com", false, true,
			"example.com"},
		{"B.1.2 example 3", simple, "child.example.com", "", "example.net", false, false,
			"example.com"},
		{"B.3.1", "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=r; " +
			"rua=mailto:dmarc-feedback@example.com\n", "example.com", "mail.example.com",
			"example.com", true, true, "example.com"},
		{"B.4.1", signing, "example.com", "example.com", "signing.example.com", true, true,
			"example.com"},
		{"B.4.2", signing, "a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com",
			"signing.example.com", true, true, "example.com"},
		{"B.4.3", bank, "giant.bank.example", "mail.giant.bank.example", "mail.mega.bank.example",
			true, false, "giant.bank.example"},
		{"11.8 subdomain of another's", simple, "example.com", "evil.example.com", "", true, false,
			"example.com"},
		{"11.8 without psd=n", intended, "a.mail.example.com", "mail.example.com", "", true, false,
			"example.com"},
		{"11.8 the attack", intended, "evil.example.com", "mail.example.com", "", true, false,
			"example.com"},
		{"11.8 with psd=n", evil, "a.mail.example.com", "mail.example.com", "", true, false,
			"mail.example.com"},
		{"11.8 with psd=n, the attack", evil, "evil.example.com", "mail.example.com", "", false,
			false, "example.com"},
	}
	for _, tt := range tests {
		z := parseZone(t, tt.zone+"com EXISTS\n")
		for _, one := range []struct {
			spf, dkim string
			want      bool
		}{{tt.spf, "", tt.wantSPF}, {"", tt.dkim, tt.wantDKIM}} {
			spf, dkim := passing(one.spf, one.dkim)
			got := DMARC(t.Context(), z, []string{tt.author}, spf, dkim)
			want := map[bool]string{true: "pass", false: "fail"}[one.want]
			if got.Result != want || got.PolicyDomain != tt.policyDomain {
				t.Errorf("section %s: author %s, spf %q, dkim %q: %s by %s (spf %s, dkim %s), want %s by %s",
					tt.section, tt.author, one.spf, one.dkim, got.Result, got.PolicyDomain, got.SPF,
					got.DKIM, want, tt.policyDomain)
			}
		}
	}
}

// TestRFC9989Walk holds the walks of RFC 9989 sections 4.10, 4.10.2, 5.1.8 and B.4.
func TestRFC9989Walk(t *testing.T) {
	const two = "_dmarc.mail.example.com TXT v=DMARC1; p=none\n" +
		"_dmarc.example.com TXT v=DMARC1; p=none\n"
	const cut = "_dmarc.example.com TXT v=DMARC1; p=none\n" +
		"_dmarc.b.c.d.e.f.g.example.com TXT v=DMARC1; p=none; psd=n\n"
	const bank = "_dmarc.bank.example TXT v=DMARC1; p=none; psd=y\n" +
		"_dmarc.giant.bank.example TXT v=DMARC1; p=reject\n"
	const signing = "_dmarc.example.com TXT v=DMARC1; p=none\n" +
		"_dmarc.signing.example.com TXT v=DMARC1; p=none\n"
	tests := []struct{ section, zone, domain, org, names string }{
		{"4.10", "", "a.b.c.d.e.f.g.h.i.j.mail.example.com", "a.b.c.d.e.f.g.h.i.j.mail.example.com",
			"a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com " +
				"i.j.mail.example.com j.mail.example.com mail.example.com example.com com"},
		{"4.10.2 first", two, "a.mail.example.com", "example.com",
			"a.mail.example.com mail.example.com example.com com"},
		{"4.10.2 second", "_dmarc.mail.example.com TXT v=DMARC1; p=none; psd=n\n",
			"a.mail.example.com", "mail.example.com", "a.mail.example.com mail.example.com"},
		{"4.10.2 last", "_dmarc.com TXT v=DMARC1; p=none; psd=y\n", "a.mail.example.com",
			"example.com", "a.mail.example.com mail.example.com example.com com"},
		{"4.10.2 rule 2", "_dmarc.example.com TXT v=DMARC1; p=none; psd=y\n", "mail.example.com",
			"mail.example.com", "mail.example.com example.com"},
		{"5.1.8", cut, "mail.a.b.c.d.e.f.g.example.com", "example.com",
			"mail.a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com " +
				"e.f.g.example.com f.g.example.com g.example.com example.com com"},
		{"B.4.1 author", signing, "example.com", "example.com", "example.com com"},
		{"B.4.1 signer", signing, "signing.example.com", "example.com",
			"signing.example.com example.com com"},
		{"B.4.2 author", signing, "a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com",
			"a.b.c.d.e.f.g.h.i.j.k.example.com g.h.i.j.k.example.com h.i.j.k.example.com " +
				"i.j.k.example.com j.k.example.com k.example.com example.com com"},
		{"B.4.3 author", bank, "giant.bank.example", "giant.bank.example",
			"giant.bank.example bank.example"},
		{"B.4.3 sender", bank, "mail.giant.bank.example", "giant.bank.example",
			"mail.giant.bank.example giant.bank.example bank.example"},
		{"B.4.3 signer", bank, "mail.mega.bank.example", "mega.bank.example",
			"mail.mega.bank.example mega.bank.example bank.example"},
	}
	for _, tt := range tests {
		book := dmarcBook{dns: parseZone(t, tt.zone), asked: map[string]dmarcAnswer{}}
		w := book.walk(t.Context(), tt.domain)
		var names []string
		for _, s := range w.steps {
			names = append(names, strings.TrimPrefix(s.Name, "_dmarc."))
		}
		if diff := cmp.Diff(strings.Fields(tt.names), names); diff != "" {
			t.Errorf("section %s: walk from %s (-want +got):\n%s", tt.section, tt.domain, diff)
		}
		if got := w.organizational(); got != tt.org || w.err != nil {
			t.Errorf("section %s: organizational domain of %s = %s, %v, want %s", tt.section,
				tt.domain, got, w.err, tt.org)
		}
	}
}

// TestRFC9989Records holds the records of RFC 9989 sections B.2.1 to B.2.5 and B.3.1.
func TestRFC9989Records(t *testing.T) {
	const feedback = "rua=mailto:dmarc-feedback@example.com"
	const third = feedback + ",mailto:tld-test@thirdparty.example.net"
	tests := []struct {
		section, txt, p string
		reports, test   bool
	}{
		{"B.2.1", "v=DMARC1; p=none; " + feedback, "none", true, false},
		{"B.2.2", "v=DMARC1; p=none; " + feedback + "; ruf=mailto:auth-reports@example.com", "none",
			true, false},
		{"B.2.3", "v=DMARC1; p=none; " + feedback +
			"; ruf=mailto:auth-reports@thirdparty.example.net", "none", true, false},
		{"B.2.3 of the third party", "v=DMARC1;", "", false, false},
		{"B.2.4", "v=DMARC1; rua=mailto:aggregate-reports@thirdparty.example.net; " +
			"ruf=mailto:failure-reports@thirdparty.example.net", "", true, false},
		{"B.2.5 testing", "v=DMARC1; p=quarantine; " + third + "; t=y", "quarantine", true, true},
		{"B.2.5 afterwards", "v=DMARC1; p=reject; " + third, "reject", true, false},
		{"B.3.1", "v=DMARC1; p=reject; aspf=r;\n     " + feedback, "reject", true, false},
	}
	for _, tt := range tests {
		rec := parseDMARC(tt.txt)
		if !isDMARC(tt.txt) || rec.p != tt.p || rec.reports != tt.reports || rec.testing != tt.test ||
			rec.unparseable != "" {
			t.Errorf("section %s: %q reads as %+v", tt.section, tt.txt, rec)
		}
	}
	// B.2.5: while it is tested, quarantine asks for nothing.
	z := parseZone(t, "_dmarc.test.example.com TXT "+tests[5].txt)
	spf, dkim := passing("example.net", "")
	got := DMARC(t.Context(), z, []string{"test.example.com"}, spf, dkim)
	if got.Result != "fail" || got.Policy != "quarantine" || got.Disposition != "none" {
		t.Errorf("section B.2.5: %s, policy %s, disposition %s", got.Result, got.Policy,
			got.Disposition)
	}
}

// TestWalkIsShort holds walks to eight questions, whatever the name.
func TestWalkIsShort(t *testing.T) {
	for n := range 130 {
		domain := strings.Repeat("a.", n) + "com"
		names := walkNames(domain)
		if len(names) != min(n+1, 8) || names[0] != domain || names[len(names)-1] != "com" {
			t.Errorf("walkNames(%q) = %q", domain, names)
		}
		for i, name := range names[1:] {
			if want := min(n, 7) - i; strings.Count(name, ".")+1 != want {
				t.Errorf("walkNames of %d labels: name %d is %q, want %d labels", n+1, i+1, name, want)
			}
		}
	}
}
