package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// mailTime writes a time as mail does (RFC 5322 section 3.3).
const mailTime = "Mon, 02 Jan 2006 15:04:05 -0700"

// received is the field that the relay puts on top, in its server's dialect.
func (s *relaySession) received(queueID string) string {
	a := arrival{conn: s.conn, to: s.to, queueID: queueID, at: s.world.now(), by: s.host,
		evaluation: evaluation{client: client{ip: ipOf(s.conn.Conn().RemoteAddr()),
			helo: s.conn.Hostname(), envelope: s.from}, reverse: workstationName}}
	if s.exim {
		return a.eximReceived("esmtpsa")
	}
	return a.postfixReceived("ESMTPSA")
}

// relayLog is a relay's own log, in the shape of Postfix's.
type relayLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *relayLog) add(lines ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, lines...)
}

func (l *relayLog) copy() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// parcel is a message that a relay took, as its log and its reports speak of it.
type parcel struct {
	relay     *relay
	client    netip.Addr // who brought it
	user      string     // signed in as
	from, to  string
	messageID string
	queueID   string
	size      int
	began     time.Time
}

// line is one line of the log about it.
func (p *parcel) line(daemon, format string, v ...any) string {
	host, _, _ := strings.Cut(p.relay.host, ".")
	return fmt.Sprintf("%s %s postfix/%s: %s: ", p.relay.world.now().UTC().Format(time.Stamp), host,
		daemon, p.queueID) + fmt.Sprintf(format, v...)
}

// taken is what the log says when the message is queued.
func (p *parcel) taken() []string {
	return []string{
		p.line("smtpd[811]", "client=%s[%s], sasl_method=PLAIN, sasl_username=%s",
			workstationName, p.client, p.user),
		p.line("cleanup[813]", "message-id=<%s>", p.messageID),
		p.line("qmgr[702]", "from=<%s>, size=%d, nrcpt=1 (queue active)", p.from, p.size),
	}
}

// tried is what the log says of one try to hand it on; at is nil where no MX was reached.
func (p *parcel) tried(at *hop, said string, failed *smtp.SMTPError) string {
	delay := p.relay.world.now().Sub(p.began).Seconds()
	outcome, dsn, relay := "sent", "2.0.0", "none"
	if at != nil {
		relay = fmt.Sprintf("%s[%s]:25", at.host, at.ip)
	}
	if failed != nil {
		said = words(failed)
		if at != nil {
			said = "host " + at.host + " said: " + said
		}
		dsn = strings.TrimSpace(status(failed.EnhancedCode))
		outcome = "bounced"
		if failed.Temporary() {
			outcome = "deferred"
		}
	}
	return p.line("smtp[815]", "to=<%s>, relay=%s, delay=%.2f, delays=0.01/0/0.02/%.2f, "+
		"dsn=%s, status=%s (%s)", p.to, relay, delay, max(0, delay-0.03), dsn, outcome, oneLine(said))
}

// removed is what the log says when the queue holds it no more.
func (p *parcel) removed() string { return p.line("qmgr[702]", "removed") }

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// queueIDs makes queue ids that look like their server's.
type queueIDs struct {
	exim bool

	mu   sync.Mutex
	last int
}

// digits are those of Postfix's long queue ids: no vowels.
const digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"

func (q *queueIDs) next(now time.Time) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last++
	if q.exim {
		return fmt.Sprintf("1%s-%011d-%04X", inDigits(now.Unix(), 5), 5000+q.last, q.last)
	}
	return "4" + inDigits(now.Unix(), 6) + inDigits(int64(now.Nanosecond()/1000), 4) + "z" +
		inDigits(int64(q.last), 2)
}

func inDigits(n int64, width int) string {
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		out[i] = digits[n%int64(len(digits))]
		n /= int64(len(digits))
	}
	return string(out)
}

// xoauth2 is Google's mechanism for OAuth tokens, which others took over.
const xoauth2 = "XOAUTH2"

// xoauth2Server reads "user=NAME^Aauth=Bearer TOKEN^A^A".
type xoauth2Server struct {
	check func(user, token string) error
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	var user, token string
	for part := range strings.SplitSeq(string(response), "\x01") {
		if v, ok := strings.CutPrefix(part, "user="); ok {
			user = v
		} else if v, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = v
		}
	}
	return nil, true, x.check(user, token)
}

// loginServer asks for name and password one after the other.
type loginServer struct {
	check func(user, password string) error
	user  *string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}
