package inbox

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText makes what a server said fit to be shown: control characters and what is no UTF-8
// become spaces, runs of spaces one, and it is cut to width characters. A message that hides from
// the reader what it does to a terminal would be worse than none.
func cleanText(s string, width int) string {
	if len(s) > 4*width {
		s = s[:4*width]
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > width {
		s = string(r[:width]) + "..."
	}
	return s
}

// serverName reads an ID reply (RFC 2971) as "name version".
func serverName(vs []value) string {
	if len(vs) < 2 {
		return ""
	}
	var name, version string
	for i := 0; i+1 < len(vs[1].list); i += 2 {
		switch key := vs[1].list[i].String(); {
		case !vs[1].list[i+1].quoted:
		case strings.EqualFold(key, "name"):
			name = vs[1].list[i+1].String()
		case strings.EqualFold(key, "version"):
			version = vs[1].list[i+1].String()
		}
	}
	return cleanText(strings.TrimSpace(name+" "+version), 80)
}
