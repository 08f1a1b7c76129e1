package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// imapWorld is one provider's server with two accounts, to be spoken to over pipes.
type imapWorld struct {
	t       testing.TB
	network Network
	at      netip.AddrPort
	server  *imapServer
	book    *faultBook
	a, b    *account
	roots   *tls.Config // how a client trusts the server; nil without TLS
}

// newYear is the time at which the accounts of a test are made and mail is delivered.
var newYear = time.Date(2027, 1, 1, 9, 30, 0, 0, time.UTC)

func startIMAP(t testing.TB, style imapStyle, secure bool) *imapWorld {
	t.Helper()
	w := &imapWorld{t: t, network: Pipes(), at: netip.MustParseAddrPort("192.0.2.21:143"),
		book: newFaultBook(time.Now)}
	clock := func() time.Time { return newYear }
	w.a = newAccount(style, "a@example.org", "open sesame", clock)
	w.b = newAccount(style, "b@example.org", "open barley", clock)
	w.a.seed, w.b.seed = "seed-a", "seed-b"
	var config *tls.Config
	if secure {
		authority, err := newAuthority()
		if err != nil {
			t.Fatal(err)
		}
		if config, err = authority.server("imap.example"); err != nil {
			t.Fatal(err)
		}
		w.roots = &tls.Config{ServerName: "imap.example", RootCAs: authority.roots()}
	}
	l, err := w.network.listen(w.at)
	if err != nil {
		t.Fatal(err)
	}
	w.server = serveIMAP(l, style, []*account{w.a, w.b}, config, w.book, nil)
	return w
}

// serve is startIMAP for tests outside of a bubble, which look for goroutines left behind.
func serve(t testing.TB, style imapStyle, secure bool) *imapWorld {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	w := startIMAP(t, style, secure)
	t.Cleanup(w.close)
	return w
}

func (w *imapWorld) close() {
	if err := w.server.Close(); err != nil {
		w.t.Errorf("Close() = %v", err)
	}
}

func (w *imapWorld) dial() net.Conn {
	w.t.Helper()
	conn, err := w.network.dial(context.Background(), netip.AddrPortFrom(w.at.Addr(), 50000), w.at)
	if err != nil {
		w.t.Fatal(err)
	}
	return conn
}

func (w *imapWorld) deliver(mailbox, class, text string) uint32 {
	w.t.Helper()
	uid, err := w.a.deliver(mailbox, class, []byte(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return uid
}

// talker speaks plain lines to the server.
type talker struct {
	t    testing.TB
	conn net.Conn
	br   *bufio.Reader
}

// talk connects and reads the greeting.
func (w *imapWorld) talk() *talker {
	w.t.Helper()
	c := w.listenIn()
	if line := c.line(); !strings.HasPrefix(line, "* OK ") {
		w.t.Fatalf("greeting = %q, want * OK", line)
	}
	return c
}

// listenIn connects and reads nothing yet.
func (w *imapWorld) listenIn() *talker {
	w.t.Helper()
	conn := w.dial()
	w.t.Cleanup(func() { _ = conn.Close() })
	return &talker{w.t, conn, bufio.NewReader(conn)}
}

// signIn connects as the first account.
func (w *imapWorld) signIn() *talker {
	w.t.Helper()
	c := w.talk()
	c.send("s LOGIN a@example.org \"open sesame\"\r\n")
	if end := c.until("s "); !strings.HasPrefix(end[len(end)-1], "s OK") {
		w.t.Fatalf("LOGIN = %q", end)
	}
	return c
}

func (c *talker) send(text string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(text)); err != nil {
		c.t.Fatalf("write %q: %v", text, err)
	}
}

// line reads a line without its end; "(closed)" if there is none.
func (c *talker) line() string {
	line, err := c.br.ReadString('\n')
	if err != nil {
		return strings.TrimRight(line, "\r\n") + "(closed)"
	}
	return strings.TrimRight(line, "\r\n")
}

// until reads lines through the first that begins with prefix.
func (c *talker) until(prefix string) []string {
	var lines []string
	for {
		lines = append(lines, c.line())
		last := lines[len(lines)-1]
		if strings.HasPrefix(last, prefix) || strings.HasSuffix(last, "(closed)") {
			return lines
		}
	}
}

// ask sends a command and returns what is answered before its end, and the end.
func (c *talker) ask(format string, args ...any) (untagged []string, end string) {
	c.t.Helper()
	c.send("q " + fmt.Sprintf(format, args...) + "\r\n")
	lines := c.until("q ")
	last := len(lines) - 1
	return lines[:last], strings.TrimPrefix(lines[last], "q ")
}

// play holds a dialogue against its transcript: lines that begin with "C: " are sent, lines that
// begin with "S: " must come, word for word.
func (c *talker) play(transcript string) {
	c.t.Helper()
	for line := range strings.Lines(transcript) {
		line = strings.TrimLeft(strings.TrimRight(line, "\n"), "\t")
		side, text, _ := strings.Cut(line, ":")
		text = strings.TrimPrefix(text, " ")
		switch side {
		case "":
		case "C":
			c.send(text + "\r\n")
		case "S":
			if got := c.line(); got != text {
				c.t.Fatalf("server said\n     %q\nwant %q", got, text)
			}
		default:
			c.t.Fatalf("transcript line %q", line)
		}
	}
}

const letterOne = "From: Ops <ops@example.org>\r\n" +
	"To: a@example.org\r\n" +
	"Subject: Weekly notice 7k2q\r\n" +
	"Date: Fri, 01 Jan 2027 10:30:00 +0100\r\n" +
	"Message-ID: <one@example.org>\r\n" +
	"X-Folded: first\r\n\tsecond\r\n" +
	"\r\n" +
	"Hello.\r\n"

func newReader(conn net.Conn) *bufio.Reader { return bufio.NewReader(conn) }

func tlsClient(w *imapWorld, conn net.Conn) net.Conn { return tls.Client(conn, w.roots) }
