package inbox

import (
	"context"
	"errors"
	"io"
	"time"
)

// maxIdle keeps below the library's own restart, and below the half hour after which servers hang
// up.
const maxIdle = 25 * time.Minute

// idle waits in INBOX for a push, for changed or for the timer, whichever comes first. news is
// true if the server told something, or INBOX holds other than known: then nothing was waited for.
// The error is a refusal, or a trouble.
func (s *session) idle(ctx context.Context, known boxStatus, wait time.Duration,
	changed <-chan struct{}) (news bool, err error) {
	answers, err := s.do(ctx, s.examine(inboxName))
	if err != nil {
		return false, err
	}
	o := openedOf(answers[0])
	news = o.exists != known.messages || o.uidNext != 0 && o.uidNext != known.uidNext
	if !news {
		news, err = s.push(ctx, min(wait, s.idleFor()), changed, anything)
	}
	return news, s.after(ctx, err, s.leave)
}

// after sends what ends a wait, unless the connection is lost. An earlier error comes first.
func (s *session) after(ctx context.Context, err error, send func() func() error) error {
	var r *refusal
	if err != nil && !errors.As(err, &r) {
		return err
	}
	if _, failed := s.do(ctx, send); err == nil {
		err = failed
	}
	return err
}

// idleFor is how long the server may hear nothing of us: well below what it bears.
func (s *session) idleFor() time.Duration {
	d := min(orDuration(s.seed.Provider.IdleRestart, s.timeouts.Idle), maxIdle)
	if most := s.seed.Provider.Habits.IdleTimeout; most > 0 {
		d = min(d, most*3/4)
	}
	return d
}

// push runs IDLE once, in whatever mailbox is open, or none. What the server tells is news if worth
// says so of all that it has told. The error is a refusal of IDLE, or a trouble.
func (s *session) push(ctx context.Context, wait time.Duration, changed <-chan struct{},
	worth func(*answer) bool) (bool, error) {
	select {
	case <-s.wire.news:
	default:
	}
	s.letGo()
	if err := s.afford(ctx, 1); err != nil {
		return false, err
	}
	s.wire.allow(s.timeouts.Command)
	defer s.wire.allow(restSilence)
	idle := s.wire.alone("IDLE", "IDLE")
	s.say(idle.tag + " IDLE")
	if !s.wire.await(idle.goes) {
		return false, s.lost(ctx, io.EOF)
	}
	if err := s.wire.idleRefused(idle); err != nil {
		return false, err
	}
	s.wire.allow(wait + s.timeouts.Command)
	news := s.listen(ctx, wait, changed, func() bool { return s.wire.hears(idle, worth) })
	s.wire.allow(s.timeouts.Command)
	if s.wire.done(idle) {
		s.say("DONE")
	}
	if !s.wire.await(idle.over) {
		return false, s.lost(ctx, io.EOF)
	}
	return news, nil
}

// listen waits for news, for changed, for a call (handover.go) or for the timer, whichever comes
// first.
func (s *session) listen(ctx context.Context, wait time.Duration, changed <-chan struct{},
	news func() bool) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-s.wire.news:
			if news() {
				return true
			}
			continue
		case <-changed:
		case <-s.called:
		case <-timer.C:
		case <-s.wire.closed:
		case <-ctx.Done():
		}
		return false
	}
}

// anything takes whatever a server tells for news.
func anything(*answer) bool { return true }

// hears reports whether what was told in an IDLE is news, or the server has ended it by itself.
func (w *wire) hears(idle *command, worth func(*answer) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return idle.answer.status != "" || worth(&idle.answer)
}

// alone begins a command that the wire sends without the library, and that waits for a
// continuation: IDLE or APPEND. It is to be sent.
func (w *wire) alone(name, line string) *command {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commands++
	cmd := w.sending(tagOf(w.commands), name)
	cmd.goes, cmd.over = make(chan struct{}), make(chan struct{})
	if name == "IDLE" {
		w.idling = cmd
	}
	w.note("C: ", []byte(cmd.tag+" "+line))
	return cmd
}

// proceed says that the server lets a command go on, or that it has ended.
func (c *command) proceed() {
	select {
	case <-c.goes:
	default:
		close(c.goes)
	}
}

// waits reports whether a command was sent alone, and not let go on yet.
func (c *command) waits() bool {
	select {
	case <-c.goes:
		return false
	default:
		return c.goes != nil
	}
}

// await waits for something that the reader does. It reports false if the connection ends before.
func (w *wire) await(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-w.closed:
	}
	select {
	case <-done: // was the last
		return true
	default:
		return false
	}
}

// idleRefused forgets an IDLE that was refused, and returns the refusal.
func (w *wire) idleRefused(idle *command) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := idle.answer.refusal()
	if idle.answer.status == "" || err == nil {
		return nil
	}
	w.idling = nil
	return err
}

// done ends IDLE, and reports whether DONE is to be sent. If the server ended IDLE by itself, it
// would be a command unknown to it.
func (w *wire) done(idle *command) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idling = nil
	if idle.answer.status != "" {
		return false
	}
	w.note("C: ", []byte("DONE"))
	return true
}

// say sends a line. Where it cannot be sent the reader ends too, and knows better why.
func (s *session) say(line string) {
	_ = apart(func() error { return s.wire.send([]byte(line + "\r\n")) })
}
