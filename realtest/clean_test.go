//go:build real

package realtest

import (
	"slices"
	"strings"
	"testing"
)

// TestClean removes the messages of one run. Those of another and the owner's own lie in the same
// mailboxes and stay.
func TestClean(t *testing.T) {
	t.Parallel()
	eachHost(t, site.hosts, "clean", func(t *testing.T, h *host) {
		o := h.owner(t, "clean")
		o.furnish()
		others := runSuite(t, h.Name+"-clean", 0)
		run := begin(t, "run", h.Name+"-clean", "--format", "json")
		ours := run.report(t, 0)
		moved := ours.Probes[0]
		o.move(moved.MessageID, "INBOX", "Trash")
		letters := o.letters()

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
			var want []string
			if p.MessageID == moved.MessageID {
				want = []string{h.mailbox("Trash")} // its owner put it where nobody has seen it
			}
			if found := o.where(p.MessageID); !slices.Equal(found, want) {
				t.Errorf("%s by %s: its owner sees it in %v, want %v", p.Seed, p.Route, found, want)
			}
		}
		for _, p := range others.Probes {
			o.left(letters, p, "INBOX")
		}
		shown := beginWith(t, run.store, "show", "last", "--format", "json").report(t, 0)
		for _, p := range shown.Probes {
			if p.MessageID == moved.MessageID {
				continue
			}
			if p.Placement.Current != "inbox" || !strings.Contains(p.Placement.Why, "removed by us") {
				t.Errorf("%s by %s: now %s (%s), want inbox, removed by us", p.Seed, p.Route,
					p.Placement.Current, p.Placement.Why)
			}
		}
	})
}
