package inbox

import (
	"context"
	"time"
)

// canIdle reports whether the server can push (RFC 2177) and has not failed at it.
func (s *session) canIdle() bool { return s.has("IDLE") && !s.noIdle }

// maxIdle keeps below the library's own restart, and below the half hour after which servers hang
// up.
const maxIdle = 25 * time.Minute

// idle waits in INBOX for a push, for changed or for the timer, whichever comes first. news is
// true if the server told something, or INBOX holds other than known: then nothing was waited for.
func (s *session) idle(ctx context.Context, known boxStatus, wait time.Duration,
	changed <-chan struct{}) (news bool, err error) {
	answers, err := s.do(ctx, s.examine(inboxName))
	if err != nil {
		return false, err
	}
	defer func() {
		if err == nil {
			_, err = s.do(ctx, s.leave)
		}
	}()
	o := openedOf(answers[0])
	if o.exists != known.messages || o.uidNext != 0 && o.uidNext != known.uidNext {
		return true, nil
	}
	return s.push(ctx, min(wait, s.idleFor()), changed)
}

// idleFor is how long the server may hear nothing of us: well below what it bears.
func (s *session) idleFor() time.Duration {
	d := min(orDuration(s.seed.Provider.IdleRestart, s.timeouts.Idle), maxIdle)
	if most := s.seed.Provider.Habits.IdleTimeout; most > 0 {
		d = min(d, most*3/4)
	}
	return d
}

// push runs IDLE once.
func (s *session) push(ctx context.Context, wait time.Duration, changed <-chan struct{}) (bool,
	error) {
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
		s.noIdle = true
		s.wire.idleRefused()
		return false, nil
	}
	s.wire.allow(wait + s.timeouts.Command)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	news := false
	select {
	case <-s.wire.news:
		news = true
	case <-changed:
	case <-timer.C:
	case <-s.client.Closed():
	case <-ctx.Done():
	}
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
