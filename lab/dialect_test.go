package lab

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// arrived returns a message as its mailbox holds it.
func arrived(t *testing.T, w *World, seed, id string) string {
	t.Helper()
	first, ok := truthOf(t, w, id).First()
	if !ok {
		t.Fatalf("%s: %q was not delivered", seed, id)
	}
	for _, s := range w.seeds {
		if s.name != seed {
			continue
		}
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		return string(s.account.find(first.Mailbox).get(first.UID).letter.raw)
	}
	t.Fatalf("no seed %q", seed)
	return ""
}

func TestDialects(t *testing.T) {
	tests := []struct {
		route, seed string
		holds       []string // patterns, in the order of the header, over its folded text
	}{
		{"old", "gmail-a", []string{
			`^Delivered-To: gmail-a@gmail-like\.example`,
			`^ARC-Authentication-Results: i=1; mx\.gmail-like\.example;`,
			`^Received: from mail1\.example\.org \(mail1\.example\.org\. \[198\.51\.100\.4\]\)`,
			`by mx\.gmail-like\.example with ESMTPS id`, `version=TLS1_3 cipher=TLS_`,
			`^Received-SPF: pass \(gmail-like\.example: domain of bounces@example\.org designates`,
			`^Authentication-Results: mx\.gmail-like\.example;`,
			`dkim=pass header\.i=@example\.org header\.s=s2026`,
			`dmarc=pass \(p=QUARANTINE sp=QUARANTINE dis=NONE\) header\.from=example\.org`,
			`^Received: from ops\.example\.org \(ops\.example\.org \[192\.0\.2\.10\]\)`,
			`by mail1\.example\.org \(Postfix\) with ESMTPSA id 4`,
			`^DKIM-Signature: `, `^From: Ops`}},
		{"new", "outlook-a", []string{
			`^Authentication-Results: spf=fail \(sender IP is 203\.0\.113\.9\)`,
			`smtp\.mailfrom=example\.org; dkim=none \(message not signed\)`,
			`dmarc=fail action=quarantine`, `compauth=fail reason=000`,
			`^Received-SPF: Fail \(protection\.outlook-like\.example:`,
			`^Received: from mail2\.example\.org \(203\.0\.113\.9\) by`,
			`^X-IncomingTopHeaderMarker: `, `^From: Ops`, `^X-Sender-IP: 203\.0\.113\.9`,
			`^X-Forefront-Antispam-Report: CIP:203\.0\.113\.9;.*SCL:5;.*SFV:SPM;.*PTR:static-9`,
			`^X-Microsoft-Antispam-Mailbox-Delivery: .*dest:J;`}},
		{"new", "strict-a", []string{
			`^X-Spamd-Result: default: True \[`, `R_SPF_FAIL\(4\.00\)\[\]`, `^X-Spam: Yes`,
			`^Received: from mail2\.example\.org \(unknown \[203\.0\.113\.9\]\)`,
			`^Authentication-Results: mx\.strict\.example;`, `dkim=none`, `spf=fail`,
			`^Received: from \[192\.0\.2\.10\]|^Received: from ops\.example\.org \(\[192`,
			`by mail2\.example\.org with esmtpsa \(TLS1\.3\) tls TLS_`, `\(Exim `}},
		{"new", "greylist-a", []string{
			`^Received: from \[203\.0\.113\.9\] \(helo=mail2\.example\.org\)`,
			`^Authentication-Results: mx1\.greylist\.example;`,
			`iprev=fail smtp\.remote-ip=203\.0\.113\.9`, `spf=fail`, `dkim=none`, `dmarc=fail`}},
		{"new", "local-a", []string{`^X-Spam-Flag: YES`, `^X-Spam-Status: Yes, score=6\.1 required=5\.0`,
			`^Authentication-Results: mx2\.local\.example; spf=fail`}},
		{"old", "silent-a", []string{
			`^Authentication-Results: mx\.silent\.example; dmarc=pass`,
			`^Received-SPF: Pass \(mailfrom\) identity=mailfrom; client-ip=198\.51\.100\.4`,
			`dkim=pass \(ed25519 key; unprotected\) header\.d=example\.org`,
			`^Received: from mail1\.example\.org \(mail1\.example\.org \[198\.51\.100\.4\]\)`}},
	}
	w := start(t, Options{Greylist: time.Nanosecond})
	for i, test := range tests {
		t.Run(test.route+" to "+test.seed, func(t *testing.T) {
			id := fmt.Sprintf("%d@example.org", i)
			err := send(t, w, test.route, test.seed, id)
			if codeOf(err) == 451 { // a new triplet
				err = send(t, w, test.route, test.seed, id)
			}
			if err != nil {
				t.Fatal(err)
			}
			raw := arrived(t, w, test.seed, id)
			isHeader(t, raw)
			holdsInOrder(t, raw, test.holds)
			if !strings.HasSuffix(raw, "\r\n\r\nHello.\r\n.\r\nEnd.\r\n") {
				t.Errorf("the body is %q", raw[strings.Index(raw, "\r\n\r\n")+4:])
			}
		})
	}
}

// isHeader tells lines that are neither a field nor a fold.
func isHeader(t *testing.T, raw string) {
	t.Helper()
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	line := regexp.MustCompile(`^([A-Za-z0-9-]+: |[ \t]+\S)`)
	for l := range strings.SplitSeq(head, "\r\n") {
		if !line.MatchString(l) || strings.ContainsAny(l, "\r\n") {
			t.Errorf("no line of a header: %q", l)
		}
	}
}

func holdsInOrder(t *testing.T, raw string, patterns []string) {
	t.Helper()
	rest := strings.ReplaceAll(raw, "\r\n ", " ")
	rest = strings.ReplaceAll(rest, "\r\n\t", " ")
	for _, p := range patterns {
		at := regexp.MustCompile(`(?m)` + p).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("%q does not stand where it should in\n%s", p, raw)
		}
		rest = rest[at[1]:]
	}
}

func TestEveryAddressIsOfDocumentation(t *testing.T) {
	w := start(t, Options{})
	for name := range w.zone.records {
		ip, ok := w.zone.address(name)
		if !ok {
			continue
		}
		doc := false
		for _, prefix := range []string{"192.0.2.", "198.51.100.", "203.0.113."} {
			doc = doc || strings.HasPrefix(ip.String(), prefix)
		}
		if !doc || !strings.Contains(name, "example") {
			t.Errorf("%s has the address %s", name, ip)
		}
	}
}
