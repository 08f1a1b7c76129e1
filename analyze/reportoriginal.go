package analyze

import (
	"strings"

	"seedtest"
	"seedtest/header"
)

// maxOriginal is how much of an original is searched for its header.
const maxOriginal = 64 << 10

// readOriginal reads the fields of the message that a report quotes, who it is from, and whether
// it went to others than those in To. Blank or ruled lines above its header and an indentation are
// passed over.
func readOriginal(text string) (o seedtest.OriginalMessage, from string, shared bool) {
	text = headOf(text[:min(len(text), maxOriginal)])
	for _, f := range header.Parse([]byte(text)).Fields {
		switch strings.ToLower(f.Name) {
		case "message-id":
			setOnce(&o.MessageID, bareAddress(f.Value))
		case "x-entity-ref-id":
			setOnce(&o.EntityRef, strings.TrimSpace(f.Value))
		case "subject":
			setOnce(&o.Subject, decoded(f.Value))
		case "to":
			setOnce(&o.To, bareAddress(decoded(f.Value)))
		case "from":
			setOnce(&from, f.Value)
		case "cc", "list-post":
			shared = true
		}
	}
	return o, from, shared
}

// headOf returns a text from its first field on, without the indentation that it has.
func headOf(text string) string {
	for rest := text; rest != ""; {
		line, below, _ := strings.Cut(rest, "\n")
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t>"))]
		if name, _, ok := strings.Cut(line[len(indent):], ":"); ok && isFieldName(name) {
			return outdent(rest, indent)
		}
		rest = below
	}
	return ""
}

// toldFields returns a text from the first line on that tells, indented, a field of the original.
func toldFields(text string) string {
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		told := strings.TrimLeft(line, " \t")
		if len(told) < len(line) &&
			(hasPrefixFold(told, "Message-ID:") || hasPrefixFold(told, "Subject:")) {
			return text[at:]
		}
		at += len(line) + 1
	}
	return ""
}

func isFieldName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return len(name) > 1
}

func outdent(text, indent string) string {
	if indent == "" {
		return text
	}
	text = strings.TrimPrefix(text, indent)
	return strings.ReplaceAll(text, "\n"+indent, "\n")
}
