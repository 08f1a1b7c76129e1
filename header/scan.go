package header

import "strings"

// Kind tells what a Token is.
type Kind uint8

// The kinds. KindEnd is no token: the value is at its end.
const (
	KindEnd     Kind = iota
	KindWord         // a run of bytes that are neither blank nor special
	KindQuoted       // a quoted string (RFC 5322 section 3.2.4)
	KindComment      // a comment, nested ones inside it (RFC 5322 section 3.2.2)
	KindSpecial      // one of the bytes that the caller named
)

// Token is a part of a structured value of less than 2 GiB. It has 32 bytes, the most that Go hands
// on in registers.
type Token struct {
	Text  string // of quoted strings and comments what is between the marks
	Start int32  // where it begins in the value, marks included
	End   int32
	Kind  Kind
}

// Scanner splits a value into tokens. It never fails: a parenthesis or a quotation mark that
// nothing closes is passed over, and what follows it is read as if it were not there.
type Scanner struct {
	value   string
	pos     int
	class   *Specials
	flat    bool // parentheses do not balance: each comment ends at the first one that closes
	noClose bool // no closing parenthesis follows
	noQuote bool // no closing quotation mark follows
}

// NewScanner returns a scanner of a value in which each special byte is a token of its own.
func NewScanner(value string, specials *Specials) Scanner {
	return Scanner{value: value, class: specials}
}

// Specials tells which bytes are special in a grammar, beside what all grammars share.
type Specials [256]class

// class is what a byte means where a token may begin.
type class uint8

const (
	inWord class = iota
	blank
	opening
	closing
	quote
	special
)

// NewSpecials makes a set of bytes ready for scanners.
func NewSpecials(bytes string) *Specials {
	s := Specials{' ': blank, '\t': blank, '\n': blank, '\v': blank, '\f': blank, '\r': blank,
		'(': opening, ')': closing, '"': quote}
	for i := range len(bytes) {
		s[bytes[i]] = special
	}
	return &s
}

// Rest returns what has not been read yet.
func (s *Scanner) Rest() string { return s.value[s.pos:] }

// Behind reads a special byte and the word behind it, if both follow what has been read, and a
// blank or another special byte or the end follows them. Else it reads nothing.
func (s *Scanner) Behind(mark byte) (word string, ok bool) {
	value, class, begin := s.value, s.class, s.pos+1
	if begin >= len(value) || value[s.pos] != mark || class[mark] != special ||
		class[value[begin]] != inWord {
		return "", false
	}
	end := begin
	for end < len(value) && class[value[end]] == inWord {
		end++
	}
	if end < len(value) && class[value[end]] != blank &&
		(class[value[end]] != special || value[end] == mark) {
		return "", false
	}
	s.pos = end
	return value[begin:end], true
}

// Unbalanced reports whether a parenthesis that nothing closes has been passed.
func (s *Scanner) Unbalanced() bool { return s.flat }

// Next returns the next token. Tokens between which no blank stands meet: one's End is the
// other's Start.
func (s *Scanner) Next() Token {
	value := s.value
	for s.pos < len(value) {
		c := s.class[value[s.pos]]
		if c == blank {
			s.pos++
			continue
		}
		if c == inWord {
			end := s.word()
			return s.token(KindWord, value[s.pos:end], end)
		}
		if c == special {
			return s.token(KindSpecial, value[s.pos:s.pos+1], s.pos+1)
		}
		if t, ok := s.marked(c); ok {
			return t
		}
		s.pos++ // a mark without the other of its pair
	}
	return Token{Kind: KindEnd, Start: int32(s.pos), End: int32(s.pos)}
}

// marked reads a comment or a quoted string, if one begins here.
func (s *Scanner) marked(c class) (Token, bool) {
	switch c {
	case opening:
		return s.comment()
	case quote:
		if end := s.closing(s.pos); end >= 0 {
			return s.token(KindQuoted, Unquote(s.value[s.pos:end+1]), end+1), true
		}
	}
	return Token{}, false
}

func (s *Scanner) token(k Kind, text string, end int) Token {
	start := s.pos
	s.pos = end
	return Token{Kind: k, Text: text, Start: int32(start), End: int32(end)}
}

// word finds the end of the word that begins here. A quoted string belongs to it where one may
// begin within a word, as in <"a b"@example.org>.
func (s *Scanner) word() int {
	value, class := s.value, s.class
	for i := s.pos; ; i++ {
		for i < len(value) && class[value[i]] == inWord {
			i++
		}
		if i == len(value) || class[value[i]] != quote {
			return i
		}
		if i > s.pos && strings.IndexByte("<=:,", value[i-1]) >= 0 {
			if end := s.closing(i); end >= 0 {
				i = end
			}
		}
	}
}

// closing finds the mark that closes the quoted string beginning at i, or gives -1.
func (s *Scanner) closing(i int) int {
	if s.noQuote {
		return -1
	}
	for j := i + 1; j < len(s.value); j++ {
		switch s.value[j] {
		case '\\':
			j++
		case '"':
			return j
		}
	}
	s.noQuote = true
	return -1
}

func (s *Scanner) comment() (Token, bool) {
	if !s.flat {
		if end := s.balanced(); end >= 0 {
			return s.token(KindComment, s.value[s.pos+1:end], end+1), true
		}
		s.flat = true
	}
	if s.noClose {
		return Token{}, false
	}
	n := strings.IndexByte(s.value[s.pos:], ')')
	if n < 0 {
		s.noClose = true
		return Token{}, false
	}
	return s.token(KindComment, s.value[s.pos+1:s.pos+n], s.pos+n+1), true
}

// balanced finds the parenthesis that closes the one at pos, or gives -1.
func (s *Scanner) balanced() int {
	value, depth := s.value, 0
	end := strings.IndexByte(value[s.pos:], ')')
	if end < 0 {
		return -1
	}
	if in := value[s.pos+1 : s.pos+end]; strings.IndexByte(in, '(') < 0 &&
		strings.IndexByte(in, '\\') < 0 {
		return s.pos + end // nearly all
	}
	for i := s.pos; i < len(value); i++ {
		c := value[i]
		if c > ')' && c != '\\' {
			continue // nearly all
		}
		switch c {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// Unquote removes the marks of a quoted string and the backslashes of quoted pairs (RFC 5322
// section 3.2.1). Text that is not quoted comes back as it is.
func Unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
