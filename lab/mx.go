package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// mx is a provider's incoming server.
type mx struct {
	providerParty
	world    *World
	queueIDs *queueIDs
	server   *smtpServer

	mu       sync.Mutex
	triplets map[string]time.Time // since when a new sender waits
}

func (m *mx) start() error {
	config, err := m.world.authority.server(m.mx)
	if err != nil {
		return err
	}
	l, err := m.world.network.listen(netip.AddrPortFrom(m.mxIP, portMX))
	if err != nil {
		return err
	}
	m.server = newSMTPServer(m.mx, smtp.BackendFunc(m.session), config, m.world.logger)
	m.server.serve(l, plainly)
	return nil
}

func (m *mx) session(c *smtp.Conn) (smtp.Session, error) {
	return &mxSession{mx: m, conn: c}, nil
}

// mxSession is one client's connection.
type mxSession struct {
	*mx
	conn *smtp.Conn
	from string
	to   string
	seed *seed
}

func (s *mxSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *mxSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	found := s.world.seedAt(to)
	if found == nil || found.provider.id() != s.id() {
		return reply(550, smtp.EnhancedCode{5, 1, 1}, fmt.Sprintf(
			"<%s>: Recipient address rejected: User unknown in virtual mailbox table", to))
	}
	if found.account.full(0) {
		return found.whyFull()
	}
	if wait := s.greylisted(to); wait > 0 {
		return reply(451, smtp.EnhancedCode{4, 7, 1}, fmt.Sprintf(
			"Greylisting in action, please come back in %d seconds", int(wait.Seconds()+1)))
	}
	s.to, s.seed = to, found
	return nil
}

// greylisted returns how long a triplet of client, sender and recipient still has to wait.
func (s *mxSession) greylisted(to string) time.Duration {
	if !s.grey {
		return 0
	}
	triplet := fmt.Sprintf("%s %s %s", s.client().ip, s.from, strings.ToLower(to))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.world.now()
	since, known := s.triplets[triplet]
	if !known {
		since = now
		s.triplets[triplet] = now
	}
	return since.Add(s.world.options.Greylist).Sub(now)
}

func (s *mxSession) client() client {
	return client{ip: ipOf(s.conn.Conn().RemoteAddr()), helo: s.conn.Hostname(), envelope: s.from}
}

// Data takes the content, evaluates it, and does what the provider's policy says.
func (s *mxSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	raw = crlf(raw)
	ctx, cancel := context.WithTimeout(s.world.ctx, smtpTimeout)
	defer cancel()
	a := arrival{conn: s.conn, to: s.to, by: s.mx.mx, domain: s.domain, header: fields(raw),
		at: s.world.now(), size: len(raw), seed: s.seed,
		evaluation: evaluate(ctx, s.world.resolver, s.client(), raw)}
	a.queueID = s.queueIDs.next(a.at)
	a.verdict = s.policy(a)
	about := mailing{messageID: messageID(a.header), route: s.world.routeAt(a.ip),
		seed: s.seed.name, provider: s.id()}
	s.world.truth.note(about, Event{What: Evaluated, Detail: a.evaluation.String()})
	switch {
	case a.refuse != nil:
		return a.refuse
	case s.seed.account.full(len(raw)):
		return s.seed.whyFull()
	case a.drop:
		s.world.truth.note(about, Event{What: Dropped, Detail: "thrown away by " + s.mx.mx})
	default:
		if err := s.deliver(about, a, raw); err != nil {
			return reply(451, smtp.EnhancedCode{4, 3, 0}, err.Error())
		}
	}
	return s.dialect.answer(a)
}

// deliver files the message, with the provider's fields on top.
func (s *mxSession) deliver(about mailing, a arrival, raw []byte) error {
	role := seedtest.RoleInbox
	if a.junk {
		role = seedtest.RoleJunk
	}
	box := s.seed.account.role(role)
	uid, err := s.seed.account.deliver(box, a.class, stamped(raw, s.dialect, a))
	if err != nil {
		return err
	}
	s.world.truth.note(about, Event{What: Delivered, Mailbox: box, Class: a.class, UID: uid})
	if s.thinksAgain(about, a) {
		s.world.moveLater(about, s.seed.account, uid)
	}
	return nil
}

// stamped puts the provider's fields around those of a message.
func stamped(raw []byte, d dialect, a arrival) []byte {
	top, bottom := d.stamp(a)
	end := bytes.Index(raw, []byte("\r\n\r\n"))
	if end < 0 {
		end = len(raw)
	} else {
		end += len("\r\n")
	}
	return slices.Concat([]byte(top), raw[:end], []byte(bottom), raw[end:])
}

func (s *mxSession) Reset()        { s.from, s.to, s.seed = "", "", nil }
func (s *mxSession) Logout() error { return nil }

// How the provider that thinks again does it: which share of the inbox's mail, and how late.
const (
	movedShare = 0.3
	moveAfter  = 1500 * time.Millisecond
	moveSpread = 500 * time.Millisecond
)

// thinksAgain draws whether a delivered message goes to junk later on. Mail of the control
// route stays.
func (s *mxSession) thinksAgain(about mailing, a arrival) bool {
	if !s.secondThoughts || a.junk || about.route == "control" {
		return false
	}
	return s.world.draw("move", about).Float64() < movedShare
}

// moveLater moves a message from INBOX to junk after a while. Close waits for it.
func (w *World) moveLater(about mailing, a *account, uid uint32) {
	wait := moveAfter + time.Duration(w.draw("wait", about).Int64N(int64(moveSpread)))
	w.tasks.Go(func() {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-w.ctx.Done():
			return
		}
		junk := a.role(seedtest.RoleJunk)
		if moved, ok := a.move(a.role(seedtest.RoleInbox), uid, junk); ok {
			w.truth.note(about, Event{What: Moved, Mailbox: junk, UID: moved})
		}
	})
}
