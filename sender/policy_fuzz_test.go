package sender

import (
	"strings"
	"testing"
)

// TestPolicyAllows: a star stands for one label (RFC 8461 section 4.1).
func TestPolicyAllows(t *testing.T) {
	p := &stsPolicy{mx: []string{"*.example.com", "mx.example.net"}}
	for host, want := range map[string]bool{
		"mx.example.com": true, "a.b.example.com": false, "example.com": false, "xexample.com": false,
		"mx.example.net": true, "x.mx.example.net": false, "com": false, "": false,
	} {
		if got := p.allows(host); got != want {
			t.Errorf("allows(%q): %t, want %t", host, got, want)
		}
	}
}

// FuzzPolicy holds that a policy that is taken is one that can be kept.
func FuzzPolicy(f *testing.F) {
	f.Add("version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n", "mx.example.com")
	f.Add("version: STSv1\r\nmode: none\r\nmax_age: 1\r\n", "")
	f.Fuzz(func(t *testing.T, text, host string) {
		p, age, err := parsePolicy(text)
		if err != nil {
			return
		}
		if age < 0 || age > maxPolicyAge || len(p.mx) > maxPatterns || p.mode != modeNone && len(p.mx) == 0 {
			t.Errorf("parsePolicy(%q): %+v for %v", text, p, age)
		}
		if p.allows(host) && !strings.Contains(strings.ToLower(text), strings.TrimPrefix(host, firstLabel(host))) {
			t.Errorf("parsePolicy(%q) allows %q", text, host)
		}
	})
}

func firstLabel(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return label
}

// FuzzTLSA holds that only records that mail can use are used.
func FuzzTLSA(f *testing.F) {
	f.Add("3 1 1 " + strings.Repeat("ab", 32))
	f.Add("2 0 2 " + strings.Repeat("ab", 32) + " " + strings.Repeat("ab", 32))
	f.Add("3 0 0 30")
	f.Fuzz(func(t *testing.T, data string) {
		r, ok := parseTLSA(data)
		if ok && (r.usage != usageTA && r.usage != usageEE || r.selector > selectorKey || r.matching > 2 ||
			len(r.data) == 0) {
			t.Errorf("parseTLSA(%q): %+v", data, r)
		}
	})
}
