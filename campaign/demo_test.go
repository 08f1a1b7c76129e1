//go:build campaign

package campaign

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// demoOf is what the campaign reads of a demo's object.
type demoOf struct {
	Probes []struct {
		Seed, Route string
		Placement   struct{ Current string }
	}
}

// TestDemos runs demos with different random seeds, all but the first with faults, every third with
// relays that have a queue. The demo holds its own verdicts against the lab's truth and the faults;
// the campaign demands that all agree.
func TestDemos(t *testing.T) {
	n := size(8, 100)
	var mu sync.Mutex
	counts, runs := map[string]int{}, 0
	t.Run("demo", func(t *testing.T) {
		for i := range n {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				d := demo(t, i+1)
				mu.Lock()
				defer mu.Unlock()
				runs++
				for _, p := range d.Probes {
					counts[p.Placement.Current]++
				}
			})
		}
	})
	var words []string
	for _, place := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", place, counts[place]))
	}
	t.Logf("%d of %d demos agree with the truth; placements: %s", runs, n, strings.Join(words, ", "))
	for _, place := range []string{"inbox", "category", "junk", "refused", "bounced", "missing",
		"blind"} {
		if counts[place] == 0 {
			t.Errorf("%s never occurred", place)
		}
	}
}

func demo(t *testing.T, random int) demoOf {
	t.Helper()
	args := []string{"demo", "--format", "json", "--random", fmt.Sprint(random)}
	if random > 1 {
		args = append(args, "--faults")
	}
	if random%3 == 0 {
		args = append(args, "--queue")
	}
	got := call(t, t.TempDir(), args...)
	if got.status != 0 || !strings.Contains(got.stderr, "TRUTH") {
		t.Fatalf("seedtest %s: exit status %d\n%s", strings.Join(args, " "), got.status, got.stderr)
	}
	var d demoOf
	if err := json.Unmarshal([]byte(got.stdout), &d); err != nil || len(d.Probes) == 0 {
		t.Fatalf("seedtest %s: %d probes read, %v", strings.Join(args, " "), len(d.Probes), err)
	}
	return d
}
