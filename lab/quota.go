package lab

import (
	"fmt"

	"github.com/emersion/go-smtp"
)

// SetQuota lets a seed hold so many octets of mail and no more; 0: as many as it likes. What does
// not fit is refused: in the SMTP dialogue, and with OVERQUOTA where a client appends or copies.
func (w *World) SetQuota(seed string, octets int) {
	if a := w.accountOf(seed); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.quota = octets
	}
}

// full reports whether mail of so many octets does not fit any more.
func (a *account) full(octets int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, used := a.holds()
	return a.quota > 0 && used+octets >= a.quota
}

// holds counts the messages and octets in all mailboxes. The caller holds the lock.
func (a *account) holds() (letters, octets int) {
	for _, box := range a.boxes {
		letters += len(box.list)
		for _, s := range box.list {
			octets += len(s.raw)
		}
	}
	return letters, octets
}

// whyFull is what an incoming server says to a recipient, in Dovecot's words by way of Postfix.
func (s *seed) whyFull() *smtp.SMTPError {
	return reply(552, smtp.EnhancedCode{5, 2, 2}, fmt.Sprintf(
		"<%s>: Recipient address rejected: Quota exceeded (mailbox for user is full)", s.address))
}

// quotaRoot is the only quota root there is (RFC 9208).
const quotaRoot = "User quota"

func (c *imapConn) getQuotaRoot(p *imapParser) imapReply {
	p.space()
	name := p.mailbox()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	a := c.account
	a.mu.Lock()
	box, quota := a.find(name), a.quota
	_, used := a.holds()
	a.mu.Unlock()
	switch {
	case box == nil:
		return imapNo("NONEXISTENT", "No such mailbox")
	case quota == 0:
		c.untagged("QUOTAROOT %s", imapQuoted(utf7(name)))
	default:
		c.untagged("QUOTAROOT %s %s", imapQuoted(utf7(name)), imapQuoted(quotaRoot))
		c.untagged("QUOTA %s (STORAGE %d %d)", imapQuoted(quotaRoot), kibibytes(used), kibibytes(quota))
	}
	return imapOK("GETQUOTAROOT completed")
}

// kibibytes are the units in which storage is told, of which a part counts as one.
func kibibytes(octets int) int { return (octets + 1023) / 1024 }
