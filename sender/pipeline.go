package sender

import (
	"context"
	"time"

	"seedtest"
)

// maxBatch is how many octets of commands may leave before their replies are read. A server that
// stops reading until somebody reads its replies must not meet a client that stops reading until
// its commands are read (RFC 2920 section 3.1).
const maxBatch = 2000

// drainWait bounds the wait for replies that decide nothing any more.
const drainWait = 5 * time.Second

// pipelined is everything before the content in one write, where the server offers that (RFC 2920),
// and then the replies in their order. So a message takes two round trips and not four.
func (s *session) pipelined(ctx context.Context, m seedtest.Composed) *trouble {
	rest := append(s.commands(m), command{stage: seedtest.StageDATA})
	for reset := s.dirty; len(rest) > 0; reset = false {
		n := s.gather(m, rest, reset)
		if t := s.flush(ctx, m, rest[:n], reset); t != nil {
			return t
		}
		rest = rest[n:]
	}
	return s.wants354()
}

// gather holds commands back, as many as may leave at once, and says how many.
func (s *session) gather(m seedtest.Composed, list []command, reset bool) int {
	held := s.w.held[:0]
	if reset {
		held = append(held, "RSET\r\n"...)
	}
	n := 0
	for n == 0 || n < len(list) && len(held) <= maxBatch {
		held = list[n].write(held, s, m)
		n++
	}
	s.w.held = held
	return n
}

// end is the end of the content.
func (s *session) end() error {
	if _, err := s.w.Write([]byte("\r\n.\r\n")); err != nil {
		return err
	}
	return s.w.ask("")
}

// flush sends what is held, and reads a reply to each command up to the first that is no good.
func (s *session) flush(
	ctx context.Context, m seedtest.Composed, list []command, reset bool,
) *trouble {
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
			if len(s.w.held) > 0 { // it has not left
				s.w.held = s.w.held[:0]
				return t
			}
			s.drain(t, list[i:])
			return t
		}
		if _, t := s.reply(ctx, c.stage, hear); s.matters(c, t) {
			s.drain(t, list[i+1:])
			return c.explain(t, m)
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
