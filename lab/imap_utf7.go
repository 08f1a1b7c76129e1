package lab

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Mailbox names travel in modified UTF-7 (RFC 3501 section 5.1.3): printable ASCII as it is, "&"
// as "&-", anything else as UTF-16 in a base64 of its own between "&" and "-".
var utf7Coding = base64.NewEncoding(
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding)

func utf7(name string) string {
	var out strings.Builder
	var coded []uint16
	flush := func() {
		if len(coded) == 0 {
			return
		}
		var octets []byte
		for _, u := range coded {
			octets = append(octets, byte(u>>8), byte(u))
		}
		out.WriteString("&" + utf7Coding.EncodeToString(octets) + "-")
		coded = nil
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			coded = utf16.AppendRune(coded, r)
			continue
		}
		flush()
		out.WriteRune(r)
		if r == '&' {
			out.WriteByte('-')
		}
	}
	flush()
	return out.String()
}

// fromUTF7 decodes a name. What is not well-formed, and whatever could not be shown in a line, is
// refused.
func fromUTF7(wire string) (name string, ok bool) {
	var out strings.Builder
	for wire != "" {
		plain, coded, found := strings.Cut(wire, "&")
		if strings.IndexFunc(plain, func(r rune) bool { return r > '~' }) >= 0 {
			return "", false
		}
		out.WriteString(plain)
		if !found {
			break
		}
		word, rest, closed := strings.Cut(coded, "-")
		text, good := utf7Word(word)
		if !closed || !good {
			return "", false
		}
		out.WriteString(text)
		wire = rest
	}
	name = out.String()
	control := func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }
	return name, strings.IndexFunc(name, control) < 0
}

func utf7Word(word string) (string, bool) {
	if word == "" {
		return "&", true
	}
	octets, err := utf7Coding.DecodeString(word)
	if err != nil || len(octets)%2 != 0 {
		return "", false
	}
	var units []uint16
	for i := 0; i < len(octets); i += 2 {
		units = append(units, uint16(octets[i])<<8|uint16(octets[i+1]))
	}
	return string(utf16.Decode(units)), true
}
