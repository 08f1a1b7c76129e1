package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// maxTries is how often a round is begun before its proof is given up (rule 6).
const maxTries = 3

// nextProof returns when the next proof of absence is wanted; the zero time if none is, or if what
// is wanted was sought three times in vain.
func (v *vigil) nextProof(p seedtest.PendingProbes) time.Time {
	var next time.Time
	for _, a := range p.Awaited {
		if a.ProveAt.After(v.exhausted[a.Probe]) {
			next = earliest(next, a.ProveAt)
		}
	}
	return next
}

// prove makes one try at a proof of absence, and records it. What the round found is recorded
// before it, so that a message is never absent by a round that saw it.
func (v *vigil) prove(ctx context.Context, p seedtest.PendingProbes) error {
	r := &round{vigil: v, Round: seedtest.Round{Seed: v.seed.Name, Begun: v.a.Now(),
		Try: v.tries + 1}}
	changes := v.lull.changes
	broken := r.carryOut(ctx)
	var t *trouble
	if errors.As(broken, &t) {
		r.spoil("%s", cmp.Or(t.what, "the connection broke"))
	} else if broken != nil {
		return broken
	}
	r.Ended, r.Complete = v.a.Now(), r.Why == "" && broken == nil
	if broken == nil && v.lull.changes > changes {
		broken = v.sweep(ctx) // what is gone may lie in a mailbox that was read before that was seen
	}
	if broken == nil {
		broken = v.removeCanaries(ctx) // before the round is on record: after that we may be done
	}
	if v.tries++; r.Complete || v.tries == maxTries {
		v.tries = 0
		for _, a := range p.Awaited {
			if due(a.ProveAt, r.Begun) {
				v.exhausted[a.Probe] = a.ProveAt
			}
		}
	}
	if err := v.record(ctx, append(v.takeVanished(), r.Round)...); err != nil {
		return err
	}
	if broken != nil || r.Complete || v.tries == 0 {
		return broken
	}
	return v.pause(ctx)
}

// pause waits a little before the next try.
func (v *vigil) pause(ctx context.Context) error {
	timer := time.NewTimer(v.pace.RetryMin)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// round is one try at a proof while it is made.
type round struct {
	*vigil
	seedtest.Round
	canary *seedtest.Canary // nil: none was appended
}

// spoil says why the round proves nothing. The first reason stands.
func (r *round) spoil(format string, args ...any) {
	if r.Why == "" {
		r.Why = fmt.Sprintf(format, args...)
	}
}

// carryOut makes the round: it surveys the mailboxes, reads the essential ones and then the
// others, so that mail which moves from one of the former to one of the latter is met on its way,
// and surveys again. The error is a trouble with the connection, or what ends the watch.
func (r *round) carryOut(ctx context.Context) error {
	r.asked = r.Begun
	if err := r.appendCanary(ctx); err != nil {
		return err
	}
	before, err := r.survey(ctx, (*box).readable)
	if err != nil {
		return err
	}
	r.seek(false)
	for _, essential := range []bool{true, false} {
		for _, b := range r.boxes {
			if b.Selectable && b.Essential == essential {
				if err := r.readBox(ctx, b); err != nil {
					return err
				}
			}
		}
	}
	r.missCanary()
	if err := r.followClasses(ctx, true); err != nil {
		return err
	}
	after, err := r.survey(ctx, func(b *box) bool { return b.readable() && b.Essential })
	if err != nil {
		return err
	}
	why := before.differs(after)
	if why != "" {
		r.spoil("%s", why)
	}
	r.seek(why == "") // what is missing in two lists is gone
	r.loseAnew()
	r.lastLook, r.lastSweep, r.hasty = r.Begun, r.Begun, r.hasty && why != ""
	return r.followLost(ctx)
}

// survey is where all mailboxes stand at a moment.
type survey struct {
	mailboxes []string
	essential map[string]boxStatus
}

// survey lists the mailboxes and asks for the status of those that a test picks.
func (r *round) survey(ctx context.Context, pick func(*box) bool) (survey, error) {
	told, err := r.list(ctx)
	if err != nil {
		return survey{}, err
	}
	failed, err := r.statuses(ctx, r.which(pick), told)
	if err != nil {
		return survey{}, err
	}
	now := survey{essential: map[string]boxStatus{}}
	for _, b := range r.boxes {
		now.mailboxes = append(now.mailboxes, b.Name)
		if why := failed[b.Name]; why != nil {
			b.asked = false
			if err := r.unreadable(ctx, b, why); err != nil {
				return survey{}, err
			}
		}
		if b.Essential {
			now.essential[b.Name] = b.told
		}
	}
	slices.Sort(now.mailboxes)
	return now, nil
}

// differs says what changed from one survey to the next, as far as it spoils a proof (rule 6).
func (s survey) differs(after survey) string {
	if !slices.Equal(s.mailboxes, after.mailboxes) {
		return "the set of mailboxes changed while they were read"
	}
	for name, was := range s.essential {
		switch now := after.essential[name]; {
		case now.uidValidity != was.uidValidity:
			return fmt.Sprintf("UIDVALIDITY of %s changed while it was read", name)
		case now.uidNext != was.uidNext:
			return fmt.Sprintf("mail came to %s while the mailboxes were read", name)
		case now.uidNext == 0 && now.messages != was.messages:
			return fmt.Sprintf("%s changed while the mailboxes were read", name)
		}
	}
	return ""
}

// readBox reads one mailbox from its baseline on, and notes what came of it.
func (r *round) readBox(ctx context.Context, b *box) error {
	m := seedtest.RoundMailbox{Name: b.Name, Role: b.Role, Essential: b.Essential}
	why, err := r.readThrough(ctx, b, &m)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		if err := r.unreadable(ctx, b, err); err != nil {
			return err
		}
		why = seedtest.OneLine(err.Error(), 200)
	case err != nil:
		return err
	case why == "":
		if err := r.readAgain(ctx, b); err != nil {
			return err
		}
	}
	m.UIDValidity, m.FromUID = b.validity, above(b.base)
	m.OK, m.Why = why == "", why
	r.Mailboxes = append(r.Mailboxes, m)
	if b.Essential && why != "" {
		r.spoil("%s could not be read: %s", b.Name, why)
	}
	return nil
}

// readThrough reads all of a mailbox above the baseline: the headers that were not read yet, and
// the bodies of messages whose header carries no tag. It says why not all could be read.
func (r *round) readThrough(ctx context.Context, b *box, m *seedtest.RoundMailbox) (string, error) {
	if !b.readable() {
		return b.whyUnreadable(), nil
	}
	if !b.asked {
		return "its status could not be asked", nil
	}
	b.renumbered(b.told.uidValidity)
	if !b.Essential && b.readOut() && len(r.followedIn(b)) == 0 {
		b.looked(r.asked)
		m.ToUID = b.told.uidNext - 1
		return "", nil
	}
	there, y, err := r.listUIDs(ctx, b, above(b.base))
	if err != nil {
		return "", err
	}
	if there, err = r.doubted(ctx, b, there, y); err != nil {
		return "", err
	}
	there = slices.DeleteFunc(there, func(uid uint32) bool { return uid <= b.base })
	if err := r.readUIDs(ctx, b, notIn(there, b.read)); err != nil {
		return "", err
	}
	if err := r.readBodies(ctx, b, notIn(there, b.bodies)); err != nil {
		return "", err
	}
	m.Read = len(there)
	if len(there) > 0 {
		m.ToUID = there[len(there)-1]
	}
	b.askedFor(b.top(y.opened))
	b.exists = y.exists
	r.check(b, there)
	b.looked(r.asked)
	r.vanish(ctx, b, there)
	if left := notIn(there, b.read); len(left) > 0 {
		return fmt.Sprintf("the header of UID %d did not come", left[0]), nil
	}
	if left := notIn(there, b.bodies); len(left) > 0 {
		return fmt.Sprintf("the body of UID %d did not come", left[0]), nil
	}
	return "", nil
}

// readOut reports whether, by the last status, nothing of a mailbox is left to read.
func (b *box) readOut() bool {
	return !b.lies && b.told.uidNext > b.base &&
		len(b.bodies.missing(above(b.base), b.told.uidNext-1)) == 0
}

// doubted asks by place for messages that are missing in a list of UIDs, before they are taken for
// vanished: a server may lose some in its answer to UID FETCH.
func (r *round) doubted(ctx context.Context, b *box, there []uint32, y stay) ([]uint32, error) {
	known := slices.Clone(b.read)
	for _, uid := range there {
		known.add(uid)
	}
	if len(known.missing(above(b.base), b.top(y.opened))) == 0 || y.exists == 0 {
		return there, nil
	}
	places, err := r.placesDown(ctx, b, above(b.base), y.exists)
	if err != nil {
		return nil, err
	}
	for _, uid := range there {
		places = append(places, place{uid: uid})
	}
	return uidsAbove(places, above(b.base)), nil
}

// notIn returns the UIDs that a set lacks.
func notIn(list []uint32, set uids) []uint32 {
	var out []uint32
	for _, uid := range list {
		if !set.has(uid) {
			out = append(out, uid)
		}
	}
	return out
}

// vanish records mail above the baseline that went before it was read: it could have been what is
// awaited, unless it lay where no placement is (rule 10).
func (r *round) vanish(ctx context.Context, b *box, there []uint32) {
	if !placed(b) {
		return
	}
	known := slices.Clone(b.read)
	for _, uid := range there {
		known.add(uid)
	}
	for uid := range b.former.all() {
		known.add(uid)
	}
	for _, uid := range r.canariesIn(b) {
		known.add(uid)
	}
	for _, c := range r.copies { // an earlier process may have read them
		if c.Mailbox == b.Name && c.UIDValidity == b.validity {
			known.add(c.UID)
		}
	}
	if len(known.missing(above(b.base), b.next-1)) > 0 {
		for _, uid := range r.canariesOfOthers(ctx, b) {
			known.add(uid)
		}
	}
	for _, s := range known.missing(above(b.base), b.next-1) {
		what := fmt.Sprintf("UID %d of %s vanished unread", s.lo, b.Name)
		if s.hi > s.lo {
			what = fmt.Sprintf("UID %d to %d of %s vanished unread", s.lo, s.hi, b.Name)
		}
		key := fmt.Sprintf("%s %d", what, b.validity)
		if r.told[key] {
			continue
		}
		r.told[key] = true
		now := r.a.Now()
		r.vanished = append(r.vanished, seedtest.Fault{Seed: r.seed.Name,
			Kind: seedtest.FaultVanished, Mailbox: b.Name, What: what, From: now, To: &now})
	}
}

// textBatch is how many bodies are fetched at once.
const textBatch = 50

// readBodies looks for tags in bodies: in the text that stands first, where a gateway that
// rewrote the header leaves it.
func (r *round) readBodies(ctx context.Context, b *box, there []uint32) error {
	awaited := unseen(r.a.Pending())
	for batch := range slices.Chunk(there, textBatch) {
		y, err := r.s.visit(ctx, b.Name, r.s.fetch(uidSet(batch), fetchBodies(textLimit)))
		if err != nil {
			return err
		}
		var found []seedtest.Sighting
		for _, f := range y.answers[0].fetched {
			if !f.hasHeader || !f.hasText || b.bodies.has(f.uid) || f.uid <= b.base {
				continue
			}
			matches := bodyTokens(readFields(f.header), f.text, awaited)
			b.bodies.add(f.uid)
			found = append(found, r.sightings(b, f, matches)...)
		}
		if err := r.sighted(ctx, found); err != nil {
			return err
		}
	}
	return nil
}

// unseen are the tokens of what is awaited and was not sighted.
func unseen(p seedtest.PendingProbes) []seedtest.Token {
	var tokens []seedtest.Token
	for _, a := range p.Awaited {
		if !a.Seen {
			tokens = append(tokens, a.Token)
		}
	}
	return tokens
}
