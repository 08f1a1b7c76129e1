package inbox

import (
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// Between two looks a mailbox may be deleted, renamed, or made anew under its name. What came to it
// after the last look is gone unread with it, and could have been what is awaited (rule 6), unless
// what is there now is known to be the same mailbox: by UIDVALIDITY where it has another name, and
// by what lies in it where it has other numbers.

// doubt is what was known of a mailbox before its numbers changed.
type doubt struct {
	validity uint32
	messages uint32    // that it held at the last look
	since    time.Time // the last look that read all of it; zero: there was none by this process
	hopeless bool      // nothing that lies there now could tell
}

// startAnew makes the mailbox be read anew, and notes that it may be another one.
func (b *box) startAnew(validity uint32, hopeless bool) {
	d := doubt{validity: b.validity, messages: b.held, since: b.since,
		hopeless: hopeless || b.doubt != nil}
	b.start(validity, 0)
	b.doubt = &d
}

// remade reports whether a status can only be one of another mailbox, at a server that gives it the
// same UIDVALIDITY: it counts anew, from below the baseline, and lacks messages. A status that is
// merely stale does not go back that far.
func (b *box) remade(st boxStatus) bool {
	return b.validity != 0 && st.uidValidity == b.validity && st.uidNext != 0 &&
		st.uidNext <= b.base && st.messages < b.held
}

// recognize ends the doubts about mailboxes that were read under their new numbers.
func (v *vigil) recognize() {
	for _, b := range v.boxes {
		if b.told.uidValidity == b.validity && b.told.uidNext <= b.next && b.again == 0 {
			v.decide(b, b.told.messages)
		}
	}
}

// decide ends the doubt about a mailbox that was read and holds so many messages, if there is one.
func (v *vigil) decide(b *box, messages uint32) {
	d := b.doubt
	if b.doubt = nil; d != nil && !v.same(b, d, messages) {
		v.lose(b.Name, d.since, v.a.Now(), b.Name+" is numbered anew, and whether it is the same mailbox "+
			"cannot be told: mail may have gone with the old one unread")
	}
}

// same reports whether all that a mailbox held is there under its new numbers. Of an empty one
// nobody can tell; but INBOX cannot be deleted.
func (v *vigil) same(b *box, d *doubt, messages uint32) bool {
	if d.hopeless || messages < d.messages || d.messages == 0 && b.Role != seedtest.RoleInbox {
		return false
	}
	for _, c := range v.copies {
		lay := c.Mailbox == b.Name && c.UIDValidity == d.validity && !c.seen.Before(d.since) &&
			!(c.gone && d.since.IsZero())
		if lay && !v.holds(b, c.Token) {
			return false
		}
	}
	return true
}

// holds reports whether a message is in a mailbox by its present numbers.
func (v *vigil) holds(b *box, token seedtest.Token) bool {
	return slices.ContainsFunc(v.copies, func(c *kept) bool {
		return c.Token == token && c.Mailbox == b.Name && c.UIDValidity == b.validity && !c.gone
	})
}

// missed returns the mailboxes that are not among those that are listed now, and where a placement
// could have been.
func (v *vigil) missed(boxes []*box) []*box {
	if !v.based {
		return nil // nothing was sent yet
	}
	left := slices.DeleteFunc(slices.Concat(v.boxes, v.left), func(b *box) bool {
		return slices.Contains(boxes, b) || !b.readable() || b.validity == 0 && !b.asked ||
			b.Role == seedtest.RoleSent || b.Role == seedtest.RoleDrafts
	})
	for _, b := range left {
		if b.missed.IsZero() {
			b.missed = v.a.Now()
		}
	}
	return left
}

// missAtResume notes the mailboxes that an earlier process had listed or marked and that are not
// there any more.
func (v *vigil) missAtResume(base seedtest.Baseline) {
	marks := map[string]seedtest.Mark{}
	was := slices.Clone(v.a.Mailboxes)
	for _, m := range base.Mailboxes {
		marks[m.Mailbox] = m
		if !slices.ContainsFunc(was, func(x seedtest.Mailbox) bool { return x.Name == m.Mailbox }) {
			was = append(was, seedtest.Mailbox{Name: m.Mailbox, Selectable: true})
		}
	}
	for _, x := range was {
		if m := marks[x.Name]; m.Error == "" && v.boxNamed(x.Name) == nil {
			b := &box{Mailbox: x, usable: true, asked: true}
			b.startAt(m)
			v.left = append(v.left, b)
		}
	}
	v.left = v.missed(v.boxes)
}

// seek looks for mailboxes that are not listed any more under other names, by what the statuses
// have just told. At last those that were not found are given up.
func (v *vigil) seek(last bool) {
	v.left = slices.DeleteFunc(v.left, func(old *box) bool {
		b := v.renamed(old)
		switch {
		case b != nil:
			b.startAs(old)
		case last:
			v.lose(old.Name, old.since, old.missed,
				old.Name+" is not listed any more: mail may have gone with it unread")
		}
		return b != nil || last
	})
}

// startAs makes a mailbox be read from where it stood under another name.
func (b *box) startAs(old *box) {
	b.start(old.validity, old.base)
	b.former, b.held, b.lies = old.read, b.told.messages, old.lies
}

// renamed returns the new mailbox that another one must be, because no third one has its
// UIDVALIDITY, or nil.
func (v *vigil) renamed(old *box) *box {
	if old.validity == 0 {
		return nil
	}
	same := func(b *box) bool {
		return b != old && (b.validity == old.validity || b.asked && b.told.uidValidity == old.validity)
	}
	found := slices.DeleteFunc(slices.Concat(v.boxes, v.left), func(b *box) bool { return !same(b) })
	if len(found) != 1 {
		return nil
	}
	b := found[0]
	isNew := b.readable() && b.asked && b.validity == 0 && len(b.read) == 0
	if !isNew || b.told.uidNext < old.next || slices.Contains(v.left, b) {
		return nil
	}
	return b
}

// lose has a fault recorded with the next facts: mail may have gone unread between two times. The
// first is zero if nobody knows it.
func (v *vigil) lose(mailbox string, from, to time.Time, what string) {
	if from.IsZero() {
		from = to
	}
	key := fmt.Sprintf("%s %s", what, to)
	if v.told[key] {
		return
	}
	v.told[key] = true
	v.vanished = append(v.vanished, seedtest.Fault{Seed: v.seed.Name, Kind: seedtest.FaultVanished,
		Mailbox: mailbox, What: what, From: from, To: &to})
}
