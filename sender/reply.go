package sender

import (
	"fmt"
	"regexp"
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

// enhancedCode stands at the start of a line (RFC 2034 section 4).
var enhancedCode = regexp.MustCompile(`^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)`)

// replyOf joins the lines of a reply. The enhanced code is taken from whichever line has one of
// the reply's class, because some servers write it on the last line only.
func replyOf(code int, lines []string) seedtest.Reply {
	r := seedtest.Reply{Code: code}
	for i, text := range lines {
		m := enhancedCode.FindString(text)
		if m == "" || int(m[0]-'0') != code/100 {
			continue
		}
		if r.Enhanced == "" {
			r.Enhanced = strings.TrimSpace(m)
		}
		lines[i] = text[len(m):]
	}
	r.Text = strings.TrimSpace(strings.Join(lines, "\n"))
	return r
}

// printable makes a server's text safe to show: control characters and broken UTF-8 become U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// clip shortens s to at most n octets, at a character, and says so.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " [...]"
}
