package lab

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// imapConn is one session. One goroutine uses it; while IDLE a second one reads.
type imapConn struct {
	server  *imapServer
	style   *imapStyle
	raw     net.Conn
	conn    net.Conn // raw, or TLS over it
	br      *bufio.Reader
	bw      *bufio.Writer
	account *account  // nil until signed in
	view    *imapView // nil unless a mailbox is open
	notice  notice    // of other mailboxes

	tag      string // of the command being answered
	secure   bool
	answered int  // commands
	failed   int  // sign-ins
	upgrade  bool // to TLS, when the command is answered
	over     bool
}

// imapReply is the end of a command.
type imapReply struct{ status, code, text string }

func imapOK(text string) imapReply       { return imapReply{status: "OK", text: text} }
func imapNo(code, text string) imapReply { return imapReply{"NO", code, text} }
func imapBad(text string) imapReply      { return imapReply{status: "BAD", text: text} }

func newIMAPConn(s *imapServer, conn net.Conn) *imapConn {
	c := &imapConn{server: s, style: &s.style, raw: conn}
	c.speakOver(conn)
	return c
}

// encrypt goes on in TLS.
func (c *imapConn) encrypt() error {
	conn := tls.Server(c.raw, c.server.tls)
	_ = c.raw.SetDeadline(time.Now().Add(imapHandshake))
	if err := conn.HandshakeContext(c.server.closing); err != nil {
		return err
	}
	_ = c.raw.SetDeadline(time.Time{})
	c.speakOver(conn)
	c.secure = true
	return nil
}

func (c *imapConn) speakOver(conn net.Conn) {
	c.conn, c.br, c.bw = conn, bufio.NewReader(conn), bufio.NewWriter(metered{conn, c})
}

// session greets and answers commands until either side ends it.
func (c *imapConn) session() {
	if c.stalled() {
		return
	}
	greeting := imapOK(c.style.greeting)
	if c.style.tell == capsInCode {
		greeting.code = "CAPABILITY " + c.capabilities()
	}
	c.reply("*", greeting)
	for !c.over && c.flush() == nil {
		raw, err := c.readCommand()
		if err != nil {
			c.hangUp(err)
			return
		}
		c.take(raw)
	}
	_ = c.flush()
}

// hangUp says why the session ends, if it is not the client who ended it.
func (c *imapConn) hangUp(err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.bye("Idle for too long, good bye.")
	case errors.Is(err, errIMAPTooLong):
		c.bye("Too long a command.")
	}
}

// leave gives up what the session holds. In order, it is said goodbye to in TLS too.
func (c *imapConn) leave() {
	c.closeView()
	c.endNotice()
	if c.account != nil {
		c.account.limits.leave()
	}
	if c.over {
		_ = c.conn.Close()
	}
}

// take answers one command.
func (c *imapConn) take(raw []byte) {
	p := &imapParser{rest: raw}
	tag := p.tag()
	p.space()
	name := strings.ToUpper(p.atom())
	if p.err != nil {
		c.reply("*", imapBad("Invalid command"))
		return
	}
	if name == "UID" {
		p.space()
		name += " " + strings.ToUpper(p.atom())
	}
	c.tag = tag
	if !c.spoiled() {
		reply := c.run(name, p)
		c.tell(name)
		c.reply(tag, reply)
		c.answered++
	}
	switch {
	case c.upgrade:
		c.upgrade = false
		if c.flush() != nil || c.encrypt() != nil {
			c.over = true
		}
	case !c.over && c.viewLost():
		c.bye(imapViewLost)
	}
}

// run carries out a command.
func (c *imapConn) run(name string, p *imapParser) imapReply {
	command, ok := imapCommands[name]
	switch {
	case !ok || command.needs != "" && !c.style.has(command.needs):
		return imapBad("Unknown command " + imapShown(name))
	case command.from == imapSignedIn && c.account == nil:
		return imapBad(name + " is not allowed before signing in")
	case command.from == imapOpen && c.view == nil:
		return imapBad("No mailbox is open")
	}
	if reply, ok := c.overLimit(name); ok {
		return reply
	}
	if reply, ok := c.throttled(name); ok {
		return reply
	}
	c.server.log.Debug("command", "name", name)
	if c.account != nil && c.account.before != nil {
		c.account.before(name)
	}
	return command.run(c, p)
}

// imapShown makes a client's word fit for an answer.
func imapShown(word string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, word)
	return clean[:min(len(clean), 40)]
}

// reply writes the end of a command; it is sent by flush.
func (c *imapConn) reply(tag string, r imapReply) {
	if r.status == "" {
		return // the command had no end, as when the connection broke
	}
	code := ""
	if r.code != "" {
		code = "[" + r.code + "] "
	}
	c.printf("%s %s %s%s\r\n", tag, r.status, code, r.text)
}

// untagged writes a response without a tag.
func (c *imapConn) untagged(format string, args ...any) {
	c.printf("* "+format+"\r\n", args...)
}

func (c *imapConn) printf(format string, args ...any) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(imapPatience))
	fmt.Fprintf(c.bw, format, args...) // an error stays, and flush returns it
}

func (c *imapConn) flush() error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(imapPatience))
	return c.bw.Flush()
}

// bye ends the session from our side.
func (c *imapConn) bye(text string) {
	c.untagged("BYE %s", text)
	_ = c.flush()
	c.over = true
}

// proceed asks for what a command waits for, and returns the line that comes.
func (c *imapConn) proceed(text string) (string, error) {
	c.printf("+ %s\r\n", text)
	if err := c.flush(); err != nil {
		return "", err
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(imapPatience))
	line, err := c.readLine(imapMaxBefore)
	return strings.TrimRight(string(line), "\r\n"), err
}

// drain reads until the client gives up, and answers nothing.
func (c *imapConn) drain() {
	_ = c.conn.SetReadDeadline(time.Time{})
	_, _ = io.Copy(io.Discard, c.br)
}
