package lab

import (
	"slices"

	"seedtest"
)

// mailbox is one mailbox of an account. The account's lock guards it.
type mailbox struct {
	name       string // as a person reads it
	role       seedtest.Role
	attrs      []string // attributes of its use, with their backslash
	hidden     bool     // \Noselect: only holds others
	subscribed bool

	validity uint32
	uidNext  uint32
	list     []*stored // by UID
	gone     bool      // deleted or renamed
	views    []*imapView
	bells    []chan struct{} // of sessions that are told of its status
}

// stored is a letter in a mailbox.
type stored struct {
	uid uint32
	*letter
}

// apart reports whether letters here are in no other mailbox, where mailboxes are labels.
func (b *mailbox) apart() bool {
	return b.role == seedtest.RoleJunk || b.role == seedtest.RoleTrash
}

func (b *mailbox) add(l *letter) uint32 {
	uid := b.uidNext
	b.uidNext++
	b.list = append(b.list, &stored{uid: uid, letter: l})
	b.ring()
	return uid
}

// drop takes s out, if it is there; s may be nil.
func (b *mailbox) drop(s *stored) {
	if i := slices.Index(b.list, s); i >= 0 {
		b.list = slices.Delete(b.list, i, i+1)
		b.ring()
	}
}

func (b *mailbox) get(uid uint32) *stored {
	i, ok := slices.BinarySearchFunc(b.list, uid, func(s *stored, uid uint32) int {
		return int(int64(s.uid) - int64(uid))
	})
	if !ok {
		return nil
	}
	return b.list[i]
}

func (b *mailbox) holding(l *letter) *stored {
	for _, s := range b.list {
		if s.letter == l {
			return s
		}
	}
	return nil
}

func (b *mailbox) renumber(first uint32) {
	b.validity += 1000
	b.uidNext = first
	for i, s := range b.list {
		b.list[i] = &stored{uid: b.uidNext, letter: s.letter}
		b.uidNext++
	}
	b.ring()
}

// ring tells who looks at the mailbox, without waiting.
func (b *mailbox) ring() {
	for _, v := range b.views {
		select {
		case v.changed <- struct{}{}:
		default:
		}
	}
	for _, bell := range b.bells {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}

// imapView is a mailbox as one session has it open: what its client was told last.
type imapView struct {
	box      *mailbox
	readOnly bool
	validity uint32
	known    []shown // by message number
	changed  chan struct{}
}

// shown is a message that the client knows, and the state of the flags that it knows.
type shown struct {
	*stored
	edits int
}

// open makes a view that knows all there is.
func (b *mailbox) open(readOnly bool) *imapView {
	v := &imapView{box: b, readOnly: readOnly, validity: b.validity,
		changed: make(chan struct{}, 1)}
	for _, s := range b.list {
		v.known = append(v.known, shown{s, s.edits})
	}
	b.views = append(b.views, v)
	return v
}

func (v *imapView) close() {
	i := slices.Index(v.box.views, v)
	v.box.views = slices.Delete(v.box.views, i, i+1)
}

// lost reports whether what the client knows of UIDs holds no more.
func (v *imapView) lost() bool { return v.box.gone || v.box.validity != v.validity }

// imapNews is what has changed in a mailbox since its client was told.
type imapNews struct {
	expunged []int   // message numbers, each as it is when those before are gone
	exists   int     // how many there are now; -1 if no more than before
	flags    []shown // whose flags changed
	numbers  []int   // of those
}

// news brings the view up to date, and says what the client is to be told. Where a command
// forbids to tell of messages that are gone (RFC 9051 section 7.5.1) they stay, for later.
func (v *imapView) news(expunge bool) imapNews {
	n := imapNews{exists: -1}
	if expunge {
		n.expunged = v.forget()
	}
	last := uint32(0)
	for i := range v.known {
		k := &v.known[i]
		last = k.uid
		if k.edits != k.letter.edits {
			k.edits = k.letter.edits
			n.flags, n.numbers = append(n.flags, *k), append(n.numbers, i+1)
		}
	}
	for _, s := range v.box.list {
		if s.uid > last {
			v.known = append(v.known, shown{s, s.edits})
			n.exists = len(v.known)
		}
	}
	return n
}

// forget drops the messages that are gone, and returns their numbers.
func (v *imapView) forget() []int {
	var expunged []int
	kept := v.known[:0:0]
	for _, k := range v.known {
		if v.box.get(k.uid) == k.stored {
			kept = append(kept, k)
			continue
		}
		expunged = append(expunged, len(kept)+1)
	}
	v.known = kept
	return expunged
}
