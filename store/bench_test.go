package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"seedtest"
)

// BenchmarkOpenNew is the first start: directory, migration and key, all synced.
func BenchmarkOpenNew(b *testing.B) {
	dir := b.TempDir()
	for n := 0; b.Loop(); n++ {
		s, err := Open(b.Context(), filepath.Join(dir, fmt.Sprint(n), "seedtest.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkOpen is every further start.
func BenchmarkOpen(b *testing.B) {
	path := closedStore(b)
	for b.Loop() {
		s, err := Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkClose(b *testing.B) {
	path := closedStore(b)
	for b.Loop() {
		b.StopTimer()
		s, err := Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		add(b, s, run1, seedtest.Listing{})
		b.StartTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend is one fact, durable.
func BenchmarkAppend(b *testing.B) {
	s := newStore(b)
	openRun(b, s, run1)
	for b.Loop() {
		if err := s.Append(b.Context(), run1, at(0, seedtest.Listing{Seed: "own"})); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendShared is the same by many callers at once.
func BenchmarkAppendShared(b *testing.B) {
	s := newStore(b)
	openRun(b, s, run1)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Append(b.Context(), run1, at(0, seedtest.Listing{Seed: "own"})); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkAppendAttempt is one attempt, counted against limits that never hold it.
func BenchmarkAppendAttempt(b *testing.B) {
	s := newStore(b)
	openRun(b, s, run1)
	for n := 0; b.Loop(); n++ {
		// A message each 7 hours: three are in the day's window, as in use.
		d := dose(time.Duration(n)*7*time.Hour, seedtest.DispatchID(fmt.Sprint("d", n)), "gmail-a")
		limit, err := s.AppendAttempt(b.Context(), run1, attempt(0, d.Dispatch, 1), d)
		if err != nil || limit != nil {
			b.Fatal(limit, err)
		}
	}
}

// BenchmarkFacts reads a run of 10,000 facts.
func BenchmarkFacts(b *testing.B) {
	s := newStore(b)
	openRun(b, s, run1)
	facts := make([]seedtest.Fact, 10_000)
	for i := range facts {
		facts[i] = at(0, seedtest.Round{Seed: "gmail-a", Begun: noon, Ended: noon, Complete: true,
			Mailboxes: []seedtest.RoundMailbox{{Name: "INBOX", Essential: true, OK: true},
				{Name: "[Gmail]/Spam", Essential: true, OK: true}}})
	}
	if err := s.Append(b.Context(), run1, facts...); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got := factsOf(b, s, run1); len(got) != len(facts)+1 {
			b.Fatalf("%d facts", len(got))
		}
	}
}

// BenchmarkRuns lists 1,000 runs of 20 facts.
func BenchmarkRuns(b *testing.B) {
	s := newStore(b)
	for i := range 1000 {
		run := seedtest.RunID(fmt.Sprintf("agjzwxaaaaaaaaaaaaaaaa%04d", i))
		facts := []seedtest.Fact{at(0, seedtest.Opened{Run: run})}
		for range 18 {
			facts = append(facts, at(0, seedtest.Listing{}))
		}
		facts = append(facts, at(0, seedtest.Closed{Reason: seedtest.ClosedDone}))
		if err := s.Append(b.Context(), run, facts...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if rows, err := s.Runs(b.Context()); err != nil || len(rows) != 1000 {
			b.Fatal(len(rows), err)
		}
	}
}
