package analyze

import (
	"strings"

	"seedtest"
)

// readSPF reads the value of a Received-SPF field.
func readSPF(value string) seedtest.ReceivedSPF { return new(authReader).readSPF(value) }

// readSPF reads the value of a Received-SPF field: the result, a comment, and pairs that semicolons
// (RFC 7208 section 9.1), commas or only blanks (the dialects before it) part. It adds no problem
// of its own: what it does not understand stands in Raw.
func (r *authReader) readSPF(value string) seedtest.ReceivedSPF {
	f := seedtest.ReceivedSPF{Raw: value}
	r.split(value)
	pairs := 0
	for i := range r.parts {
		if r.parts[i].kind == partPair {
			pairs++
		}
	}
	if pairs > 0 {
		f.Pairs = make([]seedtest.Property, 0, pairs)
	}
	for i := range r.parts {
		switch p := &r.parts[i]; {
		case p.kind == partWord && f.Result == "":
			f.Result = strings.ToLower(strings.TrimRight(p.value, ":,"))
		case p.kind == partComment && f.Comment == "":
			f.Comment = p.value
		case p.kind == partPair:
			f.Pairs = append(f.Pairs, seedtest.Property{Name: p.key,
				Value: strings.TrimRight(p.value, ",")})
		}
	}
	return f
}
