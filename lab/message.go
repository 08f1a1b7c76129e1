package lab

import (
	"bytes"
	"net/mail"
	"strings"
)

// field is one header field of a message: its name, and its value as it stands, folds included.
type field struct{ name, value string }

// fields reads the header of a message. Lines that are none are passed over.
func fields(raw []byte) []field {
	var out []field
	for line := range bytes.Lines(raw) {
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if len(out) > 0 {
				out[len(out)-1].value += "\r\n" + text
			}
			continue
		}
		if name, value, ok := strings.Cut(text, ":"); ok {
			out = append(out, field{strings.TrimSpace(name), value})
		}
	}
	return out
}

// first returns the first field of a name, unfolded.
func first(list []field, name string) string {
	for _, f := range list {
		if strings.EqualFold(f.name, name) {
			return strings.TrimSpace(strings.ReplaceAll(f.value, "\r\n", ""))
		}
	}
	return ""
}

// messageID returns the Message-ID without its brackets.
func messageID(list []field) string {
	return strings.TrimSuffix(strings.TrimPrefix(first(list, "Message-ID"), "<"), ">")
}

// fromDomain returns the domain of the From field, lower case; empty if there is none.
func fromDomain(list []field) string {
	a, err := mail.ParseAddress(first(list, "From"))
	if err != nil {
		return ""
	}
	return domainOf(a.Address)
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// crlf makes every line end in CRLF (RFC 5321 section 2.3.8).
func crlf(raw []byte) []byte {
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
}

// tag returns the value of a tag in a tag list (RFC 6376 section 3.2), without white space.
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
