package sender_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/sender"
)

// What a scripted server does in place of an answer.
const (
	hangUp = "(closes)"
	silent = "(says nothing)"
	stall  = "(stops reading)"
	half   = "(half) " // the rest is written without line end, then it closes
)

// script is a server on an in-memory pipe that is polite but for what answers says. The keys are
// the verbs of commands, "" for the greeting, "." for the final dot, "TLS" for EHLO over TLS, and
// "AUTH+", "AUTH++" for what follows a challenge.
type script struct {
	t       testing.TB
	answers map[string]string
	tls     *tls.Config
	atOnce  bool                           // TLS from the first octet
	delay   map[string]time.Duration       // before an answer, by the bubble's clock
	pipes   bool                           // PIPELINING is offered
	acts    map[string]func(net.Conn) bool // in place of an answer
	rcpt    []string                       // answers to one RCPT after the other

	mu    sync.Mutex
	body  strings.Builder // content of all messages, dots and all
	heard []string        // commands and answers to challenges
	conns int
	open  []net.Conn
}

var polite = map[string]string{
	"":         "220 mx.example.net ESMTP",
	"EHLO":     "250-mx.example.net\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 DSN",
	"STARTTLS": "220 2.0.0 go ahead",
	"AUTH":     "235 2.7.0 welcome",
	"MAIL":     "250 2.1.0 Ok",
	"RCPT":     "250 2.1.5 Ok",
	"DATA":     "354 go ahead",
	".":        "250 2.0.0 Ok: queued as 4XyZ",
	"RSET":     "250 2.0.0 Ok",
	"QUIT":     "221 2.0.0 Bye",

	"misplaced": "503 5.5.1 not now",
}

// dial opens a pipe to the script.
func (s *script) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	s.mu.Lock()
	s.conns++
	s.open = append(s.open, server)
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		s.serve(server)
	}()
	s.t.Cleanup(func() {
		client.Close()
		<-done
	})
	return client, nil
}

func (s *script) answer(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.answers[key]; ok {
		return a
	}
	if key == "EHLO" && s.pipes {
		return strings.Replace(polite[key], "\r\n", "\r\n250-PIPELINING\r\n", 1)
	}
	return polite[key]
}

// set changes an answer.
func (s *script) set(key, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers == nil {
		s.answers = make(map[string]string)
	}
	s.answers[key] = answer
}

func (s *script) act(key string) func(net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acts[key]
}

// hangUpAll ends all connections.
func (s *script) hangUpAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.open {
		conn.Close()
	}
}

// verbs returns what was said so far without parameters.
func (s *script) verbs() string {
	var verbs []string
	for _, line := range s.said() {
		verb, _, _ := strings.Cut(line, " ")
		verbs = append(verbs, verb)
	}
	return strings.Join(verbs, " ")
}

func (s *script) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, line)
}

// said returns what the script has heard so far.
func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.heard...)
}

func (s *script) serve(conn net.Conn) {
	if s.atOnce {
		conn = tls.Server(conn, s.tls)
	}
	r := bufio.NewReader(conn)
	if !s.say(conn, "") {
		return
	}
	open := "" // the answer to MAIL, then to the last RCPT
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.note(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		key := verb
		if _, secure := conn.(*tls.Conn); secure && verb == "EHLO" && s.answer("TLS") != "" {
			key = "TLS"
		}
		if verb == "RCPT" && len(s.rcpt) > 0 {
			a := s.rcpt[0]
			if s.rcpt = s.rcpt[1:]; a[0] == '2' {
				open = a
			}
			_, _ = io.WriteString(conn, a+"\r\n")
			continue
		}
		if strings.HasPrefix(line, "AUTH PLAIN ") && s.answer("AUTH PLAIN") != "" {
			key = "AUTH PLAIN"
		}
		key, open = s.within(key, open)
		answer := s.answer(key) // the test may change it as soon as it is given
		if !s.say(conn, key) || verb == "QUIT" {
			return
		}
		switch {
		case verb == "STARTTLS" && s.tls == nil && answer[0] == '2':
			_, _ = io.Copy(io.Discard, conn) // a handshake that never answers
			return
		case verb == "STARTTLS" && answer[0] == '2':
			conn = tls.Server(conn, s.tls)
			r = bufio.NewReader(conn)
		case verb == "AUTH" && strings.HasPrefix(answer, "334"):
			if !s.challenge(conn, r) {
				return
			}
		case verb == "DATA" && answer[0] == '3':
			if !s.content(conn, r) {
				return
			}
		}
	}
}

// within answers commands out of place in place of those that nothing was said of: what came before
// was refused. It returns the key of the answer, and the answer that the next command stands on.
func (s *script) within(key, open string) (string, string) {
	refused := open == "" || open[0] != '2'
	switch key {
	case "MAIL":
		return key, s.answer(key)
	case "RSET":
		return key, ""
	case "RCPT", "DATA":
		if refused && s.answer(key) == polite[key] {
			return "misplaced", open
		}
		if key == "RCPT" {
			open = s.answer(key)
		}
	}
	return key, open
}

// challenge hears what follows the first challenge of AUTH.
func (s *script) challenge(conn net.Conn, r *bufio.Reader) bool {
	for i := 1; ; i++ {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		s.note(strings.TrimRight(line, "\r\n"))
		key := "AUTH" + strings.Repeat("+", i)
		if !s.say(conn, key) {
			return false
		}
		if !strings.HasPrefix(s.answer(key), "334") {
			return true
		}
	}
}

// content reads up to the final dot and answers it. An answer to "body" comes before that.
func (s *script) content(conn net.Conn, r *bufio.Reader) bool {
	switch a := s.answer("body"); a {
	case "":
	case stall:
		time.Sleep(time.Hour) // of the bubble's clock
		return false
	default:
		s.say(conn, "body")
		return false
	}
	for {
		line, err := s.contentLine(r)
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			return s.say(conn, ".")
		}
	}
}

// contentLine reads octet by octet, so that received tells all that has come.
func (s *script) contentLine(r *bufio.Reader) (string, error) {
	var line strings.Builder
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		s.mu.Lock()
		s.body.WriteByte(b)
		s.mu.Unlock()
		line.WriteByte(b)
		if b == '\n' {
			return line.String(), nil
		}
	}
}

// received returns the content so far.
func (s *script) received() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body.String()
}

// say gives the answer to key. It reports whether the conversation goes on.
func (s *script) say(conn net.Conn, key string) bool {
	a := s.answer(key)
	if d := s.delay[key]; d > 0 {
		time.Sleep(d) // of the bubble's clock
	}
	if act := s.act(key); act != nil {
		return act(conn)
	}
	switch {
	case a == hangUp:
		return false
	case a == silent:
		_, _ = io.Copy(io.Discard, conn)
		return false
	case strings.HasPrefix(a, half):
		_, _ = io.WriteString(conn, strings.TrimPrefix(a, half))
		return false
	}
	_, err := io.WriteString(conn, a+"\r\n")
	return err == nil
}

// route leads to the script without TLS.
func (s *script) route() seedtest.Route {
	return seedtest.Route{Name: "old", Type: seedtest.RouteSMTP, HELO: "mail1.example.org",
		Server: seedtest.Endpoint{Host: "mx.example.net", Port: 587, TLS: seedtest.TLSNone}}
}

// client sends by route to the script, and leaves at the end of the test.
func (s *script) client(route seedtest.Route, o sender.Options) *sender.Client {
	o.Dial = s.dial
	c := sender.New(route, o)
	s.t.Cleanup(func() { c.Close() })
	return c
}

func composed(t testing.TB) seedtest.Composed {
	t.Helper()
	m, err := sender.Compose(draft())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func committed(context.Context) error { return nil }

var errDisk = errors.New("disk full")

func notCommitted(context.Context) error { return errDisk }

// authority is a CA of the test, whose certificates are good at the bubble's time and ours.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		Subject:   pkix.Name{CommonName: "Example CA"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:  time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// server returns a TLS configuration with a certificate for name that ends at notAfter.
func (a *authority) server(t testing.TB, name string, notAfter time.Time) *tls.Config {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: a.cert.NotBefore, NotAfter: notAfter, DNSNames: []string{name}}
	if ip := net.ParseIP(name); ip != nil {
		tmpl.DNSNames, tmpl.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{SessionTicketsDisabled: true, // a pipe has no room for them
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}}
}
