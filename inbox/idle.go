package inbox

import (
	"context"
	"errors"
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
	s.wire.allow(s.timeouts.Command)
	defer s.wire.allow(restSilence)
	idle, err := s.client.Idle()
	cmd := s.wire.newest()
	if err != nil {
		if cmd.answer.status == "" {
			return false, s.lost(ctx, err)
		}
		s.wire.idleRefused()
		return false, cmd.answer.refusal()
	}
	s.wire.allow(wait + s.timeouts.Command)
	news := s.listen(ctx, wait, changed, func() bool { return s.wire.hears(cmd, worth) })
	s.wire.allow(s.timeouts.Command)
	err = idle.Close()
	if waited := idle.Wait(); err == nil {
		err = waited
	}
	if cmd.answer.status == "" {
		return false, s.lost(ctx, err)
	}
	return news, nil
}

// listen waits for news, for changed or for the timer, whichever comes first.
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
		case <-timer.C:
		case <-s.client.Closed():
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

// idleRefused forgets an IDLE that never began.
func (w *wire) idleRefused() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idling = nil
}
