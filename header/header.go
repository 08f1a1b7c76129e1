package header

import (
	"bytes"
	"iter"
	"slices"
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
func Parse(raw []byte) Header { return new(Parser).Parse(raw) }

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
	for end > 0 && raw[end-1] == '\r' {
		end--
	}
	first := bytes.IndexByte(raw[:end], '\r') // nearly no line has one
	return first >= 0 && bytes.Contains(raw[first:end], []byte("\r\r"))
}

// Parser reads heads, one after the other, in memory that it uses again.
type Parser struct {
	raw    []byte
	bareCR bool
	pos    int
	body   int    // -1 while it has not begun
	run    int    // stray lines in a row
	open   bool   // the last line was part of a field, which may go on
	text   []byte // the values of fields, and names and keys not known, one behind the other
	marks  []mark // where they are
	known  *names
	fields []Field
	places []int // of the fields' names
	head   Header
}

// maxText is from how many bytes on texts are put where they stay. Nearly all heads are smaller.
const maxText = 32 << 10

// mark is where a field stands in the input, and where in the text its parts begin. Nothing of a
// name that is known stands there.
type mark struct {
	start, end, name, key, value int
	known                        int // its place in the names, or -1
}

// Parse is the function of that name. The list of fields is valid until the next call; their
// texts, and all else, stay as they are.
func (p *Parser) Parse(raw []byte) Header {
	*p = Parser{raw: raw[:min(len(raw), MaxSize)], bareCR: bareCR(raw), body: -1,
		text: p.text[:0], marks: p.marks[:0], known: p.known, fields: p.fields[:0],
		places: p.places[:0]}
	p.top()
	for p.body < 0 && p.pos < len(p.raw) {
		if len(p.fields)+len(p.marks) == MaxFields || len(p.head.Stray) == MaxFields {
			p.head.Cut = true
			break
		}
		p.line()
	}
	if p.body < 0 && len(raw) > MaxSize {
		p.head.Cut = true
	}
	p.flush()
	p.head.Fields = p.fields
	if p.head.Body = p.body; p.body < 0 {
		p.head.Body = len(raw)
	}
	return p.head
}

// Place returns the place of a field's name among those that the parser knows, or -1: what a name
// means needs to be looked up once. A name has its place for good.
func (p *Parser) Place(field int) int { return p.places[field] }

// Release lets go of the last input and its fields, and reports whether the memory is worth keeping
// for others: not if a message of no common size has made it large.
func (p *Parser) Release() bool {
	if clear(p.fields); p.known == nil {
		p.known = new(names)
	}
	p.raw, p.head = nil, Header{}
	return cap(p.text) <= 2*maxText && cap(p.fields) <= 1000
}

// top passes over what may stand above the first field: a byte order mark, empty lines, and the
// line with which mbox files begin a message, with empty lines behind it where a program put some.
func (p *Parser) top() {
	p.pos = len(p.raw) - len(bytes.TrimPrefix(p.raw, []byte("\xef\xbb\xbf")))
	for p.pos < len(p.raw) {
		line, next := p.next(p.pos)
		switch {
		case len(line) == 0:
		case p.head.Envelope == "" && IsEnvelope(line):
			p.head.Envelope = string(line)
		default:
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
func (p *Parser) next(at int) ([]byte, int) {
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
func (p *Parser) line() {
	line, next := p.next(p.pos)
	switch {
	case len(line) == 0:
		p.body = next
	case !isBlank(line[0]):
		if p.open = p.field(line); p.open {
			p.marks[len(p.marks)-1].end = next
		} else {
			p.stray()
		}
	case p.open:
		p.add(line)
		p.marks[len(p.marks)-1].end = next
	default:
		p.stray() // it goes on with a line that is stray too
	}
	p.pos = next
}

// field reads the first line of a field, and reports false if it is none.
func (p *Parser) field(line []byte) bool {
	size := max(bytes.IndexByte(line[:min(len(line), maxName+1)], ':'), 0)
	colon, known := size, p.known.find(line[:size])
	if known < 0 {
		if size, colon = nameIn(line); size == 0 {
			return false
		}
		known = p.known.keep(line[:size])
	}
	if len(p.text) > maxText {
		p.flush()
	}
	m := mark{start: p.pos, name: len(p.text), known: known}
	if m.known < 0 {
		p.text = append(p.text, line[:size]...)
		m.key = len(p.text)
		p.text = append(p.text, line[:size]...)
		lower(p.text[m.key:])
	}
	m.value = len(p.text)
	p.marks = append(p.marks, m)
	p.run = 0
	p.add(line[colon+1:])
	return true
}

// nameIn returns where the name ends with which a field begins, and where the colon stands behind
// it. If there is none, the name is empty.
func nameIn(line []byte) (size, colon int) {
	for size < len(line) && inName[line[size]] != 0 {
		size++
	}
	colon = size
	for colon < len(line) && isBlank(line[colon]) {
		colon++
	}
	if colon == len(line) || line[colon] != ':' {
		return 0, 0
	}
	return size, colon
}

// add writes what a line holds of the value of the last field, up to its bound. Folds that hold
// only blanks vanish.
func (p *Parser) add(line []byte) {
	if line = trim(line); len(line) == 0 {
		return
	}
	size := len(p.text) - p.marks[len(p.marks)-1].value
	if room := max(MaxValue-size-1, 0); len(line) > room {
		p.head.Cut = true
		if line = trim(line[:room]); len(line) == 0 {
			return
		}
	}
	if size > 0 {
		p.text = append(p.text, ' ')
	}
	p.text = append(p.text, line...)
}

// stray notes a line that is no field. After many of them this is no head any more.
func (p *Parser) stray() {
	p.open = false
	p.head.Stray = append(p.head.Stray, p.pos)
	if p.run++; p.run > maxStray {
		p.body = p.head.Stray[len(p.head.Stray)-p.run]
		p.head.Stray = p.head.Stray[:len(p.head.Stray)-p.run]
	}
}

// flush makes fields of what has been read, whose texts are parts of one string.
func (p *Parser) flush() {
	text := string(p.text)
	at := len(p.fields)
	p.fields = slices.Grow(p.fields, len(p.marks))[:at+len(p.marks)]
	p.places = slices.Grow(p.places, len(p.marks))[:at+len(p.marks)]
	end := len(text)
	for i := len(p.marks) - 1; i >= 0; i-- {
		m := &p.marks[i]
		f := &p.fields[at+i]
		if m.known >= 0 {
			f.Name, f.Key = p.known[m.known].name, p.known[m.known].key
		} else {
			f.Name, f.Key = text[m.name:m.key], text[m.key:m.value]
		}
		f.Value, f.Start, f.End = text[m.value:end], m.start, m.end
		p.places[at+i] = m.known
		end = m.name
	}
	p.text, p.marks = p.text[:0], p.marks[:0]
}

// inName tells of each byte that can be in the name of a field what it is in lower case: those of
// RFC 5322 section 3.6.8, and bytes of 8 bits.
var inName = func() (lower [256]byte) {
	for c := '!'; c <= 0xff; c++ {
		lower[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			lower[c] = byte(c + 'a' - 'A')
		}
	}
	lower[':'], lower[0x7f] = 0, 0
	return lower
}()

func lower(name []byte) {
	for i, c := range name {
		name[i] = inName[c]
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

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
