package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The letters of macros (RFC 7208 section 7.2). The last three may stand in explanations only.
const (
	macroLetters   = "slodiphv"
	explainLetters = "crt"
	delimiters     = ".-+,/_="
)

// macroPart is a piece of a macro string: text that stands for itself, or a macro.
type macroPart struct {
	text       string // what stands for itself, if letter is 0
	literal    bool   // text is written as it stands: it is no "%%", "%_" or "%-"
	letter     byte   // in lower case
	escape     bool   // the letter is a capital: the value is escaped as in a URL
	keep       int    // how many parts to keep, counted from the right; 0 for all
	reverse    bool
	delimiters string // "." if none is given
}

// nextMacro reads the first part of a macro string (RFC 7208 section 7.1) and returns what follows
// it. An explanation may also hold blanks, and letters of its own.
func nextMacro(s string, explain bool) (macroPart, string, error) {
	if s[0] != '%' {
		return macroText(s, explain)
	}
	if len(s) < 2 {
		return macroPart{}, "", errors.New("% at the end begins no macro")
	}
	switch s[1] {
	case '%':
		return macroPart{text: "%"}, s[2:], nil
	case '_':
		return macroPart{text: " "}, s[2:], nil
	case '-':
		return macroPart{text: "%20"}, s[2:], nil
	case '{':
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return macroPart{}, "", errors.New("%{ is not closed by }")
		}
		part, err := readMacro(s[2:end], explain)
		return part, s[end+1:], err
	}
	return macroPart{}, "", fmt.Errorf("%q begins no macro", s[:2])
}

// macroText reads text up to the next macro.
func macroText(s string, explain bool) (macroPart, string, error) {
	end := strings.IndexByte(s, '%')
	if end < 0 {
		end = len(s)
	}
	for i := range end {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && !explain {
			return macroPart{}, "", fmt.Errorf("byte %#02x may not stand there", c)
		}
	}
	return macroPart{text: s[:end], literal: true}, s[end:], nil
}

// readMacro reads what stands between the braces: a letter, digits, r, delimiters.
func readMacro(s string, explain bool) (macroPart, error) {
	bad := func(why string) (macroPart, error) {
		return macroPart{}, fmt.Errorf("macro %%{%s}: %s", shorten(s, 40), why)
	}
	if s == "" {
		return bad("it has no letter")
	}
	p := macroPart{letter: s[0] | 0x20, escape: s[0] < 'a'}
	if strings.IndexByte(macroLetters, p.letter) < 0 &&
		!(explain && strings.IndexByte(explainLetters, p.letter) >= 0) {
		return bad("there is no such letter here")
	}
	s = s[1:]
	digits := 0
	for ; digits < len(s) && s[digits] >= '0' && s[digits] <= '9'; digits++ {
		p.keep = min(p.keep*10+int(s[digits]-'0'), 1000)
	}
	if digits > 0 && p.keep == 0 {
		return bad("it keeps 0 parts")
	}
	s = s[digits:]
	if s != "" && (s[0] == 'r' || s[0] == 'R') {
		p.reverse, s = true, s[1:]
	}
	if strings.Trim(s, delimiters) != "" {
		return bad("what follows the letter is not understood")
	}
	p.delimiters = s
	if s == "" {
		p.delimiters = "."
	}
	return p, nil
}

// transform applies the digits, the reversal and the delimiters to a value (RFC 7208 section 7.3).
func (p macroPart) transform(value string) string {
	if p.keep > 0 || p.reverse || p.delimiters != "." {
		parts := splitAny(value, p.delimiters)
		if p.reverse {
			slices.Reverse(parts)
		}
		if p.keep > 0 && p.keep < len(parts) {
			parts = parts[len(parts)-p.keep:]
		}
		value = strings.Join(parts, ".")
	}
	if p.escape {
		return escapeURL(value)
	}
	return value
}

// splitAny splits at each of the delimiters, which are ASCII.
func splitAny(s, delimiters string) []string {
	var parts []string
	for {
		i := strings.IndexAny(s, delimiters)
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

// escapeURL escapes all but the unreserved characters of RFC 3986 section 2.3.
func escapeURL(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case isAlphanum(c) || strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// checkMacroString checks the value of a modifier that is not known.
func checkMacroString(s string) error {
	_, err := lastMacro(s)
	return err
}

// lastMacro checks all parts of a macro string and returns the last one.
func lastMacro(s string) (macroPart, error) {
	var last macroPart
	var err error
	for len(s) > 0 && err == nil {
		last, s, err = nextMacro(s, false)
	}
	return last, err
}

// checkDomainSpec checks a domain-spec: a macro string that ends with a macro, or with a dot, a
// label that is no number, and perhaps a further dot.
func checkDomainSpec(s string) error {
	if s == "" {
		return errors.New("there is no domain name")
	}
	last, err := lastMacro(s)
	if err != nil || !last.literal {
		return err
	}
	text := strings.TrimSuffix(last.text, ".")
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 || !isTopLabel(text[dot+1:]) {
		return fmt.Errorf("%q does not end like a domain name", shorten(s, 80))
	}
	return nil
}

// isTopLabel reports whether a label may be the last of a domain name: letters, digits and hyphens,
// not only digits, no hyphen at either end.
func isTopLabel(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	number := true
	for i := range len(s) {
		if s[i] != '-' && !isAlphanum(s[i]) {
			return false
		}
		number = number && isDigit(s[i])
	}
	return !number
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isAlphanum(c byte) bool { return isDigit(c) || isLetter(c) }

// shorten cuts a text from the network for use in a sentence.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}
