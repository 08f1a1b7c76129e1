package lab

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// unavailable is what a relay says that takes nobody.
const unavailable = "421 4.3.2 Service not available, closing transmission channel\r\n"

// spoiler lets the faults of a route strike its connections.
type spoiler struct {
	faults *faultBook
	route  string
	config *tls.Config // where TLS begins with the connection, else nil
}

// wrap decides about a new connection.
func (s spoiler) wrap(c *trackedConn) net.Conn {
	if _, ok := s.faults.active(SMTPRefuseConnect, s.route); ok {
		_ = c.Close()
		return c
	}
	if _, ok := s.faults.active(SMTPStallBanner, s.route); ok {
		return &turnedAway{Conn: s.secured(c), tracked: c}
	}
	if _, ok := s.faults.active(SMTPUnavailable, s.route); ok {
		return &turnedAway{Conn: s.secured(c), tracked: c, say: unavailable}
	}
	spoilt := &spoiltConn{trackedConn: c, spoiler: s}
	_, spoilt.hides = s.faults.active(SMTPNoSTARTTLS, s.route)
	return s.secured(spoilt)
}

func (s spoiler) secured(c net.Conn) net.Conn {
	if s.config == nil {
		return c
	}
	return tls.Server(c, s.config)
}

// turnedAway is a connection whose greeting never comes, or is a refusal.
type turnedAway struct {
	net.Conn
	tracked *trackedConn
	say     string
}

// Write takes the server's greeting and says something else.
func (c *turnedAway) Write([]byte) (int, error) {
	if secure, ok := c.Conn.(*tls.Conn); ok {
		if err := secure.Handshake(); err != nil {
			return 0, err
		}
	}
	if c.say == "" {
		<-c.tracked.closed
		return 0, net.ErrClosed
	}
	_, _ = c.Conn.Write([]byte(c.say))
	_ = c.Close()
	return 0, net.ErrClosed
}

// spoiltConn is a connection whose answers may be late or lack something.
type spoiltConn struct {
	*trackedConn
	spoiler
	hides bool // STARTTLS is not offered

	mu       sync.Mutex
	answered bool // something was written since the last read
}

// Read notes that the peer spoke: what is written next is an answer.
func (c *spoiltConn) Read(b []byte) (int, error) {
	n, err := c.trackedConn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = false
	return n, err
}

// Write passes on what the server says. go-smtp writes each line by itself.
func (c *spoiltConn) Write(b []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	if c.hides && bytes.Equal(b, []byte("250-STARTTLS\r\n")) {
		return len(b), nil
	}
	return c.trackedConn.Write(b)
}

// wait makes an answer late if a fault says so.
func (c *spoiltConn) wait() error {
	c.mu.Lock()
	first := !c.answered
	c.answered = true
	c.mu.Unlock()
	if !first {
		return nil
	}
	fault, ok := c.faults.active(SMTPSlow, c.route)
	if !ok {
		return nil
	}
	timer := time.NewTimer(fault.delay())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.closed:
		return net.ErrClosed
	}
}
