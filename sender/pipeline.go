package sender

import (
	"context"
	"time"

	"github.com/emersion/go-smtp"

	"seedtest"
)

// maxBatch is how many octets of commands may leave before their replies are read. A server that
// stops reading until somebody reads its replies must not meet a client that stops reading until
// its commands are read (RFC 2920 section 3.1).
const maxBatch = 2000

// drainWait bounds the wait for replies that decide nothing any more.
const drainWait = 5 * time.Second

// pipelined is everything before the content in one write, where the server offers that (RFC 2920),
// and then the replies in their order. So a message takes two round trips and not four. go-smtp
// writes MAIL and RCPT and is told that they went well; of DATA it hears when that is so, or it
// would end content that never began.
func (s *session) pipelined(
	ctx context.Context, m seedtest.Composed,
) (content *smtp.DataCommand, t *trouble) {
	rest := append(s.commands(m), command{stage: seedtest.StageDATA, say: func() error {
		s.w.held = append(s.w.held, "DATA\r\n"...)
		return nil
	}})
	for reset := s.dirty; len(rest) > 0; reset = false {
		n, t := s.gather(ctx, rest, reset)
		if t == nil {
			t = s.flush(ctx, rest[:n], reset)
		}
		if t != nil {
			return nil, t
		}
		rest = rest[n:]
	}
	if t := s.wants354(); t != nil {
		return nil, t
	}
	s.w.echo = []byte("354 as was said\r\n")
	content, err := s.smtp.Data()
	if err != nil {
		return nil, lost(ctx, seedtest.StageDATA, s.c.o.Timeouts.Reply, err)
	}
	return content, nil
}

// gather holds commands back, as many as may leave at once, and says how many.
func (s *session) gather(ctx context.Context, list []command, reset bool) (int, *trouble) {
	s.w.hold()
	if reset {
		s.w.held = append(s.w.held, "RSET\r\n"...)
	}
	for i, c := range list {
		if i > 0 && len(s.w.held) > maxBatch {
			return i, nil
		}
		if err := c.say(); err != nil {
			s.w.forget()
			return 0, lost(ctx, c.stage, s.c.o.Timeouts.Reply, err)
		}
	}
	return len(list), nil
}

// flush sends what is held, and reads a reply to each command up to the first that is no good.
func (s *session) flush(ctx context.Context, list []command, reset bool) *trouble {
	hear := func() error {
		if err := s.w.flush(); err != nil {
			return err
		}
		return s.w.ask("")
	}
	if reset {
		if t := s.resetBy(ctx, hear); t != nil {
			return t
		}
	}
	for i, c := range list {
		if t := s.rcpt.nobody; c.stage == seedtest.StageDATA && s.rcpt.taken == 0 && t != nil {
			s.drain(t, list[i:])
			return t
		}
		if _, t := s.reply(ctx, c.stage, hear); s.matters(c, t) {
			s.drain(t, list[i+1:])
			return c.explain(t)
		}
		s.dirty = true
	}
	return nil
}

// drain reads the replies to the commands behind one that came to trouble. Some servers take DATA
// all the same: then only the end of the connection says that no content comes.
func (s *session) drain(t *trouble, list []command) {
	for _, c := range list {
		if t.gone {
			return
		}
		s.w.step(drainWait)
		err := s.w.ask("")
		reply, _ := s.w.take()
		t.gone = err != nil || reply.Code == 421 ||
			c.stage == seedtest.StageDATA && reply.Code/100 < 4
	}
}
