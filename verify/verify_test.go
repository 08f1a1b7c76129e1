package verify

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/analyze"
	"seedtest/header"
)

// ourMX is a provider whose edge is mx.example.net.
var ourMX = seedtest.Trust{AuthservIDs: []string{`mx\.example\.net`},
	BoundaryBy: `^mx\.example\.net$`, ReceivedSPF: true}

const (
	arrivedBy = "Received: from mail.example.org (mail.example.org [198.51.100.7])\n" +
		"\tby mx.example.net with ESMTPS id 1; Sun, 1 Mar 2026 11:00:00 +0000\n"
	path      = "Return-Path: <bounce@example.org>\n"
	allPassed = "Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=example.org;\n" +
		"\tdkim=pass header.d=example.org header.s=one; dmarc=pass header.from=example.org\n"

	goodSPF   = "example.org TXT v=spf1 ip4:198.51.100.7 -all\n"
	goodDMARC = "_dmarc.example.org TXT v=DMARC1; p=reject; rua=mailto:d@example.org\n"
)

// arrive signs the note, puts fields on top of it, and evaluates it.
func arrive(t *testing.T, tags, top, records string, o Options) (*seedtest.Verified,
	[]seedtest.Finding) {
	t.Helper()
	key := testKeys()["rsa2048"]
	raw := lines(note)
	if tags != "" {
		raw = signed(t, "DKIM-Signature: v=1; "+tags, raw, key)
	}
	raw = lines(top) + raw
	z := parseZone(t, strings.ReplaceAll(records, "KEY", public(t, key)))
	if o.Now.IsZero() {
		o.Now = noon
	}
	a := analyze.Message([]byte(raw), "test", ourMX)
	return Message(t.Context(), []byte(raw), a, z, o)
}

const goodKey = "one._domainkey.example.org TXT v=DKIM1; k=rsa; p=KEY\n"

// TestMessage holds what a message comes to as a whole, and what is found about it.
func TestMessage(t *testing.T) {
	const good = goodSPF + goodDMARC + goodKey
	null := "Return-Path: <>\n" + arrivedBy
	tests := []struct {
		name, tags, top, records string
		options                  Options
		spf, dkim, dmarc         string
		codes                    string
	}{
		{"all well", rsaTags, path + allPassed + arrivedBy, good, Options{}, "pass", "pass", "pass",
			""},
		{"provider says nothing", rsaTags, path + arrivedBy, good, Options{}, "pass", "pass", "pass",
			""},
		{"SPF changed", rsaTags, path + allPassed + arrivedBy,
			"example.org TXT v=spf1 -all\n" + goodDMARC + goodKey, Options{}, "fail", "pass", "pass",
			"verify.disagrees"},
		{"key removed", rsaTags, path + allPassed + arrivedBy, goodSPF + goodDMARC, Options{}, "pass",
			"permerror", "pass", "verify.disagrees"},
		{"DMARC removed", rsaTags, path + allPassed + arrivedBy, goodSPF + goodKey, Options{}, "pass",
			"pass", "none", "verify.disagrees dmarc.none"},
		{"DNS is down", rsaTags, path + allPassed + arrivedBy, "example.org FAIL\n" +
			"_dmarc.example.org FAIL\none._domainkey.example.org FAIL\n", Options{}, "temperror",
			"temperror", "temperror", ""},
		{"unsigned", "", path + allPassed + arrivedBy, good, Options{}, "pass", "", "pass",
			"verify.disagrees"},
		{"claims in words of others", rsaTags, path + "Authentication-Results: mx.example.net; " +
			"spf=hardfail smtp.mailfrom=example.org; dkim=temperror header.d=example.org\n" + arrivedBy,
			"example.org TXT v=spf1 -all\n" + goodDMARC + goodKey, Options{}, "fail", "pass", "pass", ""},
		{"claim of another signature", rsaTags, path + "Authentication-Results: mx.example.net; " +
			"dkim=fail header.i=@example.com header.s=two\n" + arrivedBy, good, Options{}, "pass",
			"pass", "pass", ""},
		{"claim of another key", rsaTags, path + "Authentication-Results: mx.example.net; " +
			"dkim=fail header.d=example.org header.s=two\n" + arrivedBy, good, Options{}, "pass",
			"pass", "pass", ""},
		{"provider found it bad", rsaTags, path + "Authentication-Results: mx.example.net; " +
			"dkim=fail (bad) header.i=@example.org header.s=one\n" + arrivedBy, good, Options{}, "pass",
			"pass", "pass", "verify.disagrees"},
		{"signed afterwards", rsaTags, path + "Authentication-Results: mx.example.net; dkim=none\n" +
			arrivedBy, good, Options{}, "pass", "pass", "pass", "verify.disagrees"},
		{"forged claim", rsaTags, path + arrivedBy + "Authentication-Results: mx.example.com; " +
			"spf=fail; dkim=fail; dmarc=fail\n", good, Options{}, "pass", "pass", "pass", ""},
		{"nobody to believe", rsaTags, path, good, Options{}, "", "pass", "pass", ""},
		{"nobody to believe, unsigned", "", path, good, Options{}, "", "", "", ""},
		{"told", "", path, good, Options{IP: netip.MustParseAddr("198.51.100.7"),
			MailFrom: "a@example.org"}, "pass", "", "pass", ""},
		{"told of another client", rsaTags, path + allPassed + arrivedBy, good, Options{
			IP: netip.MustParseAddr("192.0.2.99")}, "fail", "pass", "pass", ""},
		{"provider follows RFC 7489", rsaTags, path + "Authentication-Results: mx.example.net; " +
			"dmarc=none header.from=example.org\n" + arrivedBy, goodSPF + goodKey + goodDMARC +
			goodDMARC + "_dmarc.org TXT v=DMARC1; p=reject; psd=y; rua=mailto:d@example.org\n",
			Options{}, "pass", "pass", "pass", "dmarc.several dmarc.legacy"},
		{"told that it is null", "", path + arrivedBy, "mail.example.org TXT v=spf1 a -all\n" +
			"mail.example.org A 198.51.100.7\n" + goodDMARC, Options{MailFrom: "<>"}, "pass", "", "pass",
			""},
		{"null, from an address literal", "", strings.ReplaceAll(null, "from mail.example.org",
			"from [198.51.100.7]"), goodDMARC, Options{}, "none", "", "fail", ""},
		{"null", "", null, "mail.example.org TXT v=spf1 a -all\nmail.example.org A 198.51.100.8\n" +
			goodDMARC, Options{}, "fail", "", "fail", ""},
		{"for another domain", strings.ReplaceAll(rsaTags, "example.org", "example.com"),
			"Return-Path: <a@example.com>\n" + arrivedBy, "example.com TXT v=spf1 ip4:198.51.100.7\n" +
				"one._domainkey.example.com TXT p=KEY\n" + goodDMARC, Options{}, "pass", "pass", "fail",
			"dmarc.unaligned"},
		{"private origin", "", path + strings.Replace(arrivedBy, "198.51.100.7", "10.0.0.7", 1), good,
			Options{}, "", "", "", ""},
		{"origin within a cluster", "", path +
			strings.Replace(arrivedBy, "198.51.100.7", "100.64.3.7", 1), good, Options{}, "", "", "", ""},
		{"weak everywhere", rsaTags + "; l=5", path + arrivedBy, "example.org TXT v=spf1 ptr +all\n" +
			"_dmarc.example.org TXT v=DMARC1; p=none; pct=50; p=reject\n" +
			"one._domainkey.example.org TXT t=y; p=KEY\n", Options{}, "pass", "pass", "pass",
			"spf.ptr spf.all dkim.length dkim.testing dmarc.policy-none dmarc.pct dmarc.duplicate " +
				"dmarc.no-reports"},
		{"near the limit", "", path + arrivedBy, "example.org TXT v=spf1" +
			strings.Repeat(" a:other.example.org", 9) + " ip4:198.51.100.7\n" +
			"other.example.org A 192.0.2.1\n" + goodDMARC, Options{}, "pass", "", "pass",
			"spf.near-limit"},
		{"over the limit", "", path + arrivedBy, "example.org TXT v=spf1" +
			strings.Repeat(" a:other.example.org", 11) + " ip4:198.51.100.7\n" +
			"other.example.org A 192.0.2.1\n" + goodDMARC, Options{}, "permerror", "", "fail",
			"spf.lookups"},
		{"a test", "", path + arrivedBy, "example.org TXT v=spf1 ip4:192.0.2.1 -all\n" +
			"_dmarc.example.org TXT v=DMARC1; p=reject; t=y; rua=mailto:d@example.org\n", Options{},
			"fail", "", "fail", "dmarc.testing dmarc.legacy"},
		{"no policy, twice", "", path + arrivedBy, "_dmarc.example.org TXT v=DMARC1; p=reject\n" +
			"_dmarc.example.org TXT v=DMARC1; p=none\n_dmarc.org TXT v=DMARC1; p=maybe\n", Options{},
			"none", "", "permerror", "spf.none dmarc.invalid dmarc.several dmarc.legacy"},
	}
	for _, tt := range tests {
		v, findings := arrive(t, tt.tags, tt.top, tt.records, tt.options)
		dkim := ""
		if len(v.DKIM) > 0 {
			dkim = v.DKIM[0].Result
		}
		if v.SPF.Result != tt.spf || dkim != tt.dkim || v.DMARC.Result != tt.dmarc {
			t.Errorf("%s: spf %q (%s), dkim %q, dmarc %q (%s), want %q, %q, %q", tt.name, v.SPF.Result,
				v.SPF.Reason, dkim, v.DMARC.Result, v.DMARC.Reason, tt.spf, tt.dkim, tt.dmarc)
		}
		if got := codes(findings); got != tt.codes {
			t.Errorf("%s: findings %q, want %q", tt.name, got, tt.codes)
		}
		for _, f := range findings {
			if f.Title == "" || f.Severity == "" || len(f.Evidence) == 0 || len(f.Fix) == 0 {
				t.Errorf("%s: finding %+v lacks something", tt.name, f)
			}
		}
	}
}

func codes(findings []seedtest.Finding) string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Code)
	}
	return strings.Join(slices.Compact(list), " ")
}

// TestMessageTimes holds that an expired signature counts as it was when the message came, and that
// a disagreement tells both times.
func TestMessageTimes(t *testing.T) {
	tags := rsaTags + "; t=1772362000; x=1772366400" // until noon, an hour after the arrival
	v, findings := arrive(t, tags, path+allPassed+arrivedBy, goodSPF+goodDMARC+goodKey,
		Options{Now: noon.Add(24 * time.Hour)})
	if v.DKIM[0].Result != "pass" || len(findings) > 0 {
		t.Errorf("signature that expired after the arrival: %s (%s), findings %s", v.DKIM[0].Result,
			v.DKIM[0].Reason, codes(findings))
	}
	_, findings = arrive(t, tags, path+allPassed+arrivedBy, goodDMARC+goodKey, Options{})
	text := strings.Join(findings[0].Fix, "\n")
	for _, want := range []string{"2026-03-01 11:00 UTC", "2026-03-01 12:00 UTC", "changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the fix %q does not say %q", text, want)
		}
	}
	if got := findings[0].Evidence[0].Raw; got != "spf=pass smtp.mailfrom=example.org" {
		t.Errorf("evidence of the provider's claim = %q", got)
	}
}

// TestMessageWithoutBody holds that a header alone gets no verdict that its body could change.
func TestMessageWithoutBody(t *testing.T) {
	key := testKeys()["rsa2048"]
	raw := signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), key)
	raw = lines(arrivedBy) + raw[:strings.Index(raw, "\r\n\r\n")+4]
	z := parseZone(t, strings.ReplaceAll(goodKey, "KEY", public(t, key))+goodDMARC)
	a := analyze.Message([]byte(raw), "test", ourMX)
	v, _ := Message(t.Context(), []byte(raw), a, z, Options{Now: noon, MailFrom: "a@example.com"})
	if c := v.DKIM[0]; c.Result != "" || c.Reason == "" || v.DMARC.Result != "" {
		t.Errorf("dkim %q (%s), dmarc %q (%s), want neither", c.Result, c.Reason, v.DMARC.Result,
			v.DMARC.Reason)
	}
	v, _ = Message(t.Context(), []byte(raw), a, zone{}, Options{Now: noon})
	if c := v.DKIM[0]; c.Result != resultPermError || slices.Contains(c.Notes, noteBody) {
		t.Errorf("without a key: dkim %q (%s), notes %q", c.Result, c.Reason, c.Notes)
	}
}

// TestMessageCut holds the same of a message of which the end was not read.
func TestMessageCut(t *testing.T) {
	key := testKeys()["rsa2048"]
	raw := lines(path+allPassed+arrivedBy) +
		signed(t, "DKIM-Signature: v=1; "+rsaTags, lines(note), key)
	raw = raw[:len(raw)-10]
	z := parseZone(t, strings.ReplaceAll(goodKey, "KEY", public(t, key))+goodDMARC+goodSPF)
	a := analyze.Message([]byte(raw), "test", ourMX)
	for cut, want := range map[bool]string{false: "fail verify.disagrees", true: " "} {
		v, findings := Message(t.Context(), []byte(raw), a, z, Options{Now: noon, Cut: cut})
		if got := v.DKIM[0].Result + " " + codes(findings); got != want {
			t.Errorf("cut: %v: %q (%s), want %q", cut, got, v.DKIM[0].Reason, want)
		}
	}
}

// TestEnvelope holds what is believed of the envelope.
func TestEnvelope(t *testing.T) {
	const results = "Authentication-Results: mx.example.net; spf=pass "
	tests := []struct{ top, from, helo, why string }{
		{path + arrivedBy, "bounce@example.org", "mail.example.org", ""},
		{results + "smtp.mailfrom=example.org\n" + path + arrivedBy, "bounce@example.org",
			"mail.example.org", ""},
		{results + "smtp.mailfrom=other.example\n" + path + arrivedBy, "other.example",
			"mail.example.org", ""},
		{results + "smtp.mailfrom=\"<a@example.org>\"\n" + arrivedBy, "a@example.org",
			"mail.example.org", ""},
		{results + "smtp.mail=a@example.org\n" + arrivedBy, "a@example.org", "mail.example.org", ""},
		{results + "smtp.helo=mail.example.org\n" + path + arrivedBy, "", "mail.example.org", ""},
		{"Received-SPF: pass (x) client-ip=198.51.100.7; envelope-from=\"c@example.org\"; " +
			"helo=h.example\n" + arrivedBy, "c@example.org", "mail.example.org", ""},
		{arrivedBy + path, "", "mail.example.org", "sender is not recorded"},
		{arrivedBy + "Return-Path: <>\n", "", "mail.example.org", "sender is not recorded"},
		{"Return-Path: <>\n" + arrivedBy, "", "mail.example.org", ""},
		{path, "", "", "address from which"},
		{path + strings.Replace(arrivedBy, "mx.example.net", "mx.example.com", 1), "", "",
			"address from which"},
	}
	for _, tt := range tests {
		raw := []byte(tt.top + note)
		a := analyze.Message(raw, "test", ourMX)
		q, why := envelope(header.Parse(raw), a, Options{})
		if q.MailFrom != tt.from || q.HELO != tt.helo || !strings.Contains(why, tt.why) ||
			(why == "") != (tt.why == "") {
			t.Errorf("envelope of %q = %q, %q, %q, want %q, %q, %q", tt.top, q.MailFrom, q.HELO, why,
				tt.from, tt.helo, tt.why)
		}
	}
}

// TestDisagreeARC holds that a chain which the provider itself began is no disagreement.
func TestDisagreeARC(t *testing.T) {
	one, two := make([]seedtest.ARCSetCheck, 1), make([]seedtest.ARCSetCheck, 2)
	tests := []struct {
		claim, result string
		sets          []seedtest.ARCSetCheck
		want          string
	}{
		{"none", "pass", one, ""},
		{"none", "pass", two, "verify.disagrees"},
		{"pass", "fail", two, "verify.disagrees"},
		{"pass", "pass", two, ""},
		{"pass", "temperror", two, ""},
		{"fail", "", two, ""},
	}
	for _, tt := range tests {
		a := seedtest.Analysis{Authentication: []seedtest.AuthField{{Trusted: true,
			Results: []seedtest.AuthResult{{Method: "arc", Result: tt.claim}}}}}
		v := &seedtest.Verified{ARC: seedtest.ARCCheck{Result: tt.result, Sets: tt.sets}}
		if got := codes(disagreements(v, a, Options{Now: noon})); got != tt.want {
			t.Errorf("claim arc=%s, ours %q of %d sets: findings %q, want %q", tt.claim, tt.result,
				len(tt.sets), got, tt.want)
		}
	}
}

// FuzzMessage holds that any message gets results in the words of RFC 8601, or none with a reason.
func FuzzMessage(f *testing.F) {
	f.Add(path + allPassed + arrivedBy + note)
	f.Add(arrivedBy + "DKIM-Signature: v=1; " + rsaTags + "; bh=AA==; b=AA==\n" + note)
	f.Add("Return-Path: <>\n" + arrivedBy + "From: A: a@example.org, <b@example.net>;\n")
	z := parseZone(f, goodSPF+goodDMARC+"mail.example.org TXT v=spf1 a -all\n")
	words := []string{"pass", "fail", "softfail", "neutral", "none", "policy", "permerror",
		"temperror"}
	f.Fuzz(func(t *testing.T, raw string) {
		a := analyze.Message([]byte(raw), "test", ourMX)
		v, _ := Message(t.Context(), []byte(raw), a, z, Options{Now: noon})
		results := map[string][2]string{"spf": {v.SPF.Result, v.SPF.Reason},
			"dmarc": {v.DMARC.Result, v.DMARC.Reason}, "arc": {v.ARC.Result, v.ARC.Reason}}
		for _, c := range v.DKIM {
			results["dkim of "+c.Domain] = [2]string{c.Result, c.Reason}
		}
		for method, r := range results {
			if !slices.Contains(words, r[0]) && (r[0] != "" || r[1] == "") {
				t.Errorf("Message(%q): %s = %q (%s)", raw, method, r[0], r[1])
			}
		}
	})
}
