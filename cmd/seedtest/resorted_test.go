package main

import (
	"strings"
	"sync"
	"testing"

	"seedtest"
)

// TestRule16SortedAnewAtGmail lets a provider sort a message from the primary class into promotions
// while it is followed.
func TestRule16SortedAnewAtGmail(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return text + "\n[suite.sorted]\nroutes = [\"old\"]\nseeds = [\"gmail-a\"]\ndeadline = \"2s\"\n" +
			"missing = \"3s\"\nfollow = \"3s\"\n"
	})
	var once sync.Once
	got := b.run(t.Context(), func(line string) {
		if !strings.Contains(line, "gmail-a by old: inbox") {
			return
		}
		once.Do(func() {
			for _, l := range b.world.Letters("gmail-a") {
				if l.Role == seedtest.RoleInbox && !b.world.Classify("gmail-a", l, "promotions") {
					t.Errorf("%+v could not be sorted anew", l)
				}
			}
		})
	}, "run", "sorted", "--follow")
	p := b.newest().Probes[0]
	moves := p.Moves()
	if len(moves) != 1 || moves[0].Kind != seedtest.Resorted || moves[0].OldClass != "primary" ||
		moves[0].Class != "promotions" {
		t.Fatalf("moves %+v, want one from primary to promotions\n%s%s", moves, got.stdout, got.stderr)
	}
	if x := p.Placements; x.First != seedtest.Inbox || x.Current != seedtest.Category ||
		x.Settled == nil || *x.Settled != seedtest.Category {
		t.Errorf("placements %+v, want first inbox, and then category", x)
	}
	if !strings.Contains(strings.Join(strings.Fields(got.stdout), " "), "from primary to promotions") {
		t.Errorf("the report does not tell:\n%s", got.stdout)
	}
}
