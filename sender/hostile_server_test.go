package sender_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"seedtest"
	"seedtest/sender"
)

// What a hostile script is reached over.
const (
	inClear  = ""
	startTLS = "STARTTLS"
	implicit = "TLS at once"
	byLogin  = "AUTH"
)

// act is what a hostile server does in place of an answer. It reports whether the conversation goes
// on.
type act func(net.Conn) bool

// dripped says text an octet a second.
func dripped(text string) act {
	return func(conn net.Conn) bool {
		for _, b := range []byte(text) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return false
			}
			time.Sleep(time.Second) // of the bubble's clock
		}
		return true
	}
}

// raw says octets as they are, and then goes on or hangs up.
func raw(text string, on bool) act {
	return func(conn net.Conn) bool {
		_, err := io.WriteString(conn, text)
		return err == nil && on
	}
}

// endlessly says text until nobody listens.
func endlessly(text string) act {
	return func(conn net.Conn) bool {
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return false
			}
		}
	}
}

// sips reads an octet a second.
func sips(conn net.Conn) bool {
	for one := make([]byte, 1); ; time.Sleep(time.Second) {
		if _, err := conn.Read(one); err != nil {
			return false
		}
	}
}

// slowly says an answer after a while.
func slowly(d time.Duration, answer string) act {
	return func(conn net.Conn) bool {
		time.Sleep(d) // of the bubble's clock
		_, err := io.WriteString(conn, answer+"\r\n")
		return err == nil
	}
}

// resettable is a connection that ends by a reset where the server says so.
type resettable struct {
	net.Conn
	s *script
}

func (c *resettable) wrong(err error) error {
	if err != nil && c.s.answer("resets") != "" && !errors.Is(err, os.ErrDeadlineExceeded) {
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return err
}

// Read implements net.Conn.
func (c *resettable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.wrong(err)
}

// Write implements net.Conn.
func (c *resettable) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.wrong(err)
}

// hostile is one way in which a server goes wrong, and what must become of it.
type hostile struct {
	over    string // one of the above
	at      string // as in script
	does    any    // an answer, an act, or how the server's TLS is changed
	outcome seedtest.Outcome
	stage   seedtest.Stage
	words   string        // parts of Error, with | between them: what happened, and what to do
	within  time.Duration // of the bubble's clock, for one try; 0: no time passes
	finals  int           // whole messages that the server may have heard at most
}

// server makes the script of a case that is polite so far, its route, and what sets the case off.
func (h hostile) server(t *testing.T, a *authority, pipes bool) (*script, seedtest.Route, func()) {
	s := &script{t: t, pipes: pipes}
	route := s.route()
	switch h.over {
	case startTLS, byLogin:
		s = secure(t, a)
		route = s.tlsRoute(seedtest.TLSStartTLS, a)
		s.answers["TLS"] = "250-mx.example.net\r\n250-AUTH PLAIN\r\n250 SIZE 1000000"
	case implicit:
		s = secure(t, a)
		s.atOnce = true
		route = s.tlsRoute(seedtest.TLSImplicit, a)
	}
	if s.pipes = pipes; pipes && h.over != inClear {
		s.answers["TLS"] = "250-PIPELINING\r\n" + s.answers["TLS"]
	}
	if h.over == byLogin {
		route.Login = byPassword
	}
	return s, route, func() { h.setOff(s) }
}

func (h hostile) setOff(s *script) {
	switch does := h.does.(type) {
	case string:
		s.set(h.at, does)
	case act:
		if h.at == "body" {
			s.set(h.at, "acts")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.acts = map[string]func(net.Conn) bool{h.at: does}
	case map[string]string:
		for at, answer := range does {
			s.set(at, answer)
		}
	case func(*script):
		does(s)
	}
}

// dialing returns the script's dial with connections that can be reset.
func dialing(s *script) sender.Dial {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := s.dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &resettable{conn, s}, nil
	}
}

// resets is an answer by RST at a stage.
func resets(at string) map[string]string { return map[string]string{at: hangUp, "resets": "yes"} }

// certified gives a server another certificate or configuration of TLS.
func certified(change func(*tls.Config)) func(*script) {
	return func(s *script) {
		s.mu.Lock()
		defer s.mu.Unlock()
		config := s.tls.Clone()
		change(config)
		s.tls = config
	}
}

// by returns a server's configuration with a certificate that an authority gave to name until end.
func by(t *testing.T, a *authority, name string, end time.Time) func(*script) {
	other := a.server(t, name, end)
	return certified(func(c *tls.Config) { c.Certificates = other.Certificates })
}

// later is the authority with certificates that are not valid yet.
func (a *authority) later() *authority {
	cert, late := *a.cert, *a
	cert.NotBefore = time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
	late.cert = &cert
	return &late
}

// alone is a certificate that signed itself.
func alone(t *testing.T, a *authority) func(*script) {
	tmpl := *a.cert
	tmpl.DNSNames, tmpl.Subject.CommonName, tmpl.IsCA = []string{"mx.example.net"}, "mx.example.net", false
	der, err := x509.CreateCertificate(nil, &tmpl, &tmpl, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return certified(func(c *tls.Config) {
		c.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}
	})
}

// wholes is how many messages a script has heard up to their final dots.
func (s *script) wholes() int { return strings.Count(s.received(), "\r\n.\r\n") }

// without does something in place of a handshake: behind the answer to STARTTLS, or at once.
func without(answer string, do act) any {
	if answer != "" {
		return act(func(conn net.Conn) bool { return raw(answer, true)(conn) && do(conn) && false })
	}
	return func(s *script) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.atOnce, s.acts = false, map[string]func(net.Conn) bool{"": func(conn net.Conn) bool {
			do(conn)
			return false
		}}
	}
}

// answering hears the beginning of a handshake and answers it with text.
func answering(text string) act {
	return func(conn net.Conn) bool {
		_, err := conn.Read(make([]byte, 4096))
		return err == nil && raw(text, false)(conn)
	}
}

// deaf hears all and says nothing.
func deaf(conn net.Conn) bool {
	_, _ = io.Copy(io.Discard, conn)
	return false
}

func with(answers map[string]string, at, answer string) map[string]string {
	answers = maps.Clone(answers)
	answers[at] = answer
	return answers
}

func stageOf(at string) seedtest.Stage {
	if at == implicit {
		return seedtest.StageTLS
	}
	return seedtest.Stage(strings.ToLower(at))
}
