package inbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A server may send what it likes; these bound what is kept of one response.
const (
	maxLine    = 64 << 10  // one line, without literals
	maxLines   = 256 << 10 // all lines of one response
	maxLiteral = 288 << 10 // of each literal; what is beyond is read and dropped
	maxKept    = 1 << 20   // all literals of one response
	maxSkip    = 64 << 20  // a literal that is longer breaks the connection
	maxDepth   = 16        // of nested lists
)

var errTooMuch = errors.New("the server sent more than any reply may have")

// readResponse reads one response: a line, and for every literal that it announces (RFC 9051
// section 4.3) the literal and the line that goes on. A literal is cut to maxLiteral, and its
// announcement changed to fit.
func readResponse(br *bufio.Reader) ([]byte, error) {
	var raw []byte
	lines, kept := 0, 0
	for {
		line, err := readLine(br)
		if err != nil {
			return nil, err
		}
		if lines += len(line); lines > maxLines {
			return nil, errTooMuch
		}
		head, size, ok := cutLiteral(line)
		if !ok {
			return append(raw, line...), nil
		}
		if size > maxSkip {
			return nil, errTooMuch
		}
		keep := min(size, maxLiteral, maxKept-kept)
		kept += keep
		raw = append(raw, head...)
		raw = fmt.Appendf(raw, "{%d}\r\n", keep)
		at := len(raw)
		raw = append(raw, make([]byte, keep)...)
		if _, err := io.ReadFull(br, raw[at:]); err != nil {
			return nil, err
		}
		if _, err := br.Discard(size - keep); err != nil {
			return nil, err
		}
	}
}

// readLine reads through the next LF.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(line) > maxLine {
			return nil, errTooMuch
		}
	}
}

// cutLiteral splits a line that ends by announcing a literal: {12}, {12+}, ~{12}.
func cutLiteral(line []byte) (head []byte, size int, ok bool) {
	text := bytes.TrimRight(line, "\r\n")
	if !bytes.HasSuffix(text, []byte("}")) {
		return nil, 0, false
	}
	i := bytes.LastIndexByte(text, '{')
	if i < 0 {
		return nil, 0, false
	}
	digits := strings.TrimRight(string(text[i+1:len(text)-1]), "+-")
	n, err := strconv.ParseUint(digits, 10, 31) // in its error of range n is the highest
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, 0, false
	}
	return bytes.TrimSuffix(text[:i], []byte("~")), int(n), true
}

// value is a part of a response: a text (atom, quoted string or literal) or a list.
type value struct {
	text   []byte
	list   []value
	isList bool
	quoted bool // a quoted string or literal: "NIL" in it is a word
}

func (v value) String() string { return string(v.text) }

// is reports whether v is the atom, without regard to case.
func (v value) is(atom string) bool {
	return !v.isList && !v.quoted && strings.EqualFold(string(v.text), atom)
}

// number returns the number that v is.
func (v value) number() (uint32, bool) {
	n, err := strconv.ParseUint(string(v.text), 10, 32)
	return uint32(n), err == nil && !v.isList
}

// parseValues reads the values of a response, tolerantly: it never fails, what makes no sense is
// read as an atom, and a list without an end ends with the response.
func parseValues(raw []byte) []value {
	p := &valueParser{rest: raw}
	var all []value
	for {
		all = append(all, p.list(0)...)
		if len(p.rest) == 0 {
			return all
		}
		p.rest = p.rest[1:] // a ")" without its "("
	}
}

type valueParser struct{ rest []byte }

// list reads values up to a ")" or the end.
func (p *valueParser) list(depth int) []value {
	var vs []value
	for {
		p.rest = bytes.TrimLeft(p.rest, " \r\n")
		if len(p.rest) == 0 || p.rest[0] == ')' {
			return vs
		}
		vs = append(vs, p.value(depth))
	}
}

func (p *valueParser) value(depth int) value {
	switch p.rest[0] {
	case '(':
		p.rest = p.rest[1:]
		if depth >= maxDepth {
			return value{isList: true}
		}
		v := value{isList: true, list: p.list(depth + 1)}
		if len(p.rest) > 0 {
			p.rest = p.rest[1:]
		}
		return v
	case '"':
		return p.quoted()
	case '{':
		if v, ok := p.literal(); ok {
			return v
		}
	}
	return p.atom()
}

func (p *valueParser) quoted() value {
	var text []byte
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			text = append(text, p.rest[i])
		case c == '"':
			p.rest = p.rest[i+1:]
			return value{text: text, quoted: true}
		default:
			text = append(text, c)
		}
	}
	p.rest = nil
	return value{text: text, quoted: true}
}

func (p *valueParser) literal() (value, bool) {
	end := bytes.IndexByte(p.rest, '\n')
	if end < 0 {
		return value{}, false
	}
	_, size, ok := cutLiteral(p.rest[:end+1])
	if !ok || size > len(p.rest)-end-1 {
		return value{}, false
	}
	text := p.rest[end+1 : end+1+size]
	p.rest = p.rest[end+1+size:]
	return value{text: text, quoted: true}, true
}

// atom reads up to a space or a parenthesis outside of brackets, so that "BODY[HEADER.FIELDS
// (SUBJECT)]<0>" is one atom.
func (p *valueParser) atom() value {
	brackets := 0
	for i, c := range p.rest {
		switch {
		case c == '\r' || c == '\n', brackets == 0 && i > 0 && (c == ' ' || c == '(' || c == ')'):
			v := value{text: p.rest[:i]}
			p.rest = p.rest[i:]
			return v
		case c == '[':
			brackets++
		case c == ']' && brackets > 0:
			brackets--
		}
	}
	v := value{text: p.rest}
	p.rest = nil
	return v
}
