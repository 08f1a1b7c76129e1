package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// villain is an IMAP server on loopback that means ill. What it does not do on purpose it does as
// the standard says, with an INBOX and a Junk that are empty unless piles says otherwise.
type villain struct {
	greet   func(c *foe)                             // in place of the greeting
	instead map[string]func(c *foe, tag, arg string) // in place of the answer to a command
	cert    *tls.Certificate                         // nil: plain text
	deliver func(v *villain, raw string)             // what becomes of mail; nil: it goes to INBOX
	port    int

	mu    sync.Mutex
	piles []*pile
	came  bool         // some mail has come
	kept  []string     // mail that nobody is shown yet
	heard bytes.Buffer // what clients told it, whatever the channel
}

// foe is one connection to a villain.
type foe struct {
	net.Conn
	in   *bufio.Reader
	v    *villain
	open *pile
	done <-chan struct{} // the test has ended
}

// mostHeard bounds what a villain remembers.
const mostHeard = 1 << 20

// start lets a villain wait for connections until the test ends.
func (v *villain) start(t *testing.T) *villain {
	t.Helper()
	if v.piles == nil {
		v.piles = []*pile{newPile("INBOX", ""), newPile("Junk", `\Junk`)}
	}
	v.port = serving(t, v.serve)
	return v
}

// serving serves connections to a port of its own until the test ends.
func serving(t *testing.T, serve func(conn net.Conn, done <-chan struct{})) (port int) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = l.Close(); conns.Wait() })
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				ended := make(chan struct{})
				defer close(ended)
				conns.Go(func() {
					select {
					case <-done:
					case <-ended:
					}
					_ = conn.Close()
				})
				serve(conn, done)
			})
		}
	})
	return l.Addr().(*net.TCPAddr).Port
}

func (v *villain) serve(conn net.Conn, done <-chan struct{}) {
	c := &foe{Conn: conn, v: v, done: done}
	if v.cert != nil {
		c.Conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*v.cert}})
	}
	c.in = bufio.NewReader(io.TeeReader(c.Conn, v))
	v.mu.Lock()
	greet := v.greet
	v.mu.Unlock()
	if greet != nil {
		greet(c)
	} else {
		c.say("* OK at your service")
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		tag, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		name, arg, _ := strings.Cut(rest, " ")
		if name == "UID" {
			name, arg, _ = strings.Cut(arg, " ")
			name = "UID " + name
		}
		v.mu.Lock()
		do := v.instead[name]
		v.mu.Unlock()
		if do != nil {
			do(c, tag, arg)
			continue
		}
		c.answer(tag, name, arg)
	}
}

// Write remembers what a client said.
func (v *villain) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.heard.Write(p[:min(len(p), mostHeard-v.heard.Len())])
	return len(p), nil
}

// knows reports whether a client ever told a word to a villain.
func (v *villain) knows(word string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return bytes.Contains(v.heard.Bytes(), []byte(word))
}

// secure goes on under TLS.
func (c *foe) secure(cert *tls.Certificate) {
	c.Conn = tls.Server(c.Conn, &tls.Config{Certificates: []tls.Certificate{*cert}})
	c.in = bufio.NewReader(io.TeeReader(c.Conn, c.v))
}

// say sends a line; what cannot be sent is not missed.
func (c *foe) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c, format+"\r\n", args...)
}

// ok ends a command.
func (c *foe) ok(tag string) { c.say("%s OK done", tag) }

// answer does what the standard says.
func (c *foe) answer(tag, name, arg string) {
	switch name {
	case "CAPABILITY":
		c.say("* CAPABILITY IMAP4rev1 IDLE UIDPLUS UNSELECT QUOTA ID SPECIAL-USE")
	case "LIST":
		c.list()
	case "STATUS":
		box, _, _ := strings.Cut(arg, " (")
		p := c.mailbox(box)
		c.v.mu.Lock()
		told := p.status()
		c.v.mu.Unlock()
		c.say("* STATUS %s (%s)", box, told)
	case "EXAMINE", "SELECT":
		c.open = c.mailbox(arg)
		c.v.mu.Lock()
		n, validity, next := len(c.open.letters), c.open.validity, c.open.next
		c.v.mu.Unlock()
		c.say("* %d EXISTS\r\n* OK [UIDVALIDITY %d] valid\r\n* OK [UIDNEXT %d] next", n, validity, next)
	case "FETCH", "UID FETCH":
		c.show(arg, name == "UID FETCH")
	case "UID EXPUNGE":
		c.expunge(arg)
	case "IDLE":
		c.say("+ idling")
		_, _ = c.in.ReadString('\n')
	case "LOGOUT":
		c.say("* BYE")
	}
	c.ok(tag)
}

// pour sends something again and again, n times or until the connection ends.
func (c *foe) pour(n int, piece []byte) {
	batch := bytes.Repeat(piece, 1+(32<<10)/len(piece))
	for sent := 0; sent < n; sent += len(batch) / len(piece) {
		if left := (n - sent) * len(piece); left < len(batch) {
			batch = batch[:left]
		}
		if _, err := c.Write(batch); err != nil {
			return
		}
	}
}

// count sends a line for each number up to n.
func (c *foe) count(n int, format string) {
	out := bufio.NewWriterSize(c, 32<<10)
	for i := 1; i <= n; i++ {
		if _, err := fmt.Fprintf(out, format+"\r\n", i); err != nil {
			return
		}
	}
	_ = out.Flush()
}

// drip sends a text so slowly that no single octet is late.
func (c *foe) drip(text string) {
	for i := range len(text) {
		if _, err := c.Write([]byte{text[i]}); err != nil || !c.wait(100*time.Millisecond) {
			return
		}
	}
}

// wait reports whether the test still goes on after a while.
func (c *foe) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.done:
		return false
	}
}

// certificate makes a certificate, and itself as PEM for whoever trusts it.
func certificate(t *testing.T, change func(*x509.Certificate)) (*tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "villain"},
		NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(48 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// literal is a literal of n octets with the line that announces it.
func literal(n int) string { return "{" + strconv.Itoa(n) + "}\r\n" + strings.Repeat("x", n) }
