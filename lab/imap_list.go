package lab

import (
	"fmt"
	"slices"
	"strings"
)

// listing is what LIST asks for (RFC 5258, 5819, 6154).
type listing struct {
	reference string
	patterns  []string
	only      []string // selection options
	returns   []string // return options
	status    []string // items of RETURN (STATUS (...))
}

func (c *imapConn) list(p *imapParser) imapReply {
	l := c.listArguments(p)
	if p.end(); p.err != nil {
		return p.refusal()
	}
	if len(l.patterns) == 1 && l.patterns[0] == "" {
		c.untagged(`LIST (\Noselect) "%c" ""`, c.style.delim)
		return imapOK("LIST completed")
	}
	c.renumber()
	c.account.mu.Lock()
	lines := c.listLines("LIST", l)
	c.account.mu.Unlock()
	for _, line := range lines {
		c.untagged("%s", line)
	}
	return imapOK("LIST completed")
}

func (c *imapConn) lsub(p *imapParser) imapReply {
	p.space()
	l := listing{reference: p.mailbox(), only: []string{"SUBSCRIBED"}}
	p.space()
	l.patterns = []string{c.pattern(p)}
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.account.mu.Lock()
	lines := c.listLines("LSUB", l)
	c.account.mu.Unlock()
	for _, line := range lines {
		c.untagged("%s", line)
	}
	return imapOK("LSUB completed")
}

func (c *imapConn) listArguments(p *imapParser) listing {
	var l listing
	extended := c.style.has("LIST-EXTENDED")
	p.space()
	if extended && p.next('(') {
		l.only = c.options(p, "SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE")
		l.returns = slices.Clone(l.only) // what is selected by is told
		p.space()
	}
	l.reference = p.mailbox()
	p.space()
	if extended && p.next('(') {
		p.list(func() { l.patterns = append(l.patterns, c.pattern(p)) })
	} else {
		l.patterns = []string{c.pattern(p)}
	}
	if !extended || !p.skip(' ') {
		return l
	}
	if word := p.atom(); !strings.EqualFold(word, "RETURN") {
		p.fail("expected RETURN")
	}
	p.space()
	p.list(func() {
		word := c.option(p, "SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS")
		l.returns = append(l.returns, word)
		if word == "STATUS" {
			p.space()
			l.status = statusItemsOf(p)
		}
	})
	return l
}

func (c *imapConn) options(p *imapParser, known ...string) []string {
	var words []string
	p.list(func() { words = append(words, c.option(p, known...)) })
	return words
}

// option reads one option, which must be known to the style.
func (c *imapConn) option(p *imapParser, known ...string) string {
	word := strings.ToUpper(p.atom())
	needs := map[string]string{"SPECIAL-USE": "SPECIAL-USE", "STATUS": "LIST-STATUS"}[word]
	if !slices.Contains(known, word) || needs != "" && !c.style.has(needs) {
		p.fail("unknown option %s", imapShown(word))
	}
	return word
}

// pattern is a mailbox name with wildcards.
func (c *imapConn) pattern(p *imapParser) string {
	wire := ""
	if p.next('"') || p.next('{') {
		wire = p.str()
	} else {
		wire = p.run("a pattern", func(b byte) bool {
			return atomChar(b) || b == '%' || b == '*' || b == ']'
		})
	}
	name, ok := fromUTF7(wire)
	if !ok {
		p.fail("a pattern that is not in modified UTF-7")
	}
	return name
}

// listLines is called with the account's lock held.
func (c *imapConn) listLines(word string, l listing) []string {
	var lines []string
	for _, box := range c.account.boxes {
		if !c.wanted(box, l) {
			continue
		}
		lines = append(lines, fmt.Sprintf(`%s (%s) "%c" %s`, word,
			strings.Join(c.attributes(box, l), " "), c.style.delim, imapQuoted(utf7(box.name))))
		if len(l.status) > 0 && !box.hidden && !c.mailboxRefused(box.name) {
			lines = append(lines, c.statusLineOf(box, l.status))
		}
	}
	return lines
}

func (c *imapConn) wanted(box *mailbox, l listing) bool {
	if slices.Contains(l.only, "SUBSCRIBED") && !box.subscribed ||
		slices.Contains(l.only, "SPECIAL-USE") && len(box.attrs) == 0 {
		return false
	}
	return slices.ContainsFunc(l.patterns, func(pattern string) bool {
		return c.matches(l.reference+pattern, box.name)
	})
}

// matches reports whether a name fits a pattern: "*" stands for anything, "%" for anything within
// a level. INBOX has no case.
func (c *imapConn) matches(pattern, name string) bool {
	if strings.EqualFold(name, "INBOX") {
		pattern, name = strings.ToUpper(pattern), strings.ToUpper(name)
	}
	reach := map[int]bool{0: true} // how much of name the pattern so far can stand for
	for _, r := range pattern {
		next := map[int]bool{}
		for at := range reach {
			c.step(next, r, name, at)
		}
		reach = next
	}
	return reach[len(name)]
}

// step adds how far name is covered when one more character of the pattern is read.
func (c *imapConn) step(next map[int]bool, r rune, name string, at int) {
	if r != '*' && r != '%' {
		if strings.HasPrefix(name[at:], string(r)) {
			next[at+len(string(r))] = true
		}
		return
	}
	for next[at] = true; at < len(name); {
		if r == '%' && name[at] == c.style.delim {
			return
		}
		at++
		next[at] = true
	}
}

func (c *imapConn) attributes(box *mailbox, l listing) []string {
	var attrs []string
	if box.hidden {
		attrs = append(attrs, `\Noselect`)
	}
	if c.style.has("CHILDREN") || slices.Contains(l.returns, "CHILDREN") {
		attrs = append(attrs, c.children(box))
	}
	if box.subscribed && slices.Contains(l.returns, "SUBSCRIBED") {
		attrs = append(attrs, `\Subscribed`)
	}
	if c.style.uses || slices.Contains(l.returns, "SPECIAL-USE") {
		attrs = append(attrs, box.attrs...)
	}
	return attrs
}

func (c *imapConn) children(box *mailbox) string {
	for _, other := range c.account.boxes {
		if strings.HasPrefix(other.name, box.name+string(c.style.delim)) {
			return `\HasChildren`
		}
	}
	return `\HasNoChildren`
}

// statusItems are the items of STATUS (RFC 9051 section 6.3.11) that the server knows.
var statusItems = []string{"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED",
	"SIZE"}

func statusItemsOf(p *imapParser) []string {
	items := p.words()
	for _, item := range items {
		if !slices.Contains(statusItems, item) {
			p.fail("unknown status item %s", imapShown(item))
		}
	}
	return items
}

func (c *imapConn) status(p *imapParser) imapReply {
	p.space()
	name := p.mailbox()
	p.space()
	items := statusItemsOf(p)
	if p.end(); p.err != nil {
		return p.refusal()
	}
	c.renumber()
	if c.mailboxRefused(name) {
		return imapNo("NOPERM", "Mailbox cannot be read")
	}
	c.account.mu.Lock()
	box := c.account.find(name)
	line := ""
	if box != nil && !box.hidden {
		line = c.statusLineOf(box, items)
	}
	c.account.mu.Unlock()
	if line == "" {
		return imapNo("NONEXISTENT", "No such mailbox")
	}
	c.untagged("%s", line)
	return imapOK("STATUS completed")
}

func (c *imapConn) statusLineOf(box *mailbox, items []string) string {
	values := make([]string, len(items))
	for i, item := range items {
		n := statusOf(box, item)
		if item == "UIDNEXT" {
			n = int(c.uidNext(box))
		}
		values[i] = fmt.Sprintf("%s %d", item, n)
	}
	return fmt.Sprintf("STATUS %s (%s)", imapQuoted(utf7(box.name)), strings.Join(values, " "))
}

// uidNext is what is told of the next UID.
func (c *imapConn) uidNext(box *mailbox) uint32 {
	if _, ok := c.server.faults.active(IMAPUIDNext, c.parties()...); ok {
		return 1
	}
	return box.uidNext
}

func statusOf(box *mailbox, item string) int {
	switch item {
	case "MESSAGES":
		return len(box.list)
	case "UIDVALIDITY":
		return int(box.validity)
	}
	n := 0
	for _, s := range box.list {
		switch {
		case item == "UNSEEN" && !s.has(`\Seen`), item == "DELETED" && s.has(`\Deleted`):
			n++
		case item == "SIZE":
			n += len(s.raw)
		}
	}
	return n
}

// has reports whether a letter has a flag; flags have no case.
func (l *letter) has(flag string) bool {
	return slices.ContainsFunc(l.flags, func(f string) bool { return strings.EqualFold(f, flag) })
}
