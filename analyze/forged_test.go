package analyze

import (
	"strings"
	"testing"

	"seedtest"
)

func codes(findings []seedtest.Finding, begins string) string {
	var list []string
	for _, f := range findings {
		if strings.HasPrefix(f.Code, begins) {
			list = append(list, f.Code+" "+string(f.Severity))
		}
	}
	return strings.Join(list, ", ")
}

func TestForgedFindings(t *testing.T) {
	const field = "Authentication-Results: "
	for _, test := range []struct{ name, sent, want string }{
		{"nothing", "", ""},
		{"somebody else's results", field + "mx.example.net; spf=pass\n", ""},
		{"another server of the provider's", field + "smtp.mx.google.com; spf=pass\n", ""},
		{"a copy", field + "mx.google.com; spf=pass\n", "auth.forged warning"},
		{"a copy with an earlier delivery", field + "mx.google.com; spf=pass\n" +
			"Received: from a (a [192.0.2.9]) by mx.google.com; " + date + "\n", "auth.copied info"},
		{"an ARC set of an earlier delivery",
			"ARC-Authentication-Results: i=1; mx.google.com; spf=pass\n", ""},
		{"a suffix", field + "mx.google.com.evil.example; spf=pass\n", "auth.forged warning"},
		{"a prefix", field + "xmx.google.com; spf=pass\n", "auth.forged warning"},
		{"Cyrillic", field + "mх.gооglе.соm; spf=pass\n", "auth.forged warning"},
		{"zero width", field + "mx.goo\u200bgle.com; spf=pass\n", "auth.forged warning"},
		{"full width", field + "ｍx.google.com; spf=pass\n", "auth.forged warning"},
		{"both", field + "mx.google.com; spf=pass\n" + field + "xmx.google.com; spf=pass\n",
			"auth.forged warning, auth.forged warning"},
	} {
		raw := gmail + "Subject: x\n" + test.sent + sender
		a := Message([]byte(raw), "", preset(t, "gmail"))
		if got := codes(a.Findings, "auth."); got != test.want {
			t.Errorf("%s: findings %q, want %q", test.name, got, test.want)
		}
		hops := ""
		if strings.Contains(test.sent, "by mx.google.com") {
			hops = "hop.copied info"
		}
		if got := codes(a.Findings, "hop.copied"); got != hops {
			t.Errorf("%s: findings %q, want %q", test.name, got, hops)
		}
		if got := codes(Message([]byte(raw), "", seedtest.Trust{}).Findings, "auth."); got != "" {
			t.Errorf("%s: without a provider, findings %q, want none", test.name, got)
		}
	}
}

func TestForgedFindingsAreBounded(t *testing.T) {
	raw := gmail + "Subject: x\n" + strings.Repeat("Authentication-Results: mx.google.com; spf=pass ("+
		strings.Repeat("\xffx", 4000)+")\n", 100) + sender
	for _, f := range Message([]byte(raw), "", preset(t, "gmail")).Findings {
		if f.Code != "auth.forged" {
			continue
		}
		if len(f.Evidence) > maxEvidence || len(f.Evidence[0].Raw) > maxQuote {
			t.Errorf("evidence: %d fields, %d bytes", len(f.Evidence), len(f.Evidence[0].Raw))
		}
		if !strings.Contains(f.Title, "(100 fields)") {
			t.Errorf("title %q, want how many there are", f.Title)
		}
		return
	}
	t.Error("no finding")
}
