package analyze

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"seedtest"
	"seedtest/header"
	"seedtest/provider"
)

// Heads, and parts of them, written for these tests in the shape of the providers'. Fields of a
// sender that pretend to be the provider's have names in capitals.
var (
	//go:embed testdata/trust/forgedGmail.txt
	forgedGmail string
	//go:embed testdata/trust/gmail.txt
	gmail string
	//go:embed testdata/trust/outlook.txt
	outlook string
	//go:embed testdata/trust/outlookBelow.txt
	outlookBelow string
	//go:embed testdata/trust/mailru.txt
	mailru string
	//go:embed testdata/trust/mailruBelow.txt
	mailruBelow string
	//go:embed testdata/trust/icloud.txt
	icloud string
	//go:embed testdata/trust/sender.txt
	sender string
)

const date = "Mon, 21 Sep 2026 10:00:00 +0000"

func preset(t *testing.T, id string) seedtest.Trust {
	t.Helper()
	p, ok := provider.ByID(id)
	if !ok {
		t.Fatalf("no preset %q", id)
	}
	return p.Trust
}

// believed describes what is trusted: fields of results, hops, Received-SPF, stamps, origin.
func believed(a seedtest.Analysis) string {
	var parts []string
	for _, f := range a.Authentication {
		if f.Trusted && f.Instance == 0 {
			parts = append(parts, fmt.Sprintf("%s@%d", f.Field, f.Position))
		}
	}
	for _, h := range a.Hops {
		if h.Trusted {
			parts = append(parts, "hop "+h.By.Name)
		}
	}
	for _, f := range a.ReceivedSPF {
		if f.Trusted {
			parts = append(parts, "spf "+f.Result)
		}
	}
	for _, s := range a.Stamps {
		if s.Trusted {
			parts = append(parts, s.Family+" "+s.Verdict)
		}
	}
	if a.Origin != nil {
		parts = append(parts, fmt.Sprintf("origin %s %d", a.Origin.IP, a.Origin.Hop))
	}
	return strings.Join(parts, ", ")
}

func TestTrust(t *testing.T) {
	tests := []struct{ name, preset, raw, want string }{
		{"gmail", "gmail", gmail + sender,
			"Authentication-Results@9, hop mx.google.com, hop 2002:a05:6402:b0:b0:1234:5678:9abc, " +
				"spf fail, origin 192.0.2.1 0"},
		{"gmail, forged below", "gmail", gmail + "X: y\n" + forgedGmail + sender,
			"Authentication-Results@9, hop mx.google.com, hop 2002:a05:6402:b0:b0:1234:5678:9abc, " +
				"spf fail, origin 192.0.2.1 1"},
		{"gmail, forged directly below", "gmail",
			gmail + strings.SplitAfterN(forgedGmail, "\n", 2)[1] + sender,
			"Authentication-Results@9, hop mx.google.com, hop 2002:a05:6402:b0:b0:1234:5678:9abc, " +
				"spf fail, origin 192.0.2.1 0"},
		{"gmail, only forged", "gmail",
			"Subject: x\n" + strings.SplitAfterN(forgedGmail, "\n", 2)[1] + sender, ""},
		{"outlook", "outlook", outlook + sender + "",
			"Authentication-Results@2, hop AM7EUR06FT001.mail.protection.outlook.com, " +
				"hop AM0PR01CA0001.outlook.office365.com, hop DB9PR01MB0001.eurprd01.prod.outlook.com, " +
				"spf fail, origin 192.0.2.1 0"},
		{"outlook, forged, stamps below", "outlook",
			outlook + "AUTHENTICATION-RESULTS: spf=pass; dmarc=pass\n" + outlookBelow + sender,
			"Authentication-Results@2, hop AM7EUR06FT001.mail.protection.outlook.com, " +
				"hop AM0PR01CA0001.outlook.office365.com, hop DB9PR01MB0001.eurprd01.prod.outlook.com, " +
				"spf fail, microsoft-delivery spam, origin 192.0.2.1 0"},
		{"outlook, forged address", "outlook",
			outlook + "X-SENDER-IP: 203.0.113.66\n" + outlookBelow + sender,
			"Authentication-Results@2, hop AM7EUR06FT001.mail.protection.outlook.com, " +
				"hop AM0PR01CA0001.outlook.office365.com, hop DB9PR01MB0001.eurprd01.prod.outlook.com, " +
				"spf fail, microsoft-delivery spam, origin 192.0.2.1 0"},
		{"outlook, stamps last, others forged", "outlook",
			outlook + "X-MICROSOFT-ANTISPAM: BCL:0;\n" + strings.TrimSuffix(sender, "\n") +
				outlookBelow + "\n",
			"Authentication-Results@2, hop AM7EUR06FT001.mail.protection.outlook.com, " +
				"hop AM0PR01CA0001.outlook.office365.com, hop DB9PR01MB0001.eurprd01.prod.outlook.com, " +
				"spf fail, microsoft-delivery spam, origin 192.0.2.1 0"},
		{"microsoft 365, no marker", "microsoft365",
			strings.ReplaceAll(outlook, "X-IncomingTopHeaderMarker", "X-Other") + sender,
			"Authentication-Results@2, hop AM7EUR06FT001.mail.protection.outlook.com, " +
				"hop AM0PR01CA0001.outlook.office365.com, hop DB9PR01MB0001.eurprd01.prod.outlook.com, " +
				"spf fail, origin 192.0.2.1 0"},
		{"mail.ru, results below", "mailru",
			mailru + strings.TrimSuffix(sender, "\n") + mailruBelow + "\n",
			"Authentication-Results@6, hop mx1.mail.ru, hop e.mail.example, origin 192.0.2.1 0"},
		{"mail.ru, forged above its own", "mailru", mailru +
			"AUTHENTICATION-RESULTS: mxs.mail.ru; spf=pass; dkim=pass\n" + "From: a@example.org\n" +
			mailruBelow + "\n",
			"Authentication-Results@5, hop mx1.mail.ru, hop e.mail.example, origin 192.0.2.1 0"},
		{"icloud, results in four fields", "icloud", icloud + sender,
			"Authentication-Results@1, Authentication-Results@2, Authentication-Results@3, " +
				"Authentication-Results@4, hop p00-icloudmta-smtpin-1, hop p1-mailgateway.me.com, " +
				"origin 192.0.2.1 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := Message([]byte(test.raw), "", preset(t, test.preset))
			if got := believed(a); got != test.want {
				t.Errorf("believed\n     %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestUsersOfTheProviderForge holds that an account of the provider's own cannot name a client: its
// submission server shows none, and the edge that the account invents stands below.
func TestUsersOfTheProviderForge(t *testing.T) {
	raw := "Received: by mx.zohomail.com with SMTPS id 1; " + date + "\n" +
		"Authentication-Results: mx.zohomail.com; spf=pass; dkim=pass; dmarc=pass\n" +
		"Received: from trusted.example (trusted.example [203.0.113.66]) by mx.zohomail.com; " + date +
		"\n" + sender
	a := Message([]byte(raw), "", preset(t, "zoho"))
	if got, want := believed(a), "hop mx.zohomail.com"; got != want {
		t.Errorf("believed %s, want %s", got, want)
	}
	raw = "Received: from mailmx.phl.internal (localhost [127.0.0.1]) by phl-mx-07.messagingengine.com" +
		" (Authentication Milter) with ESMTP id 1; " + date + "\n" +
		"Received: from mailfout.phl.internal (phl-outbound-01.internal [10.202.2.181]) by" +
		" mailmx.phl.internal (Postfix) with ESMTPS id 2; " + date + "\n" +
		"Authentication-Results: phl-mx-07.messagingengine.com; spf=pass; dkim=pass; dmarc=pass\n" +
		"Received: from trusted.example (trusted.example [203.0.113.66]) by" +
		" phl-mx-07.messagingengine.com (Postfix); " + date + "\n" + sender
	a = Message([]byte(raw), "", preset(t, "fastmail"))
	if got, want := believed(a), "hop phl-mx-07.messagingengine.com"; got != want {
		t.Errorf("believed %s, want %s", got, want)
	}
}

func TestNothingIsTrustedWithoutAPreset(t *testing.T) {
	for _, raw := range []string{gmail, outlook + outlookBelow, mailru + mailruBelow, icloud} {
		a := Message([]byte(raw+sender), "", seedtest.Trust{})
		if got := believed(a); got != "" {
			t.Errorf("believed %s, want nothing", got)
		}
		if len(a.Authentication) == 0 || len(a.Hops) == 0 {
			t.Errorf("read %d fields of results and %d hops, want all of them", len(a.Authentication),
				len(a.Hops))
		}
	}
}

func TestTrustByAuthservIDAlone(t *testing.T) {
	const field = "Authentication-Results: "
	raw := field + "mx.example.net; spf=fail\n" + field + "other; spf=pass\n" +
		field + "MX.example.net; spf=pass\n" + field + "mx.example.net; dkim=none\n" +
		field + "spf=pass\n\n"
	trust := seedtest.Trust{AuthservIDs: []string{`mx\.example\.net`}, NoAuthservID: true}
	a := Message([]byte(raw), "", trust)
	if got, want := believed(a), "Authentication-Results@0, Authentication-Results@3"; got != want {
		t.Errorf("believed %s, want %s", got, want)
	}
	if len(a.Authentication[2].Problems) == 0 {
		t.Error("a result that is stated twice is not believed, and the field does not say why")
	}
}

func TestPatternsThatAreNoneTrustNothing(t *testing.T) {
	trust := seedtest.Trust{AuthservIDs: []string{"("}, BoundaryBy: "[", ReceivedSPF: true}
	if got := believed(Message([]byte(gmail+sender), "", trust)); got != "" {
		t.Errorf("believed %s, want nothing", got)
	}
}

func TestOriginSources(t *testing.T) {
	head := "X-Address: [192.0.2.6]\n" +
		"Received: from inside (inside [10.0.0.1]) by mx.example.net; " + date + "\n" +
		"Received-SPF: fail client-ip=192.0.2.2\n" +
		"Authentication-Results: mx.example.net; iprev=fail smtp.remote-ip=192.0.2.3;" +
		" spf=fail (mx.example.net: domain of designates.example does not designate 192.0.2.4 as) x=y;" +
		" dkim=none (sender IP is 192.0.2.5)\n\n"
	trust := seedtest.Trust{AuthservIDs: []string{"mx.example.net"}, BoundaryBy: `^mx\.example\.net$`,
		ReceivedSPF: true}
	for source, want := range map[string]string{
		"Received[boundary]":                    "10.0.0.1 0",
		"Received-SPF:client-ip":                "192.0.2.2 -1",
		"Authentication-Results:smtp.remote-ip": "192.0.2.3 -1",
		"Authentication-Results:spf designates": "192.0.2.4 -1",
		"Authentication-Results:sender IP is":   "192.0.2.5 -1",
		"X-Address":                             "192.0.2.6 -1",
	} {
		trust.OriginFrom = []string{"X-Absent", "X-Absent:key", source}
		a := Message([]byte(head), "", trust)
		if a.Origin == nil || fmt.Sprint(a.Origin.IP, " ", a.Origin.Hop) != want || a.Origin.Why == "" {
			t.Errorf("origin from %s = %+v, want %s with its why", source, a.Origin, want)
		}
	}
}

// TestIsListed holds that names are compared without case, and entries whole or up to their star.
func TestIsListed(t *testing.T) {
	for _, test := range []struct {
		name, value, entry string
		want               bool
	}{
		{"x-sid-pra", "", "X-SID-*", true},
		{"X-SID", "", "X-SID-*", false},
		{"RETURN-PATH", "a", "Return-Path", true},
		{"Return-Paths", "a", "Return-Path", false},
		{"Feturn-Path", "a", "Return-Path", false},
		{"anything", "a", "*", true},
		{"\u212aeep", "a", "keep", false},
		{"\u212aeep", "a", "\u212aEEP", true},
		{"a", "b", "", false},
		{"a", "b; c", "A:B", true},
		{"a", "bc", "A:B", false},
	} {
		f := header.Field{Name: test.name, Value: test.value}
		if got := isListed(&f, test.entry); got != test.want {
			t.Errorf("isListed(%q: %q, %q) = %v", test.name, test.value, test.entry, got)
		}
	}
}
