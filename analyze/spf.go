package analyze

import (
	"strings"

	"seedtest"
)

// readSPF reads the value of a Received-SPF field: the result, a comment, and pairs that semicolons
// (RFC 7208 section 9.1), commas or only blanks (the dialects before it) part. What it does
// not understand stands in Raw.
func (r *authReader) readSPF(value string, f *seedtest.ReceivedSPF) {
	f.Raw = value
	r.properties = r.properties[:0]
	r.start(value)
	for p, ok := r.next(); ok; p, ok = r.next() {
		switch {
		case p.kind == partWord && f.Result == "":
			f.Result = strings.ToLower(strings.TrimRight(p.value, ":,"))
		case p.kind == partComment && f.Comment == "":
			f.Comment = p.value
		case p.kind == partPair:
			r.properties = append(r.properties, seedtest.Property{Name: p.key,
				Value: strings.TrimRight(p.value, ",")})
		}
	}
	f.Pairs = r.keptPairs.copyOf(r.properties)
}
