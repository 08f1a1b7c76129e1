package sender

import (
	"errors"
	"fmt"
	"mime"
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
	h.Add(f.Name, mime.QEncoding.Encode("utf-8", value))
	return nil
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
