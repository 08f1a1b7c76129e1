package lab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"
)

// What a client may send is bounded.
const (
	imapMaxBefore  = 16 << 10 // a command before sign-in, and any single line
	imapMaxLine    = 64 << 10 // a line
	imapMaxLetter  = 16 << 20 // a literal
	imapMaxCommand = imapMaxLetter + 8*imapMaxLine
	imapSmall      = 4096 // a literal that LITERAL- lets come unasked (RFC 7888 section 4)
)

var errIMAPTooLong = errors.New("too long a command")

// readCommand reads a command whole: a line, and for each literal that a line ends with (RFC 9051
// section 4.3) the literal and the line that goes on. The client is asked for those that wait.
func (c *imapConn) readCommand() ([]byte, error) {
	most, wait := imapMaxCommand, imapIdleTime
	if c.account == nil {
		most, wait = imapMaxBefore, imapLoginTime
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	var raw []byte
	for {
		line, err := c.readLine(min(imapMaxLine, most-len(raw)))
		if err != nil {
			return nil, err
		}
		size, unasked, ok := literalAt(line)
		if !ok {
			return append(raw, bytes.TrimRight(line, "\r\n")...), nil
		}
		raw = append(raw, line...)
		if raw, err = c.readLiteral(raw, size, unasked, most); err != nil {
			return nil, err
		}
	}
}

// readLiteral reads a literal of size after raw, which ends with its announcement.
func (c *imapConn) readLiteral(raw []byte, size int, unasked bool, most int) ([]byte, error) {
	if size > most-len(raw) || unasked && !c.mayComeUnasked(size) {
		return nil, errIMAPTooLong
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(imapPatience))
	if !unasked {
		c.printf("+ Ready for literal data\r\n")
		if err := c.flush(); err != nil {
			return nil, err
		}
	}
	at := len(raw)
	raw = slices.Grow(raw, size)[:at+size]
	_, err := io.ReadFull(c.br, raw[at:])
	return raw, err
}

// mayComeUnasked reports whether the style allows a literal of this size without being asked.
func (c *imapConn) mayComeUnasked(size int) bool {
	style := *c.style
	if c.account == nil {
		style.after = style.before
	}
	return style.has("LITERAL+") || style.has("LITERAL-") && size <= imapSmall
}

// readLine reads through the next LF.
func (c *imapConn) readLine(most int) ([]byte, error) {
	var line []byte
	for {
		part, err := c.br.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > most:
			return nil, errIMAPTooLong
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// literalAt reads the announcement of a literal at the end of a line: {12} or {12+}.
func literalAt(line []byte) (size int, unasked, ok bool) {
	text, found := bytes.CutSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
	open := bytes.LastIndexByte(text, '{')
	if !found || open < 0 {
		return 0, false, false
	}
	digits, unasked := bytes.CutSuffix(text[open+1:], []byte("+"))
	n, err := strconv.ParseInt(string(digits), 10, 64) // beyond that it is the largest
	return int(n), unasked, n >= 0 && (err == nil || errors.Is(err, strconv.ErrRange))
}
