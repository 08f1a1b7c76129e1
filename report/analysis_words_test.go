package report_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// textOf is the report of a header, with single blanks and line ends where it has any.
func textOf(t *testing.T, a seedtest.Analysis, st report.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.AnalysisText(&b, a, st); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// inOrder holds that a text has some words in that order.
func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Fatalf("%q is missing, or out of order, in\n%s", w, text)
		}
		rest = after
	}
}

// stamped is a header with the stamps of three filters, the least telling first.
func stamped() seedtest.Analysis {
	score := 6.5
	return seedtest.Analysis{Stamps: []seedtest.Stamp{
		{Family: "acme", Field: "X-Acme-Blob", Says: []string{"Acme's own details, encrypted"},
			Values: []seedtest.Property{{Value: "Zm9vYmFy"}}, Raw: "Zm9vYmFy"},
		{Family: "acme", Field: "X-Acme-Country", Says: []string{"country: NL"},
			Values: []seedtest.Property{{Value: "NL"}}, Raw: "NL"},
		{Family: "spamassassin", Field: "X-Spam-Status", Verdict: "spam", Score: &score,
			Says: []string{"score 6.5, spam from 5"}, Raw: "Yes"},
		{Family: "own", Field: "X-Own-Details", Trusted: true, Says: []string{"own details"},
			Values: []seedtest.Property{{Value: "0815"}}, Raw: "0815"},
		{Family: "own", Field: "X-Own-Country", Trusted: true, Says: []string{"country: NL"},
			Values: []seedtest.Property{{Value: "NL"}}, Raw: "NL"},
		{Family: "own", Field: "X-Own-Verdict", Trusted: true, Verdict: "ham", Raw: "clean"}}}
}

func TestStampsOfTheProviderComeFirst(t *testing.T) {
	text := textOf(t, stamped(), report.Style{})
	inOrder(t, text, "STAMPS", "* own X-Own-Verdict: ham X-Own-Country: country: NL",
		"spamassassin, X-Spam-Status: SPAM; score 6.5, spam from 5",
		"telling less (--verbose shows them): X-Own-Details, X-Acme-Blob, X-Acme-Country")
	if strings.Contains(text, "Zm9vYmFy") || strings.Contains(text, "encrypted") {
		t.Errorf("what no person reads is told:\n%s", text)
	}
	inOrder(t, textOf(t, stamped(), report.Style{Verbose: true}), "X-Own-Verdict: ham",
		"telling less", "X-Own-Details: own details", "acme, X-Acme-Blob: Acme's own", "Zm9vYmFy",
		"X-Acme-Country: country: NL")
}

// statedBy is a header with one field of results.
func statedBy(from string, f seedtest.AuthField) seedtest.Analysis {
	f.Field = "Authentication-Results"
	return seedtest.Analysis{From: from, Authentication: []seedtest.AuthField{f}}
}

func TestAlignmentIsTold(t *testing.T) {
	for _, x := range []struct{ from, method, property, value, signer, want string }{
		{"Ops <ops@Example.org>", "dkim", "header.d", "example.org", "", "aligned with From"},
		{"ops@example.org", "dkim", "header.d", "news.example.org", "", "aligned with From if relaxed"},
		{"ops@a.example.co.uk", "spf", "smtp.mailfrom", "b@b.example.co.uk", "",
			"aligned with From if relaxed"},
		{"ops@example.co.uk", "dkim", "header.d", "other.co.uk", "", "not aligned with From"},
		{"ops@example.org", "spf", "smtp.mailfrom", "example.org", "", "aligned with From"},
		{"ops@example.org", "spf", "smtp.helo", "example.org", "", ""},
		{"ops@example.org", "dkim", "header.i", "@example.org", "", "aligned with From if relaxed"},
		{"ops@example.org", "dkim", "header.i", "@example.org", "example.org", "aligned with From"},
		{"a@example.org, b@example.net", "dkim", "header.d", "example.org", "", ""},
		{"example.org", "dkim", "header.d", "example.org", "", ""},
		{"\"x@example.org\" <a@example.net>", "dkim", "header.d", "example.org", "",
			"not aligned with From"},
	} {
		kind, name, _ := strings.Cut(x.property, ".")
		a := statedBy(x.from, seedtest.AuthField{AuthservID: "mx", Results: []seedtest.AuthResult{
			{Method: x.method, Result: "pass",
				Properties: []seedtest.Property{{Type: kind, Name: name, Value: x.value}}}}})
		a.Signatures = []seedtest.DKIMSignature{{Tags: []seedtest.Property{{Name: "d", Value: x.signer}}}}
		_, text, _ := strings.Cut(textOf(t, a, report.Style{}), " pass ")
		text, _, _ = strings.Cut(text, " SIGNED")
		if _, got, _ := strings.Cut(text, ", "); got != x.want {
			t.Errorf("From %s, %s %s=%s: %q, want %q", x.from, x.method, x.property, x.value, got, x.want)
		}
	}
}

func TestPolicyOfDMARCIsTold(t *testing.T) {
	for _, x := range []struct {
		result seedtest.AuthResult
		want   string
	}{
		{seedtest.AuthResult{Comments: []string{"p=REJECT sp=REJECT dis=NONE"}},
			"policy reject, applied none"},
		{seedtest.AuthResult{Comments: []string{"p=NONE sp=REJECT dis=NONE"}},
			"policy none, of subdomains reject, applied none"},
		{seedtest.AuthResult{Comments: []string{"p=none,d=none,d.eval=none"}},
			"policy none, applied none"},
		{seedtest.AuthResult{Comments: []string{"p=QUARANTINE dis=QUARANTINE arc=pass"}},
			"policy quarantine, applied quarantine (arc=pass)"},
		{seedtest.AuthResult{Properties: []seedtest.Property{{Name: "action", Value: "oreject"}}},
			"applied oreject"},
		{seedtest.AuthResult{Properties: []seedtest.Property{
			{Type: "policy", Name: "published-domain-policy", Value: "none"}}}, "policy none"},
		{seedtest.AuthResult{Comments: []string{"no record"}}, "(no record)"},
	} {
		x.result.Method, x.result.Result = "dmarc", "fail"
		a := statedBy("a@example.org", seedtest.AuthField{AuthservID: "mx",
			Results: []seedtest.AuthResult{x.result}})
		_, got, _ := strings.Cut(textOf(t, a, report.Style{}), "dmarc FAIL ")
		if got, _, _ = strings.Cut(got, " SIGNED"); !strings.HasSuffix(got, x.want) {
			t.Errorf("%v: %q, want %q", x.result, got, x.want)
		}
	}
}

// TestMissingNameIsNoProblem holds that a provider whose form has no authserv-id is not blamed for
// that, and anybody else is.
func TestMissingNameIsNoProblem(t *testing.T) {
	f := seedtest.AuthField{Trusted: true, Problems: []string{"no authserv-id", "odd"},
		Results: []seedtest.AuthResult{{Method: "spf", Result: "pass"}}}
	text := textOf(t, statedBy("", f), report.Style{})
	inOrder(t, text, "* the provider, without an authserv-id", "note odd")
	if strings.Contains(text, "no authserv-id") {
		t.Errorf("the provider is blamed:\n%s", text)
	}
	f.Trusted = false
	inOrder(t, textOf(t, statedBy("", f), report.Style{}), "(no authserv-id)", "note no authserv-id")
}

// TestClaimsAreOfOneWriter holds that what is not believed is named with its writer, over all of
// the writer's fields and without anybody else's.
func TestClaimsAreOfOneWriter(t *testing.T) {
	field := func(id string, instance int, method, result string) seedtest.AuthField {
		return seedtest.AuthField{Field: "Authentication-Results", AuthservID: id, Instance: instance,
			Results: []seedtest.AuthResult{{Method: method, Result: result}}}
	}
	a := seedtest.Analysis{Authentication: []seedtest.AuthField{field("arc.example", 1, "spf", "fail"),
		field("mx.example", 0, "dkim", "pass"), field("other.example", 0, "spf", "pass"),
		field("mx.example", 0, "dmarc", "fail")}}
	inOrder(t, textOf(t, a, report.Style{}),
		"; mx.example claims dkim pass, dmarc FAIL, not believed", "AUTH claims; none is known")
	a.Authentication = a.Authentication[:1]
	inOrder(t, textOf(t, a, report.Style{}), "; arc.example claims spf FAIL, not believed")
}

func TestHopsSayHowTheyWereEncrypted(t *testing.T) {
	far, near := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("10.0.0.1")
	for _, x := range []struct {
		hop  seedtest.Hop
		want string
	}{
		{seedtest.Hop{With: "esmtp", From: seedtest.HopFrom{IP: far}}, "ESMTP no TLS from"},
		{seedtest.Hop{With: "esmtp", From: seedtest.HopFrom{IP: near}}, "ESMTP from"},
		{seedtest.Hop{With: "esmtp", From: seedtest.HopFrom{HELO: "a"}}, "ESMTP from"},
		{seedtest.Hop{With: "esmtps", From: seedtest.HopFrom{IP: far}}, "ESMTPS from"},
		{seedtest.Hop{With: "smtp", TLS: &seedtest.HopTLS{}, From: seedtest.HopFrom{IP: far}},
			"SMTP TLS from"},
		{seedtest.Hop{With: "microsoft smtp server", Via: "Frontend Transport",
			Raw: "by b with Microsoft SMTP Server id 1", TLS: &seedtest.HopTLS{Version: "TLS 1.3"},
			From: seedtest.HopFrom{IP: far}},
			"Microsoft SMTP Server via Frontend Transport TLS 1.3 from"},
	} {
		inOrder(t, textOf(t, seedtest.Analysis{Hops: []seedtest.Hop{x.hop}}, report.Style{}), "no time",
			x.want)
	}
}

// TestTimelineIsInProportion holds that each bar of the page lies where its delay does.
func TestTimelineIsInProportion(t *testing.T) {
	a := seedtest.Analysis{}
	at := started
	for _, d := range []time.Duration{0, time.Second, 3 * time.Second, 0, 6 * time.Second} {
		at = at.Add(d)
		h := seedtest.Hop{Time: at}
		if len(a.Hops) > 0 {
			h.Delay = &d
		}
		a.Hops = append(a.Hops, h)
	}
	doc, err := pageOf(report.AnalysisHTML(report.Style{}), a)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, doc, `<rect x="0" width="100" `, `<rect x="100" width="300" `,
		`<rect x="400" width="6" `,
		`aria-label="from 4s to 10s of 10s" class="slow"`, `<rect x="400" width="600" `)
}

// TestOnlyBelievedWordsAreColoured holds that a page gives a claim no colour of good or bad.
func TestOnlyBelievedWordsAreColoured(t *testing.T) {
	f := seedtest.AuthField{AuthservID: "mx", Results: []seedtest.AuthResult{
		{Method: "spf", Result: "pass"}, {Method: "dkim", Result: "fail"}}}
	a := statedBy("", f)
	a.Stamps = stamped().Stamps[2:3]
	for _, trusted := range []bool{false, true} {
		a.Authentication[0].Trusted, a.Stamps[0].Trusted = trusted, trusted
		doc, err := pageOf(report.AnalysisHTML(report.Style{}), a)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(doc, "</style>")
		for _, tone := range []string{`class="good"`, `class="bad"`, `class="badge good"`} {
			if got := strings.Contains(body, tone); got != trusted {
				t.Errorf("trusted %v: the page has %s: %v", trusted, tone, got)
			}
		}
	}
}

// TestOnlyBelievedResultsAreColoured holds the same of a terminal.
func TestOnlyBelievedResultsAreColoured(t *testing.T) {
	a := statedBy("", seedtest.AuthField{AuthservID: "mx", Results: []seedtest.AuthResult{
		{Method: "spf", Result: "pass"}, {Method: "dkim", Result: "fail", Reason: "said FAIL"}}})
	_, auth, _ := strings.Cut(textOf(t, a, report.Style{Color: true}), "AUTH")
	if strings.Contains(auth, "\x1b[3") {
		t.Errorf("a claim is coloured: %q", auth)
	}
	a.Authentication[0].Trusted = true
	inOrder(t, textOf(t, a, report.Style{Color: true}), "spf \x1b[32mpass\x1b[0m",
		"dkim \x1b[31mFAIL\x1b[0m (said FAIL)")
}

// TestFindingsNameTheirHops holds that evidence can be found in the way, and is quoted once.
func TestFindingsNameTheirHops(t *testing.T) {
	late := seedtest.Evidence{Field: "Received", Raw: "by b"}
	a := seedtest.Analysis{Hops: []seedtest.Hop{{Raw: "by a"}, {Raw: "by b"}},
		Findings: []seedtest.Finding{
			{Severity: seedtest.SeverityWarning, Title: "first", Evidence: []seedtest.Evidence{late},
				Fix: []string{"wait"}},
			{Severity: seedtest.SeverityInfo, Title: "second", Fix: []string{"wait"},
				Evidence: []seedtest.Evidence{late, {Field: "Subject", Raw: "by a"}}}}}
	inOrder(t, textOf(t, a, report.Style{}), `first Received, hop 2: "by b" FIX wait`,
		`second Received, hop 2: as above Subject: "by a" FIX as above`)
}
