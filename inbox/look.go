package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// look asks INBOX, junk and the mailboxes that count as inbox for their status, all in one write,
// and visits those that have something new.
func (v *vigil) look(ctx context.Context) error {
	var boxes []*box
	var failed map[string]error
	err := v.inTurn(ctx, func() (err error) {
		v.lastLook = v.a.Now()
		v.asked, v.hasty = v.lastLook, false
		boxes = v.which(func(b *box) bool { return b.quick() && v.willing(b) })
		failed, err = v.statuses(ctx, boxes, nil)
		return err
	})
	if err != nil {
		return err
	}
	return v.heed(ctx, boxes, failed)
}

// heed does what the status of mailboxes asks for.
func (v *vigil) heed(ctx context.Context, boxes []*box, failed map[string]error) error {
	if err := v.visitNews(ctx, boxes, failed); err != nil {
		return err
	}
	if err := v.readReports(ctx); err != nil {
		return err
	}
	if err := v.reclassify(ctx); err != nil {
		return err
	}
	return v.over(ctx, faultKey{kind: seedtest.FaultThrottled})
}

// sweep lists all mailboxes anew and visits those that have something new. Mailboxes appear, and
// rules file mail anywhere.
func (v *vigil) sweep(ctx context.Context) error {
	var begun time.Time
	var boxes []*box
	var failed map[string]error
	changes := v.lull.changes
	err := v.inTurn(ctx, func() error {
		begun = v.a.Now()
		v.lastSweep, v.asked, v.sweepTurn, v.hasty = begun, begun, time.Time{}, false
		told, err := v.list(ctx)
		if err != nil {
			return err
		}
		boxes = v.which(func(b *box) bool { return b.readable() && v.willing(b) })
		failed, err = v.statuses(ctx, boxes, told)
		return err
	})
	if err != nil {
		return err
	}
	v.lastLook = v.lastSweep // the main mailboxes were among them
	v.seek(false)
	if err := v.heed(ctx, boxes, failed); err != nil {
		return err
	}
	if err := v.followLost(ctx); err != nil || v.lull.changes != changes {
		return err
	}
	if err := v.followClasses(ctx, v.seed.Own); err != nil {
		return err
	}
	return v.quietSweep(ctx, begun, boxes, failed)
}

// inTurn asks a server when it is the seed's turn.
func (v *vigil) inTurn(ctx context.Context, ask func() error) error {
	done, err := v.turns.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	return ask()
}

// visitNews visits the mailboxes whose status tells of unread mail, or of a change where messages
// are followed. What is followed in the others is still there: neither the number of messages nor
// UIDNEXT moved.
func (v *vigil) visitNews(ctx context.Context, boxes []*box, failed map[string]error) error {
	var visit []*box
	for _, b := range boxes {
		if why := failed[b.Name]; why != nil {
			if err := v.unreadable(ctx, b, why); err != nil {
				return err
			}
			continue
		}
		b.renumbered(b.told.uidValidity)
		if b.fresh() || !b.refused.IsZero() || v.unsettled(b) {
			visit = append(visit, b)
		} else {
			v.stillThere(b)
		}
	}
	return v.visit(ctx, visit)
}

// visit reads what is new in mailboxes and asks for what is followed there: all in one tour,
// except where there is much to read.
func (v *vigil) visit(ctx context.Context, boxes []*box) error {
	var plans []plan
	for _, b := range boxes {
		if b.many() {
			if err := v.tolerate(ctx, b, v.readMany(ctx, b)); err != nil {
				return err
			}
		}
		if p := v.planFor(b); len(p.asks) > 0 || !b.refused.IsZero() {
			plans = append(plans, p)
		}
	}
	stops := make([]stop, len(plans))
	for i, p := range plans {
		stops[i] = p.stop
	}
	stays, err := v.s.tour(ctx, stops)
	if err != nil {
		return err
	}
	var found []seedtest.Sighting
	for i, p := range plans {
		if err := v.tolerate(ctx, p.box, stays[i].err); err != nil {
			return err
		}
		if stays[i].err == nil {
			found = append(found, v.takeStay(p, stays[i])...)
		}
	}
	if err := v.sighted(ctx, found); err != nil {
		return err
	}
	if err := v.punctual(ctx, found); err != nil {
		return err
	}
	v.loseAnew()
	return v.gone(ctx)
}

// tolerate records that a mailbox refused to be read, or that it no longer does. Any other error
// is returned.
func (v *vigil) tolerate(ctx context.Context, b *box, err error) error {
	var r *refusal
	switch {
	case err == nil:
		return v.readAgain(ctx, b)
	case errors.As(err, &r):
		return v.unreadable(ctx, b, err)
	}
	return err
}

// plan is one visit of a mailbox within a tour.
type plan struct {
	stop
	box      *box
	headers  bool   // the first question is for headers, up to the UID to
	to       uint32 // 0: only holes are asked for
	followed bool   // the last question is for what is followed
}

// planFor is what is asked of a mailbox in one visit: the headers that are new, and which of the
// followed messages are there.
func (v *vigil) planFor(b *box) plan {
	p := plan{stop: stop{name: b.Name}, box: b}
	var set imap.UIDSet
	if !b.many() && b.told.uidNext > b.next {
		p.to = b.told.uidNext - 1
		set = append(set, imap.UIDRange{Start: imap.UID(b.next), Stop: imap.UID(p.to)})
	}
	if b.again > 0 {
		for i, hole := range b.holes() {
			if i == holeBatch {
				break
			}
			hi := hole.lo + min(hole.hi-hole.lo, holeBatch)
			set = append(set, imap.UIDRange{Start: imap.UID(hole.lo), Stop: imap.UID(hi)})
		}
	}
	if p.headers = len(set) > 0; p.headers {
		p.asks = append(p.asks, v.s.fetch(set, fetchHeaders()))
	}
	if followed := v.followedIn(b); len(followed) > 0 {
		p.followed = true
		p.asks = append(p.asks, v.s.fetch(uidSet(followed), fetchUIDs))
	}
	return p
}

// takeStay takes what a visit of a mailbox brought.
func (v *vigil) takeStay(p plan, y stay) []seedtest.Sighting {
	b := p.box
	old := b.validity
	if b.renumbered(y.uidValidity); old != 0 && b.validity != old {
		b.told = boxStatus{} // of other numbers: the next look reads anew
		return nil
	}
	var found []seedtest.Sighting
	if p.headers {
		found = v.take(b, y.answers[0].fetched)
		b.askedFor(p.to)
	}
	if p.followed {
		v.check(b, uidsAbove(y.places(), 0))
	}
	b.exists = max(b.exists, y.exists)
	b.looked(v.asked)
	return found
}
