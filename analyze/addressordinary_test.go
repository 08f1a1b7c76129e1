package analyze

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// TestOrdinaryIP holds that an address is read as netip reads it, and that those which netip writes
// are read.
func TestOrdinaryIP(t *testing.T) {
	agree := func(t rapid.TB, text string) bool {
		ip, ok := ordinaryIP(text)
		if want, err := netip.ParseAddr(text); ok && (err != nil || ip != want.Unmap()) {
			t.Errorf("ordinaryIP(%q) = %v, netip.ParseAddr = %v, %v", text, ip, want, err)
		}
		return ok
	}
	for _, text := range []string{"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::1",
		"1::2:3", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "2001:DB8:a:b:c:d:e:f", "::ffff:c000:201"} {
		if !agree(t, text) {
			t.Errorf("ordinaryIP(%q) reads nothing", text)
		}
		for i := range text {
			for c := range 256 {
				agree(t, text[:i]+string([]byte{byte(c)})+text[i+1:])
				agree(t, text[:i]+string([]byte{byte(c)})+text[i:])
			}
			agree(t, text[:i])
			agree(t, text[:i]+text[i+1:])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		ip := anyAddress(t, "ip")
		if text := ip.String(); !agree(t, text) && !ip.Is4In6() {
			t.Errorf("ordinaryIP(%q) reads nothing", text)
		}
		agree(t, rapid.StringMatching(`[0-9a-f:.]{1,24}|([0-9a-f]{0,4}:){1,9}[0-9a-f]{0,5}`).
			Draw(t, "text"))
	})
}
