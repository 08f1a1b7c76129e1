package lab

import "strings"

const imapViewLost = "The mailbox was renumbered or removed, please come again."

func selectIMAP(readOnly bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		name := p.mailbox()
		if p.end(); p.err != nil {
			return p.refusal()
		}
		return c.open(name, readOnly)
	}
}

// open opens a mailbox. Whatever was open is closed first, also if that fails (RFC 9051 section
// 6.3.2).
func (c *imapConn) open(name string, readOnly bool) imapReply {
	c.closeView()
	c.renumber()
	if c.mailboxRefused(name) {
		return imapNo("NOPERM", "Mailbox cannot be read")
	}
	a := c.account
	a.mu.Lock()
	box := a.find(name)
	if box == nil || box.hidden {
		a.mu.Unlock()
		return imapNo("NONEXISTENT", "No such mailbox")
	}
	c.view = box.open(readOnly)
	next, unseen := c.uidNext(box), c.view.firstUnseen()
	a.mu.Unlock()

	c.untagged(`FLAGS (%s)`, imapFlags)
	permanent := imapFlags + ` \*`
	if readOnly {
		permanent = ""
	}
	c.untagged(`OK [PERMANENTFLAGS (%s)] Flags permitted.`, permanent)
	c.untagged("%d EXISTS", len(c.view.known))
	c.untagged("0 RECENT")
	if unseen > 0 {
		c.untagged("OK [UNSEEN %d] First unseen.", unseen)
	}
	c.untagged("OK [UIDVALIDITY %d] UIDs valid.", c.view.validity)
	c.untagged("OK [UIDNEXT %d] Predicted next UID.", next)
	if readOnly {
		return imapReply{"OK", "READ-ONLY", "EXAMINE completed"}
	}
	return imapReply{"OK", "READ-WRITE", "SELECT completed"}
}

const imapFlags = `\Answered \Flagged \Draft \Deleted \Seen`

// firstUnseen returns the number of the first message without \Seen, 0 if there is none.
func (v *imapView) firstUnseen() int {
	for i, k := range v.known {
		if !k.has(`\Seen`) {
			return i + 1
		}
	}
	return 0
}

func (c *imapConn) closeView() {
	if c.view == nil {
		return
	}
	c.account.mu.Lock()
	c.view.close()
	c.account.mu.Unlock()
	c.view = nil
}

// closeAndExpunge removes what is marked so, without telling (RFC 9051 section 6.4.1).
func (c *imapConn) closeAndExpunge() {
	if !c.view.readOnly {
		c.expungeMarked(nil)
	}
	c.closeView()
}

func (c *imapConn) viewLost() bool {
	if c.view == nil {
		return false
	}
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	return c.view.lost()
}

// tell tells what has changed in the open mailbox, before a command ends. FETCH, STORE and SEARCH
// by number must not be told of messages that are gone.
func (c *imapConn) tell(command string) {
	if c.view == nil {
		return
	}
	c.account.mu.Lock()
	if c.view.lost() {
		c.account.mu.Unlock()
		return
	}
	news := c.view.news(command != "FETCH" && command != "STORE" && command != "SEARCH")
	flags := make([]string, len(news.flags))
	for i, k := range news.flags {
		flags[i] = strings.Join(k.flags, " ")
	}
	c.account.mu.Unlock()
	for _, n := range news.expunged {
		c.untagged("%d EXPUNGE", n)
	}
	if news.exists >= 0 {
		c.untagged("%d EXISTS", news.exists)
	}
	for i, k := range news.flags {
		c.untagged("%d FETCH (UID %d FLAGS (%s))", news.numbers[i], k.uid, flags[i])
	}
}
