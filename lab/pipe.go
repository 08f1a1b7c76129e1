package lab

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// maxBuffered is how many octets may be under way in one direction of a pipe.
const maxBuffered = 64 << 10

// Pipes returns a network of in-memory pipes. Their goroutines are durably blocked while they
// wait, so under testing/synctest the clock advances.
func Pipes() Network {
	return &pipes{listeners: map[netip.AddrPort]*pipeListener{}}
}

type pipes struct {
	mu        sync.Mutex
	listeners map[netip.AddrPort]*pipeListener
}

func (n *pipes) real(netip.AddrPort) string { return "" }

func (n *pipes) listen(at netip.AddrPort) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &pipeListener{at: at, queue: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[at] = l
	return l, nil
}

func (n *pipes) dial(ctx context.Context, from, to netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[to]
	n.mu.Unlock()
	if l == nil {
		return nil, refused(to)
	}
	here, there := newPipe(tcpAddr(from), tcpAddr(to))
	select {
	case l.queue <- there:
		return here, nil
	case <-l.closed:
		return nil, refused(to)
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: tcpAddr(to), Err: ctx.Err()}
	}
}

type pipeListener struct {
	at     netip.AddrPort
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Addr() net.Addr { return tcpAddr(l.at) }

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// pipeConn is one end of a pipe. Unlike net.Pipe it buffers, as a kernel does: both ends may write
// at the same time, which TLS does after its handshake.
type pipeConn struct {
	in, out       *stream
	local, remote net.Addr
}

func newPipe(a, b net.Addr) (*pipeConn, *pipeConn) {
	ab, ba := newStream(), newStream()
	return &pipeConn{in: ba, out: ab, local: a, remote: b},
		&pipeConn{in: ab, out: ba, local: b, remote: a}
}

func (c *pipeConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *pipeConn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c *pipeConn) LocalAddr() net.Addr         { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr        { return c.remote }

func (c *pipeConn) Close() error {
	c.in.shut(true)
	c.out.shut(false)
	return nil
}

func (c *pipeConn) SetDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	c.out.writing.set(c.out, t)
	return nil
}

func (c *pipeConn) SetReadDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	return nil
}

func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	c.out.writing.set(c.out, t)
	return nil
}

// stream is one direction of a pipe.
type stream struct {
	mu      sync.Mutex
	change  *sync.Cond
	data    []byte
	ended   bool // the writer closed: what is buffered may still be read
	gone    bool // the reader closed
	severed bool // what is written is lost, and neither end hears of the other
	reading limit
	writing limit
}

// limit is a deadline.
type limit struct {
	passed bool
	timer  *time.Timer
}

func newStream() *stream {
	s := &stream{}
	s.change = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.gone:
			return 0, net.ErrClosed
		case s.reading.passed:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case s.severed:
		case len(s.data) > 0:
			n := copy(b, s.data)
			s.data = s.data[n:]
			s.change.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.change.Wait()
	}
}

func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for {
		room := min(maxBuffered-len(s.data), len(b))
		switch {
		case s.ended:
			return written, net.ErrClosed
		case s.severed && !s.writing.passed:
			return written + len(b), nil
		case s.gone:
			return written, io.ErrClosedPipe
		case s.writing.passed:
			return written, os.ErrDeadlineExceeded
		case len(b) == 0:
			return written, nil
		case room > 0:
			s.data = append(s.data, b[:room]...)
			b = b[room:]
			written += room
			s.change.Broadcast()
			continue
		}
		s.change.Wait()
	}
}

// sever loses what is under way, and all that will be.
func (s *stream) sever() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.severed, s.data = true, nil
	s.change.Broadcast()
}

// shut closes the stream at its reader's or its writer's end.
func (s *stream) shut(reader bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reader {
		s.gone, s.data = true, nil
		s.reading.stop()
	} else {
		s.ended = true
		s.writing.stop()
	}
	s.change.Broadcast()
}

// set moves the deadline; the zero time is none.
func (l *limit) set(s *stream, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.stop()
	l.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		l.passed = true
		s.change.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.timer == timer {
			l.passed = true
			s.change.Broadcast()
		}
	})
	l.timer = timer
}

func (l *limit) stop() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}
