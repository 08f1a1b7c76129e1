package lab

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// evaluationZone has three senders: one that asks for rejection, one without DMARC, one broken.
func evaluationZone(key ed25519.PrivateKey) *zone {
	z := newZone()
	z.text("good.example", "v=spf1 include:spf.good.example -all")
	z.text("spf.good.example", "v=spf1 ip4:198.51.100.0/28 ?all")
	z.text("_dmarc.good.example", "v=DMARC1; p=Reject; sp=none")
	public := key.Public().(ed25519.PublicKey)
	z.text("k._domainkey.good.example",
		"v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(public))
	z.text("k._domainkey.other.example",
		"v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(public))
	z.text("other.example", "v=spf1 ip4:203.0.113.0/24 ~all")
	z.text("broken.example", "v=spf1 ip4:nonsense -all")
	z.host("relay.good.example", netip.MustParseAddr("198.51.100.4"), "relay.good.example")
	z.host("claimed.example", netip.MustParseAddr("192.0.2.1"), "")
	z.host("liar.example", netip.MustParseAddr("203.0.113.9"), "claimed.example")
	return z
}

func signedBy(t *testing.T, key ed25519.PrivateKey, domain, message string) string {
	t.Helper()
	var out bytes.Buffer
	err := dkim.Sign(&out, strings.NewReader(message),
		&dkim.SignOptions{Domain: domain, Selector: "k", Signer: key})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEvaluate(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	from := func(domain string) string { return "From: A <a@" + domain + ">\r\n\r\nHello.\r\n" }
	signed := signedBy(t, key, "good.example", from("good.example"))
	tests := []struct {
		name, ip, envelope, message string
		want                        string
	}{
		{"all right", "198.51.100.4", "b@good.example", signed,
			"spf=pass dkim=pass dmarc=pass iprev=pass"},
		{"signature alone", "203.0.113.9", "b@good.example", signed,
			"spf=fail dkim=pass dmarc=pass iprev=fail"},
		{"SPF alone", "198.51.100.4", "b@good.example", from("good.example"),
			"spf=pass dkim=none dmarc=pass iprev=pass"},
		{"below the domain", "198.51.100.4", "b@good.example", from("news.good.example"),
			"spf=pass dkim=none dmarc=pass iprev=pass"},
		{"changed on the way", "203.0.113.9", "b@good.example",
			strings.Replace(signed, "Hello", "Hullo", 1),
			"spf=fail dkim=fail dmarc=fail iprev=fail"},
		{"of another domain", "203.0.113.9", "b@other.example",
			signedBy(t, key, "other.example", from("good.example")),
			"spf=pass dkim=pass dmarc=fail iprev=fail"},
		{"no policy", "203.0.113.9", "b@other.example", from("other.example"),
			"spf=pass dkim=none dmarc=none iprev=fail"},
		{"softfail", "198.51.100.4", "b@other.example", from("other.example"),
			"spf=softfail dkim=none dmarc=none iprev=pass"},
		{"broken record", "198.51.100.4", "b@broken.example", from("broken.example"),
			"spf=permerror dkim=none dmarc=none iprev=pass"},
		{"no key", "198.51.100.4", "b@good.example",
			signedBy(t, key, "broken.example", from("good.example")),
			"spf=pass dkim=permerror dmarc=pass iprev=pass"},
		{"bounce", "198.51.100.4", "", from("nobody.example"),
			"spf=none dkim=none dmarc=none iprev=pass"},
	}
	r := inProcess(evaluationZone(key))
	for _, test := range tests {
		c := client{ip: netip.MustParseAddr(test.ip), helo: "relay.good.example",
			envelope: test.envelope}
		if got := evaluate(t.Context(), r, c, []byte(test.message)).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
