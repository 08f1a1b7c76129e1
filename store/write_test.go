package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"modernc.org/sqlite"

	"seedtest"
)

// commits counts the commits of the writing connection from now on.
func commits(t *testing.T, s *Store) *int {
	t.Helper()
	n := new(int)
	err := s.conn.Raw(func(c any) error {
		c.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 { *n++; return 0 })
		return nil
	})
	if err != nil && !errors.Is(err, driver.ErrSkip) {
		t.Fatal(err)
	}
	return n
}

// Whoever comes while a commit is under way shares the next one, and one caller's trouble is its
// own.
func TestGroupCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, path)
		openRun(t, s, run1)
		n := commits(t, s)
		s.turn <- struct{}{} // as if a commit were under way
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				err := s.Append(t.Context(), run1, at(0, seedtest.Listing{Seed: fmt.Sprint(i)}))
				if err != nil {
					t.Errorf("Append: %v", err)
				}
			})
		}
		synctest.Wait()
		<-s.turn
		wg.Wait()
		if facts := factsOf(t, s, run1); len(facts) != 51 || *n != 1 {
			t.Errorf("50 callers at once: %d facts in %d commits, want 51 in 1", len(facts), *n)
		}

		s.turn <- struct{}{}
		errs := make([]error, 10)
		for i := range errs {
			run := run1
			if i == 5 {
				run = run2 // never opened
			}
			wg.Go(func() { errs[i] = s.Append(t.Context(), run, at(0, seedtest.Listing{})) })
		}
		synctest.Wait()
		<-s.turn
		wg.Wait()
		for i, err := range errs {
			if (err != nil) != (i == 5) || (err != nil && !errors.Is(err, ErrNoRun)) {
				t.Errorf("caller %d: got error %v", i, err)
			}
		}
		if facts := factsOf(t, s, run1); len(facts) != 51+9 {
			t.Errorf("beside a caller in trouble: %d facts, want %d", len(facts), 51+9)
		}
	})
}

func TestCancelledCallerWroteNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, path)
		openRun(t, s, run1)
		ctx, cancel := context.WithCancel(t.Context())
		s.turn <- struct{}{}
		result := make(chan error)
		go func() { result <- s.Append(ctx, run1, at(0, seedtest.Listing{})) }()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("Append that was cancelled while it waited: got error %v", err)
		}
		<-s.turn
		err := s.Append(ctx, run1, at(0, seedtest.Listing{}))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Append after Ctrl-C: got error %v", err)
		}
		if facts := factsOf(t, s, run1); len(facts) != 1 {
			t.Errorf("the run has %d facts, want 1", len(facts))
		}
	})
}

// Close writes what waits.
func TestCloseWritesWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, path)
		openRun(t, s, run1)
		s.turn <- struct{}{}
		appended, closed := make(chan error), make(chan error)
		go func() { appended <- s.Append(t.Context(), run1, at(0, seedtest.Listing{})) }()
		synctest.Wait()
		go func() { closed <- s.Close() }()
		synctest.Wait()
		<-s.turn
		if err := errors.Join(<-appended, <-closed); err != nil {
			t.Errorf("Append and Close: %v", err)
		}
		if facts := factsOf(t, openStore(t, path), run1); len(facts) != 2 {
			t.Errorf("the run has %d facts, want 2", len(facts))
		}
	})
}

// Two processes write and read at once: each waits for the other, none is refused, nothing is lost.
func TestTwoStoresWriteAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	stores := []*Store{openStore(t, path), openStore(t, path)}
	openRun(t, stores[0], run1)
	const callers, each = 8, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				f := at(0, seedtest.Listing{Seed: fmt.Sprint(c), LoginTime: time.Duration(i)})
				if err := stores[c%2].Append(t.Context(), run1, f); err != nil {
					t.Errorf("Append: %v", err)
				}
				if _, err := stores[(c+1)%2].Runs(t.Context()); err != nil {
					t.Errorf("Runs: %v", err)
				}
			}
		})
	}
	wg.Wait()
	next := map[string]time.Duration{}
	for _, f := range factsOf(t, stores[1], run1)[1:] {
		l := f.Body.(seedtest.Listing)
		if l.LoginTime != next[l.Seed] {
			t.Fatalf("caller %s: fact %d follows %d", l.Seed, l.LoginTime, next[l.Seed]-1)
		}
		next[l.Seed]++
	}
	for c := range callers {
		if n := next[fmt.Sprint(c)]; n != each {
			t.Errorf("caller %d: %d facts, want %d", c, n, each)
		}
	}
}

// A process that holds the file for longer than the busy timeout is reported, not waited for.
func TestBusy(t *testing.T) {
	a := newStore(t)
	b := openStore(t, a.path)
	openRun(t, a, run1)
	for _, s := range []*Store{a, b} {
		if err := s.exec(t.Context(), "PRAGMA busy_timeout = 1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.exec(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	err := b.Append(t.Context(), run1, at(0, seedtest.Listing{}))
	wantErr(t, "Append while another process writes", err, ErrBusy, "fuser", a.path)
	if _, err := b.Facts(t.Context(), run1); err != nil {
		t.Errorf("Facts while another process writes: %v", err)
	}
	a.rollback(t.Context())
	if err := b.Append(t.Context(), run1, at(0, seedtest.Listing{})); err != nil {
		t.Errorf("Append after it ended: %v", err)
	}
}
