package analyze

import (
	"net/netip"
	"strings"
)

// readIP reads an IP address in the forms that header fields have: 192.0.2.1, [192.0.2.1],
// [192.0.2.1]:25, [192.0.2.1:25], [IPv6:2001:db8::1], ::ffff:192.0.2.1, fe80::1%eth0. An
// IPv4-mapped address comes back as IPv4.
func readIP(s string) (netip.Addr, bool) {
	for len(s) > 0 && (s[len(s)-1] == '.' || s[len(s)-1] == ',' || s[len(s)-1] == ';') {
		s = s[:len(s)-1]
	}
	if s == "" || !beginsIP(s[0]) {
		return netip.Addr{}, false
	}
	if s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			end = len(s)
		}
		s = s[1:end]
	}
	if len(s) > 5 && strings.EqualFold(s[:5], "ipv6:") {
		s = s[5:]
	}
	if len(s) < 2 || len(s) > 64 {
		return netip.Addr{}, false
	}
	if ip, ok := ordinaryIP(s); ok {
		return ip, true
	}
	if !looksLikeIP(s) {
		return netip.Addr{}, false
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.WithZone("").Unmap(), true
	}
	return readIPPort(s)
}

// beginsIP reports whether an address in one of its forms can begin with a byte.
func beginsIP(c byte) bool {
	return isDigit(c) || c == '[' || c == ':' || c|0x20 >= 'a' && c|0x20 <= 'f' || c|0x20 == 'i'
}

// looksLikeIP rules out most words cheaply.
func looksLikeIP(s string) bool {
	dots, colons := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c == '%':
			return colons > 1
		case !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return dots >= 3 || colons >= 2
}

// readIPPort reads an IPv4 address that a port follows, after a colon or a dot.
func readIPPort(s string) (netip.Addr, bool) {
	i := strings.LastIndexAny(s, ":.")
	if i < 0 || strings.Count(s, ".") < 3 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(s[:i])
	if err != nil {
		return netip.Addr{}, false
	}
	return ip.Unmap(), true
}

// bare removes the brackets of a literal, with a port behind them, and the dot that ends an
// absolute name.
func bare(s string) string {
	for len(s) > 0 && s[len(s)-1] == ',' {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if len(s) > 1 && s[0] == '[' {
		if i := strings.LastIndexByte(s, ']'); i == len(s)-1 || i > 0 && s[i+1] == ':' {
			return s[1:i]
		}
	}
	return s
}

// isHostName reports whether a word can be a host's name: something with a letter or a digit, and
// none of the bytes that only versions, paths and addresses hold.
func isHostName(s string) bool {
	named := uint8(0)
	for i := range len(s) {
		b := inHostName[s[i]]
		if b == 0 {
			return false
		}
		named |= b
	}
	return named > 1
}

// inHostName is 2 for the bytes that make a host's name, 1 for those that stand between them.
var inHostName = func() (in [256]uint8) {
	for c := range in {
		if isLetter(byte(c)) || isDigit(byte(c)) || c >= 0x80 {
			in[c] = 2
		}
	}
	in['.'], in['-'], in['_'] = 1, 1, 1
	return in
}()

// isFullName reports whether a word is a host's name of several labels, and not a version.
func isFullName(s string) bool {
	i := strings.LastIndexByte(s, '.')
	return i > 0 && i+1 < len(s) && isLetter(s[i+1]) && isHostName(s)
}

// addressOf takes an address out of its angle brackets, however many.
func addressOf(s string) string {
	for s != "" && isAround(s[0]) {
		s = s[1:]
	}
	for s != "" && isAround(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isAround(c byte) bool { return c == '<' || c == '>' || c == ',' || c == ';' }
