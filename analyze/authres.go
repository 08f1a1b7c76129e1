package analyze

import (
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// readAuth reads the value of an Authentication-Results field or, with arc, of an
// ARC-Authentication-Results field, which names its instance first.
func readAuth(value string, arc bool) seedtest.AuthField {
	f := seedtest.AuthField{Raw: value}
	parts, balanced := readParts(value)
	if arc {
		f.Instance, parts = instance(parts)
	}
	parts = takeServer(&f, parts)
	r := resultReader{field: &f}
	for _, p := range parts {
		r.part(p)
	}
	if f.AuthservID == "" {
		f.Problems = append(f.Problems, "no authserv-id")
	}
	if !balanced {
		f.Problems = append(f.Problems, "a parenthesis is not closed")
	}
	return f
}

// instance takes "i=2;" from the front.
func instance(parts []part) (int, []part) {
	if len(parts) == 0 || parts[0].kind != partPair || parts[0].key != "i" {
		return 0, parts
	}
	n, err := strconv.Atoi(parts[0].value)
	if err != nil || n < 0 {
		n = 0
	}
	if parts = parts[1:]; len(parts) > 0 && parts[0].kind == partSemicolon {
		parts = parts[1:]
	}
	return n, parts
}

// takeServer takes the authserv-id and the version from the front. Microsoft writes neither, and
// begins with a result.
func takeServer(f *seedtest.AuthField, parts []part) []part {
	for len(parts) > 0 && parts[0].kind == partComment {
		parts = parts[1:]
	}
	if len(parts) == 0 || parts[0].kind != partWord {
		return parts
	}
	f.AuthservID, parts = parts[0].value, parts[1:]
	if len(parts) > 0 && parts[0].kind == partWord && leadingNumber(parts[0].value) > 0 {
		f.Version, parts = parts[0].value, parts[1:]
	}
	return parts
}

// resultReader gathers results. A segment begins with "method=result"; where it begins with what
// can only be a property, that belongs to the result before it (Amazon, Yahoo), or to the next one
// (Yahoo's "from=example.org; dkim=pass").
type resultReader struct {
	field  *seedtest.AuthField
	now    *seedtest.AuthResult
	before []seedtest.Property // properties that wait for their result
	fresh  bool                // nothing of this segment has been read but comments
	opened bool                // the reader has passed the first semicolon or result
}

func (r *resultReader) part(p part) {
	switch p.kind {
	case partSemicolon:
		r.fresh, r.opened = true, true
	case partComment:
		if r.now != nil {
			r.now.Comments = append(r.now.Comments, p.value)
		}
	case partPair:
		r.pair(p)
		r.fresh, r.opened = false, true
	}
}

func (r *resultReader) pair(p part) {
	switch {
	case p.key == "from" && (r.fresh || !r.opened):
		r.before = append(r.before, property(p))
	case r.begins(p):
		r.begin(p)
	case r.now == nil:
		r.field.Problems = append(r.field.Problems, p.key+" belongs to no result")
	case p.key == "reason" && r.now.Reason == "":
		r.now.Reason = p.value
	default:
		r.now.Properties = append(r.now.Properties, property(p))
	}
}

// begins reports whether a pair is a method and its result: the first of a segment does, unless it
// can only be a property; elsewhere both must be words that everybody knows.
func (r *resultReader) begins(p part) bool {
	method, _, _ := strings.Cut(p.key, "/")
	if r.fresh || !r.opened {
		return !strings.Contains(p.key, ".") && !slices.Contains(properties[:], p.key)
	}
	return slices.Contains(methods[:], method) &&
		slices.Contains(outcomes[:], strings.ToLower(p.value))
}

var (
	properties = [...]string{"action", "client-ip", "envelope-from", "helo", "identity", "receiver",
		"reason", "x-sender", "d", "s", "b", "i"}
	methods  = [...]string{"spf", "dkim", "dmarc", "arc", "iprev", "auth", "compauth"}
	outcomes = [...]string{"pass", "fail", "softfail", "neutral", "none", "policy", "temperror",
		"permerror", "bestguesspass"}
)

func (r *resultReader) begin(p part) {
	method, version, _ := strings.Cut(p.key, "/")
	r.field.Results = append(r.field.Results, seedtest.AuthResult{
		Method: method, Version: version, Result: strings.ToLower(p.value), Properties: r.before,
	})
	r.before = nil
	r.now = &r.field.Results[len(r.field.Results)-1]
}

// property splits "smtp.mailfrom=..." at the first dot of its key.
func property(p part) seedtest.Property {
	kind, name, ok := strings.Cut(p.key, ".")
	if !ok {
		kind, name = "", p.key
	}
	return seedtest.Property{Type: kind, Name: name, Value: p.value}
}
