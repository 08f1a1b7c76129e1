package header

import (
	"bytes"
	"iter"
	"strings"
)

// The bounds of what is read. A head that exceeds one is read that far and marked [Header.Cut].
const (
	MaxSize   = 4 << 20
	MaxFields = 10_000
)

// maxStray is how many lines in a row may be no field before the head is taken for a body that
// follows without the empty line.
const maxStray = 50

// Field is one header field.
type Field struct {
	Name  string // as written, without the blanks that some put before the colon
	Value string // unfolded: each fold is one blank, none stands around it
	Start int    // where the field begins in the input
	End   int    // where it ends there, behind its last line end
}

// Header is the head of a message.
type Header struct {
	Fields   []Field
	Envelope string // the mbox "From " line, if one stood on top
	Stray    []int  // where the lines begin that are no field and belong to none
	Body     int    // where the body begins in the input, or its length
	Cut      bool   // there was more than MaxSize or MaxFields allow
}

// Parse reads a head. What follows the first empty line is left alone. Lines end with LF, CRLF or,
// in a text that plainly has no others, bare CR.
func Parse(raw []byte) Header {
	p := parser{raw: raw, bareCR: bareCR(raw)}
	if len(raw) > MaxSize {
		p.raw = raw[:MaxSize]
	}
	p.top()
	for p.body < 0 && p.pos < len(p.raw) {
		if len(p.marks) == MaxFields || len(p.head.Stray) == MaxFields {
			p.head.Cut = true
			break
		}
		p.line()
	}
	if p.body < 0 && len(raw) > MaxSize {
		p.head.Cut = true
	}
	return p.finish(len(raw))
}

// Get returns the first field of a name, compared without case.
func (h Header) Get(name string) (Field, bool) {
	for f := range h.All(name) {
		return f, true
	}
	return Field{}, false
}

// Values returns the values of all fields of a name, compared without case, top down.
func (h Header) Values(name string) []string {
	var values []string
	for f := range h.All(name) {
		values = append(values, f.Value)
	}
	return values
}

// All yields the fields of a name, compared without case, top down.
func (h Header) All(name string) iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for _, f := range h.Fields {
			if len(f.Name) == len(name) && strings.EqualFold(f.Name, name) && !yield(f) {
				return
			}
		}
	}
}

// bareCR reports whether lines end with CR alone: there is no LF, or the first empty line comes
// before any. A CR elsewhere is a byte like others, so that a sender who smuggles one into a line
// makes no field of it.
func bareCR(raw []byte) bool {
	end := bytes.IndexByte(raw, '\n')
	if end < 0 {
		return bytes.IndexByte(raw, '\r') >= 0
	}
	return bytes.Contains(bytes.TrimRight(raw[:end], "\r"), []byte("\r\r"))
}

// mark is a field whose text stands in parser.text: name up to colon, value up to end.
type mark struct {
	begin, colon, end int
	from, to          int
}

type parser struct {
	raw    []byte
	bareCR bool
	pos    int
	body   int
	run    int  // stray lines in a row
	open   bool // the last line was part of a field, which may go on
	text   []byte
	marks  []mark
	head   Header
}

// top passes over what may stand above the first field: a byte order mark, empty lines, and the
// line with which mbox files begin a message.
func (p *parser) top() {
	p.body = -1
	p.text = make([]byte, 0, min(len(p.raw), 8<<10))
	p.marks = make([]mark, 0, 32)
	p.pos = len(p.raw) - len(bytes.TrimPrefix(p.raw, []byte("\xef\xbb\xbf")))
	for p.pos < len(p.raw) {
		line, next := p.next()
		if len(line) > 0 {
			if IsEnvelope(line) {
				p.head.Envelope = string(line)
				p.pos = next
			}
			return
		}
		p.pos = next
	}
}

// IsEnvelope reports whether a line is one with which mbox files begin a message, quoted or not.
func IsEnvelope(line []byte) bool {
	line = bytes.TrimPrefix(line, []byte(">"))
	return bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte("From :"))
}

// next returns the line at pos without its end, and where the next one begins.
func (p *parser) next() ([]byte, int) {
	rest := p.raw[p.pos:]
	if p.bareCR {
		i := bytes.IndexAny(rest, "\r\n")
		switch {
		case i < 0:
			return rest, len(p.raw)
		case bytes.HasPrefix(rest[i:], []byte("\r\n")):
			return rest[:i], p.pos + i + 2
		}
		return rest[:i], p.pos + i + 1
	}
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		return bytes.TrimRight(rest, "\r"), len(p.raw)
	}
	return bytes.TrimRight(rest[:i], "\r"), p.pos + i + 1
}

// line reads one line: the empty one that ends the head, more of the field above, a field, or
// something else.
func (p *parser) line() {
	line, next := p.next()
	switch {
	case len(line) == 0:
		p.body = next
	case isBlank(line[0]):
		p.more(line, next)
	default:
		p.field(line, next)
	}
	p.pos = next
}

// more adds a line to the field above. Below a stray line it is stray too.
func (p *parser) more(line []byte, next int) {
	if !p.open {
		p.stray()
		return
	}
	if line = trim(line); len(line) > 0 {
		last := &p.marks[len(p.marks)-1]
		if last.end > last.colon {
			p.text = append(p.text, ' ')
		}
		p.text = append(p.text, line...)
		last.end = len(p.text)
	}
	p.marks[len(p.marks)-1].to = next
}

func (p *parser) field(line []byte, next int) {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		p.stray()
		return
	}
	name := bytes.TrimRight(line[:colon], " \t")
	if !isName(name) {
		p.stray()
		return
	}
	m := mark{begin: len(p.text), from: p.pos, to: next}
	p.text = append(p.text, name...)
	m.colon = len(p.text)
	p.text = append(p.text, trim(line[colon+1:])...)
	m.end = len(p.text)
	p.marks = append(p.marks, m)
	p.open, p.run = true, 0
}

// stray notes a line that is no field. After many of them this is no head any more.
func (p *parser) stray() {
	p.open = false
	p.head.Stray = append(p.head.Stray, p.pos)
	if p.run++; p.run > maxStray {
		p.body = p.head.Stray[len(p.head.Stray)-p.run]
		p.head.Stray = p.head.Stray[:len(p.head.Stray)-p.run]
	}
}

// finish makes the fields, whose names and values are parts of one string.
func (p *parser) finish(size int) Header {
	h := p.head
	h.Body = size
	if p.body >= 0 {
		h.Body = p.body
	}
	text := string(p.text)
	h.Fields = make([]Field, len(p.marks))
	for i, m := range p.marks {
		h.Fields[i] = Field{Name: text[m.begin:m.colon], Value: text[m.colon:m.end],
			Start: m.from, End: m.to}
	}
	return h
}

// isName reports whether a text can name a field: RFC 5322 section 3.6.8, and bytes of 8 bits.
func isName(s []byte) bool {
	for _, c := range s {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(s) > 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// trim removes blanks, and the CRs that some gateways leave before a fold.
func trim(s []byte) []byte { return bytes.Trim(s, " \t\r") }
