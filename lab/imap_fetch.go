package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// picked is a message of the open mailbox that a command means, as it is at the moment.
type picked struct {
	number int
	*stored
	flags  []string
	labels []string
}

// pick returns the messages in a set of numbers or UIDs.
func (c *imapConn) pick(set imapSet, byUID bool) []picked {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	last := uint32(len(c.view.known))
	if byUID && last > 0 {
		last = c.view.known[last-1].uid
	}
	var all []picked
	for i, k := range c.view.known {
		n := uint32(i + 1)
		if byUID {
			n = k.uid
		}
		if set.holds(n, last) {
			all = append(all, c.snapshot(i))
		}
	}
	return all
}

// snapshot is called with the account's lock held.
func (c *imapConn) snapshot(i int) picked {
	k := c.view.known[i]
	p := picked{number: i + 1, stored: k.stored, flags: slices.Clone(k.letter.flags)}
	if c.style.labels {
		p.labels = c.account.labelsOf(k.letter, c.view.box)
	}
	return p
}

func fetchIMAP(byUID bool) func(*imapConn, *imapParser) imapReply {
	return func(c *imapConn, p *imapParser) imapReply {
		p.space()
		set := p.set()
		p.space()
		items := c.fetchItems(p)
		if p.end(); p.err != nil {
			return p.refusal()
		}
		c.fetch(c.pick(set, byUID), items, byUID)
		return imapOK("FETCH completed")
	}
}

func (c *imapConn) fetch(messages []picked, items []fetchItem, byUID bool) {
	if len(messages) > 1 {
		if _, ok := c.server.faults.active(IMAPEmptyFetch, c.parties()...); ok {
			return
		}
	}
	if byUID && !hasItem(items, "UID") {
		items = append([]fetchItem{{name: "UID"}}, items...)
	}
	reads := slices.ContainsFunc(items, func(i fetchItem) bool { return i.reads })
	items = c.ordered(items)
	for _, m := range messages {
		these := items
		if reads && c.markRead(&m) && !hasItem(items, "FLAGS") {
			these = append(slices.Clone(items), fetchItem{name: "FLAGS"})
		}
		values := make([]string, len(these))
		for i, item := range these {
			values[i] = item.label() + " " + item.value(m)
		}
		c.untagged("%d FETCH (%s)", m.number, strings.Join(values, " "))
	}
}

func hasItem(items []fetchItem, name string) bool {
	return slices.ContainsFunc(items, func(i fetchItem) bool { return i.name == name })
}

// ordered puts the items in the order of the style; with a fault, UID comes last.
func (c *imapConn) ordered(items []fetchItem) []fetchItem {
	_, uidLast := c.server.faults.active(IMAPUIDLast, c.parties()...)
	rank := func(i fetchItem) int {
		at := slices.Index(c.style.order, i.name)
		switch {
		case uidLast && i.name == "UID":
			return len(c.style.order) + 1
		case at < 0:
			return len(c.style.order)
		}
		return at
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b fetchItem) int { return rank(a) - rank(b) })
	return items
}

// markRead sets \Seen, as reading without PEEK does. It reports whether that changed something.
func (c *imapConn) markRead(m *picked) bool {
	if c.view.readOnly || m.letter.has(`\Seen`) {
		return false
	}
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	m.flags = c.setFlags(m.number-1, append(slices.Clone(m.letter.flags), `\Seen`))
	return true
}

// setFlags changes flags of a message that the view knows, and returns them as they are now. The
// session itself needs not be told. It is called with the account's lock held.
func (c *imapConn) setFlags(i int, flags []string) []string {
	k := &c.view.known[i]
	slices.Sort(flags)
	flags = slices.Compact(flags)
	if !slices.Equal(k.letter.flags, flags) {
		k.letter.flags = flags
		k.letter.edits++
		c.account.ringAll(k.letter)
	}
	k.edits = k.letter.edits
	return slices.Clone(flags)
}

// ringAll tells who looks at a mailbox that holds a letter.
func (a *account) ringAll(l *letter) {
	for _, box := range a.boxes {
		if len(box.views) > 0 && box.holding(l) != nil {
			box.ring()
		}
	}
}

// value is an item of a message, as it is on the wire.
func (i fetchItem) value(m picked) string {
	switch i.name {
	case "UID":
		return fmt.Sprint(m.uid)
	case "FLAGS":
		return "(" + strings.Join(m.flags, " ") + ")"
	case "INTERNALDATE":
		return m.at.Format(`"` + imapDate + `"`)
	case "RFC822.SIZE":
		return fmt.Sprint(len(m.raw))
	case "ENVELOPE":
		return envelopeOf(m.raw)
	case "BODY", "BODYSTRUCTURE":
		return structureOf(m.raw, i.name == "BODYSTRUCTURE")
	case "X-GM-MSGID", "X-GM-THRID":
		return fmt.Sprint(m.id)
	case "X-GM-LABELS":
		return "(" + strings.Join(quotedLabels(m.labels), " ") + ")"
	}
	return imapLiteral(i.partOf(m.raw))
}

const imapDate = "02-Jan-2006 15:04:05 -0700"

func imapLiteral(b []byte) string { return fmt.Sprintf("{%d}\r\n%s", len(b), b) }

func quotedLabels(labels []string) []string {
	quoted := make([]string, len(labels))
	for i, l := range labels {
		quoted[i] = imapQuoted(utf7(l))
	}
	return quoted
}

// splitLetter splits a message behind the empty line that ends its header.
func splitLetter(raw []byte) (header, text []byte) {
	if bytes.HasPrefix(raw, []byte("\r\n")) {
		return raw[:2], raw[2:]
	}
	if at := bytes.Index(raw, []byte("\r\n\r\n")); at >= 0 {
		return raw[:at+4], raw[at+4:]
	}
	return raw, nil
}

// headerLines splits a header into fields, each with its continuation lines and its end of line.
func headerLines(header []byte) [][]byte {
	var fields [][]byte
	for line := range bytes.SplitAfterSeq(header, []byte("\r\n")) {
		switch {
		case len(bytes.TrimRight(line, "\r\n")) == 0:
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			last := len(fields) - 1
			fields[last] = append(fields[last][:len(fields[last]):len(fields[last])], line...)
		default:
			fields = append(fields, line)
		}
	}
	return fields
}

// fieldOf splits a field into its name and its unfolded value.
func fieldOf(line []byte) (name, value string) {
	name, value, _ = strings.Cut(string(line), ":")
	value = strings.NewReplacer("\r\n", "").Replace(value)
	return strings.TrimSpace(name), strings.TrimSpace(value)
}

// inRole reports whether a message has the label of a role, in a style with labels.
func (a *account) inRole(l *letter, r seedtest.Role) bool {
	box := a.withRole(r)
	return box != nil && box.holding(l) != nil
}
