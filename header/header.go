package header

import (
	"bytes"
	"iter"
	"strings"
)

// The bounds of what is read. A head that exceeds one is read that far and marked [Header.Cut].
const (
	MaxSize   = 24 << 20
	MaxFields = 120_000
	MaxValue  = 1 << 20 // of one field
)

// maxStray is how many lines in a row may be no field before the head is taken for a body that
// follows without the empty line.
const maxStray = 50

// Field is one header field.
type Field struct {
	Name  string // as written, without the blanks that some put before the colon
	Key   string // Name in lower case, as far as it is ASCII
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
	Cut      bool   // there was more than the bounds allow
}

// Parse reads a head. What follows the first empty line is left alone. Lines end with LF, CRLF or,
// in a text that plainly has no others, bare CR.
func Parse(raw []byte) Header {
	p := parser{raw: raw[:min(len(raw), MaxSize)], bareCR: bareCR(raw), body: -1,
		marks: make([]mark, 0, 48)} // most heads have no more fields
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

// mark is where a field stands in the input.
type mark struct{ begin, colon, end int }

type parser struct {
	raw    []byte
	bareCR bool
	pos    int
	body   int  // -1 while it has not begun
	run    int  // stray lines in a row
	open   bool // the last line was part of a field, which may go on
	marks  []mark
	head   Header
}

// top passes over what may stand above the first field: a byte order mark, empty lines, and the
// line with which mbox files begin a message.
func (p *parser) top() {
	p.pos = len(p.raw) - len(bytes.TrimPrefix(p.raw, []byte("\xef\xbb\xbf")))
	for p.pos < len(p.raw) {
		line, next := p.next(p.pos)
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

// next returns the line at a position without its end, and where the one after it begins.
func (p *parser) next(at int) ([]byte, int) {
	rest := p.raw[at:]
	if p.bareCR {
		return nextCR(rest, at)
	}
	end, next := len(rest), len(p.raw)
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		end, next = i, at+i+1
	}
	for end > 0 && rest[end-1] == '\r' {
		end--
	}
	return rest[:end], next
}

// nextCR is next for a text whose lines end with CR.
func nextCR(rest []byte, at int) ([]byte, int) {
	i := bytes.IndexAny(rest, "\r\n")
	switch {
	case i < 0:
		return rest, at + len(rest)
	case bytes.HasPrefix(rest[i:], []byte("\r\n")):
		return rest[:i], at + i + 2
	}
	return rest[:i], at + i + 1
}

// line reads one line: the empty one that ends the head, more of the field above, a field, or
// something else.
func (p *parser) line() {
	line, next := p.next(p.pos)
	switch {
	case len(line) == 0:
		p.body = next
	case !isBlank(line[0]):
		p.field(line, next)
	case p.open:
		p.marks[len(p.marks)-1].end = next
	default:
		p.stray() // it goes on with a line that is stray too
	}
	p.pos = next
}

func (p *parser) field(line []byte, next int) {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !isName(trimRight(line[:colon])) {
		p.stray()
		return
	}
	p.marks = append(p.marks, mark{begin: p.pos, colon: p.pos + colon, end: next})
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

// finish makes the fields, whose texts are parts of one string.
func (p *parser) finish(size int) Header {
	var room int
	for _, m := range p.marks {
		room += 2*(m.colon-m.begin) + min(m.end-m.colon, MaxValue)
	}
	var text strings.Builder
	text.Grow(room)
	p.head.Fields = make([]Field, len(p.marks))
	for i, m := range p.marks {
		p.head.Fields[i] = p.read(m, &text)
	}
	if p.head.Body = p.body; p.body < 0 {
		p.head.Body = size
	}
	return p.head
}

// read adds the texts of a field to what has been written, and returns the field. There is room, so
// that no text moves.
func (p *parser) read(m mark, text *strings.Builder) Field {
	begin := text.Len()
	name := trimRight(p.raw[m.begin:m.colon])
	key, value := begin+len(name), begin+2*len(name)
	var few [96]byte
	both := append(append(few[:0], name...), name...)
	lower(both[len(name):])
	text.Write(both)
	p.unfold(m, text)
	all := text.String()
	return Field{Name: all[begin:key], Key: all[key:value], Value: all[value:],
		Start: m.begin, End: m.end}
}

// unfold writes a value, up to its bound. Folds that hold only blanks vanish.
func (p *parser) unfold(m mark, text *strings.Builder) {
	begin := text.Len()
	for at := m.colon + 1; at < m.end; {
		line, next := p.next(at)
		at = next
		if line = trim(line); len(line) == 0 {
			continue
		}
		room := begin + MaxValue - text.Len() - 1
		if len(line) > room {
			p.head.Cut = true
			line = trim(line[:max(room, 0)])
		}
		if len(line) > 0 && text.Len() > begin {
			text.WriteByte(' ')
		}
		text.Write(line)
	}
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

// lower puts the ASCII letters of a text into lower case.
func lower(s []byte) {
	for i, c := range s {
		if 'A' <= c && c <= 'Z' {
			s[i] = c + 'a' - 'A'
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func trimRight(s []byte) []byte {
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// trim removes blanks, and the CRs that some gateways leave before a fold.
func trim(s []byte) []byte {
	for len(s) > 0 && (isBlank(s[0]) || s[0] == '\r') {
		s = s[1:]
	}
	for len(s) > 0 && (isBlank(s[len(s)-1]) || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
}
