package inbox

import (
	"context"

	"seedtest"
)

// baseline takes the baseline of an earlier process, or finds where each mailbox stands now and
// records it (rule 8). There is none as long as INBOX cannot be read.
func (v *vigil) baseline(ctx context.Context, told map[string]boxStatus) error {
	if v.a.Baseline != nil {
		v.resume(*v.a.Baseline)
		return nil
	}
	marks, err := v.stand(ctx, told)
	if err != nil {
		return err
	}
	all := seedtest.Baseline{Seed: v.seed.Name}
	late := v.a.Reports != nil && anyLeft(v.a.Pending())
	for _, b := range v.boxes {
		if !b.Selectable {
			continue
		}
		m := marks[b.Name]
		if late {
			m = reachBack(m)
		}
		all.Mailboxes = append(all.Mailboxes, m)
		if m.Error == "" {
			b.startAt(m)
		}
	}
	if err := v.record(ctx, all); err != nil {
		return err
	}
	v.based = true
	return nil
}

// resume takes the marks of an earlier process: what is above them is read again. A mailbox
// without one was not there or not readable, and is read from its beginning.
func (v *vigil) resume(base seedtest.Baseline) {
	v.based = true
	for _, m := range base.Mailboxes {
		if b := v.boxNamed(m.Mailbox); b != nil && m.Error == "" {
			b.startAt(m)
		}
	}
	v.missAtResume(base)
}

// baseOf is the UID above which everything came after the mark was taken.
func baseOf(m seedtest.Mark) uint32 {
	if m.UIDNext > 0 {
		return max(m.LastUID, m.UIDNext-1)
	}
	return m.LastUID
}

// stand finds where each mailbox stands: by STATUS, and where that must not be believed alone by
// the highest UID in the mailbox.
func (v *vigil) stand(ctx context.Context, told map[string]boxStatus) (map[string]seedtest.Mark,
	error) {
	readable := v.which((*box).readable)
	failed, err := v.statuses(ctx, readable, told)
	if err != nil {
		return nil, err
	}
	marks := map[string]seedtest.Mark{}
	var visit []*box
	for _, b := range v.boxes {
		m := seedtest.Mark{Mailbox: b.Name}
		switch why := failed[b.Name]; {
		case !b.readable():
			m.Error = b.whyUnreadable()
		case why != nil:
			m.Error = seedtest.OneLine(why.Error(), 200)
			if err := v.noMark(ctx, b, why); err != nil {
				return nil, err
			}
		default:
			m.UIDValidity, m.UIDNext = b.told.uidValidity, b.told.uidNext
			m.Messages = b.told.messages
			if m.UIDNext > 0 {
				m.LastUID = m.UIDNext - 1 // if not lower: it bounds the reading as well
			}
			if b.Essential || b.quick() || b.lies || m.UIDNext == 0 {
				visit = append(visit, b)
			}
		}
		marks[b.Name] = m
	}
	return marks, v.highest(ctx, visit, marks)
}

// statuses asks for the status of mailboxes, except where it was told already.
func (v *vigil) statuses(ctx context.Context, boxes []*box, told map[string]boxStatus) (
	map[string]error, error) {
	var ask []string
	for _, b := range boxes {
		if st, ok := told[b.Name]; ok {
			b.hear(st)
			continue
		}
		ask = append(ask, b.Name)
	}
	got, failed, err := v.s.status(ctx, ask)
	if err != nil {
		return nil, err
	}
	for _, b := range boxes {
		if st, ok := got[b.Name]; ok {
			b.hear(st)
		}
	}
	return failed, nil
}

// highest visits mailboxes for the highest UID in use.
func (v *vigil) highest(ctx context.Context, boxes []*box, marks map[string]seedtest.Mark) error {
	stops := make([]stop, len(boxes))
	for i, b := range boxes {
		ask := v.s.fetch(uidsFrom(max(b.told.uidNext, 1)), fetchUIDs)
		stops[i] = stop{name: b.Name, asks: []func() func() error{ask}}
	}
	stays, err := v.s.tour(ctx, stops)
	if err != nil {
		return err
	}
	for i, b := range boxes {
		m, y := marks[b.Name], stays[i]
		if y.err != nil {
			m.Error = seedtest.OneLine(y.err.Error(), 200)
			if err := v.noMark(ctx, b, y.err); err != nil {
				return err
			}
		} else {
			b.mark(&m, y)
			if err := v.readAgain(ctx, b); err != nil {
				return err
			}
		}
		marks[b.Name] = m
	}
	return nil
}

// mark takes what a visit told of where the mailbox stands, and whether UIDNEXT is true.
func (b *box) mark(m *seedtest.Mark, y stay) {
	if y.uidValidity != 0 && y.uidValidity != m.UIDValidity {
		// Renumbered since the status, or not told then: what that said counts by other numbers.
		m.UIDValidity, m.UIDNext, m.LastUID = y.uidValidity, 0, 0
		b.told = boxStatus{mailbox: b.Name, uidValidity: y.uidValidity, uidNext: y.uidNext,
			messages: y.exists}
	}
	m.UIDNext, m.Messages = max(m.UIDNext, y.uidNext), max(b.told.messages, y.exists)
	highest := uint32(0)
	for _, p := range y.answers[0].places {
		highest = max(highest, p.uid)
	}
	if highest > 0 || y.exists == 0 {
		m.LastUID = highest
	}
	if b.told.uidNext > 0 && highest >= max(b.told.uidNext, y.uidNext) {
		b.lies = true
	}
}

// noMark decides what a mailbox that cannot be read means for the baseline: without INBOX there is
// none, others are named in it.
func (v *vigil) noMark(ctx context.Context, b *box, why error) error {
	if b.Role == seedtest.RoleInbox {
		if r := refused(why, seedtest.FaultMailbox); r != nil {
			r.mailbox = b.Name
			return r
		}
		return &trouble{kind: seedtest.FaultMailbox, mailbox: b.Name,
			what: seedtest.OneLine(why.Error(), 400)}
	}
	return v.unreadable(ctx, b, why)
}
