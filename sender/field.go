package sender

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"

	"seedtest"
)

// Longest name, unbroken word and white space of a header field that are taken. A line has at most
// 998 octets (RFC 5322 section 2.1.1), a word cannot be folded without changing it, and a fold must
// not leave a line of white space only (section 3.2.2), which some take for the header's end.
const (
	maxFieldName = 64
	maxFieldWord = 500
	maxFieldGap  = 50
)

// reserved are the fields that a message must not set: ours, those that describe the text, and
// those that only a server writes.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "date", "from", "to", "subject", "message-id", "x-entity-ref-id", "mime-version",
		"cc", "bcc", "sender", "return-path", "received", "authentication-results",
		"delivered-to":
		return true
	}
	return strings.HasPrefix(strings.ToLower(name), "content-")
}

// addField puts a field of the user's above the others.
func addField(h *message.Header, f seedtest.Header) error {
	if err := checkName(f.Name); err != nil {
		return fmt.Errorf("header %q: %w", f.Name, err)
	}
	if reserved(f.Name) {
		return fmt.Errorf("header %q: this field is written by the program", f.Name)
	}
	value := strings.TrimSpace(f.Value)
	if value == "" {
		return fmt.Errorf("header %q: empty", f.Name)
	}
	if err := checkValue(value); err != nil {
		return fmt.Errorf("header %q: %w", f.Name, err)
	}
	value, err := encodedValue(f.Name, value)
	if err != nil {
		return fmt.Errorf("header %q: %w", f.Name, err)
	}
	var b bytes.Buffer
	writeField(&b, f.Name, value)
	h.AddRaw(b.Bytes())
	return nil
}

// encodedValue encodes a value. In a field of addresses only their names may be (RFC 2047 section 5).
func encodedValue(name, value string) (string, error) {
	switch strings.ToLower(name) {
	case "reply-to", "errors-to", "disposition-notification-to":
	default:
		return encoded(name, value), nil
	}
	if encoded(name, value) == value {
		return value, nil
	}
	list, err := mail.ParseAddressList(value)
	if err != nil {
		return "", errors.New(`no list of addresses: write it as "Name <name@example.org>"`)
	}
	all := make([]string, len(list))
	for i, a := range list {
		all[i] = a.String()
	}
	return strings.Join(all, ", "), nil
}

// foldAt is the longest line of a field that has words to break at (RFC 2047 section 2 wants it of
// encoded-words, RFC 5322 section 2.1.1 wishes for 78).
const foldAt = 76

// writeField writes a field in lines that end before white space. The library would break a line with
// encoded-words at 998 octets only.
func writeField(b *bytes.Buffer, name, value string) {
	b.WriteString(name)
	b.WriteByte(':')
	line := len(name) + 1
	for rest := " " + value; rest != ""; {
		gap := len(rest) - len(strings.TrimLeft(rest, " \t"))
		word := len(rest)
		if i := strings.IndexAny(rest[gap:], " \t"); i >= 0 {
			word = gap + i
		}
		if line+word > foldAt && line > len(name)+1 {
			b.WriteString("\r\n")
			line = 0
		}
		b.WriteString(rest[:word])
		line, rest = line+word, rest[word:]
	}
	b.WriteString("\r\n")
}

// encoded is a value in encoded-words where it is not ASCII, the first of which fits beside the name.
func encoded(name, value string) string {
	if mime.QEncoding.Encode("utf-8", value) == value {
		return value
	}
	var words []string
	room := foldAt - len(name) - len(": ")
	begin := 0
	for i, r := range value {
		next := i + utf8.RuneLen(r)
		if i > begin && len(encodedWord(value[begin:next])) > room {
			words = append(words, encodedWord(value[begin:i]))
			begin, room = i, foldAt-1
		}
	}
	return strings.Join(append(words, encodedWord(value[begin:])), " ")
}

// encodedWord is text as one word of RFC 2047, whether it needs it or not: white space between two
// of them would be lost otherwise.
func encodedWord(s string) string {
	var b strings.Builder
	b.WriteString("=?utf-8?q?")
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('_')
		case c > ' ' && c <= '~' && !strings.ContainsRune("=?_", rune(c)):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String() + "?="
}

// checkName wants a field name (RFC 5322 section 3.6.8), without its colon.
func checkName(name string) error {
	if name == "" || len(name) > maxFieldName {
		return fmt.Errorf("a name has 1 to %d characters", maxFieldName)
	}
	for _, r := range name {
		if r <= ' ' || r > '~' || r == ':' {
			return fmt.Errorf("%q is not allowed in a name", r)
		}
	}
	return nil
}

// checkValue refuses what would begin another field or line, or could not be folded.
func checkValue(value string) error {
	if strings.ContainsAny(value, "\r\n") {
		return errors.New("a line break is not allowed")
	}
	if !utf8.ValidString(value) {
		return errors.New("not UTF-8")
	}
	for _, r := range value {
		if unicode.IsControl(r) && r != '\t' {
			return fmt.Errorf("the control character %q is not allowed", r)
		}
	}
	return checkWords(value)
}

func checkWords(value string) error {
	word, gap := 0, 0
	for i := range len(value) {
		if value[i] == ' ' || value[i] == '\t' {
			word, gap = 0, gap+1
		} else {
			word, gap = word+1, 0
		}
		switch {
		case word > maxFieldWord:
			return fmt.Errorf("a word has more than %d octets", maxFieldWord)
		case gap > maxFieldGap:
			return fmt.Errorf("more than %d spaces in a row", maxFieldGap)
		}
	}
	return nil
}
