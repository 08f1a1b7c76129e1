package sender

import (
	"context"
	"strings"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// notAsked begins what the dialogue says of a second try.
const notAsked = "the server may object to being asked for reports: once more without"

// send is one mail transaction that also asks for delivery reports, where the server offers them
// (RFC 3461). If it takes offence at that, it is given the message alone, once: no message is lost by
// asking. All of this comes before the content.
func (s *session) send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) *trouble {
	if len(m.Notify) > 0 {
		s.rec.sub.DSN = &seedtest.DSNAsked{Notify: m.Notify, Offered: s.offers("DSN")}
	}
	if refused := s.c.unask.Load(); refused != nil && s.asks(m) {
		s.refusedToReport(refused)
		m = unasking(m)
	}
	t := s.transact(ctx, m, commit)
	if t == nil || !t.asking {
		return t
	}
	refused := t.reply
	s.refusedToReport(refused)
	if t.gone {
		return t
	}
	s.rec.dialog.note(notAsked)
	t = s.transact(ctx, unasking(m), commit)
	if t != nil && t.gone && t.stage == seedtest.StageMAIL {
		t.asking = true // it left over that, and another connection is to be made
		return t
	}
	s.c.learn(refused, t)
	return t
}

// asks reports whether the server is asked for more than to take the message.
func (s *session) asks(m seedtest.Composed) bool {
	return s.offers("DSN") && (m.EnvelopeID != "" || len(m.Notify) > 0)
}

func (s *session) refusedToReport(refused *seedtest.Reply) {
	if s.rec.sub.DSN == nil {
		s.rec.sub.DSN = &seedtest.DSNAsked{Offered: true}
	}
	s.rec.sub.DSN.Refused = refused
}

// learn keeps in mind that a server wants nothing asked. Where it did not take the command without
// that either, the refusal was of something else.
func (c *Client) learn(refused *seedtest.Reply, t *trouble) {
	if t == nil || t.reply != nil && !refusesParameters(t.reply) {
		c.unask.Store(refused)
	}
}

// unasking is a message with which nothing is asked.
func unasking(m seedtest.Composed) seedtest.Composed {
	m.EnvelopeID, m.Notify = "", nil
	return m
}

// refusesParameters reports whether a reply may be about the parameters of a command and not about
// the address (RFC 5321 sections 4.1.1.11 and 4.2.2). A 500 may mean that they made the line too long.
func refusesParameters(r *seedtest.Reply) bool {
	if r == nil {
		return false
	}
	switch r.Code {
	case 455, 500, 501, 504, 555:
		return true
	}
	return false
}

// mailOptions are those of MAIL. Reports shall quote the header alone, which has all tags.
func mailOptions(m seedtest.Composed) *smtp.MailOptions {
	o := &smtp.MailOptions{Size: int64(len(m.Data)), EnvelopeID: m.EnvelopeID}
	if len(m.Notify) > 0 {
		o.Return = smtp.DSNReturnHeaders
	}
	return o
}

// rcptOptions are those of RCPT. With ORCPT a report names the recipient as we know it, whatever
// aliases made of it.
func rcptOptions(m seedtest.Composed, to string) *smtp.RcptOptions {
	if len(m.Notify) == 0 {
		return nil
	}
	o := &smtp.RcptOptions{OriginalRecipientType: smtp.DSNAddressTypeRFC822, OriginalRecipient: to}
	for _, event := range m.Notify {
		o.Notify = append(o.Notify, smtp.DSNNotify(strings.ToUpper(string(event))))
	}
	return o
}
