package store

import (
	"fmt"
	"testing"

	"seedtest"
)

// fillUp appends until it cannot, and returns how many facts were acknowledged.
func fillUp(t *testing.T, s *Store) (int, error) {
	t.Helper()
	for n := range 100_000 {
		raw := make([]byte, 2000)
		copy(raw, fmt.Sprint("header ", n))
		err := s.Append(t.Context(), run1, at(0, seedtest.Sighting{Seed: "own", Header: raw}))
		if err != nil {
			return n, err
		}
	}
	t.Fatal("100,000 facts found room")
	return 0, nil
}

// SQLite meets its own bound on the file as it meets the disk's.
func TestFullFile(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	if err := s.exec(t.Context(), "PRAGMA max_page_count = 100"); err != nil {
		t.Fatal(err)
	}
	n, err := fillUp(t, s)
	wantErr(t, "Append to a full file", err, ErrFull, s.path, "make room")
	if n == 0 {
		t.Error("nothing found room")
	}
	if facts := factsOf(t, s, run1); len(facts) != n+1 {
		t.Errorf("the run has %d facts, want the %d that were acknowledged", len(facts), n+1)
	}
	if err := s.exec(t.Context(), "PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	add(t, s, run1, seedtest.Closed{Reason: seedtest.ClosedDone})
}

func TestReadOnlyFile(t *testing.T) {
	s := newStore(t)
	openRun(t, s, run1)
	if err := s.exec(t.Context(), "PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	err := s.Append(t.Context(), run1, at(0, seedtest.Closed{}))
	wantErr(t, "Append to a file that may not be written", err, ErrReadOnly, s.path, "check who owns")
}
