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
	if !c.account.create(name) {
		return imapNo("CANNOT", "Mailbox exists, or may not")
	}
	return imapOK("CREATE completed")
}

// create makes a mailbox. It reports false if there is one of that name.
func (a *account) create(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if name == "" || a.find(name) != nil || len(a.boxes) >= imapMaxBoxes {
		return false
	}
	a.boxes = append(a.boxes, &mailbox{name: name, validity: uint32(a.now().Unix()),
		uidNext: a.style.firstUID})
	return true
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
	if !c.account.deleteOwn(name) {
		return imapNo("CANNOT", "No such mailbox, or it must stay")
	}
	return imapOK("DELETE completed")
}

// deleteOwn deletes a mailbox of the user's with all that is in it, and reports whether there was
// one.
func (a *account) deleteOwn(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.own(name)
	if box == nil {
		return false
	}
	box.gone = true
	a.boxes = slices.DeleteFunc(a.boxes, func(b *mailbox) bool { return b == box })
	box.ring()
	return true
}

func (c *imapConn) rename(p *imapParser) imapReply {
	p.space()
	from := p.mailbox()
	p.space()
	to := p.mailbox()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if !c.account.renameOwn(from, to) {
		return imapNo("CANNOT", "No such mailbox, or one of the new name exists")
	}
	return imapOK("RENAME completed")
}

// renameOwn renames a mailbox of the user's. It reports false if there is none, or another of the
// new name.
func (a *account) renameOwn(from, to string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.own(from)
	if box == nil || to == "" || a.find(to) != nil {
		return false
	}
	box.name = to
	return true
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
