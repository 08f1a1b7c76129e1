package analyze

import (
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// authReader reads the fields of results of one message, with memory that it uses again.
//
// A segment begins with "method=result". Where it begins with what can only be a property, that
// belongs to the result before it (Amazon, Yahoo), or to the next one (Yahoo's
// "from=example.org; dkim=pass").
type authReader struct {
	partReader
	results    []span
	properties []seedtest.Property
	comments   []string
	problems   []string
	tags       []seedtest.Property
	waiting    int // properties from here on belong to the next result, -1 if none do
	remark     int // the same of comments
	kept       chunk[seedtest.AuthResult]
	keptPairs  chunk[seedtest.Property]
	keptTexts  chunk[string]
	fresh      bool // nothing of this segment has been read but comments
	opened     bool // the first semicolon or result has been passed
}

// span is a result, and where its properties and comments begin.
type span struct {
	method, result, reason string
	properties, comments   int
}

// read reads the value of an Authentication-Results field or, with arc, of an
// ARC-Authentication-Results field, which names its instance first, into f.
func (r *authReader) read(value string, arc bool, f *seedtest.AuthField) {
	f.Raw = value
	r.results, r.properties, r.comments = r.results[:0], r.properties[:0], r.comments[:0]
	r.problems, r.waiting, r.remark, r.fresh, r.opened = nil, -1, -1, false, false
	r.start(value)
	p, ok := r.next()
	for ; ok && p.kind == partComment; p, ok = r.next() {
		r.comments = append(r.comments, p.value)
	}
	if ok && p.kind == partPair && p.key == "i" { // some copy it into Authentication-Results
		if arc {
			f.Instance = instance(p.value)
		}
		if p, ok = r.next(); ok && p.kind == partSemicolon {
			p, ok = r.next()
		}
	}
	for ok && r.takeServer(f, &p) {
		p, ok = r.next()
	}
	for ; ok; p, ok = r.next() {
		r.take(&p)
	}
	r.finish(f, arc)
}

// instance reads the number of an ARC set; 0 is none.
func instance(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// takeServer takes the authserv-id and the version from the front, and reports false at what is
// neither. Microsoft writes none, and begins with a result.
func (r *authReader) takeServer(f *seedtest.AuthField, p *part) bool {
	switch {
	case p.kind == partComment:
		r.comments = append(r.comments, p.value)
	case p.kind == partWord && f.AuthservID == "":
		f.AuthservID = p.value
	case p.kind == partWord && f.Version == "" && isNumber(p.value):
		f.Version = p.value
	default:
		return false
	}
	return true
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// take reads one part behind the server's name.
func (r *authReader) take(p *part) {
	switch p.kind {
	case partSemicolon:
		r.fresh, r.opened = true, true
	case partComment:
		if r.fresh && r.remark < 0 {
			r.remark = len(r.comments)
		}
		r.comments = append(r.comments, p.value)
	case partPair:
		r.takePair(p)
		r.fresh, r.opened = false, true
	}
}

func (r *authReader) takePair(p *part) {
	switch {
	case p.key == "from" && (r.fresh || !r.opened):
		if r.waiting < 0 {
			r.waiting = len(r.properties)
		}
		r.properties = append(r.properties, property(p))
	case r.begins(p):
		r.begin(p)
	case len(r.results) == 0 && r.waiting < 0:
		r.problem(p.key + " belongs to no result")
	case p.key == "reason" && r.waiting < 0 && r.results[len(r.results)-1].reason == "":
		r.results[len(r.results)-1].reason = p.value
	default:
		r.properties = append(r.properties, property(p))
		r.remark = -1
	}
}

// begins reports whether a pair is a method and its result: the first of a segment does, unless it
// can only be a property; elsewhere both must be words that everybody knows.
func (r *authReader) begins(p *part) bool {
	if r.fresh || !r.opened {
		return !isProperty(p.key)
	}
	if strings.IndexByte(p.key, '.') >= 0 {
		return false
	}
	method, _, _ := strings.Cut(p.key, "/")
	return isMethod(method) &&
		slices.ContainsFunc(outcomes[:], func(o string) bool { return strings.EqualFold(o, p.value) })
}

// isProperty reports whether a key names a property: it has a type, or one letter, as tags of DKIM
// do, or is a word that some write without a type.
func isProperty(key string) bool {
	switch key {
	case "action", "client-ip", "envelope-from", "helo", "identity", "receiver", "reason",
		"mechanism", "sp", "dis", "pct":
		return true
	}
	return len(key) <= 1 || strings.IndexByte(key, '.') >= 0
}

func isMethod(word string) bool {
	switch word {
	case "spf", "dkim", "dmarc", "arc", "iprev", "auth", "compauth":
		return true
	}
	return false
}

var outcomes = [...]string{"pass", "fail", "softfail", "neutral", "none", "policy", "temperror",
	"permerror", "bestguesspass"}

func (r *authReader) begin(p *part) {
	s := span{method: p.key, result: strings.ToLower(strings.TrimRight(p.value, ",")),
		properties: len(r.properties), comments: len(r.comments)}
	if r.waiting >= 0 {
		s.properties = r.waiting
	}
	if r.remark >= 0 {
		s.comments = r.remark
	}
	r.waiting, r.remark = -1, -1
	r.results = append(r.results, s)
}

// property splits "smtp.mailfrom=..." at the first dot of its key.
func property(p *part) seedtest.Property {
	kind, name, ok := strings.Cut(p.key, ".")
	if !ok {
		kind, name = "", p.key
	}
	return seedtest.Property{Type: kind, Name: name, Value: p.value}
}

// problem notes one, of each kind only the first.
func (r *authReader) problem(text string) {
	if len(r.problems) == 0 {
		r.problems = append(r.problems, text)
	}
}

// finish moves what has been read into the field, in memory of its own.
func (r *authReader) finish(f *seedtest.AuthField, arc bool) {
	f.Results = r.kept.room(len(r.results))[:len(r.results)]
	properties, comments := r.keptPairs.copyOf(r.properties), r.keptTexts.copyOf(r.comments)
	own := len(comments)
	if len(r.results) > 0 {
		own = r.results[0].comments
	}
	f.Comments = section(comments, 0, own)
	for i := range r.results {
		s := &r.results[i]
		endPairs, endTexts := len(properties), len(comments)
		if i+1 < len(r.results) {
			endPairs, endTexts = r.results[i+1].properties, r.results[i+1].comments
		}
		to := &f.Results[i] // filled where it is: a copy of it costs as much as reading it
		to.Method, to.Version, _ = strings.Cut(s.method, "/")
		to.Result, to.Reason = s.result, s.reason
		to.Properties = section(properties, s.properties, endPairs)
		to.Comments = section(comments, s.comments, endTexts)
	}
	if f.AuthservID == "" {
		r.problems = append(r.problems, "no authserv-id")
	}
	if arc && f.Instance == 0 {
		r.problems = append(r.problems, "no instance of an ARC set")
	}
	if r.scanner.Unbalanced() {
		r.problems = append(r.problems, "a parenthesis is not closed")
	}
	if r.cut {
		r.problems = append(r.problems, "too long: the rest is not read")
	}
	f.Problems = r.problems
}

// section returns part of a list that nothing can be added to, or nil if it is empty.
func section[T any](list []T, from, to int) []T {
	if from == to {
		return nil
	}
	return list[from:to:to]
}
