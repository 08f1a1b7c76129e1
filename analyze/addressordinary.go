package analyze

import "net/netip"

// ordinaryIP reads an address that stands alone and in plain digits. It reads nothing that
// netip.ParseAddr does not read, in less time.
func ordinaryIP(s string) (netip.Addr, bool) {
	var ip [4]byte
	field, value, digits := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c) && digits < 3 && (value > 0 || digits == 0):
			value = 10*value + int(c-'0')
			digits++
		case c == '.' && digits > 0 && field < 3 && value < 256:
			ip[field] = byte(value)
			field, value, digits = field+1, 0, 0
		case field == 0 && i <= 4:
			return ordinaryIPv6(s)
		default:
			return netip.Addr{}, false
		}
	}
	ip[field] = byte(value)
	return netip.AddrFrom4(ip), field == 3 && digits > 0 && value < 256
}

// ordinaryIPv6 is ordinaryIP for addresses in hexadecimal digits and colons.
func ordinaryIPv6(s string) (netip.Addr, bool) {
	var ip [16]byte
	size, gap := 0, -1 // in bytes
	if len(s) > 2 && s[:2] == "::" {
		gap, s = 0, s[2:]
	}
	for size < len(ip) {
		group, digits := hexDigits(s)
		if digits == 0 || digits > 4 {
			return netip.Addr{}, false
		}
		ip[size], ip[size+1] = byte(group>>8), byte(group)
		size += 2
		if s = s[digits:]; s == "" {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return netip.Addr{}, false
		}
		if s = s[1:]; s[0] == ':' {
			if gap >= 0 || len(s) == 1 {
				return netip.Addr{}, false
			}
			gap, s = size, s[1:]
		}
	}
	if s != "" || (gap < 0) != (size == len(ip)) {
		return netip.Addr{}, false
	}
	if gap >= 0 {
		back := len(ip) - (size - gap)
		copy(ip[back:], ip[gap:size])
		clear(ip[gap:min(back, size)])
	}
	return netip.AddrFrom16(ip).Unmap(), true
}

// hexDigits reads the hexadecimal digits that a text begins with, up to one too many for a group.
func hexDigits(s string) (value, digits int) {
	for digits < len(s) && digits < 5 {
		digit := hexDigit[s[digits]]
		if digit == 0 {
			break
		}
		value = value<<4 | int(digit-1)
		digits++
	}
	return value, digits
}

// hexDigit gives for each hexadecimal digit its value and one, for all other bytes 0.
var hexDigit = func() (digit [256]uint8) {
	for i := range uint8(16) {
		digit["0123456789abcdef"[i]] = i + 1
		digit["0123456789ABCDEF"[i]] = i + 1
	}
	return digit
}()
