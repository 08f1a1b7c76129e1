package analyze

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"

	"seedtest/header"
)

// maxLine is how much of a line is looked at to tell whether a message of an mbox begins there.
const maxLine = 64 << 10

// Messages yields the messages of an mbox file, which its first line tells, or else all of the
// input as one. Of each message at most [header.MaxSize] bytes come, which is what [Message] reads;
// the rest is passed over, so that memory is bounded whatever the input. A message is valid until
// the next one is asked for. A failing reader ends the sequence with its error, after what could be
// read.
//
// In an mbox a message begins with a line "From sender date" behind an empty line. A line without a
// date is text that somebody did not quote.
func Messages(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s := splitter{r: bufio.NewReaderSize(r, maxLine), lineStart: true, first: true}
		for {
			chunk, err := s.r.ReadSlice('\n')
			if len(chunk) > 0 && s.begins(chunk) && len(s.message) > 0 {
				if !yield(s.message, nil) {
					return
				}
				s.message = s.message[:0]
			}
			s.take(chunk)
			if err == nil || errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if len(s.message) > 0 && !yield(s.message, nil) {
				return
			}
			if !errors.Is(err, io.EOF) {
				yield(nil, err)
			}
			return
		}
	}
}

type splitter struct {
	r         *bufio.Reader
	message   []byte
	first     bool // nothing has been read yet
	mbox      bool
	lineStart bool // the next chunk begins a line
	blank     bool // the line before was empty
}

// begins reports whether a chunk begins a message.
func (s *splitter) begins(chunk []byte) bool {
	if s.first {
		s.first = false
		s.mbox = bytes.HasPrefix(chunk, []byte("From "))
		return s.mbox
	}
	return s.mbox && s.lineStart && s.blank && isSeparator(chunk)
}

// isSeparator reports whether a line is "From sender date".
func isSeparator(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	if !ok || len(line) > 1000 {
		return false
	}
	_, date, ok := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	if !ok {
		return false
	}
	_, _, ok = readDate(string(bytes.TrimSpace(date)))
	return ok
}

// take keeps a chunk, as far as there is room.
func (s *splitter) take(chunk []byte) {
	if room := header.MaxSize - len(s.message); room > 0 {
		s.message = append(s.message, chunk[:min(len(chunk), room)]...)
	}
	if len(chunk) > 0 {
		s.blank = s.lineStart && len(bytes.TrimRight(chunk, "\r\n")) == 0
		s.lineStart = chunk[len(chunk)-1] == '\n'
	}
}
