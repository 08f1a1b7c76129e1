package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"seedtest"
	"seedtest/store"
)

// A run is opened, sends one message to a seed, and is read again.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "seedtest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, filepath.Join(dir, "seedtest.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	const run = seedtest.RunID("agjzwxaaaaaaaaaaaaaaaaabc2")
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	opened := seedtest.Opened{Run: run, Suite: seedtest.Suite{Name: "regular"}}
	plan := seedtest.Planned{Dispatch: "d1", Route: "old",
		Probes: []seedtest.PlannedProbe{{Probe: "p1", Seed: "gmail-a"}}}
	if err := s.Append(ctx, run, seedtest.Fact{At: noon, Body: opened},
		seedtest.Fact{At: noon, Body: plan}); err != nil {
		fmt.Println(err)
		return
	}

	// The attempt is counted and stored before the message's last octets leave.
	limit, err := s.AppendAttempt(ctx, run,
		seedtest.Fact{At: noon, Body: seedtest.Attempt{Dispatch: "d1", Number: 1}},
		seedtest.Dose{At: noon, Dispatch: "d1", Route: "old", Recipients: []seedtest.Recipient{
			{Seed: "gmail-a", Address: "anna.example@gmail.com", Provider: "gmail"}}})
	if err != nil || limit != nil {
		fmt.Println(limit, err)
		return
	}

	facts, err := s.Facts(ctx, run)
	for _, f := range facts {
		fmt.Println(f.At.Format(time.TimeOnly), f.Body.FactKind())
	}
	fmt.Println(err)
	// Output:
	// 12:00:00 opened
	// 12:00:00 planned
	// 12:00:00 attempt
	// <nil>
}
