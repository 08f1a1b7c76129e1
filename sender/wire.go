package sender

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// Bounds of what a server may say.
const (
	maxLine  = 2000     // octets of a line with its end; RFC 5321 section 4.5.3.1.5 allows 512
	maxLines = 128      // lines of one reply
	maxReply = 16 << 10 // octets of one reply, as it is kept
)

// salvageWait is how long a reply is waited for once the connection no longer takes our octets.
const salvageWait = time.Second

var (
	errMalformed = errors.New("the server's line is no SMTP reply")
	errLongLine  = errors.New("a line of the server has more than 2000 octets")
	errManyLines = errors.New("a reply of the server has more than 128 lines")
	errLongReply = errors.New("a reply of the server has more than 16384 octets")
	errSpeaksTLS = errors.New("the server speaks TLS where plain text is wanted")
	errHalfLine  = errors.New("the server closed the connection in the middle of a line")
	errTwoCodes  = errors.New("the lines of one reply have two codes")
	errAhead     = errors.New("the server answered more than it was asked")
	errTwoLines  = errors.New("a command must not have a line break")
)

// mode says what may be recorded of what we write.
type mode int

const (
	modeCommand mode = iota
	modeAuth         // credentials: only the mechanism is recorded
	modeData         // content: only its size is recorded
)

// wire is the connection to a server, with everything that go-smtp leaves to chance: a deadline
// for every step, cancellation, bounds, and a record of both sides. go-smtp speaks over it as a
// net.Conn whose Read gives at most one line, so that what was read is what was asked for.
//
// One goroutine uses a wire; only the end of its context reaches in from elsewhere, to its waits.
type wire struct {
	raw    *tap     // as it was dialled
	conn   net.Conn // raw, or TLS over it
	in     *bufio.Reader
	dialog *dialog
	mode   mode
	over   bool // in modeAuth: the last word was said, and "*" is not wanted any more

	held    []byte   // commands that flush sends
	ready   []byte   // for go-smtp to read
	echo    []byte   // to be read in place of sending go-smtp's next command
	partial []string // of the reply that is being read
	code    int      // of that reply
	size    int      // of that reply so far
	replies []seedtest.Reply
	fault   error // the first failure; the connection is of no more use
	trips   int   // replies waited for
	nIn     int64
	nOut    int64
	waits
}

func newWire(conn net.Conn, d *dialog) *wire {
	raw := &tap{Conn: conn, spoke: listener(conn)}
	return &wire{raw: raw, conn: raw, in: bufio.NewReaderSize(raw, maxLine), dialog: d,
		waits: waits{on: raw}}
}

// upgrade puts TLS over the connection. Its octets are counted as SMTP sees them.
func (w *wire) upgrade(conn net.Conn) {
	w.conn = conn
	w.in = bufio.NewReaderSize(conn, maxLine)
}

// Read gives go-smtp at most one line of the server.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.ready) == 0 {
		line, err := w.line()
		if err != nil {
			return 0, err
		}
		w.ready = append(w.ready[:0], line...)
		if len(line) == codeLen { // legal (RFC 5321 section 4.2), but go-smtp wants a space
			w.ready = append(w.ready, ' ')
		}
		w.ready = append(w.ready, "\r\n"...)
	}
	n := copy(p, w.ready)
	w.ready = w.ready[n:]
	return n, nil
}

// line reads one line and records it. It comes back without its end.
func (w *wire) line() (string, error) {
	if w.fault != nil {
		return "", w.fault
	}
	b, err := w.in.ReadSlice('\n')
	w.nIn += int64(len(b))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		err = errLongLine
	case err == io.EOF && len(b) > 0:
		err = errHalfLine
	}
	if err != nil {
		w.fault = w.orTLS(b, err)
		return "", w.fault
	}
	said := byServer + string(bytes.TrimRight(b, "\r\n"))
	if err := w.record(said); err != nil {
		w.fault = w.orTLS(b, err)
		return "", w.fault
	}
	return said[len(byServer):], nil
}

// orTLS is what is wrong with the first octets of a server: they may be a record of TLS, such as the
// alert by which it ends what it took for a handshake (RFC 8446 section 5.1).
func (w *wire) orTLS(b []byte, err error) error {
	first := w.conn == net.Conn(w.raw) && w.nIn == int64(len(b))
	if first && len(b) > 1 && (b[0] == 21 || b[0] == 22) && b[1] == 3 {
		return errSpeaksTLS
	}
	return err
}

// record takes a line of the server into the dialogue and into the reply it is part of.
func (w *wire) record(said string) error {
	w.dialog.add(said, len(byServer))
	l, err := parseReplyLine(said[len(byServer):])
	if err != nil {
		return err
	}
	if len(w.partial) > 0 && l.code != w.code {
		return errTwoCodes
	}
	if err := w.gather(l); err != nil || l.more {
		return err
	}
	w.replies = append(w.replies, replyOf(l.code, w.partial))
	w.partial, w.size = w.partial[:0], 0
	w.trips++
	w.over = w.mode == modeAuth && l.code != 334
	return nil
}

// gather keeps a line of a reply, within bounds.
func (w *wire) gather(l replyLine) error {
	text := printable(w.dialog.hide(l.text))
	w.code, w.partial, w.size = l.code, append(w.partial, text), w.size+len(text)
	switch {
	case len(w.partial) > maxLines:
		return errManyLines
	case w.size > maxReply:
		return errLongReply
	}
	return nil
}

// ask sends a command of our own, or nothing, and reads until a reply is whole.
func (w *wire) ask(command string) error {
	if strings.ContainsAny(command, "\r\n") {
		return errTwoLines
	}
	if command != "" {
		if _, err := w.Write([]byte(command + "\r\n")); err != nil {
			return err
		}
	}
	for len(w.replies) == 0 {
		if _, err := w.line(); err != nil {
			return err
		}
	}
	return nil
}

// take returns the last reply since the last take, and those before it: AUTH has several.
func (w *wire) take() (last *seedtest.Reply, before []seedtest.Reply) {
	n := len(w.replies)
	if n == 0 {
		return nil, nil
	}
	last, before = &w.replies[n-1], w.replies[:n-1]
	w.replies = nil
	return last, before
}

// Write sends what we or go-smtp say.
func (w *wire) Write(p []byte) (int, error) {
	switch {
	case w.fault != nil:
		return 0, w.fault
	case w.over: // go-smtp says "*" to a refusal: it gets its answer, and the server is not asked
		w.ready = append(w.ready[:0], "501 over\r\n"...)
		return len(p), nil
	case w.echo != nil:
		w.ready, w.echo = w.echo, nil
		return len(p), nil
	}
	if w.mode != modeData && w.ahead() {
		return 0, w.fault
	}
	w.recordOwn(p)
	return w.send(p)
}

// ahead reports whether an answer is there before its command is said. It and all that follow would
// be taken for answers to something else, so the connection is of no more use.
func (w *wire) ahead() bool {
	if w.in.Buffered() > 0 {
		w.fault = errAhead
	}
	return w.fault != nil
}

// send writes to the connection.
func (w *wire) send(p []byte) (int, error) {
	n, err := w.conn.Write(p)
	w.nOut += int64(n)
	if err != nil {
		w.salvage(err)
	}
	return n, err
}

// flush sends the commands that are held in one write, if there are any.
func (w *wire) flush() error {
	held := w.held
	if w.held = held[:0]; len(held) == 0 {
		return nil
	}
	if w.fault != nil || w.ahead() {
		return w.fault
	}
	for line := range bytes.Lines(held) {
		w.recordOwn(line)
	}
	_, err := w.send(held)
	return err
}

func (w *wire) recordOwn(p []byte) {
	size := len(p)
	switch p = bytes.TrimRight(p, "\r\n"); w.mode {
	case modeCommand:
		w.dialog.add(byClient+string(p), len(byClient))
	case modeAuth:
		w.dialog.client(authCommand(string(p)))
	case modeData:
		w.dialog.add(byClient+"("+strconv.Itoa(size)+" octets of content)", len(byClient))
	}
}

// authCommand is what may be shown of a line of AUTH: the command and its mechanism.
func authCommand(line string) string {
	f := strings.Fields(line)
	switch {
	case len(f) < 2 || f[0] != "AUTH":
		return "(secret)"
	case len(f) == 2:
		return line
	}
	return "AUTH " + f[1] + " (secret)"
}

// salvage reads what a server said before it stopped listening, because that tells why.
func (w *wire) salvage(cause error) {
	w.step(salvageWait)
	_ = w.ask("")
	w.fault = cause
}

// drop ends the connection without another word.
func (w *wire) drop() {
	w.unwatch()
	_ = w.raw.Close()
}

// The rest of net.Conn, for go-smtp. Its deadlines are not heeded: ours stand.

// Close implements net.Conn.
func (w *wire) Close() error { return w.raw.Close() }

// LocalAddr implements net.Conn.
func (w *wire) LocalAddr() net.Addr { return w.raw.LocalAddr() }

// RemoteAddr implements net.Conn.
func (w *wire) RemoteAddr() net.Addr { return w.raw.RemoteAddr() }

// SetDeadline implements net.Conn.
func (w *wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
