package resolve

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"seedtest"
)

// idn converts names with letters beyond ASCII. Names of DNS are more than host names: underscores
// and the like stay.
var idn = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// absolute returns a name as it is asked: in A-labels, in lower case, with final dot, and with
// backslashes escaped, as the DNS library wants it.
func absolute(name string) (string, error) {
	if name == "." {
		return name, nil
	}
	name = strings.TrimSuffix(name, ".")
	if !isASCII(name) {
		converted, err := idn.ToASCII(name)
		if err != nil || !utf8.ValidString(name) {
			return "", noName("it cannot be written in A-labels")
		}
		name = strings.TrimSuffix(converted, ".")
	}
	if len(name) > 253 {
		return "", noName("longer than 253 octets")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return "", noName("a label is empty or longer than 63 octets")
		}
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", noName("it has control characters")
	}
	return strings.ReplaceAll(strings.ToLower(name), `\`, `\\`) + ".", nil
}

// noName is the error for a text that no name in DNS can be. So there is no such name, and who asks
// need not tell the two apart.
func noName(why string) error { return fmt.Errorf("%w: %s", seedtest.ErrNXDOMAIN, why) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// relative removes the final dot of a name, but not of the root, which is all dot.
func relative(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// unescape returns the octets of a text in the form of zone files, where \c and \ddd stand for one
// (RFC 1035 section 5.1). The DNS library keeps texts in that form.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			out = append(out, s[i])
		case i+3 < len(s) && isDigit(s[i+1]) && isDigit(s[i+2]) && isDigit(s[i+3]):
			out = append(out, (s[i+1]-'0')*100+(s[i+2]-'0')*10+s[i+3]-'0')
			i += 3
		default:
			out = append(out, s[i+1])
			i++
		}
	}
	return string(out)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
