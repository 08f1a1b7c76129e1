package sender

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// session is one connection to the route's server, greeted, encrypted and signed in.
type session struct {
	c          *Client
	w          *wire
	smtp       *smtp.Client
	rec        *record
	banner     string
	extensions []string // lines of the last EHLO reply but the first
	mechanisms []string // offered by AUTH, in capitals
	mechanism  string   // used
	tls        *seedtest.TLSInfo
	asked      bool   // for a certificate of ours
	shown      string // its subject
	local      string // its addresses
	remote     string
	begun      time.Time // for Timeouts.Life
	used       time.Time // for Timeouts.Idle
	rcpt       recipientsOf
	telltales  []telltale // of what stands between
	dirty      bool       // a transaction is open: RSET comes before the next
}

// open makes a session. The caller drops it if there is trouble.
func (c *Client) open(ctx context.Context, rec *record) (*session, *trouble) {
	conn, t := c.connect(ctx, rec)
	if t != nil {
		return nil, t
	}
	s := &session{c: c, w: newWire(conn, &rec.dialog), rec: rec, begun: time.Now()}
	s.w.watch(ctx)
	s.locate()
	c.names.want(rec.sub.Remote)
	rec.dialog.note("connected to " + rec.sub.Remote + c.byProxy() + " from " + rec.sub.Local)
	t = s.prelude(ctx)
	s.learnOffers()
	rec.sub.Extensions = s.extensions[:min(len(s.extensions), maxExtensions)]
	if t != nil {
		return s, s.explained(s.alerted(t))
	}
	s.hand()
	return s, s.explained(s.alerted(s.authenticate(ctx)))
}

// connect looks the server up and reaches it. What the resolver took is known only of our own
// dialer.
func (c *Client) connect(ctx context.Context, rec *record) (net.Conn, *trouble) {
	limited, cancel := context.WithTimeout(ctx, c.o.Timeouts.Connect)
	defer cancel()
	r, err := c.dial(limited)
	if !r.resolved.IsZero() {
		rec.markAt(seedtest.StageResolve, r.resolved, nil)
	}
	rec.noteUnreached(r)
	if err != nil {
		t := connectTrouble(ctx, c, err)
		rec.mark(t.stage, nil)
		return nil, t
	}
	rec.mark(seedtest.StageConnect, nil)
	return r.conn, nil
}

// locate puts on record from where to where the connection goes.
func (s *session) locate() {
	if s.local == "" {
		s.local, s.remote = s.w.LocalAddr().String(), s.w.RemoteAddr().String()
	}
	s.rec.sub.Local, s.rec.sub.Remote = s.local, s.remote
	if p := s.c.route.Proxy; p != nil {
		s.rec.sub.Proxy, s.rec.sub.Remote = s.remote, s.c.target()
	}
}

// target is the server's address:port. Its name stands there for whoever looks that up.
func (c *Client) target() string {
	return net.JoinHostPort(c.where(), strconv.Itoa(c.route.Server.Port))
}

func (c *Client) dial(ctx context.Context) (reached, error) {
	if c.route.Proxy != nil {
		conn, err := c.dialByProxy(ctx)
		return reached{conn: conn}, err
	}
	return c.dialTo(ctx, c.network(), c.target())
}

// dialTo connects without a proxy.
func (c *Client) dialTo(ctx context.Context, network, addr string) (reached, error) {
	if c.o.Dial != nil {
		conn, err := c.o.Dial(ctx, network, addr)
		return reached{conn: conn}, err
	}
	return c.reach(ctx, network, addr)
}

// prelude is everything up to the EHLO whose extensions count.
func (s *session) prelude(ctx context.Context) *trouble {
	mode := s.c.route.Server.TLS
	if mode == seedtest.TLSImplicit {
		if t := s.encrypt(ctx, seedtest.StageTLS); t != nil {
			return t
		}
	}
	if t := s.greet(ctx); t != nil {
		return t
	}
	if t := s.hello(ctx); t != nil {
		return t
	}
	if mode != seedtest.TLSStartTLS && mode != seedtest.TLSOpportunistic {
		return nil
	}
	if !s.offers("STARTTLS") {
		return s.withoutTLS(ctx)
	}
	if t := s.startTLS(ctx); t != nil {
		return t
	}
	return s.hello(ctx)
}

// withoutTLS says what it means that STARTTLS is not offered.
func (s *session) withoutTLS(ctx context.Context) *trouble {
	before := s.taken(ctx, startTLSOf)
	if s.c.route.Server.TLS == seedtest.TLSOpportunistic {
		s.rec.dialog.note("no STARTTLS offered: going on in plain text")
		if before != "" {
			s.rec.remark("the server does not offer STARTTLS" + before)
		}
		return nil
	}
	t := &trouble{stage: seedtest.StageSTARTTLS, outcome: seedtest.OutcomeFailed, gone: true,
		what: "starttls: the server does not offer STARTTLS" + before,
		hint: "a firewall that inspects mail may have taken it out; ask on another network, " +
			"use port 465 with tls = \"implicit\", or set tls = \"opportunistic\" to go without"}
	s.rec.mark(t.stage, nil)
	return t
}

// startTLS refuses what came in plain text behind the reply, because it would be read as if it had
// come encrypted (CVE-2011-0411).
func (s *session) startTLS(ctx context.Context) *trouble {
	if _, t := s.say(ctx, seedtest.StageSTARTTLS, "STARTTLS"); t != nil {
		if t.reply != nil && t.reply.Code != 421 {
			t.what, t.hint = "starttls: the server refused", "its TLS setup or certificate may be broken"
		}
		return t
	}
	if n := s.w.in.Buffered(); n > 0 {
		return &trouble{stage: seedtest.StageSTARTTLS, outcome: seedtest.OutcomeFailed, gone: true,
			what: "starttls: the server sent plain text behind its reply to STARTTLS",
			hint: "somebody between here and the server may be injecting commands"}
	}
	return s.encrypt(ctx, seedtest.StageSTARTTLS)
}

func (s *session) encrypt(ctx context.Context, stage seedtest.Stage) *trouble {
	wait := s.c.o.Timeouts.TLS
	s.w.step(wait)
	info, err := s.handshake(ctx)
	s.tls, s.rec.sub.TLS = info, info
	s.lookAtIssuers(info)
	s.rec.mark(stage, nil)
	if err != nil {
		t := lost(ctx, stage, wait, err)
		t.hint = or(tlsHint(s.c.route, err), t.hint)
		return t
	}
	s.rec.dialog.note(info.Version + " " + info.Cipher)
	return nil
}

// hand gives the connection to go-smtp, which shall neither greet again nor say EHLO again: it
// hears what was said, with the keywords as it wants them.
func (s *session) hand() {
	s.smtp = smtp.NewClient(s.w)
	s.w.ready = append(s.w.ready[:0], "220 greeted\r\n"...)
	s.rehearse()
	_ = s.smtp.Hello("localhost") // not sent
}

// rehearse answers the next EHLO of go-smtp, which does not leave, with the extensions known.
func (s *session) rehearse() {
	lines := append([]string{"greeted"}, s.extensions...)
	var b strings.Builder
	for i, line := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		b.WriteString("250" + sep + line + "\r\n")
	}
	s.w.echo = []byte(b.String())
}

// say is one command of the prelude and its reply.
func (s *session) say(
	ctx context.Context, stage seedtest.Stage, command string,
) (*seedtest.Reply, *trouble) {
	return s.reply(ctx, stage, func() error { return s.w.ask(command) })
}

// reply is one command whose reply counts.
func (s *session) reply(
	ctx context.Context, stage seedtest.Stage, do func() error,
) (*seedtest.Reply, *trouble) {
	_, t := s.turn(ctx, stage, s.c.o.Timeouts.Reply, do)
	return s.rec.lastReply(), t
}

// turn does one step within wait, puts it on record, and judges how it ended.
func (s *session) turn(
	ctx context.Context, stage seedtest.Stage, wait time.Duration, do func() error,
) ([]seedtest.Reply, *trouble) {
	s.w.step(wait)
	err := do()
	reply, before := s.w.take()
	s.rec.mark(stage, reply)
	if reply != nil && reply.Code == 334 && s.w.fault != nil { // asked, and then not heard out
		return before, lost(ctx, stage, wait, s.w.fault)
	}
	if reply != nil {
		t := judge(stage, reply)
		if t != nil && s.w.fault != nil {
			t.gone = true
		}
		return before, t
	}
	if err != nil {
		return nil, lost(ctx, stage, wait, err)
	}
	return nil, nil
}

// helo is the name given at EHLO: the route's, else the machine's if it is a full one, else the
// address we connect from (RFC 5321 section 4.1.4).
func (s *session) helo() string {
	if s.c.route.HELO != "" {
		return s.c.route.HELO
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") {
		if ascii, err := asciiDomain(name); err == nil {
			return ascii
		}
	}
	host, _, _ := net.SplitHostPort(s.w.LocalAddr().String())
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return "localhost"
	case ip.Unmap().Is4():
		return "[" + ip.Unmap().String() + "]"
	}
	return "[IPv6:" + ip.WithZone("").String() + "]"
}

// resume takes up a kept connection for another message.
func (s *session) resume(ctx context.Context, rec *record) {
	s.rec, s.w.dialog = rec, &rec.dialog
	rec.sub.Reused, rec.sub.TLS = true, s.tls
	s.locate()
	s.w.watch(ctx)
}

// reset ends the transaction before. It counts as the beginning of MAIL.
func (s *session) reset(ctx context.Context) *trouble {
	return s.resetBy(ctx, func() error { return s.w.ask("RSET") })
}

func (s *session) resetBy(ctx context.Context, do func() error) *trouble {
	s.w.step(s.c.o.Timeouts.Reply)
	err := do()
	reply, _ := s.w.take()
	switch {
	case reply == nil:
		return lost(ctx, seedtest.StageMAIL, s.c.o.Timeouts.Reply, err)
	case reply.Code/100 == 2:
		s.dirty = false
		return nil
	}
	return &trouble{stage: seedtest.StageMAIL, outcome: seedtest.OutcomeFailed, reply: reply,
		what: "the server refused RSET", gone: true}
}

// quit leaves in order, within Timeouts.Quit.
func (s *session) quit() {
	s.w.step(s.c.o.Timeouts.Quit)
	_ = s.smtp.Quit()
}
