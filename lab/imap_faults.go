package lab

import (
	"time"
)

// parties are the names by which faults may mean this session: the provider's, and the seed's as
// soon as it is known whose session it is. The only seed of a server is known at once.
func (c *imapConn) parties() []string {
	parties := []string{c.style.id}
	switch {
	case c.account != nil:
		parties = append(parties, c.account.seed)
	case len(c.server.accounts) == 1:
		parties = append(parties, c.server.accounts[0].seed)
	}
	return parties
}

// stalled reports whether nothing is to be answered any more; it returns when the client gave up.
func (c *imapConn) stalled() bool {
	if _, ok := c.server.faults.active(IMAPStall, c.parties()...); !ok {
		return false
	}
	_ = c.flush()
	c.drain()
	return true
}

// spoiled lets go wrong what befalls a command before it is carried out. It reports whether the
// session ended by that.
func (c *imapConn) spoiled() bool {
	if c.cutOff() {
		return true
	}
	if c.stalled() {
		c.breakOff()
		return true
	}
	c.slow()
	return false
}

// cutOff ends a session that has had as many commands as a fault allows it, with a word or
// without. It reports whether it did.
func (c *imapConn) cutOff() bool {
	faults, parties := c.server.faults, c.parties()
	if f, ok := faults.active(IMAPDrop, parties...); ok && c.answered >= f.After {
		c.breakOff()
		return true
	}
	f, ok := faults.active(IMAPBye, parties...)
	if !ok || c.answered < f.After {
		return false
	}
	text := f.Detail
	if text == "" {
		text = "Server shutting down."
	}
	c.bye(text)
	return true
}

// breakOff closes the connection without a word.
func (c *imapConn) breakOff() {
	c.over = true
	_ = c.raw.Close()
}

// slow waits as long as a fault says an answer takes.
func (c *imapConn) slow() {
	f, ok := c.server.faults.active(IMAPSlow, c.parties()...)
	if !ok {
		return
	}
	timer := time.NewTimer(f.delay())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.server.closing.Done():
	}
}

// throttled refuses a command that costs something, while a fault says so.
func (c *imapConn) throttled(name string) (imapReply, bool) {
	switch name {
	case "CAPABILITY", "LOGOUT", "STARTTLS", "LOGIN", "AUTHENTICATE":
		return imapReply{}, false // sign-in is refused when it is known who signs in
	}
	return c.throttle(c.parties()...)
}

func (c *imapConn) throttle(parties ...string) (imapReply, bool) {
	f, ok := c.server.faults.active(IMAPThrottle, parties...)
	if !ok {
		return imapReply{}, false
	}
	text := f.Detail
	if text == "" {
		text = c.style.throttle
	}
	return imapReply{status: "NO", text: text}, true
}

// loginFault is what goes wrong with a sign-in to a, whatever the password.
func (c *imapConn) loginFault(a *account) (imapReply, bool) {
	parties := []string{c.style.id, a.seed}
	if f, ok := c.server.faults.active(IMAPRefuseLogin, parties...); ok {
		text := f.Detail
		if text == "" {
			text = "[AUTHENTICATIONFAILED] Authentication failed."
		}
		return c.refuseLogin(text), true
	}
	return c.throttle(parties...)
}

// mailboxRefused reports whether a mailbox must not be read.
func (c *imapConn) mailboxRefused(name string) bool {
	_, ok := c.server.faults.activeAt(IMAPMailboxNo, name, c.parties()...)
	return ok
}

// renumber renumbers the mailboxes that a fault wants to be renumbered: those of one seed, or of
// all accounts here.
func (c *imapConn) renumber() {
	f, ok := c.server.faults.once(IMAPUIDValidity, c.parties()...)
	if !ok {
		return
	}
	for _, a := range c.server.accounts {
		if f.Party != a.seed && f.Party != c.style.id && f.Party != "" {
			continue
		}
		a.renumber()
	}
}
