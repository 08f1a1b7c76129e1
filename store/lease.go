package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"seedtest"
)

// LeaseTime is how long a lease lasts after it was taken or renewed.
const LeaseTime = 15 * time.Second

// Lease is a run that this process alone works, as long as it renews.
type Lease struct {
	store *Store
	run   seedtest.RunID
	fence uint64
}

// holder is who has a lease.
type holder struct {
	fence   uint64
	host    string
	boot    string // of the machine, and the space in which its pids count
	pid     int
	since   time.Time
	expires time.Time
}

// Lease takes a run for this process. While another one has it the error is ErrLeased and names
// that process. A lease ends LeaseTime after it was last renewed, and at once if its process is
// seen to be dead, which is possible on the same host only. From now on Append and AppendAttempt
// of this Store refuse the run with ErrLeaseLost once another process has taken it.
func (s *Store) Lease(ctx context.Context, run seedtest.RunID) (*Lease, error) {
	host, _ := os.Hostname()
	me := holder{host: host, boot: bootID(), pid: os.Getpid()}
	err := s.write(ctx, "lease run "+run.Short(), func(ctx context.Context) error {
		me.since = s.now()
		me.expires = me.since.Add(LeaseTime)
		had, err := s.holderOf(ctx, run)
		if err != nil {
			return err
		}
		if had.expires.After(me.since) && !had.dead(me) {
			return s.leased(run, had)
		}
		me.fence = had.fence + 1
		return s.exec(ctx, `INSERT INTO lease (run, fence, host, boot, pid, since, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run) DO UPDATE SET fence = excluded.fence,
			host = excluded.host, boot = excluded.boot, pid = excluded.pid,
			since = excluded.since, expires = excluded.expires`, string(run), me.fence, me.host,
			me.boot, me.pid, me.since.UnixNano(), me.expires.UnixNano())
	})
	if err != nil {
		return nil, err
	}
	s.setFence(run, me.fence)
	return &Lease{store: s, run: run, fence: me.fence}, nil
}

// holderOf returns who had the run last, or the zero holder.
func (s *Store) holderOf(ctx context.Context, run seedtest.RunID) (holder, error) {
	var h holder
	var since, expires int64
	err := s.conn.QueryRowContext(ctx, `SELECT fence, host, boot, pid, since, expires FROM lease
		WHERE run = ?`, string(run)).Scan(&h.fence, &h.host, &h.boot, &h.pid, &since, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return holder{}, nil
	}
	h.since, h.expires = fromNano(since), fromNano(expires)
	return h, err
}

// dead reports whether the holder's process is certainly gone: me looks from the same boot of the
// same host, and into the same space of process ids.
func (h holder) dead(me holder) bool {
	if h.boot == "" || h.boot != me.boot || h.host != me.host {
		return false
	}
	p, err := os.FindProcess(h.pid)
	if err != nil {
		return errors.Is(err, os.ErrProcessDone)
	}
	defer p.Release()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// bootID names this boot of the machine and the space in which process ids count, as Linux tells
// them; it is empty where neither is told, and then nobody is taken for dead.
func bootID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

func (s *Store) leased(run seedtest.RunID, h holder) error {
	return &Error{Path: s.path, Doing: "lease run " + run.Short(), Kind: ErrLeased,
		Cause: fmt.Errorf("process %d on %s, since %s", h.pid, h.host,
			h.since.Format("2006-01-02 15:04:05 UTC")),
		Hint: "watch it with `seedtest show " + run.Short() + "`; if that process is gone, its hold" +
			" ends within 15 s"}
}

// Renew keeps the run for another LeaseTime. The error is ErrLeaseLost if another process has
// taken it in the meantime.
func (l *Lease) Renew(ctx context.Context) error {
	s := l.store
	return s.write(ctx, "renew the lease of run "+l.run.Short(), func(ctx context.Context) error {
		if err := s.checkFence(ctx, l.run, l.fence); err != nil {
			return err
		}
		return s.exec(ctx, `UPDATE lease SET expires = ? WHERE run = ? AND fence = ?`,
			s.now().Add(LeaseTime).UnixNano(), string(l.run), l.fence)
	})
}

// Release gives the run up, so that another process can take it at once. It is no error if one
// has taken it already.
func (l *Lease) Release(ctx context.Context) error {
	s := l.store
	err := s.write(ctx, "release run "+l.run.Short(), func(ctx context.Context) error {
		return s.exec(ctx, `UPDATE lease SET expires = 0 WHERE run = ? AND fence = ?`,
			string(l.run), l.fence)
	})
	if err == nil {
		s.setFence(l.run, 0)
	}
	return err
}

func (s *Store) setFence(run seedtest.RunID, fence uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fences[run] = fence; fence == 0 {
		delete(s.fences, run)
	}
}

// checkMine refuses a run that this Store leased and another one has taken. A run that it never
// leased is not checked.
func (s *Store) checkMine(ctx context.Context, run seedtest.RunID) error {
	s.mu.Lock()
	fence := s.fences[run]
	s.mu.Unlock()
	if fence == 0 {
		return nil
	}
	return s.checkFence(ctx, run, fence)
}

// checkFence refuses a run whose lease has another fence.
func (s *Store) checkFence(ctx context.Context, run seedtest.RunID, fence uint64) error {
	h, err := s.holderOf(ctx, run)
	if err != nil || h.fence == fence {
		return err
	}
	return &Error{Path: s.path, Doing: "write to run " + run.Short(), Kind: ErrLeaseLost,
		Cause: fmt.Errorf("process %d on %s has it", h.pid, h.host)}
}
