package lab

import (
	"bytes"
	"crypto/ed25519"
	"crypto/subtle"
	"crypto/tls"
	"io"
	"net/netip"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"seedtest"
)

// relay is an outgoing server. Without a queue it delivers while its client waits (cut-through):
// what the MX says to RCPT and to the final dot, the client hears.
type relay struct {
	relayParty
	queue    *Queue
	world    *World
	secret   seedtest.Secret // password, and token where tokens are taken
	key      ed25519.PrivateKey
	queueIDs *queueIDs
	log      relayLog
	server   *smtpServer
}

// selector names the relays' DKIM keys.
const selector = "s2026"

// start opens the relay's ports.
func (r *relay) start() error {
	config, err := r.world.authority.server(r.host)
	if err != nil {
		return err
	}
	stranger, err := r.world.authority.stranger()
	if err != nil {
		return err
	}
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if _, ok := r.world.faults.active(SMTPBadCert, r.route); ok {
			return stranger, nil
		}
		return nil, nil
	}
	r.server = newSMTPServer(r.host, smtp.BackendFunc(r.session), config, r.world.logger)
	for _, port := range []uint16{portSubmit, portSubmitTLS} {
		l, err := r.world.network.listen(netip.AddrPortFrom(r.ip, port))
		if err != nil {
			return err
		}
		s := spoiler{faults: r.world.faults, route: r.route}
		if port == portSubmitTLS {
			s.config = config
		}
		r.server.serve(l, s.wrap)
	}
	return nil
}

func (r *relay) session(c *smtp.Conn) (smtp.Session, error) {
	return &relaySession{relay: r, conn: c}, nil
}

// relaySession is one client's connection.
type relaySession struct {
	*relay
	conn *smtp.Conn
	user string // signed in as

	from  string
	to    string
	asked asked
	began time.Time
	next  *hop // the MX, waiting for the content; nil at a relay with a queue
}

func (s *relaySession) AuthMechanisms() []string {
	mechanisms := []string{sasl.Plain, sasl.Login}
	if s.token {
		mechanisms = append(mechanisms, xoauth2)
	}
	return mechanisms
}

func (s *relaySession) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error {
			return s.signIn(user, password)
		}), nil
	case sasl.Login:
		return &loginServer{check: s.signIn}, nil
	case xoauth2:
		if s.token {
			return &xoauth2Server{check: s.signIn}, nil
		}
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *relaySession) signIn(user, secret string) error {
	_, spoilt := s.world.faults.active(SMTPAuthRefused, s.route)
	right := subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret.Reveal())) == 1
	if spoilt || user != s.login || !right {
		return reply(535, smtp.EnhancedCode{5, 7, 8}, "Error: authentication failed:")
	}
	s.user = user
	return nil
}

func (s *relaySession) Mail(from string, opts *smtp.MailOptions) error {
	if s.user == "" {
		return reply(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	}
	s.from, s.asked, s.began = from, asked{}, s.world.now()
	if opts != nil {
		s.asked.envID, s.asked.whole = opts.EnvelopeID, opts.Return == smtp.DSNReturnFull
	}
	return nil
}

// Rcpt asks the recipient's MX at once, if there is no queue.
func (s *relaySession) Rcpt(to string, opts *smtp.RcptOptions) error {
	s.to = to
	if opts != nil {
		s.asked.notify, s.asked.orcpt = opts.Notify, opts.OriginalRecipient
	}
	if _, ok := s.world.faults.active(SMTPTransient, s.route); ok {
		return s.say("", reply(451, smtp.EnhancedCode{4, 3, 0}, "Temporary lookup failure"))
	}
	if s.queue != nil {
		return nil
	}
	next, err := s.open(s.from, to)
	if err != nil {
		return s.say("", err)
	}
	s.next = next
	return nil
}

// Data takes the content, passes it on, and answers as the MX does.
func (s *relaySession) Data(r io.Reader) error {
	faults := s.world.faults
	if _, ok := faults.active(SMTPDropBeforeFinal, s.route); ok {
		s.hangUp()
		return io.ErrUnexpectedEOF
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	id := messageID(fields(content))
	if _, ok := faults.active(SMTPDropLost, s.route); ok {
		s.note(id, Event{What: Dropped, Detail: "thrown away by the relay without a reply"})
		s.hangUp()
		return io.ErrUnexpectedEOF
	}
	queueID := s.queueIDs.next(s.world.now())
	answer := s.pass(id, queueID, content)
	if _, ok := faults.active(SMTPDropAfterFinal, s.route); ok && answer.Code == 250 {
		s.note(id, Event{What: LostReply, Detail: words(answer)})
		s.hangUp()
		return io.ErrUnexpectedEOF
	}
	return s.say(id, answer)
}

// pass sends the message on and returns what to tell the client.
func (s *relaySession) pass(id, queueID string, content []byte) *smtp.SMTPError {
	signed, err := s.sign(content)
	if err != nil {
		return reply(451, smtp.EnhancedCode{4, 7, 1}, "Service unavailable: "+err.Error())
	}
	message := append([]byte(s.received(queueID)), signed...)
	p := &parcel{relay: s.relay, client: ipOf(s.conn.Conn().RemoteAddr()), user: s.user, from: s.from,
		to: s.to, messageID: id, queueID: queueID, size: len(message), began: s.began}
	s.log.add(p.taken()...)
	if s.queue != nil {
		s.enqueue(p, message)
	} else {
		said, failed := s.next.content(message)
		s.log.add(p.tried(s.next, said, failed), p.removed())
		if failed != nil {
			return failed
		}
	}
	if s.exim {
		return reply(250, smtp.NoEnhancedCode, "OK id="+queueID)
	}
	return reply(250, smtp.EnhancedCode{2, 0, 0}, "Ok: queued as "+queueID)
}

// sign puts a DKIM signature on top, if the relay has a key.
func (s *relaySession) sign(content []byte) ([]byte, error) {
	if !s.signs {
		return content, nil
	}
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(content), &dkim.SignOptions{
		Domain: s.domain, Selector: selector, Signer: s.key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version",
			"Content-Type"},
	})
	return out.Bytes(), err
}

// say records what the client is told, and returns it.
func (s *relaySession) say(id string, e *smtp.SMTPError) error {
	what := Accepted
	switch e.Code / 100 {
	case 4:
		what = Deferred
	case 5:
		what = Refused
	}
	s.note(id, Event{What: what, Detail: words(e)})
	return e
}

func (s *relaySession) note(messageID string, e Event) {
	s.world.truth.note(s.about(messageID), e)
}

// about is what a truth of the session's message is about.
func (s *relaySession) about(messageID string) mailing {
	about := mailing{messageID: messageID, envelopeID: s.asked.envID, route: s.route}
	if seed := s.world.seedAt(s.to); seed != nil {
		about.seed, about.provider = seed.name, seed.provider.id()
	}
	return about
}

// hangUp breaks the connection, TLS or not, without a word.
func (s *relaySession) hangUp() {
	conn := s.conn.Conn()
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	_ = conn.Close()
}

func (s *relaySession) Reset() {
	if s.next != nil {
		s.next.close()
		s.next = nil
	}
	s.from, s.to, s.asked = "", "", asked{}
}

func (s *relaySession) Logout() error {
	s.Reset()
	return nil
}
