package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
)

// threeRuns stores one that is done, one that was detached and taken up again, and one that is
// still open.
func threeRuns(t *testing.T, s *Store) {
	t.Helper()
	for i, run := range []seedtest.RunID{run1, run2, run3} {
		begun := time.Duration(i) * time.Hour
		facts := []seedtest.Fact{at(begun, seedtest.Opened{Run: run,
			Suite: seedtest.Suite{Name: fmt.Sprint("suite", i+1)}})}
		switch run {
		case run1:
			facts = append(facts, at(begun+time.Minute, seedtest.Closed{Reason: seedtest.ClosedDone}))
		case run2:
			facts = append(facts,
				at(begun+time.Minute, seedtest.Closed{Reason: seedtest.ClosedDetached}),
				at(begun+2*time.Minute, seedtest.Resumed{Purpose: seedtest.PurposeFollow}))
		}
		if err := s.Append(t.Context(), run, facts...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRuns(t *testing.T) {
	s := newStore(t)
	if rows, err := s.Runs(t.Context()); err != nil || len(rows) != 0 {
		t.Errorf("Runs of a new store: got %v, error %v", rows, err)
	}
	threeRuns(t, s)
	done := seedtest.ClosedDone
	want := []Row{
		{run3, "suite3", noon.Add(2 * time.Hour), noon.Add(2 * time.Hour), nil},
		{run2, "suite2", noon.Add(time.Hour), noon.Add(time.Hour + 2*time.Minute), nil},
		{run1, "suite1", noon, noon.Add(time.Minute), &done},
	}
	got, err := s.Runs(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("Runs: error %v (-want +got):\n%s", err, d)
	}
}

func TestFind(t *testing.T) {
	s := newStore(t)
	_, err := s.Find(t.Context(), "last")
	wantErr(t, "Find in a new store", err, ErrNoRun, "no runs yet", "seedtest run")
	threeRuns(t, s)
	for _, tt := range []struct {
		ref  string
		want seedtest.RunID
	}{
		{"last", run3}, {"LAST", run3}, {string(run1), run1}, {run2.Short(), run2},
		{"bd3", run2}, {" Abc2 ", run1}, {"agjzwy", run2}, {"AGJZWX", run1},
	} {
		if got, err := s.Find(t.Context(), tt.ref); got != tt.want || err != nil {
			t.Errorf("Find(%q): got %q, error %v, want %q", tt.ref, got, err, tt.want)
		}
	}
	_, err = s.Find(t.Context(), "c2")
	wantErr(t, "Find of the end of two runs", err, ErrNoRun, "could mean", run1.Short(),
		run3.Short(), "suite3, 2026-11-21 14:00 UTC")
	for _, ref := range []string{"", " ", "nothing", "%", "_" + string(run1[1:])} {
		_, err := s.Find(t.Context(), ref)
		wantErr(t, fmt.Sprintf("Find(%q)", ref), err, ErrNoRun, "there are", run2.Short(),
			"seedtest show")
	}
}

func TestFindListsFewOfMany(t *testing.T) {
	s := newStore(t)
	for i := range 9 {
		run := seedtest.RunID(fmt.Sprintf("agjzwxaaaaaaaaaaaaaaaaaaa%d", i))
		add(t, s, run, seedtest.Opened{Run: run})
	}
	_, err := s.Find(t.Context(), "agj")
	wantErr(t, "Find of the beginning of nine runs", err, ErrNoRun, "AAAAA4", "4 more")
}
