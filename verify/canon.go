package verify

import (
	"bufio"
	"bytes"
	"crypto"
	_ "crypto/sha1"   // for signatures of rsa-sha1, which never pass
	_ "crypto/sha256" // for all others
	"hash"
	"math"
	"slices"
	"strings"
	"sync"

	"seedtest/header"
)

// form is a way to make a header field or a body the same before and after transport (RFC 6376
// section 3.4).
type form string

const (
	formSimple  form = "simple"
	formRelaxed form = "relaxed"
)

// message is a message as signatures see it: every line ends with CRLF, however it was stored.
type message struct {
	raw   []byte
	head  header.Header
	end   byte             // the last byte of a line end
	lone  bool             // some line ends with that byte alone, and is read as if with CRLF
	names map[string][]int // where the fields of a lower-case name stand, top down
	marks map[bodyForm][]int64
	sums  map[bodyPart]bodySum

	taken int // octets of header fields, for all signatures so far

	sent func() *message // unquoted, once
}

// bodyForm is a way to hash a body.
type bodyForm struct {
	form form
	hash crypto.Hash
}

// bodyPart is the first octets of a body in a form.
type bodyPart struct {
	bodyForm
	limit int64
}

type bodySum struct {
	sum  []byte
	size int64 // octets of the whole body in its form
}

func newMessage(raw []byte, h header.Header) *message {
	m := &message{raw: raw, head: h, end: '\n', names: map[string][]int{},
		marks: map[bodyForm][]int64{}, sums: map[bodyPart]bodySum{}}
	if bytes.IndexByte(raw, '\n') < 0 {
		m.end = '\r'
	}
	m.lone = hasLone(raw, m.end)
	m.sent = sync.OnceValue(m.unquoted)
	for i, f := range h.Fields {
		name := strings.ToLower(f.Name)
		m.names[name] = append(m.names[name], i)
	}
	return m
}

// hasLone reports whether a line ends with less than CRLF.
func hasLone(raw []byte, end byte) bool {
	for at := 0; ; at++ {
		i := bytes.IndexByte(raw[at:], end)
		if i < 0 {
			return false
		}
		at += i
		if end == '\r' || at == 0 || raw[at-1] != '\r' {
			return true
		}
	}
}

// line splits off the first line, without its end.
func (m *message) line(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, m.end)
	if i < 0 {
		return text, nil
	}
	return bytes.TrimSuffix(text[:i], []byte("\r")), text[i+1:]
}

// field returns a header field with the CRLF that ends each of its lines.
func (m *message) field(i int) []byte {
	text := m.raw[m.head.Fields[i].Start:m.head.Fields[i].End]
	m.taken += len(text)
	if !m.lone && bytes.HasSuffix(text, []byte("\r\n")) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		var line []byte
		line, text = m.line(text)
		out = append(append(out, line...), "\r\n"...)
	}
	return out
}

// signedPart is the part of the body that a signature covers.
func signedPart(s *signature) bodyPart {
	p := bodyPart{bodyForm{s.bodyForm, s.hash}, math.MaxInt64}
	if s.length != nil {
		p.limit = *s.length
	}
	return p
}

// expect lets the body be read once for all signatures that are expected before the first is held
// against it.
func (m *message) expect(s *signature) {
	if p := signedPart(s); !slices.Contains(m.marks[p.bodyForm], p.limit) {
		m.marks[p.bodyForm] = append(m.marks[p.bodyForm], p.limit)
	}
}

// bodyHash returns the hash of the part of the body that a signature covers.
func (m *message) bodyHash(s *signature) bodySum {
	p := signedPart(s)
	if b, ok := m.sums[p]; ok {
		return b
	}
	m.expect(s)
	sink := &markedHash{hash: p.hash.New(), marks: m.marks[p.bodyForm]}
	slices.Sort(sink.marks)
	w := bufio.NewWriterSize(sink, 8<<10)
	m.writeBody(w, p.form)
	_ = w.Flush() // a hash takes everything
	for i, limit := range sink.marks {
		sum := sink.hash.Sum(nil)
		if i < len(sink.sums) {
			sum = sink.sums[i]
		}
		m.sums[bodyPart{p.bodyForm, limit}] = bodySum{sum: sum, size: sink.size}
	}
	return m.sums[p]
}

// manyEnds writes the line ends of many empty lines at once.
var manyEnds = strings.Repeat("\r\n", 512)

// writeBody writes the body in a form (RFC 6376 sections 3.4.3 and 3.4.4).
func (m *message) writeBody(w *bufio.Writer, f form) {
	empty, written := 0, false
	for text := m.raw[m.head.Body:]; len(text) > 0; {
		var line []byte
		line, text = m.line(text)
		if f == formRelaxed {
			line = trimBlanks(line)
		}
		if len(line) == 0 {
			empty++
			continue
		}
		for ; empty > 0; empty -= min(empty, len(manyEnds)/2) {
			_, _ = w.WriteString(manyEnds[:min(2*empty, len(manyEnds))])
		}
		writeLine(w, line, f)
		written = true
	}
	if !written && f == formSimple {
		_, _ = w.WriteString("\r\n")
	}
}

func writeLine(w *bufio.Writer, line []byte, f form) {
	if f == formSimple {
		_, _ = w.Write(line)
	} else {
		writeCollapsed(w, line)
	}
	_, _ = w.WriteString("\r\n")
}

// writeCollapsed writes a line in which each run of blanks is one space.
func writeCollapsed(w *bufio.Writer, line []byte) {
	blank := false
	for _, c := range line {
		if isBlank(c) {
			blank = true
			continue
		}
		if blank {
			_ = w.WriteByte(' ')
			blank = false
		}
		_ = w.WriteByte(c)
	}
}

// trimBlanks removes the blanks at the end of a line.
func trimBlanks(line []byte) []byte {
	for len(line) > 0 && isBlank(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return line
}

// markedHash hashes what is written, counts it, and keeps what the hash was at each mark.
type markedHash struct {
	hash  hash.Hash
	size  int64
	marks []int64 // octets, in order
	sums  [][]byte
}

func (h *markedHash) Write(p []byte) (int, error) {
	n := len(p)
	for len(h.sums) < len(h.marks) && h.marks[len(h.sums)] <= h.size+int64(len(p)) {
		part := h.marks[len(h.sums)] - h.size
		h.hash.Write(p[:part])
		h.sums = append(h.sums, h.hash.Sum(nil))
		h.size, p = h.size+part, p[part:]
	}
	h.hash.Write(p)
	h.size += int64(len(p))
	return n, nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
