package sender

import (
	"errors"
	"net"
	"os"
	"time"
)

// tap counts the octets that the kernel took of us.
type tap struct {
	net.Conn
	taken int64
	spoke func() bool // whether there is something to read

	glance bool // a read takes what has come and does not wait
	heard  bool // that was something
}

// Read implements net.Conn.
func (t *tap) Read(p []byte) (int, error) {
	if t.glance {
		if !t.spoke() {
			return 0, os.ErrDeadlineExceeded // which crypto/tls takes for a read that may go on later
		}
		t.heard = true
	}
	return t.Conn.Read(p)
}

// Write implements net.Conn.
func (t *tap) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.taken += int64(n)
	return n, err
}

// quiet reports whether the server has said nothing that was not asked for. Through TLS octets may
// come that are no word yet, or never will be: their rest is waited for as long as patience has it,
// and without any they count as a word.
func (w *wire) quiet(patience time.Duration) bool {
	switch {
	case w.in.Buffered() > 0:
		return false
	case w.conn == net.Conn(w.raw):
		return !w.raw.spoke()
	}
	w.step(max(patience, time.Second)) // in which what has come is read
	w.raw.glance, w.raw.heard = true, false
	_, err := w.in.Peek(1) // TLS may have read ahead
	w.raw.glance = false
	if w.raw.heard && errors.Is(err, os.ErrDeadlineExceeded) {
		if patience <= 0 {
			return false
		}
		_, err = w.in.Peek(1)
	}
	return errors.Is(err, os.ErrDeadlineExceeded)
}
