package verify

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/header"
)

// keyZone is a resolver that knows key records.
type keyZone map[string][]string

func (z keyZone) TXT(_ context.Context, name string) ([]string, error) {
	if records, ok := z[strings.ToLower(name)]; ok {
		return records, nil
	}
	return nil, seedtest.ErrNXDOMAIN
}

func (keyZone) IP4(context.Context, string) ([]netip.Addr, error) { return nil, nil }
func (keyZone) IP6(context.Context, string) ([]netip.Addr, error) { return nil, nil }
func (keyZone) MX(context.Context, string) ([]string, error)      { return nil, nil }
func (keyZone) PTR(context.Context, netip.Addr) ([]string, error) { return nil, nil }
func (z keyZone) with(name string, records ...string) keyZone     { z[name] = records; return z }
func evaluate(t *testing.T, raw string, r Resolver, now time.Time) []seedtest.DKIMCheck {
	t.Helper()
	return DKIM(t.Context(), []byte(raw), header.Parse([]byte(raw)), r, now)
}

// The message of RFC 6376 appendix A, with one space before "Are" (erratum 3192), and its
// signature, indented as the text of the RFC prints it (erratum 4926).
const (
	dinnerHead = "From: Joe SixPack <joe@football.example.com>\r\n" +
		"To: Suzie Q <suzie@shopping.example.net>\r\n" +
		"Subject: Is dinner ready?\r\n" +
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n" +
		"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
	dinnerBody = "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"

	rfc6376Signature = "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n" +
		"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n" +
		"      h=Received : From : To : Subject : Date : Message-ID;\r\n" +
		"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" +
		"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n" +
		"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n" +
		"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n" +
		"      4bmp/YzhwvcubU4=;\r\n"
	rfc6376Received = "Received: from client1.football.example.com  [192.0.2.1]\r\n" +
		"      by submitserver.example.com with SUBMISSION;\r\n" +
		"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
	rfc6376Key = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkM" +
		"oGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR" +
		"+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)

// The two signatures of RFC 8463 appendix A over the same message.
const (
	rfc8463Ed25519 = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n" +
		" d=football.example.com; i=@football.example.com;\r\n" +
		" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n" +
		" subject : date : message-id : from : subject : date;\r\n" +
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" +
		" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" +
		" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
	rfc8463RSA = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n" +
		" d=football.example.com; i=@football.example.com;\r\n" +
		" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n" +
		" date : message-id : from : subject : date;\r\n" +
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" +
		" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" +
		" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" +
		" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
	rfc8463Ed25519Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	rfc8463RSAKey     = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR" +
		"iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e" +
		"/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w" +
		"3QIDAQAB"
)

func vectorKeys() keyZone {
	return keyZone{
		"brisbane._domainkey.example.com":          {rfc6376Key},
		"brisbane._domainkey.football.example.com": {rfc8463Ed25519Key},
		"test._domainkey.football.example.com":     {rfc8463RSAKey},
	}
}

func TestDKIMRFC6376AppendixA(t *testing.T) {
	raw := rfc6376Signature + rfc6376Received + dinnerHead + "\r\n" + dinnerBody
	for name, raw := range map[string]string{
		"CRLF": raw, "LF": strings.ReplaceAll(raw, "\r\n", "\n"),
		"CR": strings.ReplaceAll(raw, "\r\n", "\r"), "mbox": "From joe Fri Jul 11\r\n" + raw,
		"no final line end": strings.TrimSuffix(raw, "\r\n"),
	} {
		checks := evaluate(t, raw, vectorKeys(), time.Unix(1e9, 0))
		if len(checks) != 1 || checks[0].Result != "pass" {
			t.Errorf("DKIM of the RFC's message, %s: got %+v, want one pass", name, checks)
			continue
		}
		c := checks[0]
		if c.KeyBits != 1024 || c.KeyType != "rsa" || c.Identity != "joe@football.example.com" ||
			c.Domain != "example.com" || c.Selector != "brisbane" || c.BodyForm != "simple" {
			t.Errorf("DKIM of the RFC's message, %s: got %+v", name, c)
		}
	}
}

func TestDKIMRFC8463AppendixA(t *testing.T) {
	raw := rfc8463Ed25519 + rfc8463RSA + dinnerHead + "\r\n" + dinnerBody
	checks := evaluate(t, raw, vectorKeys(), time.Unix(1528637909, 0))
	if len(checks) != 2 {
		t.Fatalf("DKIM: %d checks, want 2", len(checks))
	}
	for i, kind := range []string{"ed25519", "rsa"} {
		if checks[i].Result != "pass" || checks[i].KeyType != kind || checks[i].Position != i {
			t.Errorf("DKIM: check %d is %+v, want pass with %s", i, checks[i], kind)
		}
	}
}
