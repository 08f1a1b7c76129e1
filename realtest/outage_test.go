//go:build real

package realtest

import (
	"context"
	"testing"
)

// sent waits until the mx has taken a message for an address, and returns its queue id there.
func (w *world) sent(t *testing.T, mark int, address string) string {
	t.Helper()
	found, err := w.relay.log.wait(t.Context(), mark,
		` to=<`+address+`>.* status=sent \(250 2\.0\.0 Ok: queued as (\w+)\)`)
	if err != nil {
		t.Fatal(err)
	}
	return found[1]
}

// deliver lets a message that is held go on, to a server that was away, and returns when it is
// there.
func (w *world) deliver(t *testing.T, id string) {
	t.Helper()
	mark := w.mx.log.mark()
	if err := w.mx.release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := w.mx.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.mx.log.wait(t.Context(), mark, ` `+id+`: .* status=sent`); err != nil {
		t.Fatal(err)
	}
}

// restart starts a server that was stopped.
func (h *host) restart(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := h.start(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestOutage stops and restarts a server while messages for it are on the way.
func TestOutage(t *testing.T) {
	t.Parallel()
	eachHost(t, site.fragile, "outage", func(t *testing.T, h *host) {
		t.Run("restarted", func(t *testing.T) { h.restarted(t) })
		t.Run("stopped", func(t *testing.T) { h.stopped(t) })
	})
}

// restarted: the server is restarted within a run, and the message found all the same.
func (h *host) restarted(t *testing.T) {
	o := h.owner(t, "restarted")
	o.furnish()
	letters := o.letters()
	mark := site.relay.log.mark()
	run := begin(t, "run", h.Name+"-restarted", "--format", "json")
	id := site.sent(t, mark, h.address("restarted"))
	h.stop()
	h.restart(t)
	site.deliver(t, id)
	p := run.report(t, 0).one(t)
	p.arrived(t, h, "inbox", seen{"INBOX", false})
	h.owner(t, "restarted").left(letters, p, "INBOX")
}

// stopped: the server is stopped until a run has ended, when one message waits at the mx and one is
// lost. Nobody can know which, so both are blind. When the server is back, one is found and the
// other overdue.
func (h *host) stopped(t *testing.T) {
	suites := []string{"stopped", "lost"}
	var runs []*program
	var ids []string
	for _, suite := range suites {
		h.owner(t, suite).furnish()
		mark := site.relay.log.mark()
		runs = append(runs, begin(t, "run", h.Name+"-"+suite, "--format", "json"))
		ids = append(ids, site.sent(t, mark, h.address(suite)))
	}
	h.stop()
	for i, suite := range suites {
		r := runs[i].report(t, 1)
		p := r.one(t)
		if p.Submission.Outcome != "accepted" || p.Placement.Current != "blind" || p.Proof != nil {
			t.Errorf("%s: submission %s, placement %s (%s), proof %v, want accepted, blind, none", suite,
				p.Submission.Outcome, p.Placement.Current, p.Placement.Why, p.Proof)
		}
		if len(r.Faults) == 0 || r.Faults[0].Seed != p.Seed || r.Faults[0].Kind != "lost" {
			t.Errorf("%s: faults %+v, want the lost connection", suite, r.Faults)
		}
	}
	h.restart(t)
	site.deliver(t, ids[0])
	p := beginWith(t, runs[0].store, "follow", "last", "--format", "json").report(t, 0).one(t)
	p.arrived(t, h, "inbox", seen{"INBOX", false})
	p = beginWith(t, runs[1].store, "follow", "last", "--format", "json").report(t, 3).one(t)
	if p.Placement.Current != "overdue" {
		t.Errorf("the lost message is %s (%s), want overdue", p.Placement.Current, p.Placement.Why)
	}
	h.proved(t, p)
}
