package lab

import (
	"slices"
	"strings"
)

// notice is the mailboxes of which a session is told while IDLE runs (RFC 5465), as Dovecot does.
type notice struct {
	bell  chan struct{}
	boxes []*mailbox
	told  []string // their status as the client knows it
}

// notify knows of RFC 5465 what a client needs that waits for mail in mailboxes it names: their
// status now and whenever it changes.
func (c *imapConn) notify(p *imapParser) imapReply {
	p.space()
	word := strings.ToUpper(p.atom())
	var names []string
	if word == "SET" {
		names = notifyArguments(p)
	} else if word != "NONE" {
		p.fail("expected SET or NONE")
	}
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.endNotice()
	if word == "SET" {
		c.beginNotice(names)
		c.tellNotice()
	}
	return imapOK("NOTIFY completed")
}

func notifyArguments(p *imapParser) []string {
	var names []string
	p.space()
	if word := strings.ToUpper(p.atom()); word != "STATUS" {
		p.fail("expected STATUS")
	}
	p.space()
	p.expect('(')
	if word := strings.ToUpper(p.atom()); word != "MAILBOXES" {
		p.fail("expected MAILBOXES")
	}
	p.space()
	p.list(func() { names = append(names, p.mailbox()) })
	p.space()
	for _, event := range p.words() {
		if event != "MESSAGENEW" && event != "MESSAGEEXPUNGE" {
			p.fail("an event that is not known")
		}
	}
	p.expect(')')
	return names
}

func (c *imapConn) beginNotice(names []string) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	c.notice.bell = make(chan struct{}, 1)
	for _, name := range names {
		if b := c.account.find(name); b != nil && !b.hidden && !c.mailboxRefused(name) {
			b.bells = append(b.bells, c.notice.bell)
			c.notice.boxes = append(c.notice.boxes, b)
		}
	}
	c.notice.told = make([]string, len(c.notice.boxes))
}

// endNotice leaves off telling; without a notice it does nothing.
func (c *imapConn) endNotice() {
	if c.notice.bell == nil {
		return
	}
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	for _, b := range c.notice.boxes {
		b.bells = slices.DeleteFunc(b.bells, func(x chan struct{}) bool { return x == c.notice.bell })
	}
	c.notice = notice{}
}

// tellNotice tells the status of the mailboxes in which it has changed.
func (c *imapConn) tellNotice() {
	if c.notice.bell == nil {
		return
	}
	c.account.mu.Lock()
	var news []string
	for i, b := range c.notice.boxes {
		line := c.statusLineOf(b, []string{"MESSAGES", "UIDNEXT", "UIDVALIDITY"})
		if line != c.notice.told[i] && !b.gone {
			c.notice.told[i], news = line, append(news, line)
		}
	}
	c.account.mu.Unlock()
	for _, line := range news {
		c.untagged("%s", line)
	}
}
