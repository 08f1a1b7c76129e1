package lab

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// imapParser reads the arguments of a command (RFC 9051 section 9). The first thing that does not
// fit stays in err, and whatever is read after it is empty.
type imapParser struct {
	rest []byte
	err  error
}

func (p *imapParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = nil
}

// refusal is the answer to arguments that could not be read.
func (p *imapParser) refusal() imapReply { return imapBad("Invalid arguments: " + p.err.Error()) }

// next reports whether c comes next.
func (p *imapParser) next(c byte) bool { return len(p.rest) > 0 && p.rest[0] == c }

// skip reads c if it comes next.
func (p *imapParser) skip(c byte) bool {
	if !p.next(c) {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *imapParser) expect(c byte) {
	if !p.skip(c) {
		p.fail("expected %q", c)
	}
}

func (p *imapParser) space() { p.expect(' ') }

// end must be where nothing is left.
func (p *imapParser) end() {
	if len(p.rest) > 0 {
		p.fail("more than the command takes")
	}
}

// run reads what fits, which must be something.
func (p *imapParser) run(what string, fits func(byte) bool) string {
	n := 0
	for n < len(p.rest) && fits(p.rest[n]) {
		n++
	}
	if n == 0 {
		p.fail("expected %s", what)
		return ""
	}
	word := string(p.rest[:n])
	p.rest = p.rest[n:]
	return word
}

func atomChar(c byte) bool {
	return c > ' ' && c < 0x7f && !bytes.ContainsRune([]byte(`(){%*"\]`), rune(c))
}

func (p *imapParser) tag() string {
	return p.run("a tag", func(c byte) bool { return atomChar(c) && c != '+' })
}

func (p *imapParser) atom() string { return p.run("an atom", atomChar) }

// astring is an atom, which may have "]" in it, a quoted string or a literal.
func (p *imapParser) astring() string {
	if p.next('"') || p.next('{') {
		return p.str()
	}
	return p.run("a string", func(c byte) bool { return atomChar(c) || c == ']' })
}

// str is a quoted string or a literal.
func (p *imapParser) str() string {
	switch {
	case p.skip('"'):
		return p.quoted()
	case p.next('{'):
		return p.literal()
	}
	p.fail("expected a string")
	return ""
}

func (p *imapParser) quoted() string {
	var text []byte
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return string(text)
		case c == '\r' || c == '\n' || c == 0:
			p.fail("a control character in a quoted string")
			return ""
		case c == '\\' && i+1 < len(p.rest):
			i++
			text = append(text, p.rest[i])
		default:
			text = append(text, c)
		}
	}
	p.fail("a quoted string without end")
	return ""
}

func (p *imapParser) literal() string {
	end := bytes.IndexByte(p.rest, '\n')
	size, _, ok := literalAt(p.rest[:end+1])
	if !ok || p.rest[0] != '{' || size > len(p.rest)-end-1 {
		p.fail("expected a literal")
		return ""
	}
	text := string(p.rest[end+1 : end+1+size])
	p.rest = p.rest[end+1+size:]
	return text
}

// mailbox is a mailbox's name, decoded.
func (p *imapParser) mailbox() string {
	name, ok := fromUTF7(p.astring())
	if !ok {
		p.fail("a mailbox name that is not in modified UTF-7")
	}
	if p.err != nil {
		return ""
	}
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// list reads a parenthesised list, by item.
func (p *imapParser) list(item func()) {
	p.expect('(')
	for first := true; p.err == nil && !p.skip(')'); first = false {
		if !first {
			p.space()
		}
		item()
	}
}

// words reads a parenthesised list of atoms, in capitals.
func (p *imapParser) words() []string {
	var words []string
	p.list(func() { words = append(words, strings.ToUpper(p.atom())) })
	return words
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (p *imapParser) number() uint32 {
	n, err := strconv.ParseUint(p.run("a number", isDigit), 10, 32)
	if err != nil {
		p.fail("a number that is too large")
	}
	return uint32(n)
}

// flag is a flag or keyword.
func (p *imapParser) flag() string {
	if p.skip('\\') {
		return `\` + p.atom()
	}
	return p.atom()
}

// imapSet is a set of message numbers or UIDs.
type imapSet []imapRange

// imapRange is from one number through another; imapLast is "*".
type imapRange struct{ from, to uint32 }

const imapLast = math.MaxUint32

func (p *imapParser) set() imapSet {
	var set imapSet
	for p.err == nil {
		r := imapRange{from: p.setNumber()}
		r.to = r.from
		if p.skip(':') {
			r.to = p.setNumber()
		}
		set = append(set, r)
		if !p.skip(',') {
			break
		}
	}
	return set
}

func (p *imapParser) setNumber() uint32 {
	if p.skip('*') {
		return imapLast
	}
	n := p.number()
	if n == 0 {
		p.fail("0 in a set")
	}
	return n
}

// holds reports whether n is in the set, where last is the highest number in use. A range is the
// same from either side, so "n:*" holds the last however high n is.
func (s imapSet) holds(n, last uint32) bool {
	for _, r := range s {
		from, to := r.from, r.to
		if from == imapLast {
			from = last
		}
		if to == imapLast {
			to = last
		}
		if n >= min(from, to) && n <= max(from, to) {
			return true
		}
	}
	return false
}
