//go:build campaign

package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/lab"
	"seedtest/report"
	"seedtest/store"
)

// killSuite is a run that takes a few seconds, most of them waiting for proofs of absence.
const killSuite = `
[suite.kill]
routes = ["old", "new"]
seeds = ["*"]
retry = ["1500ms", "2s"]
deadline = "3s"
missing = "3s"
baseline_timeout = "4s"
`

// killWithin is how long after its start a run is killed at the latest. Most of its facts fall
// into the first second.
const killWithin = 5 * time.Second

// TestKills kills runs at random instants and resumes them: nothing may be sent twice, no fact may
// be lost, and the verdicts have to be true or in doubt.
func TestKills(t *testing.T) {
	n := size(10, 100)
	world, config := killWorld(t)
	var mu sync.Mutex
	counts := map[string]int{}
	t.Run("kill", func(t *testing.T) {
		for i := range n {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				found := killOnce(t, world, config, uint64(i+1))
				mu.Lock()
				defer mu.Unlock()
				for what, times := range found {
					counts[what] += times
				}
			})
		}
	})
	for _, x := range world.Truth() {
		if accepted(x) > 1 {
			t.Errorf("message %s was accepted %d times: %+v", x.MessageID, accepted(x), x.Events)
		}
	}
	t.Logf("%d kills: %v", n, counts)
}

func killWorld(t *testing.T) (*lab.World, string) {
	t.Helper()
	world, err := lab.Start(t.Context(), lab.Options{Random: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	dir := t.TempDir()
	text, err := world.Config(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "seeds.toml")
	if err := os.WriteFile(path, append(text, killSuite...), 0o600); err != nil {
		t.Fatal(err)
	}
	return world, path
}

func accepted(x lab.Truth) int {
	n := 0
	for _, e := range x.Events {
		if e.What == lab.Accepted || e.What == lab.LostReply {
			n++
		}
	}
	return n
}

// killOnce returns what became of a killed run.
func killOnce(t *testing.T, world *lab.World, config string, random uint64) map[string]int {
	t.Helper()
	home := t.TempDir()
	db := filepath.Join(home, "store.db")
	draw := rand.New(rand.NewPCG(random, 2))
	after := time.Duration(draw.Int64N(int64(time.Second)))
	if draw.IntN(3) == 0 {
		after = time.Duration(draw.Int64N(int64(killWithin)))
	}
	told := killed(t, home, after, "run", "kill", "--config", config, "--store", db)
	before := factsOf(t, db)
	if before == nil {
		return map[string]int{"nothing stored": 1}
	}
	lines := linesOf(before)
	for _, line := range told {
		if !slices.Contains(lines, rounded(line)) {
			t.Fatalf("killed after %s: it told %q, but stored only\n%s", after, line,
				strings.Join(lines, "\n"))
		}
	}
	got := call(t, home, "resume", "--config", config, "--store", db, "--format", "json")
	if got.status == 1 || got.status == 2 {
		t.Fatalf("killed after %s; resume: exit status %d\n%s", after, got.status, got.stderr)
	}
	facts := factsOf(t, db)
	if len(facts) < len(before) || !sameFacts(before, facts[:len(before)]) {
		t.Fatalf("killed after %s: facts were lost or changed by the resume", after)
	}
	run := seedtest.Fold(facts, seedtest.AsOf(facts))
	for _, d := range world.Disagreements(run) {
		t.Errorf("killed after %s: %s", after, d)
	}
	counts := map[string]int{"resumed": 1}
	for _, p := range run.Probes {
		counts[string(p.Placements.Current)]++
	}
	return counts
}

// killed starts the program, kills it after a while, and returns the lines that it told. What it
// tells is stored before.
func killed(t *testing.T, home string, after time.Duration, args ...string) []string {
	t.Helper()
	c := command(context.Background(), home, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	_ = c.Wait()
	lines := strings.Split(errs.String(), "\n")
	return lines[:len(lines)-1] // the last one may be half written
}

func factsOf(t *testing.T, db string) []seedtest.Fact {
	t.Helper()
	if _, err := os.Stat(db); err != nil {
		return nil
	}
	ctx := context.Background()
	s, err := store.Open(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.Runs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return nil
	}
	facts, err := s.Facts(ctx, rows[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// linesOf are the lines that a display tells of facts.
func linesOf(facts []seedtest.Fact) []string {
	fold := seedtest.NewFolder()
	var lines []string
	for _, f := range facts {
		fold.Add(f)
		if line := report.Line(f, fold.Run(f.At)); line != "" {
			lines = append(lines, rounded(line))
		}
	}
	return lines
}

var tookWords = regexp.MustCompile(`\b\d+(\.\d+)?(ms|s|m)\b`)

// rounded leaves out how long a message took: what is told depends on which of two facts that were
// stored at the same time was told first.
func rounded(line string) string { return tookWords.ReplaceAllString(line, "") }

func sameFacts(a, b []seedtest.Fact) bool {
	return slices.EqualFunc(a, b, func(x, y seedtest.Fact) bool {
		a, errA := json.Marshal(x.Body)
		b, errB := json.Marshal(y.Body)
		return errA == nil && errB == nil && x.At.Equal(y.At) && bytes.Equal(a, b)
	})
}
