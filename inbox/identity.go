package inbox

import (
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// Between two looks a mailbox may be deleted, renamed, or made anew under its name. What came to it
// after the last look is gone unread with it, and could have been what is awaited (rule 6). Only
// one that was renamed can be known to be the same, by its UIDVALIDITY.

// startAnew makes the mailbox be read anew by other numbers, and notes since when nobody knows what
// came and went by the old ones.
func (b *box) startAnew(validity uint32) {
	since := b.since
	if b.anew != nil {
		since = *b.anew
	}
	b.start(validity, 0)
	b.anew = &since
}

// remade reports whether a status can only be one of another mailbox, at a server that gives it the
// same UIDVALIDITY: it counts anew, from below the baseline, and lacks messages. A status that is
// merely stale does not go back that far.
func (b *box) remade(st boxStatus) bool {
	return b.validity != 0 && st.uidValidity == b.validity && st.uidNext != 0 &&
		st.uidNext <= b.base && st.messages < b.held
}

// loseAnew tells of mailboxes that are numbered anew. Even one that still holds all that it held
// may have lost what came later.
func (v *vigil) loseAnew() {
	for _, b := range v.boxes {
		if b.anew != nil && placed(b) {
			v.lose(b.Name, *b.anew, v.a.Now(), b.Name+" is numbered anew: mail may have come there and "+
				"gone unread before")
		}
		b.anew = nil
	}
}

// placed reports whether a message in a mailbox would be placed there (rule 10).
func placed(b *box) bool {
	return b.Role != seedtest.RoleSent && b.Role != seedtest.RoleDrafts
}

// missed returns the mailboxes that are not among those that are listed now, and where a placement
// could have been.
func (v *vigil) missed(boxes []*box) []*box {
	if !v.based {
		return nil // nothing was sent yet
	}
	left := slices.DeleteFunc(slices.Concat(v.boxes, v.left), func(b *box) bool {
		return slices.Contains(boxes, b) || !b.readable() || b.validity == 0 && !b.asked || !placed(b)
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
			b := &box{Mailbox: x, usable: true, asked: true,
				batch: batchOf(v.seed.Provider.Habits)}
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
