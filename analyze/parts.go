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

// part is a piece of Authentication-Results (RFC 8601 section 2.2) or Received-SPF (RFC 7208
// section 9.1), which are made of the same pieces.
type part struct {
	kind       partKind
	key, value string // the key in lower case; of words and comments only value
}

// partReader takes values apart. It knows blanks around "=", values that are empty or hold "=",
// quoted ones, and comments wherever RFC 8601 allows them.
type partReader struct {
	value  string
	tokens []header.Token
	parts  []part
	at     int  // index of the token to read next
	spent  int  // tokens of all values so far
	open   bool // a parenthesis of this value is not closed
	cut    bool // this value was not read to its end
}

// split takes a value apart into parts, which are valid until the next call.
func (r *partReader) split(value string) {
	r.value, r.tokens, r.parts, r.at = value, r.tokens[:0], r.parts[:0], 0
	s := header.NewScanner(value, ";=")
	t := s.Next()
	for ; t.Kind != header.KindEnd && r.spent < maxTokens; t = s.Next() {
		r.tokens = append(r.tokens, t)
		r.spent++
	}
	r.open, r.cut = s.Unbalanced(), t.Kind != header.KindEnd
	for r.at < len(r.tokens) {
		r.part()
	}
}

func (r *partReader) part() {
	switch t := &r.tokens[r.at]; {
	case t.Kind == header.KindComment:
		r.keepComments(r.at, r.at+1)
	case t.Kind == header.KindSpecial:
		if t.Text == ";" {
			r.parts = append(r.parts, part{kind: partSemicolon})
		}
	case r.pair():
		return
	default:
		r.parts = append(r.parts, part{kind: partWord, value: t.Text})
	}
	r.at++
}

// pair reads a pair, and reports false if there is none here. Comments within come behind it.
func (r *partReader) pair() bool {
	begin := r.at
	key, equals := r.keyAt(begin)
	if equals < 0 {
		return false
	}
	from, to := r.valueAt(equals)
	p := part{kind: partPair, key: strings.ToLower(key)}
	if from < to {
		p.value = r.join(from, to)
	}
	r.parts = append(r.parts, p)
	r.keepComments(begin+1, from)
	r.at = to
	return true
}

// keyAt reads the key that begins at a token, and finds its "=", or gives -1. A key may have blanks
// and comments around its slash or dot: "dkim (why not) / 1 =", "policy . expired =".
func (r *partReader) keyAt(i int) (key string, equals int) {
	key = r.tokens[i].Text
	for j := i + 1; j < len(r.tokens); j++ {
		switch t := &r.tokens[j]; {
		case t.Kind == header.KindSpecial && t.Text == "=":
			return key, j
		case t.Kind == header.KindComment:
		case t.Kind == header.KindWord && continues(key, t.Text):
			key += t.Text
		default:
			return "", -1
		}
	}
	return "", -1
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

// valueAt finds the tokens that make the value behind a "=": everything up to a blank, a semicolon
// or a comment. Behind a blank it is one word, unless that is the next key. There may be none.
func (r *partReader) valueAt(equals int) (from, to int) {
	from = equals + 1
	for from < len(r.tokens) && r.tokens[from].Kind == header.KindComment {
		from++
	}
	if from == len(r.tokens) || !isValue(&r.tokens[from]) {
		return equals + 1, equals + 1
	}
	if t := &r.tokens[from]; t.Start > r.tokens[equals].End && t.Kind == header.KindWord {
		if _, next := r.keyAt(from); next >= 0 {
			return equals + 1, equals + 1
		}
	}
	to = from + 1
	for to < len(r.tokens) && r.tokens[to].Start == r.tokens[to-1].End && isValue(&r.tokens[to]) {
		to++
	}
	return from, to
}

// isValue reports whether a token can be part of a value.
func isValue(t *header.Token) bool {
	return t.Kind == header.KindWord || t.Kind == header.KindQuoted || t.Text == "=" &&
		t.Kind == header.KindSpecial
}

// join returns the text of tokens between which nothing stands, without the quotation marks.
func (r *partReader) join(from, to int) string {
	tokens := r.tokens[from:to]
	size, quoted := tokens[len(tokens)-1].End-tokens[0].Start, false
	for i := range tokens {
		quoted = quoted || tokens[i].Kind == header.KindQuoted
	}
	switch {
	case len(tokens) == 1:
		return tokens[0].Text
	case !quoted:
		return r.value[tokens[0].Start:tokens[len(tokens)-1].End]
	}
	text := make([]byte, 0, size)
	for i := range tokens {
		text = append(text, tokens[i].Text...)
	}
	return string(text)
}

// keepComments makes parts of the comments among some tokens.
func (r *partReader) keepComments(from, to int) {
	for i := from; i < to; i++ {
		if t := &r.tokens[i]; t.Kind == header.KindComment {
			r.parts = append(r.parts, part{kind: partComment, value: strings.TrimSpace(t.Text)})
		}
	}
}
