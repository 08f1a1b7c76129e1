package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"seedtest"
)

// staleView says why a round that did not see its canary proves nothing (rule 12).
const staleView = "the view is stale: a message that we appended was not shown"

// appendCanary puts a message of our own into INBOX, where the seed allows it, which the round must
// then see. It is recorded before, so that whoever comes after a crash knows of it. A server that
// takes none spoils no proof; but one that has not been seen since it was appended must be.
func (r *round) appendCanary(ctx context.Context) error {
	if !r.seed.Canary || r.a.Mint == nil {
		return nil
	}
	r.Canary = &seedtest.RoundCanary{}
	why := r.whyNoCanary()
	var token seedtest.Token
	if why == "" {
		var err error
		if token, err = r.a.Mint(); err != nil {
			why = seedtest.OneLine(err.Error(), 200)
		}
	}
	if why != "" {
		r.noFurther(why)
		return nil
	}
	c := &seedtest.Canary{Seed: r.seed.Name, Token: token, Mailbox: r.inbox().Name}
	r.canaries = append(r.canaries, c)
	if err := r.record(ctx, *c); err != nil {
		return err
	}
	if err := r.putCanary(ctx, c); err != nil {
		return err
	}
	return r.record(ctx, *c)
}

// putCanary appends a canary. After a refusal, if the connection broke, or if it cannot be removed,
// no other is tried.
func (r *round) putCanary(ctx context.Context, c *seedtest.Canary) error {
	at := r.a.Now()
	got, err := r.s.append(ctx, canaryMessage(r.seed.Address, c.Token, at))
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		c.Why = seedtest.OneLine(err.Error(), 200)
		r.noCanary = c.Why
		r.noFurther(c.Why)
	case err != nil:
		r.noCanary = "the connection broke when one was appended"
		return err
	default:
		c.UIDValidity, c.UID = appendUID(got.code)
		r.appended, r.appendedAt = c, at
		r.canary, r.Canary.Appended = c, &at
		if !r.s.expungesByUID() {
			r.noCanary = "one of this run lies there already, and could only be marked as deleted"
		}
	}
	return nil
}

// noFurther says why no canary is appended. The one before must be seen if it was not yet, and is
// there.
func (r *round) noFurther(why string) {
	if c := r.appended; c != nil && !c.Seen && !c.Removed {
		at := r.appendedAt
		r.canary, r.Canary.Appended = c, &at
		return
	}
	r.Canary.Why = why
}

// whyNoCanary says why none is appended. At Gmail one would be archived for ever that cannot go by
// way of Trash.
func (r *round) whyNoCanary() string {
	switch {
	case r.noCanary != "":
		return r.noCanary
	case r.inbox() == nil:
		return "INBOX cannot be read"
	case r.s.labels() && !(r.s.has("MOVE") && r.s.expungesByUID() && binOf(r.boxes) != ""):
		return "an expunge archives only, and there is no way through Trash: it could not be removed"
	}
	return ""
}

func canaryMessage(address string, token seedtest.Token, at time.Time) []byte {
	return fmt.Appendf(nil, "From: <%[1]s>\r\nTo: <%[1]s>\r\nDate: %[2]s\r\n"+
		"Subject: seedtest canary\r\nMessage-ID: <%[3]s@seedtest.invalid>\r\n"+
		"X-Entity-Ref-ID: %[3]s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"+
		"By this message seedtest proves that it sees what is in this mailbox, and then\r\n"+
		"removes it. If it is still here you may delete it.\r\n",
		address, at.Format(time.RFC1123Z), token)
}

// append puts a message into INBOX, as one that was read so that nobody is told of it. It is
// announced first, because servers without LITERAL+ want that, and a refusal costs nothing then.
// The library gives the connection up at such a refusal; so the wire does this alone.
func (s *session) append(ctx context.Context, message []byte) (*answer, error) {
	s.letGo()
	s.wire.allow(s.timeouts.Command)
	defer s.wire.allow(restSilence)
	line := fmt.Sprintf(`APPEND %s (\Seen) {%d}`, inboxName, len(message))
	cmd := s.wire.alone("APPEND", line)
	s.say(cmd.tag + " " + line)
	if !s.wire.await(cmd.goes) {
		return nil, s.lost(ctx, io.EOF)
	}
	if s.wire.wants(cmd) {
		s.say(string(message))
	}
	if !s.wire.await(cmd.over) {
		return nil, s.lost(ctx, io.EOF)
	}
	s.heard = time.Now()
	return &cmd.answer, cmd.answer.refusal()
}

// wants reports whether a command that was let go on has not ended.
func (w *wire) wants(c *command) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return c.answer.status == ""
}

// appendUID reads the response code of APPEND (RFC 4315 section 3); zero if it is another.
func appendUID(code string) (validity, uid uint32) {
	words := strings.Fields(code)
	if len(words) != 3 || !strings.EqualFold(words[0], "APPENDUID") {
		return 0, 0
	}
	validity, known := value{text: []byte(words[1])}.number()
	if uid, ok := (value{text: []byte(words[2])}).number(); ok && known {
		return validity, uid
	}
	return 0, 0
}

// canaryOf returns the canary with a tag, or nil.
func (v *vigil) canaryOf(t seedtest.Token) *seedtest.Canary {
	for _, c := range v.canaries {
		if c.Token == t {
			return c
		}
	}
	return nil
}

// meet notes that a canary was read. One whose UID nobody told, or that got another one with the
// whole mailbox, has it now. Where mailboxes are labels
// it is shown in others too.
func meet(c *seedtest.Canary, b *box, uid uint32) {
	if b.Name != c.Mailbox {
		c.Copies = withCopy(c.Copies, seedtest.CanaryCopy{Mailbox: b.Name, UIDValidity: b.validity,
			UID: uid})
		return
	}
	if c.UID == 0 || c.UIDValidity != b.validity {
		c.UIDValidity, c.UID = b.validity, uid
	}
	c.Seen = c.Seen || c.UID == uid && c.UIDValidity == b.validity
}

// withCopy returns a list with one more copy. It takes the place of one in the same mailbox whose
// UID nobody knew.
func withCopy(list []seedtest.CanaryCopy, x seedtest.CanaryCopy) []seedtest.CanaryCopy {
	with := make([]seedtest.CanaryCopy, 0, len(list)+1)
	for _, y := range list {
		if y != x && (y.Mailbox != x.Mailbox || y.UID > 0) {
			with = append(with, y)
		}
	}
	return append(with, x)
}

// missCanary spoils a round that did not see its canary.
func (r *round) missCanary() {
	if r.canary == nil {
		return
	}
	if r.Canary.Seen = r.canary.Seen; !r.Canary.Seen {
		r.spoil(staleView)
	}
}

// canariesIn returns the UIDs of canaries in a mailbox: they do not vanish, we remove them.
func (v *vigil) canariesIn(b *box) []uint32 {
	var list []uint32
	for _, c := range v.canaries {
		list = append(list, b.holds(c)...)
	}
	return list
}

// canariesOfOthers returns the UIDs that canaries of other runs had in a mailbox. Without the runs'
// records they count as any mail.
func (v *vigil) canariesOfOthers(ctx context.Context, b *box) []uint32 {
	if v.a.Others == nil {
		return nil
	}
	others, err := v.a.Others(ctx)
	if err != nil {
		v.w.log.Warn("canaries of other runs", "seed", v.seed.Name, "error", err)
	}
	var list []uint32
	for _, c := range others {
		list = append(list, b.holds(&c)...)
	}
	return list
}

// holds returns the UIDs that a canary has or had in a mailbox.
func (b *box) holds(c *seedtest.Canary) []uint32 {
	var list []uint32
	for _, x := range copiesOf(c) {
		if x.Mailbox == b.Name && x.UIDValidity == b.validity {
			list = append(list, x.UID)
		}
	}
	return list
}
