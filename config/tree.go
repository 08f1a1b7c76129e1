package config

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxSize bounds a configuration file, in octets.
const maxSize = 1 << 20

// A kind is what a node holds.
type kind string

const (
	kindTable   kind = "table"
	kindArray   kind = "array"
	kindString  kind = "string"
	kindInteger kind = "integer"
	kindFloat   kind = "float"
	kindBool    kind = "boolean"
	kindTime    kind = "date or time"
)

// node is a TOML value with its place.
type node struct {
	kind    kind
	path    string // dotted key
	line    int    // of its key, or of the value in an array
	text    string // scalars: the string itself, else what was written
	entries []entry
	items   []*node
	tables  bool // an array of tables: [[x]]
}

// entry is one key of a table, in the order of the file.
type entry struct {
	key  string
	node *node
}

func (n *node) get(key string) *node {
	for i := range n.entries {
		if n.entries[i].key == key {
			return n.entries[i].node
		}
	}
	return nil
}

// parseTree reads TOML into nodes. The library's decoder judges the grammar; its parser, which
// knows places, then gives the tree.
func parseTree(data []byte) (*node, *Error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if e := checkText(data); e != nil {
		return nil, e
	}
	if e := checkGrammar(data); e != nil {
		return nil, e
	}
	b := builder{lines: lineStarts(data)}
	b.parser.Reset(data)
	root := &node{kind: kindTable, line: 1}
	at := root
	for b.parser.NextExpression() {
		at = b.add(root, at, b.parser.Expression())
	}
	if err := b.parser.Error(); err != nil {
		return nil, &Error{Problem: "not TOML: " + err.Error()}
	}
	return root, nil
}

// checkText refuses what no TOML file holds, where other messages would be obscure.
func checkText(data []byte) *Error {
	if len(data) > maxSize {
		return &Error{Problem: fmt.Sprintf("the file has more than %d octets", maxSize),
			Hint: "is this the right file?"}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return &Error{Line: 1, Problem: "the file is in UTF-16", Hint: "save it as UTF-8"}
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.IndexByte(line, 0) >= 0 {
			return &Error{Line: i + 1, Problem: "the line holds a NUL octet",
				Hint: "save the file as plain text in UTF-8"}
		}
		if !utf8.Valid(line) {
			return &Error{Line: i + 1, Problem: "the line is not valid UTF-8",
				Hint: "save the file as UTF-8"}
		}
	}
	return nil
}

func checkGrammar(data []byte) *Error {
	var all map[string]any
	err := toml.Unmarshal(data, &all)
	if err == nil {
		return nil
	}
	out := &Error{Problem: strings.TrimPrefix(err.Error(), "toml: "),
		Hint: "text stands in quotes, tables in [brackets]; see https://toml.io/en/v1.0.0"}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		out.Line, _ = at.Position()
		if len(at.Key()) > 0 { // the grammar is right, and the key was there before
			out.Key = strings.Join(append(tableAt(data, out.Line), at.Key()...), ".")
			out.Hint = "a key or table stands once in a file: take one out, or give it another name"
		}
	}
	return out
}

// tableAt returns the keys of the table that a line's own key belongs to; none if the line is a
// table's header itself.
func tableAt(data []byte, line int) []string {
	b := builder{lines: lineStarts(data)}
	b.parser.Reset(data)
	var table []string
	for b.parser.NextExpression() {
		x := b.parser.Expression()
		keys := b.keys(x.Key())
		switch {
		case len(keys) == 0 || keys[0].line > line:
		case x.Kind == unstable.KeyValue:
		case keys[0].line == line:
			return nil
		default:
			table = nil
			for _, k := range keys {
				table = append(table, k.text)
			}
		}
	}
	return table
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// builder makes nodes of the parser's expressions.
type builder struct {
	parser unstable.Parser
	lines  []int // offset of each line's first octet
}

// add puts one expression into the tree. It returns the table that further keys belong to.
func (b *builder) add(root, at *node, x *unstable.Node) *node {
	switch x.Kind {
	case unstable.Table, unstable.ArrayTable:
		keys := b.keys(x.Key())
		return b.header(root, keys, x.Kind == unstable.ArrayTable)
	case unstable.KeyValue:
		b.keyValue(at, x)
	}
	return at
}

// part is one part of a dotted key.
type part struct {
	text string
	line int
}

func (b *builder) keys(it unstable.Iterator) []part {
	var parts []part
	for it.Next() {
		n := it.Node()
		parts = append(parts, part{string(n.Data), b.line(n.Raw)})
	}
	return parts
}

// line returns the line in which a range of the input begins.
func (b *builder) line(r unstable.Range) int {
	lo, hi := 0, len(b.lines)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; b.lines[mid] <= int(r.Offset) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + 1
}

// header finds or makes the table that a [header] names.
func (b *builder) header(root *node, keys []part, array bool) *node {
	at := descend(root, keys[:len(keys)-1])
	last := keys[len(keys)-1]
	if !array {
		n := descend(at, keys[len(keys)-1:])
		n.line = last.line
		return n
	}
	list := at.get(last.text)
	if list == nil {
		list = &node{kind: kindArray, path: join(at.path, last.text), line: last.line, tables: true}
		at.entries = append(at.entries, entry{last.text, list})
	}
	n := &node{kind: kindTable, path: list.path, line: last.line}
	list.items = append(list.items, n)
	return n
}

// descend walks down dotted keys and makes the tables that are not there yet. Of an array of tables
// it takes the last, as TOML says.
func descend(at *node, keys []part) *node {
	for _, k := range keys {
		next := at.get(k.text)
		if next == nil {
			next = &node{kind: kindTable, path: join(at.path, k.text), line: k.line}
			at.entries = append(at.entries, entry{k.text, next})
		}
		if next.kind == kindArray && len(next.items) > 0 {
			next = next.items[len(next.items)-1]
		}
		at = next
	}
	return at
}

func (b *builder) keyValue(at *node, x *unstable.Node) {
	keys := b.keys(x.Key())
	at = descend(at, keys[:len(keys)-1])
	last := keys[len(keys)-1]
	n := b.value(join(at.path, last.text), last.line, x.Value())
	at.entries = append(at.entries, entry{last.text, n})
}

func (b *builder) value(path string, line int, x *unstable.Node) *node {
	n := &node{path: path, line: line, text: string(x.Data)}
	switch x.Kind {
	case unstable.Array:
		n.kind = kindArray
		for it := x.Children(); it.Next(); {
			n.items = append(n.items, b.item(n, it.Node()))
		}
	case unstable.InlineTable:
		n.kind = kindTable
		for it := x.Children(); it.Next(); {
			b.keyValue(n, it.Node())
		}
	case unstable.String:
		n.kind = kindString
	case unstable.Integer:
		n.kind = kindInteger
	case unstable.Float:
		n.kind = kindFloat
	case unstable.Bool:
		n.kind = kindBool
	default:
		n.kind = kindTime
	}
	return n
}

// item makes a node of an element of an array, at its own line where the parser knows it.
func (b *builder) item(list *node, x *unstable.Node) *node {
	line := list.line
	if x.Raw.Length > 0 {
		line = b.line(x.Raw)
	}
	return b.value(list.path, line, x)
}

// join adds a key to a dotted path, in quotes where TOML wants them.
func join(path, key string) string {
	if !bareKey(key) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func bareKey(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}
