package sender

import (
	"fmt"
	"strings"
	"unicode"

	"seedtest"
)

// replyLine is one line of a reply (RFC 5321 section 4.2).
type replyLine struct {
	code int
	more bool // another line follows
	text string
}

const codeLen = 3

// parseReplyLine reads a line without its line end.
func parseReplyLine(line string) (replyLine, error) {
	if len(line) < codeLen || line[0] < '2' || line[0] > '5' ||
		!isDigit(line[1]) || !isDigit(line[2]) {
		return replyLine{}, malformed(line)
	}
	l := replyLine{code: int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')}
	if len(line) == codeLen {
		return l, nil
	}
	if line[3] != ' ' && line[3] != '-' {
		return replyLine{}, malformed(line)
	}
	l.more, l.text = line[3] == '-', line[4:]
	return l, nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func malformed(line string) error {
	return fmt.Errorf("%w: %q", errMalformed, clip(printable(line), 120))
}

// replyOf joins the lines of a reply. The enhanced code is taken from whichever line has one of
// the reply's class, because some servers write it on the last line only.
func replyOf(code int, lines []string) seedtest.Reply {
	r := seedtest.Reply{Code: code}
	for i, text := range lines {
		enhanced, rest := enhancedCode(text)
		if enhanced == "" || int(enhanced[0]-'0') != code/100 {
			continue
		}
		if r.Enhanced == "" {
			r.Enhanced = enhanced
		}
		lines[i] = rest
	}
	r.Text = strings.TrimSpace(strings.Join(lines, "\n"))
	return r
}

// enhancedCode is what a line begins with, such as "2.1.5" (RFC 2034 section 4), and what comes behind.
func enhancedCode(line string) (code, rest string) {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		end = len(line)
	}
	code, rest = line[:end], strings.TrimLeft(line[end:], " \t")
	class, detail, ok := strings.Cut(code, ".")
	subject, detail, more := strings.Cut(detail, ".")
	if !ok || !more || !enhancedPart(subject) || !enhancedPart(detail) ||
		class != "2" && class != "4" && class != "5" {
		return "", line
	}
	return code, rest
}

// enhancedPart wants one to three digits.
func enhancedPart(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 3
}

// printable makes a server's text safe to show: control characters and broken UTF-8 become U+FFFD.
func printable(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// plain reports whether all of s is ASCII that can be seen, and spaces.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// clip shortens s to at most n octets, at a character, and says so.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " [...]"
}
