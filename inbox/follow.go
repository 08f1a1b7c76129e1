package inbox

import (
	"context"
	"slices"
	"time"

	"seedtest"
)

// kept is a copy of a message that was seen.
type kept struct {
	seedtest.Sighting
	seen    time.Time // it was there when we asked then
	gone    bool      // a Gone is recorded
	lost    bool      // it was not there at the last look, which is not recorded yet
	back    bool      // it was gone and is there again, which is not recorded yet
	classes int       // how often its class was asked for again
	classed time.Time // it was of its class then
}

// keep remembers a copy. A further one beside another has all mailboxes swept soon, to tell a copy
// from a message that moved.
func (v *vigil) keep(s seedtest.Sighting) {
	if v.copyOf(s) != nil {
		return
	}
	if slices.ContainsFunc(v.copies, func(c *kept) bool {
		return c.Token == s.Token && !c.gone && !isView(c.Role) && !isView(s.Role)
	}) {
		v.lastSweep = time.Time{}
	}
	v.lull.changes++
	v.copies = append(v.copies, &kept{Sighting: s, seen: v.asked, classed: v.asked})
}

// keepFrom remembers the copies that earlier processes saw.
func (v *vigil) keepFrom(seen []seedtest.Seen) {
	for _, s := range seen {
		v.copies = append(v.copies, &kept{Sighting: s.Sighting, seen: s.Last, gone: s.Gone != nil})
	}
}

// isView reports whether a mailbox shows what others hold, or what we did not get.
func isView(r seedtest.Role) bool {
	switch r {
	case seedtest.RoleAll, seedtest.RoleFlagged, seedtest.RoleImportant, seedtest.RoleSent,
		seedtest.RoleDrafts:
		return true
	}
	return false
}

// copyOf returns the copy that a sighting is of, or nil.
func (v *vigil) copyOf(s seedtest.Sighting) *kept {
	for _, c := range v.copies {
		if c.Token == s.Token && c.Mailbox == s.Mailbox && c.UIDValidity == s.UIDValidity &&
			c.UID == s.UID {
			return c
		}
	}
	return nil
}

// followed reports whether a copy is of a message that is awaited or followed here.
func (v *vigil) followed(c *kept, pending seedtest.PendingProbes) bool {
	for _, a := range pending.Awaited {
		if a.Token == c.Token {
			return true
		}
	}
	return false
}

// followedIn returns the UIDs of the copies in a mailbox that are followed.
func (v *vigil) followedIn(b *box) []uint32 {
	var found uids
	pending := v.a.Pending()
	for _, c := range v.copies {
		if c.Mailbox == b.Name && c.UIDValidity == b.validity && v.followed(c, pending) {
			found.add(c.UID)
		}
	}
	return slices.Collect(found.all())
}

// unsettled reports whether the followed copies of a mailbox have to be asked for, because
// something moved there since they were.
func (v *vigil) unsettled(b *box) bool {
	return b.told != b.checked && len(v.followedIn(b)) > 0
}

// stillThere notes that nothing left a mailbox.
func (v *vigil) stillThere(b *box) {
	b.looked(v.asked)
	for _, c := range v.copies {
		if c.Mailbox == b.Name && c.UIDValidity == b.validity && !c.gone {
			c.seen = v.asked
		}
	}
}

// check compares the copies in a mailbox with the UIDs that were there when it was asked.
func (v *vigil) check(b *box, list []uint32) {
	b.checked = b.told
	var there uids
	for _, uid := range list {
		there.add(uid)
	}
	for _, c := range v.copies {
		switch {
		case c.Mailbox != b.Name || c.UIDValidity != b.validity:
		case there.has(c.UID):
			c.seen, c.lost, c.back = v.asked, false, c.gone
		case !c.gone:
			c.lost = true
		}
	}
}

// followLost finds copies whose mailbox is gone or has other numbers now.
func (v *vigil) followLost(ctx context.Context) error {
	for _, c := range v.copies {
		b := v.boxNamed(c.Mailbox)
		if b == nil || b.validity != 0 && b.validity != c.UIDValidity {
			c.lost = !c.gone
		}
	}
	return v.gone(ctx)
}

// gone records the copies that are no longer there, and has the other mailboxes swept for where
// they went. A copy that is there again is sighted again.
func (v *vigil) gone(ctx context.Context) error {
	facts := v.takeVanished()
	for _, c := range v.copies {
		switch {
		case c.lost && !c.gone:
			v.lastSweep = time.Time{}
			v.lull.changes++
			facts = append(facts, seedtest.Gone{Seed: v.seed.Name, Token: c.Token,
				Mailbox: c.Mailbox, UIDValidity: c.UIDValidity, UID: c.UID, LastSeen: c.seen})
			c.gone = true
		case c.back:
			facts = append(facts, c.Sighting)
			c.gone = false
		}
		c.lost, c.back = false, false
	}
	return v.record(ctx, facts...)
}

// takeVanished returns the faults of vanished mail that are to be recorded.
func (v *vigil) takeVanished() []seedtest.FactBody {
	facts := v.vanished
	v.vanished = nil
	return facts
}

// askClass is how often the class of a copy is asked for again: providers sort a message some time
// after they show it.
const askClass = 3

// reclassify asks again for the classes that could not be read, and records those that now can.
func (v *vigil) reclassify(ctx context.Context) error {
	for _, c := range v.copies {
		if c.Class != classUnknown || c.gone || c.classes == askClass {
			continue
		}
		c.classes++
		s := c.Sighting
		if err := v.classify(ctx, &s); err != nil {
			return err
		}
		if s.Class == classUnknown {
			continue
		}
		c.Sighting = s
		if err := v.record(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
