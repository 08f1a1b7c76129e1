package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/header"
)

const dmarcZone = `
	com EXISTS
	org EXISTS
	_dmarc.example.org TXT v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:d@example.org
	news.example.org A 192.0.2.1
	_dmarc.own.example.org TXT v=DMARC1; p=none; sp=reject
	_dmarc.test.example.com TXT v=DMARC1; p=reject; t=y
	_dmarc.bad.example.com TXT v=DMARC1; p=rejected; rua=mailto:d@example.com
	_dmarc.mute.example.com TXT v=DMARC1; p=rejected; rua=nobody
	_dmarc.empty.example.com TXT v=DMARC1
	_dmarc.sub.example.com TXT v=DMARC1; p=reject; sp=nope; rua=mailto:d@example.com
	_dmarc.two.example.com TXT v=DMARC1; p=reject
	_dmarc.two.example.com TXT v=DMARC1; p=none
	_dmarc.example.com TXT v=DMARC1; p=quarantine
	_dmarc.strict.example.com TXT v=DMARC1; P = Reject ; ASPF=S; adkim = s; psd=x; unknown; fo=1
	_dmarc.old.example.com TXT v=dmarc1; p=reject
	_dmarc.blank.example.com TXT  v=DMARC1; p=reject
	_dmarc.other.example.com TXT v=spf1 -all
	_dmarc.down.example.com FAIL
	_dmarc.spf.example.com TXT v=DMARC1; p=reject; aspf=s
	_dmarc.a.broken TXT v=DMARC1; p=reject
	_dmarc.broken FAIL
	_dmarc.pct.example.net TXT v=DMARC1; p=reject; pct=0
	_dmarc.bank TXT v=DMARC1; p=reject; sp=quarantine; np=reject; psd=y
	money.bank A 192.0.2.1
	_dmarc.xn--bcher-kva.example TXT v=DMARC1; p=reject
`

func TestDMARCPolicy(t *testing.T) {
	tests := []struct{ author, domain, policy, tag, result, disposition, reason string }{
		{"example.org", "example.org", "reject", "p", "fail", "reject", ""},
		{"EXAMPLE.org.", "example.org", "reject", "p", "fail", "reject", ""},
		{"news.example.org", "example.org", "quarantine", "sp", "fail", "quarantine", ""},
		{"gone.example.org", "example.org", "reject", "np", "fail", "reject", ""},
		{"own.example.org", "own.example.org", "none", "p", "fail", "none", ""},
		{"x.own.example.org", "example.org", "reject", "np", "fail", "reject", ""},
		{"test.example.com", "test.example.com", "reject", "p", "fail", "quarantine", ""},
		{"bad.example.com", "bad.example.com", "none", "p", "fail", "none", "not valid"},
		{"sub.example.com", "sub.example.com", "none", "p", "fail", "none", "not valid"},
		{"mute.example.com", "mute.example.com", "", "", "permerror", "", "no valid policy"},
		{"empty.example.com", "empty.example.com", "", "", "permerror", "", "no valid policy"},
		{"two.example.com", "example.com", "quarantine", "p", "fail", "quarantine", ""},
		{"strict.example.com", "strict.example.com", "reject", "p", "fail", "reject", ""},
		{"old.example.com", "example.com", "quarantine", "p", "fail", "quarantine", ""},
		{"blank.example.com", "example.com", "quarantine", "p", "fail", "quarantine", ""},
		{"other.example.com", "example.com", "quarantine", "p", "fail", "quarantine", ""},
		{"down.example.com", "", "", "", "temperror", "", "no answer in time"},
		{"nothing.example", "", "", "", "none", "", "no record was found"},
		{"a.broken", "a.broken", "reject", "p", "fail", "reject", ""},
		{"b.a.broken", "", "", "", "temperror", "", "no answer in time"},
		{"money.bank", "bank", "quarantine", "sp", "fail", "quarantine", ""},
		{"gone.bank", "bank", "reject", "np", "fail", "reject", ""},
		{"bank", "bank", "reject", "p", "fail", "reject", ""},
		{"bücher.example", "xn--bcher-kva.example", "reject", "p", "fail", "reject", ""},
	}
	z := parseZone(t, dmarcZone)
	z.at("_dmarc.blank.example.com").txt = []string{" v=DMARC1; p=reject"}
	spf, _ := passing("elsewhere.example.net", "")
	for _, tt := range tests {
		c := DMARC(t.Context(), z, []string{tt.author}, spf, nil)
		got := []string{c.PolicyDomain, c.Policy, c.PolicyTag, c.Result, c.Disposition}
		want := []string{tt.domain, tt.policy, tt.tag, tt.result, tt.disposition}
		if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(c.Reason, tt.reason) {
			t.Errorf("DMARC of %s, reason %q, want %q (-want +got):\n%s", tt.author, c.Reason, tt.reason,
				diff)
		}
	}
}

// TestDMARCIdentifiers holds what SPF and DKIM can do, and what is left open when they say nothing.
func TestDMARCIdentifiers(t *testing.T) {
	pass := func(d string) seedtest.DKIMCheck { return seedtest.DKIMCheck{Domain: d, Result: "pass"} }
	check := func(d, r string) seedtest.DKIMCheck {
		return seedtest.DKIMCheck{Domain: d, Result: r, Reason: "why"}
	}
	spf := func(result, domain string) seedtest.SPFCheck {
		return seedtest.SPFCheck{Result: result, MailFrom: "a@" + domain, Reason: "why"}
	}
	tests := []struct {
		author           string
		spf              seedtest.SPFCheck
		dkim             []seedtest.DKIMCheck
		result           string
		spfText, dkimTxt string
	}{
		{"example.org", spf("pass", "mail.example.org"), nil, "pass", "pass", "no signature"},
		{"example.org", spf("fail", "example.org"), []seedtest.DKIMCheck{check("example.org", "fail"),
			pass("news.example.org")}, "pass", "fail for example.org: why", "pass"},
		{"example.org", spf("softfail", "example.org"), nil, "fail", "softfail for example.org: why",
			"no signature"},
		{"example.org", spf("temperror", "example.org"), nil, "temperror",
			"temperror for example.org: why", "no signature"},
		{"example.org", spf("temperror", "example.net"), nil, "fail",
			"temperror for example.net, which is not aligned with example.org", "no signature"},
		{"example.org", spf("temperror", "example.org"), []seedtest.DKIMCheck{pass("example.org")},
			"pass", "temperror for example.org: why", "pass"},
		{"example.org", seedtest.SPFCheck{Reason: "no address"}, nil, "",
			"not evaluated: no address", "no signature"},
		{"example.org", spf("", "example.net"), nil, "fail",
			"not evaluated for example.net, which is not aligned with example.org", "no signature"},
		{"example.org", spf("", "example.org"), []seedtest.DKIMCheck{check("example.org", "temperror")},
			"temperror", "not evaluated for example.org: why", "temperror for example.org: why"},
		{"example.org", spf("none", "example.org"), []seedtest.DKIMCheck{check("example.org", "")}, "",
			"none for example.org: why", "not evaluated for example.org: why"},
		{"strict.example.com", spf("pass", "example.com"), []seedtest.DKIMCheck{pass("example.com")},
			"fail", "pass for example.com, which is not strict.example.com, as strict alignment wants",
			"pass for example.com, which is not strict.example.com, as strict alignment wants"},
		{"strict.example.com", spf("pass", "strict.example.com"), nil, "pass", "pass",
			"no signature"},
		{"spf.example.com", spf("pass", "example.com"), []seedtest.DKIMCheck{pass("example.com")},
			"pass", "pass for example.com, which is not spf.example.com, as strict alignment wants",
			"pass"},
		{"example.org", spf("fail", "example.net"), []seedtest.DKIMCheck{check("a.example", "fail")},
			"fail", "fail for example.net: why", "fail for a.example: why"},
		{"example.com", spf("pass", "down.example.com"), nil, "temperror", "pass for " +
			"down.example.com, whose organizational domain could not be learned", "no signature"},
		{"money.bank", spf("pass", "other.bank"), nil, "fail", "pass for other.bank, which is not " +
			"aligned: its organizational domain is other.bank, not money.bank", "no signature"},
	}
	z := parseZone(t, dmarcZone)
	for _, tt := range tests {
		c := DMARC(t.Context(), z, []string{tt.author}, tt.spf, tt.dkim)
		got := []string{c.Result, c.SPF, c.DKIM}
		if diff := cmp.Diff([]string{tt.result, tt.spfText, tt.dkimTxt}, got); diff != "" {
			t.Errorf("DMARC of %s with spf %s of %s (-want +got):\n%s", tt.author, tt.spf.Result,
				tt.spf.MailFrom, diff)
		}
		if (c.Disposition == "") != (c.Result != "pass" && c.Result != "fail") {
			t.Errorf("DMARC of %s = %q, disposition %q", tt.author, c.Result, c.Disposition)
		}
	}
}

// TestDMARCLegacy holds where RFC 7489 comes to another result.
func TestDMARCLegacy(t *testing.T) {
	tests := []struct {
		author, spf string
		want        *seedtest.DMARCLegacy
	}{
		{"example.org", "example.net", nil},
		{"gone.example.org", "example.net", &seedtest.DMARCLegacy{Organizational: "example.org",
			PolicyDomain: "example.org", Policy: "quarantine", Result: "fail",
			Disposition: "quarantine"}}, // np is not known there
		{"test.example.com", "example.net", &seedtest.DMARCLegacy{Organizational: "example.com",
			PolicyDomain: "test.example.com", Policy: "reject", Result: "fail",
			Disposition: "reject"}}, // nor is t
		{"two.example.com", "example.net", &seedtest.DMARCLegacy{Organizational: "example.com",
			Result: "none"}}, // several records end the search
		{"money.bank", "example.net", &seedtest.DMARCLegacy{Organizational: "money.bank",
			Result: "none"}}, // nor are records of public suffixes looked for
		{"pct.example.net", "example.org", &seedtest.DMARCLegacy{Organizational: "example.net",
			PolicyDomain: "pct.example.net", Policy: "reject", Result: "fail",
			Disposition: "quarantine"}},
		{"nothing.example", "example.net", nil},
		{"down.example.com", "example.net", nil},
		// Without a record above, a.b.co.uk is its own organization by the walk; by the list it
		// belongs to b.co.uk, with which it is aligned.
		{"a.b.co.uk", "b.co.uk", &seedtest.DMARCLegacy{Organizational: "b.co.uk",
			PolicyDomain: "a.b.co.uk", Policy: "reject", Result: "pass", Disposition: "none"}},
	}
	z := parseZone(t, dmarcZone+"_dmarc.a.b.co.uk TXT v=DMARC1; p=reject\n")
	for _, tt := range tests {
		spf, _ := passing(tt.spf, "")
		c := DMARC(t.Context(), z, []string{tt.author}, spf, nil)
		if diff := cmp.Diff(tt.want, c.Legacy); diff != "" {
			t.Errorf("DMARC of %s with spf of %s = %s by %s, legacy (-want +got):\n%s", tt.author, tt.spf,
				c.Result, c.Organizational, diff)
		}
	}
}

// TestDMARCAuthors holds RFC 9989 section 11.5: of several authors the strictest policy that fails
// counts.
func TestDMARCAuthors(t *testing.T) {
	tests := []struct{ authors, spf, domain, result, disposition string }{
		{"example.com example.org", "example.net", "example.org", "fail", "reject"},
		{"example.com example.org", "example.org", "example.com", "fail", "quarantine"},
		{"example.org news.example.org", "example.org", "example.org", "pass", "none"},
		{"example.org down.example.com", "example.org", "down.example.com", "temperror", ""},
		{"example.org nothing.example", "example.org", "nothing.example", "none", ""},
		{"", "example.org", "", "", ""},
		{"a.org b.org c.org d.org e.org f.org", "example.org", "", "", ""},
	}
	z := parseZone(t, dmarcZone)
	for _, tt := range tests {
		spf, _ := passing(tt.spf, "")
		authors := strings.Fields(tt.authors)
		c := DMARC(t.Context(), z, authors, spf, nil)
		if c.Domain != tt.domain || c.Result != tt.result || c.Disposition != tt.disposition ||
			len(authors) != 1 && c.Reason == "" {
			t.Errorf("DMARC of %q = %s, %s, %s (%s), want %s, %s, %s", tt.authors, c.Domain, c.Result,
				c.Disposition, c.Reason, tt.domain, tt.result, tt.disposition)
		}
	}
}

func TestAuthors(t *testing.T) {
	tests := []struct{ from, domains, why string }{
		{"From: a@example.org", "example.org", ""},
		{"From: A <a@Example.ORG.>", "example.org", ""},
		{"From: \"x@evil.example\" <a@example.org>", "example.org", ""},
		{"From: x@evil.example <a@example.org>", "example.org", ""},
		{"From: (x@evil.example) a@example.org (b)", "example.org", ""},
		{"From: \"a@b\"@example.org", "example.org", ""},
		{"From: a @ example.org", "example.org", ""},
		{"From: Doe, John <a@example.org>", "example.org", ""},
		{"From: <@relay.example,@b.example:a@example.org>", "example.org", ""},
		{"From: a@example.org, b@example.net", "example.org example.net", ""},
		{"From: a@example.org, b@EXAMPLE.org", "example.org", ""},
		{"From: <a@example.org> <b@example.net>", "example.org example.net", ""},
		{"From: Team: a@example.org, B <b@example.net>;", "example.org example.net", ""},
		{"From: =?utf-8?q?a=40evil.example?= <a@example.org>", "example.org", ""},
		{"From: a@bücher.example", "xn--bcher-kva.example", ""},
		{"From: \"x@evil.example\"", "", "no address"},
		{"From: undisclosed:;", "", "no address"},
		{"From: nobody", "", "no address"},
		{"From:", "", "no address"},
		{"From: a@[192.0.2.1]", "", "no domain name"},
		{"From: a@example..org", "", "no domain name"},
		{"From: a@", "", "no domain name"},
		{"To: a@example.org", "", "no From field"},
		{"From: a@example.org\nFrom: b@example.org", "", "several From fields"},
	}
	for _, tt := range tests {
		got, why := Authors(header.Parse([]byte(tt.from + "\n\n")))
		if strings.Join(got, " ") != tt.domains || !strings.Contains(why, tt.why) ||
			(why == "") != (tt.why == "") {
			t.Errorf("Authors(%q) = %q, %q, want %q, %q", tt.from, got, why, tt.domains, tt.why)
		}
	}
}

// TestPublicSuffixes holds the organizational domain of RFC 7489 against the tests that come with
// the public suffix list.
func TestPublicSuffixes(t *testing.T) {
	dir := os.Getenv("SEEDTEST_CORPUS")
	if dir == "" {
		t.Skip("SEEDTEST_CORPUS is not set: the list's tests are not here")
	}
	text, err := os.ReadFile(filepath.Join(dir, "psl", "test_psl.txt"))
	if err != nil {
		t.Fatal(err)
	}
	check := regexp.MustCompile(`(?m)^checkPublicSuffix\('([^.'][^']*)', (?:'([^']+)'|null)\)`)
	list := check.FindAllStringSubmatch(string(text), -1)
	for _, m := range list {
		domain, want := cleanDomain(m[1]), cleanDomain(m[2])
		if want == "" { // it is a suffix, and so its own organizational domain
			want = domain
		}
		if got := registered(domain); got != want {
			t.Errorf("registered(%s) = %s, want %s", m[1], got, want)
		}
	}
	if len(list) < 70 {
		t.Errorf("read %d lines, want the whole file", len(list))
	}
}

// TestDMARCHostile bounds the questions for messages with many authors and signatures.
func TestDMARCHostile(t *testing.T) {
	z := zone{}
	z.add("_dmarc.com", "TXT", "v=DMARC1; p=reject; "+strings.Repeat("p=none; ", 100_000))
	var authors []string
	for i := range maxEvaluated {
		authors = append(authors, fmt.Sprintf("a.b.c.d.e.f.g.h%d.com", i))
	}
	var dkim []seedtest.DKIMCheck
	for i := range 10_000 {
		dkim = append(dkim, seedtest.DKIMCheck{Result: "pass",
			Domain: fmt.Sprintf("q.r.s.t.u.v.w%d.com", i)})
	}
	c := &counting{Resolver: z}
	got := DMARC(t.Context(), c, authors, seedtest.SPFCheck{Result: "pass", MailFrom: "@x.com"}, dkim)
	if limit := 8 * (maxEvaluated + maxSigners + 1) * 2; c.asked > limit {
		t.Errorf("DMARC asks %d questions, want at most %d", c.asked, limit)
	}
	if got.Result != "pass" || len(got.Record) > maxRecordShown+3 {
		t.Errorf("DMARC = %s, with a record of %d octets", got.Result, len(got.Record))
	}
}

// FuzzDMARCRecord holds that every record reads as one that has a valid policy or none.
func FuzzDMARCRecord(f *testing.F) {
	for line := range strings.Lines(dmarcZone) {
		if _, txt, ok := strings.Cut(strings.TrimSpace(line), " TXT "); ok {
			f.Add(txt)
		}
	}
	policies := []string{policyNone, policyQuarantine, policyReject}
	f.Fuzz(func(t *testing.T, txt string) {
		rec := parseDMARC(txt)
		if got, ok := rec.valid(); ok && !slices.Contains(policies, got.p) {
			t.Errorf("parseDMARC(%q) applies policy %q", txt, got.p)
		}
		z := zone{}
		z.add("_dmarc.example.org", "TXT", txt)
		spf, _ := passing("example.net", "")
		c := DMARC(t.Context(), z, []string{"example.org"}, spf, nil)
		if want := map[bool]string{true: "fail permerror", false: "none"}[isDMARC(txt)]; !strings.
			Contains(want, c.Result) || c.Result == "" {
			t.Errorf("DMARC with %q = %q, want one of %s", txt, c.Result, want)
		}
	})
}

// FuzzAuthors holds that what comes out of a From field are names that DNS can be asked for.
func FuzzAuthors(f *testing.F) {
	f.Add("Team: a@example.org, \"B, c@d\" <@x:b@example.net>;")
	f.Add("a (b(c)@d.example")
	f.Fuzz(func(t *testing.T, from string) {
		h := header.Header{Fields: []header.Field{{Name: "From", Value: from}}}
		domains, why := Authors(h)
		if (len(domains) == 0) != (why != "") {
			t.Errorf("Authors(%q) = %q, %q", from, domains, why)
		}
		for _, d := range domains {
			if !isName(d) {
				t.Errorf("Authors(%q): %q is no name", from, d)
			}
		}
	})
}
