package inbox

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var mailboxBase64 = base64.NewEncoding(
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding)

// decodeMailbox decodes a mailbox name from modified UTF-7 (RFC 3501 section 5.1.3). ok is false
// if the name is not in it: then the name is as the server sent it, with U+FFFD where it is no
// UTF-8, and cannot be sent back.
func decodeMailbox(raw string) (name string, ok bool) {
	if strings.EqualFold(raw, "INBOX") {
		return "INBOX", true // its case has no meaning (RFC 9051 section 5.1)
	}
	var b strings.Builder
	for rest := raw; rest != ""; {
		before, coded, found := strings.Cut(rest, "&")
		b.WriteString(before)
		if !found {
			break
		}
		word, after, closed := strings.Cut(coded, "-")
		text, good := decodeWord(word)
		if !closed || !good {
			return strings.ToValidUTF8(raw, "\uFFFD"), false
		}
		b.WriteString(text)
		rest = after
	}
	name = b.String()
	if !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\r\n") {
		return strings.ToValidUTF8(name, "\uFFFD"), false
	}
	// A server that sends names in plain UTF-8 would not know ours, which is encoded.
	return name, isASCII(raw)
}

// decodeWord decodes what stands between "&" and "-".
func decodeWord(word string) (string, bool) {
	if word == "" {
		return "&", true
	}
	raw, err := mailboxBase64.DecodeString(word)
	if err != nil || len(raw)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return string(utf16.Decode(units)), true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
