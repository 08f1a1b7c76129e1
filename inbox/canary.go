package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"seedtest"
)

// staleView says why a round that did not see its canary proves nothing (rule 12).
const staleView = "the view is stale: a message that we appended was not shown"

// appendCanary puts a message of our own into INBOX, where the seed allows it, which the round must
// then see. It is recorded before, so that whoever comes after a crash knows of it. A server that
// takes none spoils no proof.
func (r *round) appendCanary(ctx context.Context) error {
	if !r.seed.Canary || r.a.Mint == nil {
		return nil
	}
	r.Canary = &seedtest.RoundCanary{Why: r.whyNoCanary()}
	if r.Canary.Why != "" {
		return nil
	}
	token, err := r.a.Mint()
	if err != nil {
		r.Canary.Why = seedtest.OneLine(err.Error(), 200)
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

// putCanary appends a canary. After a refusal, or if the connection broke, no other is tried.
func (r *round) putCanary(ctx context.Context, c *seedtest.Canary) error {
	at := r.a.Now()
	got, err := r.s.append(ctx, c.Mailbox, canaryMessage(r.seed.Address, c.Token, at))
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		c.Why = seedtest.OneLine(err.Error(), 200)
		r.noCanary, r.Canary.Why = c.Why, c.Why
	case err != nil:
		r.noCanary = "the connection broke when one was appended"
		return err
	default:
		c.UIDValidity, c.UID = appendUID(got.code)
		r.canary, r.Canary.Appended = c, &at
	}
	return nil
}

// whyNoCanary says why none is appended: what we cannot remove again, and alone, we do not append.
func (r *round) whyNoCanary() string {
	switch {
	case r.noCanary != "":
		return r.noCanary
	case r.inbox() == nil:
		return "INBOX cannot be read"
	case r.s.has("X-GM-EXT-1"):
		return "an expunge at Gmail archives only: it could not be removed"
	case !r.s.expungesByUID():
		return "the server has no UIDPLUS: it could not be removed alone"
	case !r.s.has("LITERAL+") && !r.s.has("LITERAL-"):
		return "the server has no LITERAL+: if it refused, the connection would be lost"
	}
	return ""
}

// canaryMessage is small enough for a literal that is not waited for (RFC 7888).
func canaryMessage(address string, token seedtest.Token, at time.Time) []byte {
	return fmt.Appendf(nil, "From: <%[1]s>\r\nTo: <%[1]s>\r\nDate: %[2]s\r\n"+
		"Subject: seedtest canary\r\nMessage-ID: <%[3]s@seedtest.invalid>\r\n"+
		"X-Entity-Ref-ID: %[3]s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"+
		"By this message seedtest proves that it sees what is in this mailbox, and then\r\n"+
		"removes it. If it is still here you may delete it.\r\n",
		address, at.Format(time.RFC1123Z), token)
}

// append puts a message into a mailbox, as one that was read so that nobody is told of it.
func (s *session) append(ctx context.Context, mailbox string, message []byte) (*answer, error) {
	options := &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}}
	got, err := s.do(ctx, func() func() error {
		c := s.client.Append(mailbox, int64(len(message)), options)
		_, failed := c.Write(message)
		if err := c.Close(); failed == nil {
			failed = err
		}
		if failed != nil {
			return func() error { return failed }
		}
		return dropFirst(c.Wait)
	})
	if err != nil {
		return nil, err
	}
	return got[0], nil
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

// meet notes that a canary was read where it was appended. One whose UID nobody told has it now.
func meet(c *seedtest.Canary, b *box, uid uint32) {
	if b.Name != c.Mailbox {
		return
	}
	if c.UID == 0 {
		c.UIDValidity, c.UID = b.validity, uid
	}
	c.Seen = c.Seen || c.UID == uid && c.UIDValidity == b.validity
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
		if c.Mailbox == b.Name && c.UIDValidity == b.validity && c.UID > 0 {
			list = append(list, c.UID)
		}
	}
	return list
}

// removeCanaries removes the canaries that are not removed yet, also those of a process that ended
// before it could.
func (v *vigil) removeCanaries(ctx context.Context) error {
	for _, c := range v.canaries {
		if c.Removed || c.UID == 0 {
			continue
		}
		if err := v.removeCanary(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// removeCanary removes one as a clean-up would: by its UID and after a second look at its tag. One
// that was seen and is not there has been removed; if it was never seen, nobody knows.
func (v *vigil) removeCanary(ctx context.Context, c *seedtest.Canary) error {
	cl := cleaner{s: v.s, boxes: v.boxes, known: v.a.Known, done: func(told []Cleaned) error {
		c.Removed = told[0].Removed || c.Seen && told[0].Why == notThere
		c.Why = told[0].Why
		return nil
	}}
	err := cl.clean(ctx, c.Mailbox, []Copy{{Token: c.Token, Mailbox: c.Mailbox,
		UIDValidity: c.UIDValidity, UID: c.UID}})
	if err != nil {
		return err
	}
	if err := v.record(ctx, *c); err != nil {
		return err
	}
	return v.s.unselect(ctx)
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
