package analyze

import (
	"strings"

	"seedtest/header"
)

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

// readParts takes a value apart. It knows blanks around "=", values that are empty or hold "=",
// quoted ones, and a comment between a key and its "=". balanced is false if a parenthesis is left
// open.
func readParts(value string) (parts []part, balanced bool) {
	s := header.NewScanner(value, ";=")
	tokens := make([]header.Token, 0, 64)
	for t := s.Next(); t.Kind != header.KindEnd; t = s.Next() {
		tokens = append(tokens, t)
	}
	r := partReader{tokens: tokens, parts: make([]part, 0, len(tokens)/2+1)}
	for r.at < len(tokens) {
		r.part()
	}
	return r.parts, !s.Unbalanced()
}

type partReader struct {
	tokens []header.Token
	at     int
	parts  []part
}

func (r *partReader) part() {
	switch t := r.tokens[r.at]; {
	case t.Kind == header.KindComment:
		r.parts = append(r.parts, part{kind: partComment, value: strings.TrimSpace(t.Text)})
	case t.Kind == header.KindSpecial:
		if t.Text == ";" {
			r.parts = append(r.parts, part{kind: partSemicolon})
		}
	case r.keyed():
		return
	default:
		r.parts = append(r.parts, part{kind: partWord, value: t.Text})
	}
	r.at++
}

// keyed reads a pair, and reports false if there is none here.
func (r *partReader) keyed() bool {
	equals := r.equals(r.at)
	if equals < 0 {
		return false
	}
	for _, t := range r.tokens[r.at+1 : equals] {
		r.parts = append(r.parts, part{kind: partComment, value: strings.TrimSpace(t.Text)})
	}
	key := strings.ToLower(r.tokens[r.at].Text)
	r.at = equals + 1
	r.parts = append(r.parts, part{kind: partPair, key: key, value: r.value(equals)})
	return true
}

// equals returns the place of the "=" that makes a key of the token at i, or -1.
func (r *partReader) equals(i int) int {
	for j := i + 1; j < len(r.tokens); j++ {
		switch t := r.tokens[j]; {
		case t.Kind == header.KindSpecial && t.Text == "=":
			return j
		case t.Kind != header.KindComment:
			return -1
		}
	}
	return -1
}

// value reads what stands behind the "=": everything up to a blank, a semicolon or a comment.
// Behind a blank it is one word, unless that is the next key.
func (r *partReader) value(equals int) string {
	if r.at >= len(r.tokens) || !isValue(r.tokens[r.at]) {
		return ""
	}
	if r.tokens[r.at].Start > r.tokens[equals].End && r.equals(r.at) >= 0 &&
		r.tokens[r.at].Kind == header.KindWord {
		return ""
	}
	text := r.tokens[r.at].Text
	for r.at++; r.at < len(r.tokens); r.at++ {
		t := r.tokens[r.at]
		if t.Start > r.tokens[r.at-1].End || !isValue(t) {
			break
		}
		text += t.Text
	}
	return text
}

// isValue reports whether a token can be part of a value.
func isValue(t header.Token) bool {
	return t.Kind == header.KindWord || t.Kind == header.KindQuoted || t.Text == "=" &&
		t.Kind == header.KindSpecial
}
