package analyze

import (
	"strings"

	"seedtest/header"
)

// maxTokens bounds how many words, marks and comments are read of all the fields of one message
// that hold results, Received-SPF or signatures. No mail that a server wrote comes near it.
const maxTokens = 200_000

// partKind tells what a part of a results field is.
type partKind uint8

const (
	partWord      partKind = iota // a word that no "=" follows
	partPair                      // key=value
	partComment                   // what stands between parentheses
	partSemicolon                 // the end of a segment
)

// partSpecials are the marks between parts.
var partSpecials = header.NewSpecials(";=")

// part is a piece of Authentication-Results (RFC 8601 section 2.2) or Received-SPF (RFC 7208
// section 9.1), which are made of the same pieces.
type part struct {
	kind       partKind
	key, value string // the key in lower case; of words and comments only value
}

// partReader takes values apart. It knows blanks around "=", values that are empty or hold "=",
// quoted ones, and comments wherever RFC 8601 allows them.
type partReader struct {
	value   string
	scanner header.Scanner
	token   header.Token // the one to read next
	late    []part       // comments from within a pair, which come behind it
	joined  []byte
	spent   int  // tokens of all values so far
	cut     bool // this value was not read to its end
}

// start begins with another value.
func (r *partReader) start(value string) {
	r.value, r.scanner = value, header.NewScanner(value, partSpecials)
	r.late, r.cut = r.late[:0], false
	r.advance()
}

// advance goes to the next token.
func (r *partReader) advance() {
	r.token = r.scanner.Next()
	if r.spent++; r.spent > maxTokens {
		r.cut = r.cut || r.token.Kind != header.KindEnd
		r.token = header.Token{}
	}
}

// next returns the next part, and false at the end.
func (r *partReader) next() (part, bool) {
	if len(r.late) > 0 {
		p := r.late[0]
		r.late = r.late[1:]
		return p, true
	}
	for {
		t := r.token
		if t.Kind == header.KindEnd {
			return part{}, false
		}
		if t.Kind == header.KindWord && r.spent+3 < maxTokens {
			if value, ok := r.scanner.Behind('='); ok { // nearly all pairs
				r.spent += 2
				r.advance()
				return part{kind: partPair, key: strings.ToLower(t.Text), value: value}, true
			}
		}
		r.advance()
		switch {
		case t.Kind == header.KindComment:
			return comment(t), true
		case t.Kind != header.KindSpecial:
			return r.pairOrWord(t), true
		case t.Text == ";":
			return part{kind: partSemicolon}, true
		}
	}
}

func comment(t header.Token) part {
	return part{kind: partComment, value: strings.TrimSpace(t.Text)}
}

// pairOrWord reads what begins with a word.
func (r *partReader) pairOrWord(t header.Token) part {
	key := t.Text
	if !r.atEquals() {
		whole, ok := r.longKey(key)
		if !ok {
			return part{kind: partWord, value: key}
		}
		key = whole
	}
	equals := r.token.End
	r.advance()
	return part{kind: partPair, key: strings.ToLower(key), value: r.pairValue(equals)}
}

func (r *partReader) atEquals() bool {
	return r.token.Kind == header.KindSpecial && r.token.Text == "="
}

// longKey reads on behind the first word of what may be a key, to its "=". A key may have blanks
// and comments around its slash or dot: "dkim (why not) / 1 =", "policy . expired =". Where none
// is, it goes back; what it has read stays spent, so that nobody makes it go there for ever.
func (r *partReader) longKey(key string) (whole string, ok bool) {
	if r.token.Kind != header.KindComment && r.token.Kind != header.KindWord {
		return "", false
	}
	scanner, token, late := r.scanner, r.token, len(r.late)
	for !r.atEquals() {
		switch {
		case r.token.Kind == header.KindComment:
			r.late = append(r.late, comment(r.token))
		case r.token.Kind == header.KindWord && continues(key, r.token.Text):
			key += r.token.Text
		default:
			r.scanner, r.token, r.late = scanner, token, r.late[:late]
			return "", false
		}
		r.advance()
	}
	return key, true
}

// continues reports whether a word belongs to the key before it. Only a type that RFC 8601 knows
// takes a dot that stands alone: other words that end with one are names of hosts.
func continues(key, word string) bool {
	switch {
	case key == "":
		return false
	case key[len(key)-1] == '/' || word[0] == '/':
		return len(key) < 100
	case word[0] == '.':
		return isType(key)
	}
	return key[len(key)-1] == '.' && isType(key[:len(key)-1])
}

// isType reports whether a word is a ptype of RFC 8601 section 2.3 or the IANA registry.
func isType(s string) bool {
	for _, t := range [...]string{"smtp", "header", "body", "policy", "dns"} {
		if strings.EqualFold(s, t) {
			return true
		}
	}
	return false
}

// pairValue reads what stands behind the "=" that ends at a place: everything up to a blank, a
// semicolon or a comment. Behind a blank it is one word, unless that is the next key.
func (r *partReader) pairValue(equals int32) string {
	if r.token.Start == equals && r.isValue() {
		return r.joinValue()
	}
	scanner, token, late := r.scanner, r.token, len(r.late)
	for r.token.Kind == header.KindComment {
		r.late = append(r.late, comment(r.token))
		r.advance()
	}
	if r.isValue() && !r.atKey() {
		return r.joinValue()
	}
	r.scanner, r.token, r.late = scanner, token, r.late[:late]
	return ""
}

// isValue reports whether the next token can be part of a value.
func (r *partReader) isValue() bool {
	return r.token.Kind == header.KindWord || r.token.Kind == header.KindQuoted || r.atEquals()
}

// atKey reports whether a pair comes next.
func (r *partReader) atKey() bool {
	if r.token.Kind != header.KindWord {
		return false
	}
	scanner, token, late := r.scanner, r.token, len(r.late)
	r.advance()
	ok := r.atEquals()
	if !ok {
		_, ok = r.longKey(token.Text)
	}
	r.scanner, r.token, r.late = scanner, token, r.late[:late]
	return ok
}

// joinValue reads the tokens between which nothing stands, without the quotation marks.
func (r *partReader) joinValue() string {
	first := r.token
	quoted, end := first.Kind == header.KindQuoted, first.End
	if r.advance(); r.token.Start != end || !r.isValue() {
		return first.Text
	}
	r.joined = append(r.joined[:0], first.Text...)
	for r.token.Start == end && r.isValue() {
		quoted, end = quoted || r.token.Kind == header.KindQuoted, r.token.End
		r.joined = append(r.joined, r.token.Text...)
		r.advance()
	}
	if quoted {
		return string(r.joined)
	}
	return r.value[first.Start:end]
}
