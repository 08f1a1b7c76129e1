package inbox

import (
	"context"
	"errors"

	"seedtest"
)

// removeCanaries removes the canaries that are not removed yet, also those of a process that ended
// before it could. Where mailboxes are labels one has to be seen first: else it vanishes unread out
// of others.
func (v *vigil) removeCanaries(ctx context.Context) error {
	for _, c := range v.canaries {
		if c.Removed || c.Marked || len(copiesOf(c)) == 0 || v.s.labels() && !c.Seen {
			continue
		}
		if err := v.removeCanary(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// removeCanary removes one as a clean-up would: by its UID and after a second look at its tag.
// Where else it is shown is recorded first, for whoever comes after a crash.
func (v *vigil) removeCanary(ctx context.Context, c *seedtest.Canary) error {
	if len(c.Copies) > 0 {
		if err := v.record(ctx, *c); err != nil {
			return err
		}
	}
	var told []Cleaned
	cl := cleaner{s: v.s, boxes: v.boxes, known: v.a.Known, done: func(list []Cleaned) error {
		told = append(told, list...)
		return v.movedCanary(ctx, c, list)
	}}
	if err := cl.takeCanary(ctx, copiesOf(c)); err != nil {
		if v.appended == c {
			v.appended = nil // it may be gone: no round can demand to see it
		}
		return err
	}
	outcome(c, told)
	if err := v.record(ctx, *c); err != nil {
		return err
	}
	return v.s.unselect(ctx)
}

// takeCanary removes the copies of a canary, or marks them as deleted where they could not be
// removed alone.
func (c *cleaner) takeCanary(ctx context.Context, copies []Copy) error {
	do := c.clean
	switch {
	case !c.s.expungesByUID():
		do = c.mark
	case c.s.labels():
		return c.throughTrash(ctx, copies)
	}
	return c.eachBatch(ctx, copies, do)
}

// onlyMarked says why a canary is left.
const onlyMarked = "marked as deleted, and removed when somebody expunges the mailbox: the " +
	"server has no UIDPLUS, and an EXPUNGE of ours would remove what others have marked"

// mark marks copies as deleted, and leaves them so.
func (c *cleaner) mark(ctx context.Context, name string, copies []Copy) error {
	ours, err := c.identify(ctx, name, copies)
	if err != nil || len(ours) == 0 {
		return err
	}
	if err := c.markDeleted(ctx, uidSet(uidsOf(ours))); err != nil {
		return c.tolerate(ours, err)
	}
	return c.leave(ours, onlyMarked)
}

// movedCanary records where a canary lies that was moved to Trash, before it is removed there.
func (v *vigil) movedCanary(ctx context.Context, c *seedtest.Canary, told []Cleaned) error {
	moved := false
	for _, x := range told {
		if x.Moved != nil {
			moved = true
			c.Copies = withCopy(c.Copies, seedtest.CanaryCopy{Mailbox: x.Moved.Mailbox,
				UIDValidity: x.Moved.UIDValidity, UID: x.Moved.UID})
		}
	}
	if !moved {
		return nil
	}
	return v.record(ctx, *c)
}

// outcome says what became of a canary. One that was seen and is nowhere has been removed; if it
// was never seen, nobody knows.
func outcome(c *seedtest.Canary, told []Cleaned) {
	nowhere := c.Seen && len(told) > 0
	c.Why = ""
	for _, x := range told {
		switch {
		case x.Removed:
			c.Removed = true
		case x.Why == onlyMarked:
			c.Marked = true
			fallthrough
		case x.Why != "":
			c.Why = x.Why
		}
		nowhere = nowhere && x.Why == notThere
	}
	for _, x := range c.Copies {
		if x.UID == 0 {
			nowhere = false
			c.Why = "it was moved to " + x.Mailbox + ", and the server did not say under which UID"
		}
	}
	if c.Removed = c.Removed || nowhere; c.Removed {
		c.Why = ""
	}
}

// copiesOf returns where a canary lies or lay, as far as its UIDs are known.
func copiesOf(c *seedtest.Canary) []Copy {
	var list []Copy
	for _, x := range append([]seedtest.CanaryCopy{{Mailbox: c.Mailbox, UIDValidity: c.UIDValidity,
		UID: c.UID}}, c.Copies...) {
		if x.UID > 0 {
			list = append(list, Copy{Token: c.Token, Mailbox: x.Mailbox, UIDValidity: x.UIDValidity,
				UID: x.UID})
		}
	}
	return list
}

// unselect leaves a mailbox that was opened for writing, where CLOSE would expunge what others
// marked: EXAMINE leaves it without that.
func (s *session) unselect(ctx context.Context) error {
	if !s.has("UNSELECT") {
		if _, err := s.do(ctx, s.examine(inboxName)); err != nil {
			return notRefused(err)
		}
	}
	_, err := s.do(ctx, s.leave)
	return notRefused(err)
}

// notRefused returns an error unless it is a refusal.
func notRefused(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return nil
	}
	return err
}
