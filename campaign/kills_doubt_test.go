//go:build campaign

package campaign

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/lab"
)

// doubtSuite is a run of a few messages by a server that does not say what became of them, one more
// than there are connections at a time.
const doubtSuite = `
[route.holder]
host = "127.0.0.1"
port = %d
tls = "none"
sender = %q

[suite.doubt]
routes = ["holder"]
seeds = ["strict-a", "greylist-a", "local-a", "outlook-a", "outlook-b"]
deadline = "3s"
missing = "3s"
`

// killAfter is how long after content began to come a process is killed at the latest.
const killAfter = 40 * time.Millisecond

// TestKillsInDoubt kills runs between an attempt and the final reply, which the server holds back,
// and resumes them: what was in doubt is never sent again, and is in the inbox if it arrived and in
// doubt if it did not.
func TestKillsInDoubt(t *testing.T) {
	n := size(12, 200)
	world, err := lab.Start(t.Context(), lab.Options{Random: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	var mu sync.Mutex
	counts := map[string]int{}
	t.Run("kill", func(t *testing.T) {
		for i := range n {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				found := doubtOnce(t, world, uint64(i+1))
				mu.Lock()
				defer mu.Unlock()
				for what, times := range found {
					counts[what] += times
				}
			})
		}
	})
	t.Logf("%d kills: %v", n, counts)
	for _, what := range []string{"in doubt and arrived", "in doubt and lost", "never tried"} {
		if counts[what] == 0 && n >= 200 {
			t.Errorf("no message was %s", what)
		}
	}
	if counts["in doubt and arrived"]+counts["in doubt and lost"] < n {
		t.Errorf("%d kills left fewer messages than that in doubt: %v", n, counts)
	}
}

// doubtOnce kills a run, resumes it, and returns what became of its messages.
func doubtOnce(t *testing.T, world *lab.World, random uint64) map[string]int {
	t.Helper()
	home := t.TempDir()
	h, db := hold(t, world, random), filepath.Join(home, "store.db")
	text, err := world.Config(home)
	if err != nil {
		t.Fatal(err)
	}
	port := h.ln.Addr().(*net.TCPAddr).Port
	text = fmt.Appendf(text, doubtSuite, port, world.Routes()[0].Sender.Name)
	config := filepath.Join(home, "seeds.toml")
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	killedInDoubt(t, h, home, rand.New(rand.NewPCG(random, 6)),
		"run", "doubt", "--config", config, "--store", db)
	before := seedtest.Fold(factsOf(t, db), time.Now())
	recorded := map[string]bool{}
	for _, p := range before.Probes {
		recorded[p.MessageID] = p.Attempts != nil && p.Attempts[0].At != nil
	}
	for _, id := range h.heard() {
		if !recorded[id] {
			t.Errorf("%s left, and no attempt is on record", id)
		}
	}
	got := call(t, home, "resume", "--config", config, "--store", db)
	if got.status == 1 || got.status == 2 {
		t.Fatalf("resume: exit status %d\n%s", got.status, got.stderr)
	}
	facts := factsOf(t, db)
	return h.check(t, before, seedtest.Fold(facts, seedtest.AsOf(facts)), got.stdout)
}

// killedInDoubt starts the program and kills it when some content has come and nothing was answered.
func killedInDoubt(t *testing.T, h *holder, home string, draw *rand.Rand, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := command(ctx, home, args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for range 1 + draw.IntN(3) {
		select {
		case <-h.content:
		case err := <-ended:
			t.Fatalf("it ended by itself: %v\n%s", err, errs.String())
		}
	}
	time.Sleep(time.Duration(draw.Int64N(int64(killAfter))))
	_ = c.Process.Kill()
	<-ended
	h.bury()
}

// check holds a resumed run against what the holder knows.
func (h *holder) check(t *testing.T, before, after seedtest.Run, told string) map[string]int {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, err := range h.troubles {
		t.Error(err)
	}
	for id, times := range h.whole {
		if times != 1 {
			t.Errorf("%s was sent %d times", id, times)
		}
	}
	tried := map[seedtest.ProbeID]bool{}
	for _, p := range before.Probes {
		tried[p.ID] = len(p.Attempts) > 0
	}
	counts := map[string]int{}
	for _, p := range after.Probes {
		want, what := seedtest.Inbox, "in doubt and arrived"
		switch {
		case !tried[p.ID]:
			what = "never tried"
		case !h.arrived[p.MessageID]:
			want, what = seedtest.InDoubt, "in doubt and lost"
		}
		counts[what]++
		if p.Placements.Current != want {
			t.Errorf("%s at %s is %s (%s), want %s: %s", p.MessageID, p.Seed, p.Placements.Current, p.Why,
				want, what)
		}
		if tried[p.ID] && (len(p.Attempts) != 1 || p.Attempts[0].Submission != nil) {
			t.Errorf("%s was in doubt, and has attempts %+v", p.MessageID, p.Attempts)
		}
	}
	if n := counts["in doubt and lost"]; n > 0 && !strings.Contains(strings.ToLower(told), "in doubt") {
		t.Errorf("%d messages in doubt, and the report does not tell of it:\n%s", n, told)
	}
	return counts
}
