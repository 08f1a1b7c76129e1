package lab

import (
	"bytes"
	"slices"

	"seedtest"
)

// Letter is a message as it lies in a mailbox of a seed.
type Letter struct {
	Mailbox string
	UID     uint32
	Flags   []string // sorted
	Raw     []byte
}

// Letters returns all that lies in the mailboxes of a seed, in the order of LIST.
func (w *World) Letters(seed string) []Letter {
	a := w.accountOf(seed)
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Letter
	for _, box := range a.boxes {
		for _, s := range box.list {
			all = append(all, Letter{Mailbox: box.name, UID: s.uid, Flags: slices.Clone(s.flags),
				Raw: bytes.Clone(s.raw)})
		}
	}
	return all
}

// Move moves a message as the provider or its owner does it, behind the back of who watches. It
// reports whether both the message and the mailbox are there.
func (w *World) Move(seed string, l Letter, to string) bool {
	a := w.accountOf(seed)
	if a == nil {
		return false
	}
	_, ok := a.move(l.Mailbox, l.UID, to)
	return ok
}

// Remove takes a message out of a mailbox, behind the back of who watches.
func (w *World) Remove(seed string, l Letter) bool {
	a := w.accountOf(seed)
	return a != nil && a.remove(l.Mailbox, l.UID)
}

// Roles returns the mailboxes of a seed that can be selected, with what they are for.
func (w *World) Roles(seed string) map[string]seedtest.Role {
	roles := map[string]seedtest.Role{}
	if a := w.accountOf(seed); a != nil {
		for _, b := range a.style.boxes {
			if !b.noselect {
				roles[b.name] = b.role
			}
		}
	}
	return roles
}

func (w *World) accountOf(seed string) *account {
	for _, s := range w.seeds {
		if s.name == seed {
			return s.account
		}
	}
	return nil
}
