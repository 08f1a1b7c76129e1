//go:build real

package realtest

import (
	"slices"
	"strings"
	"testing"
)

// TestClean removes the messages of one run. Those of another lie in the same mailboxes and stay.
func TestClean(t *testing.T) {
	t.Parallel()
	others := runSuite(t, "inbox", 0)
	run := begin(t, "run", "inbox", "--format", "json")
	ours := run.report(t, 0)

	clean := beginWith(t, run.store, "clean", "last", "--yes")
	if status := clean.end(t); status != 2 ||
		!strings.Contains(clean.stderr.String(), "still followed") {
		t.Errorf("exit status %d, want 2 while the run is followed\n%s", status, &clean.stderr)
	}
	clean = beginWith(t, run.store, "clean", "last", "--yes", "--force")
	if status := clean.end(t); status != 0 {
		t.Errorf("exit status %d, want 0\n%s", status, &clean.stderr)
	}
	for _, p := range ours.Probes {
		found, err := site.main.mailboxes(p.Address, strings.Trim(p.MessageID, "<>"))
		if err != nil || slices.Contains(found, "INBOX") {
			t.Errorf("%s by %s: on disk in %v, %v; want it removed", p.Seed, p.Route, found, err)
		}
	}
	for _, p := range others.Probes {
		onDisk(t, site.main, p, "INBOX")
	}
	shown := beginWith(t, run.store, "show", "last", "--format", "json").report(t, 0)
	for _, p := range shown.Probes {
		if p.Placement.Current != "inbox" || !strings.Contains(p.Placement.Why, "removed by us") {
			t.Errorf("%s by %s: now %s (%s), want inbox, removed by us", p.Seed, p.Route,
				p.Placement.Current, p.Placement.Why)
		}
	}
}
