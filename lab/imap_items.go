package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// fetchItem is one thing that FETCH is asked for (RFC 9051 section 6.4.5).
type fetchItem struct {
	name    string       // in capitals
	section *imapSection // of BODY[...], and of RFC822, RFC822.HEADER and RFC822.TEXT
	words   string       // what stood between the brackets
	reads   bool         // sets \Seen
	partial bool
	from    uint32
	size    uint32
}

// imapSection is a part of a message.
type imapSection struct {
	part   []int
	what   string // "", HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME
	fields []string
}

// fetchItems reads what FETCH is asked for: an item, several in parentheses, or a macro.
func (c *imapConn) fetchItems(p *imapParser) []fetchItem {
	var items []fetchItem
	if p.next('(') {
		p.list(func() { items = append(items, c.fetchItem(p)) })
		return items
	}
	first := c.fetchItem(p)
	macro := []string{"FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"}
	switch first.name {
	case "FAST":
		macro = macro[:3]
	case "ALL":
		macro = macro[:4]
	case "FULL":
	default:
		return []fetchItem{first}
	}
	for _, name := range macro {
		items = append(items, fetchItem{name: name})
	}
	return items
}

func (c *imapConn) fetchItem(p *imapParser) fetchItem {
	name := strings.ToUpper(p.run("an item", func(b byte) bool {
		return atomChar(b) && b != '[' && b != '<'
	}))
	i := fetchItem{name: name}
	switch name {
	case "BODY", "BODY.PEEK":
		if p.next('[') {
			i.name, i.reads = "BODY[]", name == "BODY"
			i.readSection(p)
		} else if name == "BODY.PEEK" {
			p.fail("BODY.PEEK without a section")
		}
	case "RFC822":
		i.section, i.reads = &imapSection{}, true
	case "RFC822.TEXT":
		i.section, i.reads = &imapSection{what: "TEXT"}, true
	case "RFC822.HEADER":
		i.section = &imapSection{what: "HEADER"}
	default:
		c.checkItem(p, name)
	}
	return i
}

func (c *imapConn) checkItem(p *imapParser, name string) {
	plain := []string{"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE",
		"ALL", "FAST", "FULL"}
	gmail := []string{"X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS"}
	if slices.Contains(plain, name) ||
		slices.Contains(gmail, name) && c.style.has("X-GM-EXT-1") {
		return
	}
	p.fail("unknown item %s", imapShown(name))
}

// readSection reads "[...]<from.size>".
func (i *fetchItem) readSection(p *imapParser) {
	p.expect('[')
	before := p.rest
	i.section = &imapSection{}
	for p.err == nil && len(p.rest) > 0 && isDigit(p.rest[0]) {
		i.section.part = append(i.section.part, int(p.number()))
		if !p.skip('.') {
			break
		}
	}
	if !p.next(']') {
		i.section.readWhat(p)
	}
	i.words = string(before[:max(len(before)-len(p.rest), 0)])
	p.expect(']')
	if p.skip('<') {
		i.partial = true
		i.from = p.number()
		p.expect('.')
		if i.size = p.number(); i.size == 0 {
			p.fail("a part of no octets")
		}
		p.expect('>')
	}
}

func (s *imapSection) readWhat(p *imapParser) {
	s.what = strings.ToUpper(p.run("a section", func(b byte) bool {
		return atomChar(b) && b != ']'
	}))
	switch s.what {
	case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
		p.space()
		p.list(func() { s.fields = append(s.fields, p.astring()) })
	case "MIME":
		if len(s.part) == 0 {
			p.fail("MIME without a part")
		}
	case "HEADER", "TEXT":
	default:
		p.fail("unknown section %s", imapShown(s.what))
	}
}

// label is how the item is named in the answer.
func (i fetchItem) label() string {
	if i.name != "BODY[]" {
		return i.name
	}
	label := "BODY[" + i.words + "]"
	if i.partial {
		label += fmt.Sprintf("<%d>", i.from)
	}
	return label
}

// partOf returns what the item means of a message.
func (i fetchItem) partOf(raw []byte) []byte {
	text := i.section.of(raw)
	if !i.partial {
		return text
	}
	text = text[min(int64(i.from), int64(len(text))):]
	return text[:min(int64(i.size), int64(len(text)))]
}

func (s *imapSection) of(raw []byte) []byte {
	header, text := splitLetter(raw)
	switch {
	case len(s.part) > 0:
		return s.inside(raw)
	case s.what == "HEADER":
		return header
	case s.what == "TEXT":
		return text
	case s.what != "":
		return s.someFields(header)
	}
	return raw
}

// someFields returns the fields that are named, or those that are not, and an empty line.
func (s *imapSection) someFields(header []byte) []byte {
	var some []byte
	for _, line := range headerLines(header) {
		name, _ := fieldOf(line)
		named := slices.ContainsFunc(s.fields, func(f string) bool {
			return strings.EqualFold(f, name)
		})
		if named == (s.what == "HEADER.FIELDS") {
			some = append(some, line...)
		}
	}
	return append(some, "\r\n"...)
}

// inside returns a part of a MIME message.
func (s *imapSection) inside(raw []byte) []byte {
	item := &imap.FetchItemBodySection{Part: s.part, Peek: true}
	switch s.what {
	case "HEADER.FIELDS":
		item.Specifier, item.HeaderFields = imap.PartSpecifierHeader, s.fields
	case "HEADER.FIELDS.NOT":
		item.Specifier, item.HeaderFieldsNot = imap.PartSpecifierHeader, s.fields
	default:
		item.Specifier = imap.PartSpecifier(s.what)
	}
	return imapserver.ExtractBodySection(bytes.NewReader(raw), item)
}

// imapNumbers joins numbers as SEARCH tells them.
func imapNumbers(numbers []uint32, sep string) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(words, sep)
}
