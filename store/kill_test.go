package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"seedtest"
)

// A process that appends is killed again and again, at its start too. Whatever it had been told to
// be stored is there, and nothing is half there.
func TestKillLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	s := openStore(t, path)
	openRun(t, s, run1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[seedtest.DispatchID]bool{}
	for round := range 8 {
		name := fmt.Sprint("r", round)
		for _, id := range killed(t, name, path, rand.IntN(40)) {
			acknowledged[id] = true
		}
		checkWhole(t, path, acknowledged)
	}
	if len(acknowledged) == 0 {
		t.Error("no process lived long enough to store anything")
	}
}

// A store is made anew by a process that is killed while it does so: the next one makes the rest.
func TestKillWhileOpening(t *testing.T) {
	for range 8 {
		path := filepath.Join(t.TempDir(), "new", "seedtest.db")
		c := startChild(t, "lease", path)
		c.next(t)
		for range rand.IntN(1000) { // meanwhile the process makes its files
			_, _ = filepath.Glob(path + "*")
		}
		c.kill()
		c.rest()
		s := openStore(t, path)
		openRun(t, s, run1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killed starts a process, reads some acknowledgements, kills it, and returns all it gave.
func killed(t *testing.T, name, path string, after int) []seedtest.DispatchID {
	t.Helper()
	c := startChild(t, name, path)
	if line := c.next(t); line != "opening" {
		t.Fatalf("the process began with %q", line)
	}
	var ids []seedtest.DispatchID
	for range after {
		ids = append(ids, seedtest.DispatchID(c.next(t)))
	}
	c.kill()
	for _, line := range c.rest() {
		ids = append(ids, seedtest.DispatchID(line))
	}
	return ids
}

// checkWhole opens the store as the next process would and looks at what it holds.
func checkWhole(t *testing.T, path string, acknowledged map[seedtest.DispatchID]bool) {
	t.Helper()
	s := openStore(t, path)
	plans, attempts := map[seedtest.DispatchID]bool{}, map[seedtest.DispatchID]bool{}
	sums := map[seedtest.DispatchID]string{}
	for _, f := range factsOf(t, s, run1) {
		switch b := f.Body.(type) {
		case seedtest.Planned:
			plans[b.Dispatch] = true
		case seedtest.Sighting:
			sums[seedtest.DispatchID(b.Token)] = b.HeaderSum
		case seedtest.Attempt:
			attempts[b.Dispatch] = true
		}
	}
	for id := range plans {
		header, err := s.Header(t.Context(), sums[id])
		if err != nil || string(header) != "X-Dispatch: "+string(id) {
			t.Errorf("%s: its plan is stored, its header is %q, error %v", id, header, err)
		}
	}
	for id := range acknowledged {
		if !plans[id] || !attempts[id] {
			t.Errorf("%s was acknowledged: plan stored %t, attempt stored %t", id, plans[id],
				attempts[id])
		}
	}
	doses := count(t, s, "SELECT count(*) FROM dose")
	if doses != len(attempts) || len(plans) != len(sums) {
		t.Errorf("%d doses, %d attempts, %d plans, %d sightings: want pairs", doses, len(attempts),
			len(plans), len(sums))
	}
	n := count(t, s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'")
	if n != 0 {
		t.Errorf("SQLite finds %d faults in the file", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
