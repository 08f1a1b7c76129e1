package analyze

import (
	"strings"

	"seedtest"
)

// readSPF reads the value of a Received-SPF field: the result, a comment, and pairs that semicolons
// (RFC 7208 section 9.1) or only blanks (the dialects before it) part.
func readSPF(value string) seedtest.ReceivedSPF {
	f := seedtest.ReceivedSPF{Raw: value}
	parts, _ := readParts(value)
	for _, p := range parts {
		switch {
		case p.kind == partWord && f.Result == "":
			f.Result = strings.ToLower(strings.TrimRight(p.value, ":,"))
		case p.kind == partComment && f.Comment == "":
			f.Comment = p.value
		case p.kind == partPair:
			f.Pairs = append(f.Pairs, seedtest.Property{Name: p.key, Value: p.value})
		}
	}
	return f
}
