package store

import (
	"reflect"
	"testing"
	"time"

	"seedtest"
)

func TestRunsBySeed(t *testing.T) {
	s := newStore(t)
	for i, names := range [][]string{{"a", "b"}, {"b"}, {"a"}} {
		run := []seedtest.RunID{run1, run2, run3}[i]
		o := seedtest.Opened{Run: run}
		for _, n := range names {
			o.Seeds = append(o.Seeds, seedtest.Seed{Name: n})
		}
		if err := s.Append(t.Context(), run, at(time.Duration(i)*time.Hour, o),
			at(time.Duration(i)*time.Hour, seedtest.Closed{Reason: seedtest.ClosedDone})); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string][]seedtest.RunID{"a": {run3, run1}, "b": {run2, run1}}
	if got, err := s.RunsBySeed(t.Context(), 5); err != nil || !reflect.DeepEqual(got, all) {
		t.Errorf("RunsBySeed(5) = %v, %v; want %v", got, err, all)
	}
	newest := map[string][]seedtest.RunID{"a": {run3}}
	if got, err := s.RunsBySeed(t.Context(), 1); err != nil || !reflect.DeepEqual(got, newest) {
		t.Errorf("RunsBySeed(1) = %v, %v; want %v", got, err, newest)
	}
}

func TestCareers(t *testing.T) {
	s := newStore(t)
	add(t, s, run1, seedtest.Opened{Run: run1})
	for i, when := range []time.Duration{-400 * 24 * time.Hour, -30 * 24 * time.Hour, 0} {
		id := seedtest.DispatchID(rune('a' + i))
		try(t, s, run1, dose(when, id, "gmail-a"))
	}
	got, err := s.Careers(t.Context(), noon.Add(time.Minute))
	if err != nil || len(got) != 1 || got[0].Name != "gmail-a" || got[0].Messages != 2 {
		t.Errorf("Careers = %+v, %v; want 2 messages to gmail-a", got, err)
	}
}
