package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"seedtest"
)

// twoStores opens one file twice, as two processes would, under a clock that the test moves.
func twoStores(t *testing.T) (a, b *Store, clock *time.Time) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seedtest.db")
	a, b = openStore(t, path), openStore(t, path)
	now := noon
	for _, s := range []*Store{a, b} {
		s.now = func() time.Time { return now }
	}
	openRun(t, a, run1)
	return a, b, &now
}

func lease(t *testing.T, s *Store) *Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), run1)
	if err != nil {
		t.Fatalf("Lease: %v", err)
	}
	return l
}

func TestLeaseKeepsOthersOut(t *testing.T) {
	a, b, now := twoStores(t)
	l := lease(t, a)
	for range 5 {
		_, err := b.Lease(t.Context(), run1)
		wantErr(t, "Lease of a run that another has", err, ErrLeased,
			fmt.Sprintf("process %d", os.Getpid()), "2026-11-21 12:00:00 UTC", "seedtest show")
		*now = now.Add(LeaseTime - time.Second)
		if err := l.Renew(t.Context()); err != nil {
			t.Fatalf("Renew: %v", err)
		}
	}
	_, err := a.Lease(t.Context(), run1)
	wantErr(t, "a second Lease by its holder", err, ErrLeased)
	openRun(t, b, run2)
	if _, err := b.Lease(t.Context(), run2); err != nil {
		t.Errorf("Lease of another run: %v", err)
	}
}

func TestReleasedLeaseIsFreeAtOnce(t *testing.T) {
	a, b, _ := twoStores(t)
	l := lease(t, a)
	if err := l.Release(t.Context()); err != nil {
		t.Fatalf("Release: %v", err)
	}
	other := lease(t, b)
	if err := l.Release(t.Context()); err != nil {
		t.Errorf("second Release: %v", err)
	}
	if err := other.Renew(t.Context()); err != nil {
		t.Errorf("Renew after the former holder released again: %v", err)
	}
	wantErr(t, "Renew after Release", l.Renew(t.Context()), ErrLeaseLost)
}

func TestExpiredLeaseIsTaken(t *testing.T) {
	a, b, now := twoStores(t)
	l := lease(t, a)
	*now = now.Add(LeaseTime - time.Millisecond)
	if _, err := b.Lease(t.Context(), run1); err == nil {
		t.Fatal("a lease was taken a millisecond before its end")
	}
	*now = now.Add(time.Millisecond)
	taken := lease(t, b)

	ctx := t.Context()
	wantErr(t, "Renew", l.Renew(ctx), ErrLeaseLost)
	wantErr(t, "Append", a.Append(ctx, run1, at(0, seedtest.Listing{})), ErrLeaseLost,
		fmt.Sprintf("process %d", os.Getpid()))
	_, err := a.AppendAttempt(ctx, run1, attempt(0, "d", 1), dose(0, "d", "gmail-a"))
	wantErr(t, "AppendAttempt", err, ErrLeaseLost)
	if got := factsOf(t, a, run1); len(got) != 1 {
		t.Errorf("the run has %d facts, want 1: a lost run is not written", len(got))
	}
	openRun(t, a, run2)
	if err := l.Release(ctx); err != nil {
		t.Errorf("Release of a lost lease: %v", err)
	}

	if err := taken.Renew(ctx); err != nil {
		t.Errorf("Renew by the new holder: %v", err)
	}
	if err := b.Append(ctx, run1, at(0, seedtest.Listing{})); err != nil {
		t.Errorf("Append by the new holder: %v", err)
	}
}

// A lease that ran out and that nobody took goes on when it is renewed.
func TestLateRenewal(t *testing.T) {
	a, b, now := twoStores(t)
	l := lease(t, a)
	*now = now.Add(time.Hour)
	if err := a.Append(t.Context(), run1, at(0, seedtest.Listing{})); err != nil {
		t.Errorf("Append under a lease that nobody took: %v", err)
	}
	if err := l.Renew(t.Context()); err != nil {
		t.Errorf("late Renew: %v", err)
	}
	_, err := b.Lease(t.Context(), run1)
	wantErr(t, "Lease after a late renewal", err, ErrLeased)
}

// A holder that lost the run and took it back is not held up by its older lease, nor may it renew
// that one.
func TestLeaseTakenBack(t *testing.T) {
	a, b, now := twoStores(t)
	first := lease(t, a)
	*now = now.Add(LeaseTime)
	between := lease(t, b)
	*now = now.Add(LeaseTime)
	second := lease(t, a)
	wantErr(t, "Renew of the first lease", first.Renew(t.Context()), ErrLeaseLost)
	wantErr(t, "Renew of the one between", between.Renew(t.Context()), ErrLeaseLost)
	if err := second.Renew(t.Context()); err != nil {
		t.Errorf("Renew of the newest: %v", err)
	}
	if err := a.Append(t.Context(), run1, at(0, seedtest.Listing{})); err != nil {
		t.Errorf("Append: %v", err)
	}
}

func TestLeaseOfADeadProcessIsTakenAtOnce(t *testing.T) {
	if bootID() == "" {
		t.Skip("this system does not tell its boot: here leases of dead processes run out instead")
	}
	path := filepath.Join(t.TempDir(), "seedtest.db")
	c := startChild(t, "lease", path)
	c.next(t)
	if line := c.next(t); line != "leased" {
		t.Fatalf("the other process says %q", line)
	}
	s := openStore(t, path)
	_, err := s.Lease(t.Context(), run1)
	wantErr(t, "Lease while the other lives", err, ErrLeased,
		fmt.Sprintf("process %d", c.cmd.Process.Pid))
	c.kill()
	c.rest()
	if _, err := s.Lease(t.Context(), run1); err != nil {
		t.Errorf("Lease after the other died: %v", err)
	}
}

// Of a process elsewhere nobody can say that it is dead.
func TestHolderElsewhereIsNotTakenForDead(t *testing.T) {
	const noProcess = 1 << 30
	me := holder{host: "here", boot: "b", pid: os.Getpid()}
	for _, h := range []holder{
		{host: "there", boot: "b", pid: noProcess},
		{host: "here", boot: "another", pid: noProcess},
		{host: "here", boot: "", pid: noProcess},
		{host: "here", boot: "b", pid: os.Getpid()},
	} {
		if h.dead(me) {
			t.Errorf("%+v is taken for dead", h)
		}
	}
	if h := (holder{host: "here", boot: "b", pid: noProcess}); !h.dead(me) {
		t.Errorf("%+v is not taken for dead", h)
	}
}
