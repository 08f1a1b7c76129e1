package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Bounds of every SMTP server in the world.
const (
	smtpTimeout = 5 * time.Minute // RFC 5321 section 4.5.3.2.7
	maxMessage  = 20 << 20        // octets
)

// smtpServer runs one go-smtp server on several listeners, and can end all of it.
type smtpServer struct {
	server    *smtp.Server
	listeners []*tracked
	serving   sync.WaitGroup
}

func newSMTPServer(name string, backend smtp.Backend, config *tls.Config, log *slog.Logger) *smtpServer {
	s := smtp.NewServer(backend)
	s.Domain = name
	s.TLSConfig = config
	s.ReadTimeout, s.WriteTimeout = smtpTimeout, smtpTimeout
	s.MaxMessageBytes = maxMessage
	s.MaxRecipients = 1 // one answer to the final dot is the answer for one recipient
	s.EnableDSN = true
	s.ErrorLog = errorLog{log}
	return &smtpServer{server: s}
}

// serve serves a listener. Its connections pass through wrap before the server sees them.
func (s *smtpServer) serve(l net.Listener, wrap func(*trackedConn) net.Conn) {
	t := &tracked{Listener: l, wrap: wrap, conns: map[*trackedConn]bool{}}
	s.listeners = append(s.listeners, t)
	s.serving.Go(func() {
		err := s.server.Serve(t)
		if err != nil && !errors.Is(err, net.ErrClosed) {
			s.server.ErrorLog.Println(err)
		}
	})
}

// Close ends listeners and connections, and waits for all that served them.
func (s *smtpServer) Close() error {
	var all error
	for _, l := range s.listeners {
		all = errors.Join(all, l.Close())
	}
	s.serving.Wait()
	return errors.Join(all, s.server.Shutdown(context.Background()))
}

// tracked is a listener that closes its connections when it is closed.
type tracked struct {
	net.Listener
	wrap func(*trackedConn) net.Conn

	mu     sync.Mutex
	closed bool
	conns  map[*trackedConn]bool
}

func (t *tracked) Accept() (net.Conn, error) {
	conn, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &trackedConn{Conn: conn, listener: t, closed: make(chan struct{})}
	t.mu.Lock()
	closed := t.closed
	t.conns[c] = true
	t.mu.Unlock()
	if closed {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	return t.wrap(c), nil
}

func (t *tracked) Close() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	conns := slices.Collect(maps.Keys(t.conns))
	t.mu.Unlock()
	err := t.Listener.Close()
	for _, c := range conns {
		_ = c.Close()
	}
	return err
}

// trackedConn tells by a channel that it was closed, for whoever waits on its behalf.
type trackedConn struct {
	net.Conn
	listener *tracked
	closed   chan struct{}
	once     sync.Once
}

func (c *trackedConn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.listener.mu.Lock()
		defer c.listener.mu.Unlock()
		delete(c.listener.conns, c)
	})
	return c.Conn.Close()
}

func plainly(c *trackedConn) net.Conn { return c }

// errorLog hands what go-smtp has to say to slog.
type errorLog struct{ log *slog.Logger }

func (l errorLog) Printf(format string, v ...any) { l.log.Debug("smtp: " + fmt.Sprintf(format, v...)) }
func (l errorLog) Println(v ...any)               { l.log.Debug("smtp: " + fmt.Sprint(v...)) }

// reply makes a reply of one or several lines. Each line carries the enhanced status code (RFC 2034
// section 4), which go-smtp writes on the last one only.
func reply(code int, enhanced smtp.EnhancedCode, lines ...string) *smtp.SMTPError {
	for i := range lines[:len(lines)-1] {
		lines[i] = status(enhanced) + lines[i]
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced,
		Message: strings.Join(lines, "\n")}
}

// status writes an enhanced code and a space, or nothing if there is none.
func status(c smtp.EnhancedCode) string {
	if c == smtp.NoEnhancedCode || c == smtp.EnhancedCodeNotSet {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d ", c[0], c[1], c[2])
}

// words writes a reply on one line, as logs do.
func words(e *smtp.SMTPError) string {
	return fmt.Sprintf("%d %s%s", e.Code, status(e.EnhancedCode),
		strings.ReplaceAll(e.Message, "\n", " "))
}

// tlsNames returns version and cipher of a connection as servers write them.
func tlsNames(c *smtp.Conn) (version, cipher string, ok bool) {
	state, ok := c.TLSConnectionState()
	if !ok {
		return "", "", false
	}
	return strings.ReplaceAll(tls.VersionName(state.Version), " ", "v"),
		tls.CipherSuiteName(state.CipherSuite), true
}
