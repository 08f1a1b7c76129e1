package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"seedtest/lab"
)

// One follow looks at all open runs, and signs in to an account once, if its provider allows few
// connections.
func TestFollowSignsInOnceForAllRuns(t *testing.T) {
	var signIns atomic.Int32
	b := newBenchOf(t, lab.Options{Random: 1, Before: func(seed, command string) {
		if seed == "gmail-a" && command == "ID" { // after each sign-in
			signIns.Add(1)
		}
	}})
	b.configure(func(text string) string {
		return strings.Replace(text, "[provider.gmail-like]\n",
			"[provider.gmail-like]\nhabits = { connections = 2 }\n", 1) + `
[suite.thrice]
routes = ["old"]
seeds = ["gmail-a"]
deadline = "1h"
follow = "1h"
`
	})
	const runs = 3
	for range runs {
		if got := b.run(t.Context(), nil, "run", "thrice", "--detach"); got.status != statusPass &&
			got.status != statusUnknown {
			t.Fatalf("run = %d: %s%s", got.status, got.stdout, got.stderr)
		}
	}
	if n := signIns.Swap(0); n != runs {
		t.Errorf("%d sign-ins by %d runs", n, runs)
	}
	got := b.run(t.Context(), nil, "follow")
	if n := strings.Count(got.stdout, "gmail-a"); n < runs {
		t.Errorf("follow told of %d runs, want %d: %s%s", n, runs, got.stdout, got.stderr)
	}
	if n := signIns.Load(); n != 1 {
		t.Errorf("%d sign-ins by one follow of %d runs, want 1", n, runs)
	}
}
