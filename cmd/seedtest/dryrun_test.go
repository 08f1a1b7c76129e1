package main

import (
	"os"
	"path/filepath"
	"strings"
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

// TestDryRunShowsWhatIsAsked of the servers: delivery reports.
func TestDryRunShowsWhatIsAsked(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "\n[route.", "\n[route.asks]\nhost = \"127.0.0.1\"\nport = 1\ntls = \"none\"\n"+
			"notify = [\"failure\", \"delay\"]\n\n[suite.asks]\nroutes = [\"asks\"]\nseeds = [\"strict-a\"]\n\n[route.", 1)
	})
	got := b.run(t.Context(), nil, "run", "asks", "--dry-run")
	if want := ">\nreports are asked for, of a server that offers them: failure, delay\n"; !strings.Contains(got.stdout, want) {
		t.Errorf("no %q in\n%s%s", want, got.stdout, got.stderr)
	}
	got = b.run(t.Context(), nil, "run", "asks", "--dry-run", "--format", "json")
	if obey(t, "dryrun", "run --dry-run", got.stdout); !strings.Contains(got.stdout, `"delay"`) {
		t.Errorf("JSON says nothing of what is asked:\n%s", got.stdout)
	}
	b.configure(func(text string) string {
		return strings.Replace(text, "notify = [\"failure\", \"delay\"]", "notify = [\"never\"]", 1)
	})
	got = b.run(t.Context(), nil, "run", "asks", "--dry-run")
	if want := "no report is asked for, not even of failure"; !strings.Contains(got.stdout, want) {
		t.Errorf("no %q in\n%s%s", want, got.stdout, got.stderr)
	}
}
