package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

func storeIMAP(byUID bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		set := p.set()
		p.space()
		what := strings.ToUpper(p.atom())
		p.space()
		flags := storeFlags(p)
		if p.end(); p.err != nil {
			return p.refusal()
		}
		if c.view.readOnly {
			return imapNo("", "The mailbox is open for reading only")
		}
		return c.store(c.pick(set, byUID), what, flags, byUID)
	}
}

// storeFlags are flags in parentheses, or bare.
func storeFlags(p *imapParser) []string {
	var flags []string
	if p.next('(') {
		p.list(func() { flags = append(flags, p.flag()) })
		return flags
	}
	for {
		flags = append(flags, p.flag())
		if !p.skip(' ') {
			return flags
		}
	}
}

const imapMaxFlags = 100

func (c *imapConn) store(messages []picked, what string, flags []string, byUID bool) imapReply {
	what, silent := strings.CutSuffix(what, ".SILENT")
	if what != "FLAGS" && what != "+FLAGS" && what != "-FLAGS" || len(flags) > imapMaxFlags {
		return imapBad("Unknown item to store, or too many flags")
	}
	var lines []string
	c.account.mu.Lock()
	for _, m := range messages {
		now := c.setFlags(m.number-1, changedFlags(m.flags, what, flags))
		uid := ""
		if byUID {
			uid = fmt.Sprintf("UID %d ", m.uid)
		}
		lines = append(lines, fmt.Sprintf("%d FETCH (%sFLAGS (%s))", m.number, uid,
			strings.Join(now, " ")))
	}
	c.account.mu.Unlock()
	if !silent {
		for _, line := range lines {
			c.untagged("%s", line)
		}
	}
	if c.style.labels {
		c.expungeMarked(nil) // Gmail does not wait to be asked, unless its owner set it so
	}
	return imapOK("STORE completed")
}

func changedFlags(have []string, what string, flags []string) []string {
	among := func(f string) bool {
		return slices.ContainsFunc(flags, func(g string) bool { return strings.EqualFold(f, g) })
	}
	var now []string
	if what != "FLAGS" {
		for _, f := range have {
			if !among(f) {
				now = append(now, f)
			}
		}
	}
	if what != "-FLAGS" {
		now = append(now, flags...)
	}
	return now
}

// expungeMarked removes the messages with \Deleted that are in a set of UIDs, or all of those.
func (c *imapConn) expungeMarked(set imapSet) {
	var changes []accountChange
	a, box := c.account, c.view.box
	a.mu.Lock()
	for _, s := range slices.Clone(box.list) {
		last := box.list[len(box.list)-1].uid
		if !s.has(`\Deleted`) || set != nil && !set.holds(s.uid, last) {
			continue
		}
		if a.removeStored(box, s) {
			changes = append(changes, a.expunged(box, s))
		}
		if a.style.labels { // the mark was for this label
			s.letter.flags = changedFlags(s.letter.flags, "-FLAGS", []string{`\Deleted`})
			s.letter.edits++
		}
	}
	a.mu.Unlock()
	c.report(changes)
}

// expunged is what it means that a message was expunged: where mailboxes are labels, it is in "all
// mail" from now on, unless it was in junk or trash.
func (a *account) expunged(box *mailbox, s *stored) accountChange {
	change := accountChange{mailbox: box.name, uid: s.uid}
	if all := a.withRole(seedtest.RoleAll); a.style.labels && all != nil {
		if left := all.holding(s.letter); left != nil {
			change.to, change.toUID = all.name, left.uid
		}
	}
	return change
}

// report tells whoever keeps the truth what this client did.
func (c *imapConn) report(changes []accountChange) {
	if c.account.changed == nil {
		return
	}
	for _, change := range changes {
		c.account.changed(change)
	}
}

func (c *imapConn) expunge(p *imapParser) imapReply {
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if c.view.readOnly {
		return imapNo("", "The mailbox is open for reading only")
	}
	c.expungeMarked(nil)
	return imapOK("EXPUNGE completed")
}

func (c *imapConn) uidExpunge(p *imapParser) imapReply {
	p.space()
	set := p.set()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if c.view.readOnly {
		return imapNo("", "The mailbox is open for reading only")
	}
	c.expungeMarked(set)
	return imapOK("UID EXPUNGE completed")
}

// transferIMAP is COPY or MOVE (RFC 6851).
func transferIMAP(word string, byUID bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		set := p.set()
		p.space()
		to := p.mailbox()
		if p.end(); p.err != nil {
			return p.refusal()
		}
		if word == "MOVE" && c.view.readOnly {
			return imapNo("", "The mailbox is open for reading only")
		}
		return c.transfer(word, c.pick(set, byUID), to)
	}
}

func (c *imapConn) transfer(word string, messages []picked, to string) imapReply {
	a := c.account
	a.mu.Lock()
	target := a.find(to)
	if target == nil || target.hidden {
		a.mu.Unlock()
		return imapNo("TRYCREATE", "No such mailbox")
	}
	if word == "COPY" && !a.hasRoom(len(messages), octetsOf(messages)) {
		a.mu.Unlock()
		return imapNo("OVERQUOTA", "Not enough room")
	}
	var from, uids []uint32
	var changes []accountChange
	for _, m := range messages {
		if c.view.box.get(m.uid) != m.stored {
			continue // gone since the client was told
		}
		leaves := a.leaves(word, c.view.box, m.stored, target)
		uid := a.transferStored(word, c.view.box, m.stored, target)
		from, uids = append(from, m.uid), append(uids, uid)
		for _, change := range leaves {
			change.to, change.toUID = target.name, uid
			changes = append(changes, change)
		}
	}
	code := fmt.Sprintf("COPYUID %d %s %s", target.validity, imapNumbers(from, ","),
		imapNumbers(uids, ","))
	a.mu.Unlock()
	c.report(changes)
	return c.transferred(word, code, len(uids) > 0)
}

func octetsOf(messages []picked) int {
	sum := 0
	for _, m := range messages {
		sum += len(m.raw)
	}
	return sum
}

// leaves says from where COPY or MOVE takes a message. Where mailboxes are labels, whatever goes
// to junk or trash leaves all others, and nothing else leaves "all mail".
func (a *account) leaves(word string, box *mailbox, s *stored, to *mailbox) []accountChange {
	var all []accountChange
	for _, b := range a.boxes {
		away := b == box && word == "MOVE"
		if a.style.labels {
			away = away && b.role != seedtest.RoleAll || to.apart() || b.apart()
		}
		if at := b.holding(s.letter); away && at != nil && b != to {
			all = append(all, accountChange{mailbox: b.name, uid: at.uid})
		}
	}
	return all
}

func (a *account) transferStored(word string, box *mailbox, s *stored, to *mailbox) uint32 {
	if word == "MOVE" {
		return a.moveStored(box, s, to)
	}
	return a.copyStored(s, to)
}

// transferred tells the new UIDs: at the end of COPY, and before the EXPUNGEs of MOVE.
func (c *imapConn) transferred(word, code string, any bool) imapReply {
	reply := imapOK(word + " completed")
	switch {
	case !any || !c.style.has("UIDPLUS"):
	case word == "MOVE":
		c.untagged("OK [%s] Moved UIDs.", code)
	default:
		reply.code = code
	}
	return reply
}

func (c *imapConn) append(p *imapParser) imapReply {
	p.space()
	to := p.mailbox()
	p.space()
	var flags []string
	if p.next('(') {
		p.list(func() { flags = append(flags, p.flag()) })
		p.space()
	}
	at := c.account.now()
	if p.next('"') {
		at = p.dateTime()
		p.space()
	}
	if !p.next('{') {
		p.fail("expected a literal")
	}
	raw := p.literal()
	if p.end(); p.err != nil {
		return p.refusal()
	}
	return c.appendTo(to, flags, at, raw)
}

func (c *imapConn) appendTo(to string, flags []string, at time.Time, raw string) imapReply {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.find(to)
	if box == nil || box.hidden {
		return imapNo("TRYCREATE", "No such mailbox")
	}
	switch {
	case len(flags) > imapMaxFlags:
		return imapNo("LIMIT", "Too many flags")
	case !a.hasRoom(1, len(raw)):
		return imapNo("OVERQUOTA", "Not enough room")
	}
	l := a.newLetter([]byte(raw), "", at)
	slices.Sort(flags)
	l.flags = slices.Compact(flags)
	reply := imapOK("APPEND completed")
	if uid := a.file(l, box); c.style.has("UIDPLUS") {
		reply.code = fmt.Sprintf("APPENDUID %d %d", box.validity, uid)
	}
	return reply
}

// What clients may fill an account with.
const (
	imapMaxLetters = 100_000
	imapMaxOctets  = 64 << 20
)

// hasRoom reports whether clients may add so many messages of so many octets in all. The caller
// holds the lock.
func (a *account) hasRoom(letters, octets int) bool {
	have, used := a.holds()
	most := imapMaxOctets
	if a.quota > 0 {
		most = min(most, a.quota)
	}
	return have+letters <= imapMaxLetters && used+octets <= most
}

// dateTime is a quoted date and time, whose day may have one digit.
func (p *imapParser) dateTime() time.Time {
	text := strings.TrimSpace(p.str())
	at, err := time.Parse("2-Jan-2006 15:04:05 -0700", text)
	if err != nil && p.err == nil {
		p.fail("a date that is none")
	}
	return at
}
