package lab

import (
	"slices"
	"strings"

	"seedtest"
)

const imapMaxBoxes = 1000 // of an account

func (c *imapConn) create(p *imapParser) imapReply {
	p.space()
	name := strings.TrimSuffix(p.mailbox(), string(c.style.delim))
	if p.end(); p.err != nil {
		return p.refusal()
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if name == "" || a.find(name) != nil || len(a.boxes) >= imapMaxBoxes {
		return imapNo("CANNOT", "Mailbox exists, or may not")
	}
	a.boxes = append(a.boxes, &mailbox{name: name, validity: uint32(a.now().Unix()),
		uidNext: a.style.firstUID})
	return imapOK("CREATE completed")
}

// own returns a mailbox that the user made, or nil: what its style gives an account stays.
func (a *account) own(name string) *mailbox {
	box := a.find(name)
	if box == nil || box.hidden || box.role != seedtest.RoleNone {
		return nil
	}
	return box
}

func (c *imapConn) delete(p *imapParser) imapReply {
	p.space()
	name := p.mailbox()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.own(name)
	if box == nil {
		return imapNo("CANNOT", "No such mailbox, or it must stay")
	}
	box.gone = true
	a.boxes = slices.DeleteFunc(a.boxes, func(b *mailbox) bool { return b == box })
	box.ring()
	return imapOK("DELETE completed")
}

func (c *imapConn) rename(p *imapParser) imapReply {
	p.space()
	from := p.mailbox()
	p.space()
	to := p.mailbox()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.own(from)
	if box == nil || to == "" || a.find(to) != nil {
		return imapNo("CANNOT", "No such mailbox, or one of the new name exists")
	}
	box.name = to
	return imapOK("RENAME completed")
}

func subscribeIMAP(on bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		name := p.mailbox()
		if p.end(); p.err != nil {
			return p.refusal()
		}
		c.account.mu.Lock()
		defer c.account.mu.Unlock()
		box := c.account.find(name)
		if box == nil {
			return imapNo("NONEXISTENT", "No such mailbox")
		}
		box.subscribed = on
		return imapOK("Subscription changed")
	}
}
