package lab

import (
	"bytes"
	"net"
	"slices"

	"seedtest"
)

// Letter is a message as it lies in a mailbox of a seed.
type Letter struct {
	ID          uint64 // of this copy in the account, wherever it is moved
	Mailbox     string
	Role        seedtest.Role
	Class       string // "" where the provider has none
	UIDValidity uint32
	UID         uint32
	Flags       []string // sorted
	Raw         []byte
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
			all = append(all, Letter{ID: s.id, Mailbox: box.name, Role: box.role, Class: s.class,
				UIDValidity: box.validity, UID: s.uid, Flags: slices.Clone(s.flags),
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

// Classify sorts a message into another class, behind the back of who watches. It reports whether
// it is there.
func (w *World) Classify(seed string, l Letter, class string) bool {
	a := w.accountOf(seed)
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.find(l.Mailbox)
	if box == nil {
		return false
	}
	s := box.get(l.UID)
	if s != nil {
		s.letter.class = class
	}
	return s != nil
}

// Copy copies a message, or labels it, behind the back of who watches. It reports whether both the
// message and the mailbox are there.
func (w *World) Copy(seed string, l Letter, to string) bool {
	a := w.accountOf(seed)
	return a != nil && a.copy(l.Mailbox, l.UID, to)
}

// Remove takes a message out of a mailbox, behind the back of who watches.
func (w *World) Remove(seed string, l Letter) bool {
	a := w.accountOf(seed)
	return a != nil && a.remove(l.Mailbox, l.UID)
}

// Flag gives a message other flags, and reports whether it is there.
func (w *World) Flag(seed string, l Letter, flags ...string) bool {
	a := w.accountOf(seed)
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.find(l.Mailbox)
	if box == nil {
		return false
	}
	s := box.get(l.UID)
	if s != nil {
		s.letter.flags = slices.Sorted(slices.Values(flags))
		s.letter.edits++
	}
	return s != nil
}

// Roles returns the mailboxes of a seed that can be selected, with what they are for.
func (w *World) Roles(seed string) map[string]seedtest.Role {
	roles := map[string]seedtest.Role{}
	if a := w.accountOf(seed); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, b := range a.boxes {
			if !b.hidden {
				roles[b.name] = b.role
			}
		}
	}
	return roles
}

// Create makes a mailbox, and reports whether it could.
func (w *World) Create(seed, mailbox string) bool {
	a := w.accountOf(seed)
	return a != nil && a.create(mailbox)
}

// Delete deletes a mailbox that was made for its owner, with all that is in it.
func (w *World) Delete(seed, mailbox string) bool {
	a := w.accountOf(seed)
	return a != nil && a.deleteOwn(mailbox)
}

// Rename renames a mailbox that was made for its owner.
func (w *World) Rename(seed, from, to string) bool {
	a := w.accountOf(seed)
	return a != nil && a.renameOwn(from, to)
}

// Renumber gives all mailboxes of a seed a new UIDVALIDITY and all messages new UIDs, as a server
// does that was restored from a backup.
func (w *World) Renumber(seed string) {
	if a := w.accountOf(seed); a != nil {
		a.renumber()
	}
}

// HangUp closes all connections to the server of a seed's provider without a word, as a restart
// does.
func (w *World) HangUp(seed string) { w.eachConn(seed, func(c net.Conn) { _ = c.Close() }) }

// Sever breaks all connections to the server of a seed's provider so that neither end is told:
// what is written is lost, and nothing comes any more. It works on pipes only.
func (w *World) Sever(seed string) {
	w.eachConn(seed, func(c net.Conn) {
		if p, ok := c.(*pipeConn); ok {
			p.in.sever()
			p.out.sever()
		}
	})
}

func (w *World) eachConn(seed string, do func(net.Conn)) {
	for _, s := range w.mailboxes {
		if !slices.ContainsFunc(s.accounts, func(a *account) bool { return a.seed == seed }) {
			continue
		}
		s.mu.Lock()
		for conn := range s.conns {
			do(conn)
		}
		s.mu.Unlock()
	}
}

func (w *World) accountOf(seed string) *account {
	for _, s := range w.seeds {
		if s.name == seed {
			return s.account
		}
	}
	if w.returns != nil && seed == ReturnPath {
		return w.returns.account
	}
	return nil
}
