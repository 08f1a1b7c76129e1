package report_test

import (
	"math"
	"net/netip"
	"time"

	"seedtest"
)

// written is a header as a provider writes it over what the relay at ip wrote.
func written(provider, ip, ptr string, results ...seedtest.AuthResult) seedtest.Analysis {
	delay := 1500 * time.Millisecond
	helo := "mail2.example.org"
	if ip == oldIP {
		helo = "mail1.example.org"
	}
	id := "mx." + provider + ".example"
	return seedtest.Analysis{MessageID: "m1@example.org", Subject: "Your weekly notice",
		From: "Ops <ops@example.org>", Date: started,
		Hops: []seedtest.Hop{
			{Header: 1, From: seedtest.HopFrom{HELO: "test.example.org",
				IP: netip.MustParseAddr("192.0.2.7"), User: "ops"},
				By: seedtest.HopBy{Name: helo}, With: "esmtpsa", ID: "4XyZ12", Time: started,
				TLS: &seedtest.HopTLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Bits: 128},
				Raw: "from test.example.org"},
			{Header: 0, From: seedtest.HopFrom{HELO: helo, RDNS: ptr, IP: netip.MustParseAddr(ip)},
				By: seedtest.HopBy{Name: id}, With: "esmtps", ID: "x1", Time: started.Add(delay), Delay: &delay,
				TLS: &seedtest.HopTLS{Version: "TLS 1.3"}, Trusted: true, Raw: "from " + helo}},
		Authentication: []seedtest.AuthField{{Field: "Authentication-Results", Position: 3,
			AuthservID: id,
			Trusted:    true, Results: results, Raw: id + "; spf=..."}},
		Origin: &seedtest.Origin{IP: netip.MustParseAddr(ip), Hop: 1,
			Why: "the provider's own Received field"}}
}

const (
	oldIP = "198.51.100.4"
	newIP = "203.0.113.9"
)

func result(method, result string) seedtest.AuthResult {
	property := map[string]seedtest.Property{
		"spf":   {Type: "smtp", Name: "mailfrom", Value: "ops@example.org"},
		"dkim":  {Type: "header", Name: "d", Value: "example.org"},
		"dmarc": {Type: "header", Name: "from", Value: "example.org"}}[method]
	r := seedtest.AuthResult{Method: method, Result: result, Properties: []seedtest.Property{property}}
	if method == "spf" && result == "fail" {
		r.Comments = []string{"sender IP is " + newIP}
	}
	return r
}

func byOld(provider string) seedtest.Analysis {
	return written(provider, oldIP, "mail1.example.org", result("spf", "pass"), result("dkim",
		"pass"), result("dmarc", "pass"))
}

func byNew(provider string) seedtest.Analysis {
	return written(provider, newIP, "unknown", result("spf", "fail"), result("dkim", "pass"),
		result("dmarc", "pass"))
}

// hostileHeader is a header in which every text is the one given.
func hostileHeader(text string) seedtest.Analysis {
	score := math.NaN()
	property := seedtest.Property{Type: text, Name: text, Value: text}
	delay := time.Second
	return seedtest.Analysis{Source: text, MessageID: text, Subject: text, From: text,
		Date: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)),
		Hops: []seedtest.Hop{{From: seedtest.HopFrom{HELO: text, RDNS: text, User: text},
			By: seedtest.HopBy{Name: text}, Via: text, With: text, ID: text, For: []string{text},
			TLS: &seedtest.HopTLS{Version: text, Cipher: text}, Time: started, Delay: &delay,
			Problems: []string{text}, Raw: text, Trusted: true}},
		Authentication: []seedtest.AuthField{{Field: text, AuthservID: text, Trusted: true, Raw: text,
			Problems: []string{text}, Results: []seedtest.AuthResult{
				{Method: text, Result: text, Reason: text, Comments: []string{text},
					Properties: []seedtest.Property{property}},
				{Method: "spf", Result: text}}}},
		ReceivedSPF: []seedtest.ReceivedSPF{{Result: text, Comment: text,
			Pairs: []seedtest.Property{property}, Raw: text}},
		ARC: []seedtest.ARCSet{{Instance: 1, Seal: text, Message: text, Results: text,
			Validation: text}},
		Stamps: []seedtest.Stamp{{Family: text, Field: text, Values: []seedtest.Property{property},
			Says: []string{text}, Status: text, Verdict: text, Score: &score, Raw: text}},
		Signatures: []seedtest.DKIMSignature{{Tags: []seedtest.Property{{Name: "d", Value: text},
			{Name: "s", Value: text}, {Name: text, Value: text}}, Problems: []string{text}, Raw: text}},
		Unread:   []seedtest.UnreadField{{Field: text, Raw: text}},
		Report:   hostileReport(text),
		Verified: hostileCheck(text),
		Origin:   &seedtest.Origin{Hop: 0, Why: text},
		Findings: []seedtest.Finding{{Code: text, Severity: seedtest.SeverityInfo, Title: text,
			Evidence: []seedtest.Evidence{{Field: text, Raw: text}}, Fix: []string{text}}}}
}

// long is a header with everything: a forwarder, a clock that is behind, a field without a time, an
// untrusted claim, ARC, Received-SPF, stamps and findings.
func long() seedtest.Analysis {
	a := byNew("outlook")
	a.Source = "inbox/1.eml"
	slow, back := 95*time.Second, -2*time.Second
	a.Hops = append(a.Hops,
		seedtest.Hop{From: seedtest.HopFrom{HELO: "inner.outlook.example"},
			By: seedtest.HopBy{Name: "store.outlook.example",
				IP: netip.MustParseAddr("2001:db8::5")}, With: "lmtps", Time: started.Add(slow), Delay: &slow,
			Trusted: true},
		seedtest.Hop{By: seedtest.HopBy{Name: "store.outlook.example"}, Time: started.Add(slow + back),
			Delay:  &back,
			Skewed: true, Trusted: true},
		seedtest.Hop{Problems: []string{"no date"}, Raw: "by nobody"})
	for i := range a.Hops {
		a.Hops[i].Header = len(a.Hops) - 1 - i
	}
	a.Authentication = append(a.Authentication,
		seedtest.AuthField{Field: "Authentication-Results", Position: 9, AuthservID: "mail2.example.org",
			Results:  []seedtest.AuthResult{result("dmarc", "pass")},
			Problems: []string{"unknown method x-sig"}},
		seedtest.AuthField{Field: "ARC-Authentication-Results", Position: 10, Instance: 1,
			AuthservID: "fwd.example",
			Results:    []seedtest.AuthResult{result("spf", "pass")}})
	a.ReceivedSPF = []seedtest.ReceivedSPF{{Position: 4, Result: "fail", Trusted: true,
		Comment: "outlook.example: not permitted",
		Pairs:   []seedtest.Property{{Name: "client-ip", Value: newIP}}, Raw: "fail (...)"}}
	a.ARC = []seedtest.ARCSet{{Instance: 1, Seal: "i=1; cv=none", Message: "i=1",
		Results: "i=1; fwd.example", Validation: "none"}}
	score, threshold := 5.25, 5.0
	a.Stamps = []seedtest.Stamp{
		{Family: "microsoft-forefront", Field: "X-Forefront-Antispam-Report", Position: 6,
			Trusted: true, Verdict: "spam",
			Values: []seedtest.Property{{Name: "CIP", Value: newIP}, {Name: "SCL", Value: "5"},
				{Name: "SFV", Value: "SPM"}}, Raw: "SCL:5"},
		{Family: "spamassassin", Field: "X-Spam-Status", Position: 12, Verdict: "spam", Score: &score,
			Threshold: &threshold,
			Values:    []seedtest.Property{{Name: "tests", Value: "SPF_FAIL"}}, Raw: "Yes, score=5.25"}}
	a.Findings = []seedtest.Finding{{Code: "hop.slow", Severity: seedtest.SeverityWarning,
		Title:    "95 s between two hops",
		Evidence: []seedtest.Evidence{{Field: "Received", Raw: "from inner.outlook.example"}},
		Fix:      []string{"read the log of inner.outlook.example"}}}
	return a
}
