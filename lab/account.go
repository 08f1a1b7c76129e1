package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// account is what one seed has at its provider: mailboxes, and the messages in them.
//
// In a style with labels, as Gmail's, a message is in the account once and its mailboxes are views
// over it: it has other UIDs in each, and the same flags in all. "All mail" shows every message
// that is neither junk nor trash.
type account struct {
	login    string
	password string // or the token, for who signs in by one
	style    imapStyle
	now      func() time.Time

	// To be set before the account is served.
	seed    string              // its seed's name: a party of faults
	oauth   *OAuth              // whose tokens open it too; nil: nobody's
	changed func(accountChange) // told what a client moved or removed; nil: nobody
	limits  *limiter            // what its provider bears; nil: anything
	before  func(string)        // told the name of each command first; nil: nobody

	mu      sync.Mutex
	boxes   []*mailbox // in the order of LIST
	letters uint64     // so far
	quota   int        // octets in all; 0: no limit of its own
}

// accountChange is what a client, not the provider, did to a message.
type accountChange struct {
	mailbox string
	uid     uint32
	to      string // where it moved to; empty: it was expunged
	toUID   uint32
}

// letter is a message in an account.
type letter struct {
	raw   []byte
	at    time.Time // INTERNALDATE
	class string    // Gmail's category, empty if the style has none
	id    uint64    // X-GM-MSGID
	flags []string  // sorted
	edits int       // how often flags changed
}

// newAccount makes an empty account with the mailboxes of its style.
func newAccount(style imapStyle, login, password string, now func() time.Time) *account {
	a := &account{login: login, password: password, style: style, now: now,
		limits: newLimiter(Limits{Connections: style.sessions}, now)}
	validity := uint32(now().Unix())
	for i, b := range style.boxes {
		a.boxes = append(a.boxes, &mailbox{
			name: b.name, role: b.role, attrs: b.attrs, hidden: b.noselect, subscribed: true,
			validity: validity + uint32(i), uidNext: style.firstUID + uint32(100*i),
		})
	}
	return a
}

// deliver puts a message into a mailbox. Who waits in IDLE is told at once.
func (a *account) deliver(mailbox, class string, raw []byte) (uid uint32, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.find(mailbox)
	if box == nil || box.hidden {
		return 0, fmt.Errorf("account %s has no mailbox %q", a.login, mailbox)
	}
	return a.file(a.newLetter(raw, class, a.now()), box), nil
}

// letterIDs is where the numbers of X-GM-MSGID begin: beyond 32 bits, as Gmail's do.
const letterIDs = 1_700_000_000_000

// newLetter makes a letter of a message, whose lines end as they must on the wire. Without a class
// it has the first that the style knows.
func (a *account) newLetter(raw []byte, class string, at time.Time) *letter {
	if bytes.Count(raw, []byte("\n")) != bytes.Count(raw, []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	}
	if class == "" && len(a.style.classes) > 0 {
		class = a.style.classes[0]
	}
	a.letters++
	return &letter{raw: bytes.Clone(raw), at: at, class: class, id: letterIDs + a.letters}
}

// move moves a message as the provider does it, after second thoughts.
func (a *account) move(from string, uid uint32, to string) (newUID uint32, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	source, s, target := a.between(from, uid, to)
	if s == nil || target == nil {
		return 0, false
	}
	return a.moveStored(source, s, target), true
}

// copy copies a message.
func (a *account) copy(from string, uid uint32, to string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, s, target := a.between(from, uid, to)
	if s == nil || target == nil {
		return false
	}
	a.copyStored(s, target)
	return true
}

// remove takes a message out of a mailbox.
func (a *account) remove(mailbox string, uid uint32) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	box := a.find(mailbox)
	if box == nil {
		return false
	}
	s := box.get(uid)
	return s != nil && a.removeStored(box, s)
}

// role returns the name of the mailbox with a role, or "" if the style has none.
func (a *account) role(r seedtest.Role) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if box := a.withRole(r); box != nil {
		return box.name
	}
	return ""
}

// renumber gives every mailbox a new UIDVALIDITY and every message a new UID, as a server does
// that was restored from a backup.
func (a *account) renumber() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, box := range a.boxes {
		box.renumber(a.style.firstUID)
	}
}

// What follows is called with a.mu held.

// between finds a message and where it is to go; s or target is nil where there is none.
func (a *account) between(from string, uid uint32, to string) (source *mailbox, s *stored,
	target *mailbox) {
	if source = a.find(from); source != nil {
		s = source.get(uid)
	}
	if target = a.find(to); target != nil && target.hidden {
		target = nil
	}
	return source, s, target
}

func (a *account) find(name string) *mailbox {
	for _, box := range a.boxes {
		if box.name == name || box.role == seedtest.RoleInbox && strings.EqualFold(name, box.name) {
			return box
		}
	}
	return nil
}

func (a *account) withRole(r seedtest.Role) *mailbox {
	i := slices.IndexFunc(a.boxes, func(b *mailbox) bool { return b.role == r && !b.hidden })
	if i < 0 {
		return nil
	}
	return a.boxes[i]
}

// file puts a letter into a mailbox and returns its UID there. Where mailboxes are labels, a
// letter in junk or trash is in no other mailbox, and any other is in "all mail" too.
func (a *account) file(l *letter, box *mailbox) uint32 {
	if !a.style.labels {
		return box.add(l)
	}
	if s := box.holding(l); s != nil {
		return s.uid
	}
	for _, other := range a.boxes {
		if other != box && (other.apart() || box.apart()) {
			other.drop(other.holding(l))
		}
	}
	all := a.withRole(seedtest.RoleAll)
	if all != nil && all != box && !box.apart() && all.holding(l) == nil {
		all.add(l)
	}
	return box.add(l)
}

// copyStored copies a message, or gives it a further label.
func (a *account) copyStored(s *stored, to *mailbox) uint32 {
	l := s.letter
	if !a.style.labels {
		a.letters++
		l = &letter{raw: l.raw, at: l.at, class: l.class, id: letterIDs + a.letters,
			flags: slices.Clone(l.flags)}
	}
	return a.file(l, to)
}

func (a *account) moveStored(from *mailbox, s *stored, to *mailbox) uint32 {
	if from == to && a.style.labels {
		return s.uid
	}
	uid := a.file(s.letter, to)
	if from.role != seedtest.RoleAll || !a.style.labels {
		from.drop(s)
	}
	return uid
}

// removeStored takes a message out of a mailbox. Where mailboxes are labels that takes a label
// off: the message stays in "all mail", out of which only junk and trash lead.
func (a *account) removeStored(box *mailbox, s *stored) bool {
	if a.style.labels && box.role == seedtest.RoleAll {
		return false
	}
	box.drop(s)
	return true
}

// gmailLabels are what Gmail calls the labels of its own mailboxes in X-GM-LABELS.
var gmailLabels = map[seedtest.Role]string{
	seedtest.RoleInbox: `\Inbox`, seedtest.RoleJunk: `\Spam`, seedtest.RoleTrash: `\Trash`,
	seedtest.RoleSent: `\Sent`, seedtest.RoleDrafts: `\Draft`, seedtest.RoleFlagged: `\Starred`,
	seedtest.RoleImportant: `\Important`,
}

// labelsOf names the labels of a letter, but for the mailbox that is looked at.
func (a *account) labelsOf(l *letter, but *mailbox) []string {
	var labels []string
	for _, box := range a.boxes {
		if box == but || box.role == seedtest.RoleAll || box.holding(l) == nil {
			continue
		}
		name := box.name
		if own, ok := gmailLabels[box.role]; ok {
			name = own
		}
		labels = append(labels, name)
	}
	return labels
}
