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

// A spelling is the way in which a server wrote a mailbox name.
type spelling int

// The spellings. A plain name is the same in every encoding.
const (
	spelledPlain  spelling = iota
	spelledUTF7            // modified UTF-7 (RFC 3501 section 5.1.3)
	spelledUTF8            // as where UTF8=ACCEPT is enabled, and at servers that do not wait for that
	spelledBroken          // neither: the name can be shown, and not be sent back
)

// decodeMailbox reads a mailbox name. One that is in no encoding is returned as the server sent it,
// with U+FFFD where it is no UTF-8.
func decodeMailbox(raw string) (string, spelling) {
	if strings.EqualFold(raw, inboxName) {
		return inboxName, spelledPlain // its case has no meaning (RFC 9051 section 5.1)
	}
	if !utf8.ValidString(raw) || strings.ContainsAny(raw, "\x00\r\n") {
		return strings.ToValidUTF8(raw, "\uFFFD"), spelledBroken
	}
	name, good := decodeUTF7(raw)
	switch {
	case !isASCII(raw) && strings.Contains(raw, "&"):
		return raw, spelledBroken // it cannot be told what "&" stands for
	case !isASCII(raw):
		return raw, spelledUTF8
	case !good || !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\r\n"):
		return raw, spelledBroken
	case name != raw:
		return name, spelledUTF7
	}
	return raw, spelledPlain
}

// decodeUTF7 decodes modified UTF-7; good is false if the name is not in it.
func decodeUTF7(raw string) (name string, good bool) {
	var b strings.Builder
	for rest := raw; rest != ""; {
		before, coded, found := strings.Cut(rest, "&")
		b.WriteString(before)
		if !found {
			break
		}
		word, after, closed := strings.Cut(coded, "-")
		text, ok := decodeWord(word)
		if !closed || !ok {
			return raw, false
		}
		b.WriteString(text)
		rest = after
	}
	return b.String(), true
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
