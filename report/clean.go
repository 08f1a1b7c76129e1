package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// mostMarks is how many combining marks may stand on one character. More are a trick to cover the
// lines above and below.
const mostMarks = 4

// Clean makes text from anything harmless on a terminal, and keeps its lines: control characters
// (and with them every ANSI escape), bidirectional overrides and invisible characters are written
// as escapes, bytes that are no UTF-8 as U+FFFD. [CleanLine] is for text that has to stay on one
// line.
func Clean(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	return strings.Join(lines, "\n")
}

// CleanLine makes one line of harmless text from anything, so that a server's words cannot pass for
// a line of ours.
func CleanLine(s string) string { return clean(s) }

// clean makes one line of harmless text from anything. Line ends and tabs become blanks; control
// characters (and with them every ANSI escape), bidirectional overrides, zero-width and other
// invisible characters are written as escapes; bytes that are no UTF-8 become U+FFFD.
func clean(s string) string {
	if harmlessASCII(s) {
		return s
	}
	var b strings.Builder
	marks := 0
	for _, r := range s {
		switch {
		case r == '\r':
			continue // what follows still stands on the letter before
		case r >= 0xfe00 && r <= 0xfe0f: // variation selectors change widths behind our back
			continue
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks <= mostMarks {
				b.WriteRune(r)
			}
			continue
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(escaped(r))
		}
		marks = 0
	}
	return b.String()
}

// harmlessASCII reports whether a text is ASCII that can be printed as it is, as nearly all is.
func harmlessASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// escaped writes a character that must not be printed.
func escaped(r rune) string {
	if r < 0x100 {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u{%x}`, r)
}

// cells is how many terminal cells a clean text takes.
func cells(s string) int {
	if harmlessASCII(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

const dots = "..."

// cut shortens a clean text to n cells, with dots where something is missing.
func cut(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	if n <= len(dots) {
		return dots[:max(n, 0)]
	}
	head, _ := split(s, n-len(dots))
	return strings.TrimRight(head, " ") + dots
}

// split divides a text after at most n cells. A character that is wider than n goes to the head
// all the same, so that there is always progress.
func split(s string, n int) (head, tail string) {
	if len(s) <= n { // no character takes more cells than bytes
		return s, ""
	}
	taken := 0
	for i, r := range s {
		if taken += runeCells(r); taken > n && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// pad fills a text with blanks up to n cells.
func pad(s string, n int) string {
	if missing := n - cells(s); missing > 0 {
		return s + strings.Repeat(" ", missing)
	}
	return s
}

// wrap breaks a clean text at blanks into lines of at most n cells, and words that are longer
// where they must be.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case cells(line)+1+cells(word) <= n:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		for head, tail := split(line, n); tail != ""; head, tail = split(line, n) {
			lines, line = append(lines, head), tail
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// plural says n things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list joins words as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
