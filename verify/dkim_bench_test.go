package verify

import (
	"strings"
	"testing"

	"seedtest/header"
)

func BenchmarkDKIM(b *testing.B) {
	for name, body := range map[string]string{
		"small": lines(note), "10MB": lines(note) + strings.Repeat("Words,  and more words.\r\n", 400e3),
	} {
		for _, kind := range []string{"rsa2048", "ed25519"} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				key := testKeys()[kind]
				family := strings.TrimSuffix(kind, "2048")
				tags := strings.Replace(rsaTags, "a=rsa", "a="+family, 1)
				raw := []byte(signed(b, "DKIM-Signature: v=1; "+tags, body, key))
				zone := keyZone{"one._domainkey.example.org": {"k=" + family + "; p=" + public(b, key)}}
				h := header.Parse(raw)
				b.SetBytes(int64(len(raw)))
				b.ReportAllocs()
				for b.Loop() {
					if c := DKIM(b.Context(), raw, h, zone, noon); c[0].Result != "pass" {
						b.Fatalf("DKIM: %+v", c[0])
					}
				}
			})
		}
	}
}
