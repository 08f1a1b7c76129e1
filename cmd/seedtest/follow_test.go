package main

import (
	"testing"
	"time"

	"seedtest"
)

func TestUnsettledGivesUp(t *testing.T) {
	begun := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	suite := seedtest.Suite{Name: "s", Deadline: time.Minute, Missing: time.Hour, Follow: 48 * time.Hour}
	facts := []seedtest.Fact{
		{At: begun, Body: seedtest.Opened{Run: "r", Suite: suite, Seeds: []seedtest.Seed{{Name: "a"}}}},
		{At: begun, Body: seedtest.Planned{Dispatch: "d1", Token: "t",
			Probes: []seedtest.PlannedProbe{{Probe: "p1", Seed: "a"}}}},
		{At: begun, Body: seedtest.Attempt{Dispatch: "d1", Number: 1}},
	}
	seen := append(facts, seedtest.Fact{At: begun, Body: seedtest.Sighting{Seed: "a", Token: "t",
		Mailbox: "INBOX", Role: seedtest.RoleInbox, UID: 1}})
	for name, c := range map[string]struct {
		facts []seedtest.Fact
		after time.Duration
		want  bool
	}{
		"in doubt":                {facts, time.Hour, true},
		"in doubt for a week":     {facts, giveUp + time.Hour, false},
		"seen":                    {seen, time.Hour, true},
		"seen, not looked at end": {seen, 72 * time.Hour, true},
		"seen, never looked":      {seen, giveUp + 48*time.Hour, false},
		"never sent":              {facts[:2], time.Hour, false},
	} {
		if got := unsettled(c.facts, begun.Add(c.after)); got != c.want {
			t.Errorf("%s: unsettled after %s = %t, want %t", name, c.after, got, c.want)
		}
	}
}
