package inbox

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"seedtest"
)

// At Gmail mailboxes are labels. An expunge takes one label off, and the message stays in All Mail;
// so a message is moved to Trash, which takes its other labels off, and is expunged there
// (chatmail/core issue 3957, jstedfast/MailKit issue 726).

// labels reports whether mailboxes are labels at the server.
func (s *session) labels() bool { return s.has("X-GM-EXT-1") }

// throughTrash removes copies by way of Trash. All are looked at before one is moved, because that
// takes the message out of the other mailboxes where it is shown.
func (c *cleaner) throughTrash(ctx context.Context, copies []Copy) error {
	bin := c.bin()
	if bin == "" || !c.s.has("MOVE") {
		return c.leave(copies, "an expunge archives only, and the account shows no Trash over IMAP: "+
			"delete it in the web interface")
	}
	var ours []Copy
	err := c.eachBatch(ctx, copies, func(ctx context.Context, name string, batch []Copy) error {
		found, err := c.identify(ctx, name, batch)
		ours = append(ours, found...)
		return err
	})
	if err != nil {
		return err
	}
	inBin, elsewhere := split(ours, func(x Copy) bool { return x.Mailbox == bin })
	c.moved = map[seedtest.Token]Copy{}
	if err := c.eachBatch(ctx, elsewhere, c.discard); err != nil {
		return err
	}
	return c.eachBatch(ctx, append(inBin, c.binned...), c.clean)
}

func (c *cleaner) bin() string { return binOf(c.boxes) }

// binOf returns the name of Trash, empty if there is none that can be opened.
func binOf(boxes []*box) string {
	for _, b := range boxes {
		if b.Role == seedtest.RoleTrash && b.readable() {
			return b.Name
		}
	}
	return ""
}

// viewing tells views over other mailboxes (1) from mailboxes (0).
func (c *cleaner) viewing(name string) int {
	if b := c.boxNamed(name); b != nil {
		switch b.Role {
		case seedtest.RoleAll, seedtest.RoleFlagged, seedtest.RoleImportant:
			return 1
		}
	}
	return 0
}

// discard moves copies that carry their tag from a mailbox to Trash. One that is no longer there
// has gone with another copy of its message.
func (c *cleaner) discard(ctx context.Context, name string, copies []Copy) error {
	valid, err := c.open(ctx, name, copies)
	if err != nil || len(valid) == 0 {
		return err
	}
	there, gone, err := c.still(ctx, valid)
	if err != nil {
		return c.tolerate(valid, err)
	}
	if err := c.wentAlong(gone); err != nil || len(there) == 0 {
		return err
	}
	answers, err := c.s.do(ctx, func() func() error {
		return dropFirst(c.s.client.Move(uidSet(uidsOf(there)), c.bin()).Wait)
	})
	if err != nil {
		return c.tolerate(there, err)
	}
	at := answers[0].copyUID()
	told, untold := split(there, func(x Copy) bool { return at.uids[x.UID] > 0 })
	if err := c.arrived(told, at); err != nil || len(untold) == 0 {
		return err
	}
	kept, gone, err := c.still(ctx, untold)
	if err != nil {
		return err
	}
	if err := c.leave(kept, keptIt); err != nil {
		return err
	}
	return c.arrived(gone, copied{})
}

// wentAlong tells of copies that vanished while others were moved.
func (c *cleaner) wentAlong(copies []Copy) error {
	with, alone := split(copies, func(x Copy) bool { _, ok := c.moved[x.Token]; return ok })
	var told []Cleaned
	for _, x := range with {
		to := c.moved[x.Token]
		told = append(told, Cleaned{Copy: x, Moved: &to})
	}
	if err := c.tell(told); err != nil {
		return err
	}
	return c.leave(alone, notThere)
}

// arrived tells where copies lie that were moved.
func (c *cleaner) arrived(copies []Copy, at copied) error {
	var told []Cleaned
	for _, x := range copies {
		to := Copy{Token: x.Token, Mailbox: c.bin(), UIDValidity: at.validity, UID: at.uids[x.UID]}
		c.moved[x.Token] = to
		if to.UID > 0 {
			c.binned = append(c.binned, to)
		}
		told = append(told, Cleaned{Copy: x, Moved: &to})
	}
	return c.tell(told)
}

// copied is where messages went: the UIDs there by those that they had.
type copied struct {
	validity uint32
	uids     map[uint32]uint32
}

// copyUID reads the response code of COPY or MOVE (RFC 4315 section 3); what does not hold together
// tells nothing.
func (a *answer) copyUID() copied {
	words := strings.Fields(cmp.Or(a.copied, a.code))
	if len(words) != 4 || !strings.EqualFold(words[0], "COPYUID") {
		return copied{}
	}
	validity, ok := value{text: []byte(words[1])}.number()
	from, to := uidsIn(words[2]), uidsIn(words[3])
	if !ok || validity == 0 || len(from) == 0 || len(from) != len(to) {
		return copied{}
	}
	at := copied{validity: validity, uids: map[uint32]uint32{}}
	met := map[uint32]bool{}
	for i, uid := range from {
		if at.uids[uid] > 0 || met[to[i]] {
			return copied{}
		}
		at.uids[uid], met[to[i]] = to[i], true
	}
	return at
}

// mostCopied bounds what a server can claim to have copied.
const mostCopied = 1000

// uidsIn returns the UIDs of a set in the order in which it names them; nil if it is none.
func uidsIn(set string) []uint32 {
	var list []uint32
	for part := range strings.SplitSeq(set, ",") {
		first, last, isRange := strings.Cut(part, ":")
		if !isRange {
			last = first
		}
		lo, err1 := strconv.ParseUint(first, 10, 32)
		hi, err2 := strconv.ParseUint(last, 10, 32)
		if lo > hi {
			lo, hi = hi, lo
		}
		if err1 != nil || err2 != nil || lo == 0 || hi-lo >= mostCopied-uint64(len(list)) {
			return nil
		}
		for uid := lo; uid <= hi; uid++ {
			list = append(list, uint32(uid))
		}
	}
	return list
}
