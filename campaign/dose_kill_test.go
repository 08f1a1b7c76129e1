//go:build campaign

package campaign

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/store"
)

// doseChild makes the test binary be a process that sends: its value is the store's path.
const doseChild = "SEEDTEST_CAMPAIGN_DOSES"

// fasterDoses is how much faster the time of the processes runs than ours.
const fasterDoses = 36_000 // ten hours in a second

// TestDosesKilled has two processes send by one store, each killed at random and started again.
// What they said they had reserved must be in store, and never more than the limits allow.
func TestDosesKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	kills, run := size(20, 200), seedtest.RunID("killed")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	began := time.Now()
	opened := seedtest.Fact{At: doseStart, Body: openedDoses(run)}
	if err := s.Append(t.Context(), run, opened); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	told := map[string]bool{}
	var tasks sync.WaitGroup
	for p := range 2 {
		tasks.Go(func() {
			draw := rand.New(rand.NewPCG(uint64(p), 9))
			for i := range kills / 2 {
				for _, line := range sendUntilKilled(t, path, fmt.Sprintf("%d.%d", p, i), began, draw) {
					mu.Lock()
					told[line] = true
					mu.Unlock()
				}
			}
		})
	}
	tasks.Wait()
	facts, err := s.Facts(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := len(told)
	checkKilled(t, facts, told)
	t.Logf("%d kills: %d messages in store, %d acknowledged, in %.0f simulated days", kills,
		len(facts)-1, acknowledged, fasterDoses*time.Since(began).Hours()/24)
}

// sendUntilKilled returns what a process had acknowledged when it was killed.
func sendUntilKilled(t *testing.T, path, name string, began time.Time, draw *rand.Rand) []string {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), doseChild+"="+path, doseChild+"_NAME="+name,
		doseChild+"_BEGAN="+strconv.FormatInt(began.UnixNano(), 10))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil || c.Start() != nil {
		t.Errorf("start process %s: %v", name, err)
		return nil
	}
	lines, n := []string(nil), 1+draw.IntN(60)
	for scan := bufio.NewScanner(out); scan.Scan(); {
		if lines = append(lines, scan.Text()); len(lines) == n {
			_ = c.Process.Kill() // amid what it does next; what it still says is read
		}
	}
	if err := c.Wait(); len(lines) < n {
		t.Errorf("process %s ended by itself: %v", name, err)
	}
	return lines
}

// checkKilled holds the attempts in store against the limits, each with its window before it, and
// against what was acknowledged.
func checkKilled(t *testing.T, facts []seedtest.Fact, told map[string]bool) {
	t.Helper()
	seeds, providers := map[string][]time.Time{}, map[string][]time.Time{}
	for _, f := range facts {
		a, ok := f.Body.(seedtest.Attempt)
		if !ok {
			continue
		}
		delete(told, string(a.Dispatch))
		r := doseRecipientOf(a.Dispatch)
		seeds[r.Seed] = append(seeds[r.Seed], f.At)
		providers[r.Provider] = append(providers[r.Provider], f.At)
	}
	if len(told) > 0 {
		t.Errorf("acknowledged and not in store: %v", told)
	}
	checkWindows(t, seeds, 24*time.Hour, doseLimits.SeedDay)
	checkWindows(t, providers, time.Hour, doseLimits.ProviderHour)
}

func checkWindows(t *testing.T, by map[string][]time.Time, window time.Duration, most int) {
	t.Helper()
	for name, times := range by {
		for _, end := range times {
			n := 0
			for _, at := range times {
				if at.After(end.Add(-window)) && !at.After(end) {
					n++
				}
			}
			if n > most {
				t.Errorf("%d messages to %s in the %s before %s", n, name, window, end)
			}
		}
	}
}

// doseRecipientOf reads from a dispatch of a process whom it reaches.
func doseRecipientOf(id seedtest.DispatchID) seedtest.Recipient {
	var name string
	var provider, i, n int
	_, _ = fmt.Sscanf(strings.ReplaceAll(string(id), "-", " "), "%s %d %d %d", &name, &n, &provider,
		&i)
	return doseRecipient(provider, i)
}

// sendDoses is what such a process does: it sends in several goroutines until it is killed, and
// says what it reserved.
func sendDoses(path string) error {
	s, err := store.Open(context.Background(), path)
	if err != nil {
		return err
	}
	nano, err := strconv.ParseInt(os.Getenv(doseChild+"_BEGAN"), 10, 64)
	if err != nil {
		return err
	}
	errs := make(chan error, 1)
	for worker := range 4 {
		go func() {
			for n := worker; ; n += 4 {
				if err := sendDose(s, n, time.Unix(0, nano)); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func sendDose(s *store.Store, n int, began time.Time) error {
	provider, i := rand.IntN(3), rand.IntN(doseSeeds)
	id := seedtest.DispatchID(fmt.Sprintf("%s-%d-%d-%d", os.Getenv(doseChild+"_NAME"), n,
		provider, i))
	at := doseStart.Add(fasterDoses * time.Since(began))
	limit, err := s.AppendAttempt(context.Background(), "killed", seedtest.Fact{At: at,
		Body: seedtest.Attempt{Dispatch: id, Number: 1}}, seedtest.Dose{At: at, Dispatch: id,
		Route: "r", Recipients: []seedtest.Recipient{doseRecipient(provider, i)}, Limits: doseLimits})
	if err == nil && limit == nil {
		_, err = fmt.Println(id)
	}
	return err
}
