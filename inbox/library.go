package inbox

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// line is what the library takes for its connection. The wire behind it outlives it: while a
// session waits there is no library, whose buffers and reader would be most of what it holds.
type line struct {
	net.Conn // for its addresses
	wire     *wire
	out      []byte // handed on, not yet taken by the library
	tags     int    // commands that this library has sent
}

// newLine makes the connection for a library. One that is made after the greeting is greeted with
// what it has to know: the greeting comes last, because nobody waits for what follows it.
func (w *wire) newLine() *line {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := &line{Conn: w.conn, wire: w}
	if w.greeting != "" {
		if w.utf8 {
			l.out = append(l.out, enabledUTF8...)
		}
		l.out = append(l.out, "* PREAUTH [CAPABILITY"+w.plainCaps()+"] ready\r\n"...)
	}
	w.library = l
	return l
}

// wake has a library for the next commands.
func (s *session) wake() error {
	if s.client != nil {
		return nil
	}
	s.client = imapclient.New(s.wire.newLine(), nil)
	return s.client.WaitGreeting()
}

// letGo lets the library go while nothing is asked.
func (s *session) letGo() {
	if s.client == nil {
		return
	}
	s.wire.mu.Lock()
	s.wire.library, s.wire.last, s.wire.open = nil, nil, nil
	s.wire.turn.Broadcast()
	s.wire.mu.Unlock()
	_ = s.client.Close()
	s.client = nil
}

// Read hands the library what it may know of the next response. An error stays: the library reads
// on after one.
func (l *line) Read(p []byte) (int, error) {
	w := l.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(l.out) == 0 {
		switch {
		case w.library != l:
			return 0, io.EOF
		case w.err != nil:
			return 0, w.err
		}
		w.turn.Wait()
	}
	n := copy(p, l.out)
	if l.out = l.out[n:]; len(l.out) == 0 {
		l.out = nil
		w.turn.Broadcast()
	}
	return n, nil
}

// Write sends what the library wrote, in the server's dialect.
func (l *line) Write(p []byte) (int, error) {
	w := l.wire
	w.mu.Lock()
	if w.err != nil { // nobody reads any more: the library must not wait for an answer
		w.mu.Unlock()
		return 0, w.err
	}
	out := w.outgoing(l.tagged(p))
	waits := bytes.HasSuffix(out, []byte("}\r\n")) // for a continuation: the server must see it
	w.announced = waits
	if w.corked && !waits {
		w.held = append(w.held, out...)
		w.mu.Unlock()
		return len(p), nil
	}
	out = append(w.held, out...)
	w.held = nil
	w.mu.Unlock()
	if err := w.send(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close closes the connection when the library gives it up, but not when it was let go.
func (l *line) Close() error {
	l.wire.mu.Lock()
	gone := l.wire.library != l
	l.wire.mu.Unlock()
	if gone {
		return nil
	}
	return l.wire.shut()
}

// The library's deadlines are ignored: the wire has its own.

// SetDeadline does nothing.
func (*line) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (*line) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (*line) SetWriteDeadline(time.Time) error { return nil }

// tagged gives a command that begins the next tag of the connection: each library counts anew.
func (l *line) tagged(p []byte) []byte {
	w := l.wire
	own := tagOf(l.tags+1) + " "
	if len(w.line) > 0 || w.hushed != "" || !bytes.HasPrefix(p, []byte(own)) {
		return p
	}
	l.tags++
	w.commands++
	w.begun = tagOf(w.commands)
	return append([]byte(w.begun+" "), p[len(own):]...)
}

func tagOf(n int) string { return "T" + strconv.Itoa(n) }

// outgoing notes the commands in what the library wrote and rewrites what it cannot say.
func (w *wire) outgoing(p []byte) []byte {
	// Gmail's search extension: the library can only write it as a header search. And XLIST, which
	// it does not know: it is asked for as a LIST with that reference name.
	p = bytes.ReplaceAll(p, []byte(`HEADER "X-GM-RAW" `), []byte(`X-GM-RAW `))
	p = bytes.ReplaceAll(p, []byte(`LIST "XLIST" `), []byte(`XLIST "" `))
	if w.instead != "" { // a command that the library does not know
		p = bytes.Replace(p, []byte(" NOOP\r\n"), []byte(" "+w.instead+"\r\n"), 1)
		w.instead = ""
	}
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		w.line = append(w.line, line...)
		if whole {
			w.clientLine(string(bytes.TrimRight(w.line, "\r")))
			w.line = nil
		}
		rest = after
	}
	return append([]byte(nil), p...)
}

func (w *wire) clientLine(line string) {
	tag, rest, _ := strings.Cut(line, " ")
	name, arg, _ := strings.Cut(rest, " ")
	if w.hushed != "" || w.begun == "" || tag != w.begun { // a literal may have empty lines
		if w.hushed != "" {
			line = "(secret)"
		}
		w.note("C: ", []byte(line))
		return
	}
	w.begun = ""
	if name == "UID" {
		sub, _, _ := strings.Cut(arg, " ")
		name += " " + sub
	}
	cmd := w.sending(tag, name)
	cmd.asked = tagOf(w.library.tags)
	if name == "LOGIN" || name == "AUTHENTICATE" {
		w.hushed, line = tag, tag+" "+name+" (secret)"
	}
	w.note("C: ", []byte(line))
}

// sending notes a command that goes out.
func (w *wire) sending(tag, name string) *command {
	if len(w.open) == 0 {
		w.kept, w.unasked = 0, 0
	}
	cmd := &command{tag: tag, name: name, answer: answer{command: name}}
	w.open, w.last = append(w.open, cmd), cmd
	return cmd
}
