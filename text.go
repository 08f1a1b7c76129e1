package seedtest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// OneLine makes what a server said fit to be shown: control characters, those that change the
// direction of text and what is no UTF-8 become spaces, runs of spaces one, and it is cut to width
// characters. A message that hides from its reader what it does to a terminal would be worse than
// none.
func OneLine(s string, width int) string {
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
