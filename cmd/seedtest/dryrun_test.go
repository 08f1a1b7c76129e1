package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDryRunLeavesNothing opens no store, makes no key, and reads no secret.
func TestDryRunLeavesNothing(t *testing.T) {
	b := newBench(t)
	b.db = filepath.Join(b.dir, "none", "store.db")
	got := b.run(t.Context(), nil, "run", "pair", "--dry-run")
	if got.status != statusPass {
		t.Errorf("run --dry-run: status %d\n%s", got.status, got.stderr)
	}
	if _, err := os.Stat(filepath.Dir(b.db)); err == nil {
		t.Error("a dry run made a store")
	}
	if truth := b.world.Truth(); len(truth) > 0 {
		t.Errorf("something was sent: %+v", truth)
	}
}
