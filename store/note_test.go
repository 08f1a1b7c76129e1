package store

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
)

// increase adds one to a number that is noted.
func increase(ctx context.Context, s *Store, name string) error {
	return s.Note(ctx, name, func(old []byte) []byte {
		n, _ := strconv.Atoi(string(old))
		return strconv.AppendInt(nil, int64(n+1), 10)
	})
}

func noted(t *testing.T, s *Store, name string) int {
	t.Helper()
	return count(t, s, "SELECT cast(cast(body AS TEXT) AS INTEGER) FROM note WHERE name = ?", name)
}

// Whatever a process has noted before it was killed is there, and no other's is lost by it.
func TestNotesOfProcessesThatAreKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedtest.db")
	s := openStore(t, path)
	if err := increase(t.Context(), s, "other"); err != nil {
		t.Fatal(err)
	}
	const each = 20
	children := []*child{startChild(t, "note", path), startChild(t, "note", path)}
	for _, c := range children {
		if first := c.next(t); first != "opening" {
			t.Fatalf("the other process says %q", first)
		}
	}
	told, ours := 0, 0
	for range each {
		for _, c := range children {
			if line := c.next(t); line != "noted" {
				t.Fatalf("the other process says %q", line)
			}
			told++
		}
		if err := increase(t.Context(), s, "n"); err != nil {
			t.Fatal(err)
		}
		ours++
	}
	for _, c := range children {
		c.kill()
		told += len(c.rest())
	}
	// One that was killed between its commit and its word has noted once more.
	if n := noted(t, s, "n"); n < told+ours || n > told+ours+len(children) {
		t.Errorf("%d were noted, want %d, or one more for each process", n, told+ours)
	}
	if n := noted(t, s, "other"); n != 1 {
		t.Errorf("another note is %d, want 1", n)
	}
}
