package sender

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// transact is one mail transaction (RFC 5321 section 3.3). Of several recipients those that are
// declined are on record with their replies, and the message goes to the others.
func (s *session) transact(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) *trouble {
	s.rcpt, s.rec.sub.Declined = recipientsOf{}, nil
	if s.offers("PIPELINING") {
		if t := s.pipelined(ctx, m); t != nil {
			return t
		}
		return s.data(ctx, m.Data, commit, s.end)
	}
	content, t := s.inLockStep(ctx, m)
	if t != nil {
		return t
	}
	return s.data(ctx, m.Data, commit, func() error {
		_, err := content.CloseWithResponse()
		return err
	})
}

// inLockStep is everything before the content, one command after the other.
func (s *session) inLockStep(
	ctx context.Context, m seedtest.Composed,
) (content *smtp.DataCommand, t *trouble) {
	if s.dirty {
		if t := s.reset(ctx); t != nil {
			return nil, t
		}
	}
	for _, c := range s.commands(m) {
		say := func() error { return c.bySMTP(s.smtp, m) }
		if _, t := s.reply(ctx, c.stage, say); s.matters(c, t) {
			return nil, c.explain(t, m)
		}
		s.dirty = true
	}
	if t := s.rcpt.nobody; s.rcpt.taken == 0 && t != nil {
		return nil, t
	}
	_, t = s.reply(ctx, seedtest.StageDATA, func() (err error) {
		content, err = s.smtp.Data()
		return err
	})
	if t == nil {
		t = s.wants354()
	}
	return content, t
}

// recipientsOf is what became of the recipients of a message.
type recipientsOf struct {
	taken  int
	nobody *trouble // what it means if no other is taken
}

// matters reports whether trouble with a command is trouble for the message. That one of several
// recipients is declined is not, as long as there is another.
func (s *session) matters(c command, t *trouble) bool {
	switch {
	case t == nil:
		if c.many {
			s.rcpt.taken++
		}
		return false
	case c.asks && refusesParameters(t.reply):
		t.asking = true
		return true
	case !c.many || t.reply == nil || t.gone:
		return true
	case t.outcome != seedtest.OutcomeRefused && t.outcome != seedtest.OutcomeDeferred:
		return true
	}
	s.rec.sub.Declined = append(s.rec.sub.Declined, seedtest.Declined{To: c.to, Reply: *t.reply})
	if s.rcpt.nobody == nil || t.outcome == seedtest.OutcomeDeferred {
		s.rcpt.nobody = t
	}
	return false
}

// wants354 says what it means that DATA was answered by another 3yz.
func (s *session) wants354() *trouble {
	reply := s.rec.lastReply()
	if reply.Code == 354 {
		return nil
	}
	return &trouble{stage: seedtest.StageDATA, outcome: seedtest.OutcomeFailed, gone: true,
		reply: reply, what: "data: the answer was not 354"}
}

// data keeps the commit point: the content leaves but for its last octets, CRLF.CRLF, which end says:
// go-smtp writes them at the end of content of which it has seen nothing.
func (s *session) data(
	ctx context.Context, data []byte, commit seedtest.Commit, end func() error,
) *trouble {
	s.w.mode = modeData
	defer func() { s.w.mode = modeCommand }()
	t := s.body(ctx, stuffed(data))
	if t == nil {
		t = committed(ctx, commit)
	}
	if t == nil {
		s.w.grant(s.c.o.Timeouts.Grace)
		t = s.early(ctx) // the store has taken its time
	}
	if t != nil {
		t.gone = true // in the middle of content no other word can be said
		return t
	}
	return s.final(ctx, end)
}

// body writes the content without its end.
func (s *session) body(ctx context.Context, data []byte) *trouble {
	left := 0
	_, t := s.turn(ctx, seedtest.StageBody, s.c.o.Timeouts.Body, func() (err error) {
		left, err = s.w.Write(data)
		return err
	})
	if t != nil {
		return inContent(t, fmt.Sprintf("when %d of its %d octets had left", left, len(data)))
	}
	return s.early(ctx)
}

// early says what it means that a server speaks before the content has ended. If that were taken
// for the answer to its end, a message could be called accepted that is not.
func (s *session) early(ctx context.Context) *trouble {
	if s.w.quiet(salvageWait) {
		return nil
	}
	_, t := s.turn(ctx, seedtest.StageBody, s.c.o.Timeouts.Reply, func() error { return s.w.ask("") })
	return inContent(t, "before its last octets")
}

// inContent says of trouble that it came in the middle of the content, so that no server can have
// the whole message.
func inContent(t *trouble, when string) *trouble {
	where := "in the middle of the content, " + when
	switch {
	case t == nil || t.outcome == seedtest.OutcomeUnsent:
	case t.reply == nil:
		t.what += ", " + where
	case t.outcome == seedtest.OutcomeFailed:
		t.what = fmt.Sprintf("body: the answer %d has no meaning %s", t.reply.Code, where)
	default:
		t.what = fmt.Sprintf("body: the answer %d came %s", t.reply.Code, where)
		t.hint = or(t.hint, "a limit on size, a filter or the server's patience may have ended it")
	}
	return t
}

// final writes the last octets and reads what the server makes of the message.
func (s *session) final(ctx context.Context, end func() error) *trouble {
	before := s.w.raw.taken
	_, t := s.turn(ctx, seedtest.StageFinal, s.c.o.Timeouts.Final, end)
	if s.w.raw.taken == before {
		return unheard(ctx, t)
	}
	if t == nil || t.reply != nil {
		s.dirty = false
	}
	return t
}

// unheard says what it means that the kernel took none of the last octets, because the connection
// had ended before. No server can have the whole message, so there is no doubt, but for one that
// said yes to it all the same.
func unheard(ctx context.Context, t *trouble) *trouble {
	switch {
	case t == nil:
		return &trouble{stage: seedtest.StageFinal, outcome: seedtest.OutcomeInDoubt, gone: true,
			what: "final: the server said yes before the last octets could leave"}
	case t.reply != nil:
		return t
	case ctx.Err() != nil:
		t.outcome = seedtest.OutcomeUnsent
	default:
		t.outcome = seedtest.OutcomeFailed
	}
	t.what, t.hint = t.what+", before the last octets could leave", ""
	return t
}

// committed makes the attempt durable. Without that the last octets must not leave.
func committed(ctx context.Context, commit seedtest.Commit) *trouble {
	what := ""
	if err := commit(ctx); err != nil {
		what = fmt.Sprintf("the attempt could not be recorded, so nothing was sent: %v", err)
	} else if ctx.Err() != nil {
		what = fmt.Sprintf("cancelled before the last octets left: %v", context.Cause(ctx))
	} else {
		return nil
	}
	return &trouble{stage: seedtest.StageBody, outcome: seedtest.OutcomeUnsent, what: what}
}

// stuffed is the content without its last CRLF, with a second dot before each line that begins
// with one (RFC 5321 section 4.5.2).
func stuffed(data []byte) []byte {
	data = bytes.TrimSuffix(data, []byte("\r\n"))
	for at := 0; ; { // dots are few
		n := bytes.IndexByte(data[at:], '.')
		if n < 0 {
			return data
		}
		if at += n; at == 0 || data[at-1] == '\n' {
			break
		}
		at++
	}
	data = bytes.ReplaceAll(data, []byte("\r\n."), []byte("\r\n.."))
	if bytes.HasPrefix(data, []byte(".")) {
		data = append([]byte("."), data...)
	}
	return data
}

// checkComposed refuses what would say something else to a server than to us.
func checkComposed(m seedtest.Composed) error {
	if len(m.To) == 0 {
		return errors.New("envelope: no recipient")
	}
	for _, addr := range m.To {
		if err := checkPath(addr); err != nil {
			return fmt.Errorf("envelope: to: %w", err)
		}
	}
	if m.EnvelopeFrom != "" {
		if err := checkPath(m.EnvelopeFrom); err != nil {
			return fmt.Errorf("envelope: from: %w", err)
		}
	}
	if err := checkAsked(m); err != nil {
		return err
	}
	return checkData(m.Data)
}

// checkPath wants an address in the form in which it is sent.
func checkPath(addr string) error {
	_, err := asciiAddress(addr)
	if err == nil && !plain(addr) {
		err = fmt.Errorf("%q is not in its ASCII form", addr)
	}
	return err
}

// checkData refuses content whose end a server could see elsewhere than we do (RFC 5321 section
// 2.3.8): every line must end in CRLF, and CR and LF stand nowhere else.
func checkData(data []byte) error {
	if !bytes.HasSuffix(data, []byte("\r\n")) {
		return errors.New("content: the last line has no CRLF")
	}
	at := 0
	for line := range bytes.Lines(data) {
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
			return fmt.Errorf("content: bare CR or LF at octet %d", at+cr)
		}
		if at += len(line); !ok {
			return fmt.Errorf("content: bare CR or LF at octet %d", at-1)
		}
	}
	return nil
}
