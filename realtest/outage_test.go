//go:build real

package realtest

import (
	"slices"
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

// TestDovecotStopped stops the server of two seeds when their messages are on the way: one is
// dropped, one waits at the mx. Nobody can know which, so both are blind.
func TestDovecotStopped(t *testing.T) {
	t.Parallel()
	mark := site.relay.log.mark()
	p := begin(t, "run", "stopped", "--format", "json")
	id := site.sent(t, mark, "held@stopped.example")
	site.sent(t, mark, "dropped@stopped.example")
	site.stopped.stop()
	if err := site.mx.release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	r := p.report(t, 1)
	if len(r.Probes) != 2 {
		t.Fatalf("the run has %d probes, want 2", len(r.Probes))
	}
	for _, p := range r.Probes {
		if p.Submission.Outcome != "accepted" || p.Placement.Current != "blind" || p.Proof != nil {
			t.Errorf("%s: submission %s, placement %s (%s), proof %v, want accepted, blind, none", p.Seed,
				p.Submission.Outcome, p.Placement.Current, p.Placement.Why, p.Proof)
		}
		if !slices.ContainsFunc(r.Faults, func(f struct{ Seed, Route, Kind, What string }) bool {
			return f.Seed == p.Seed
		}) {
			t.Errorf("%s: the report names no fault of the seed", p.Seed)
		}
	}
}

// TestDovecotRestarted restarts the server while a message for it waits at the mx.
func TestDovecotRestarted(t *testing.T) {
	t.Parallel()
	mark := site.relay.log.mark()
	p := begin(t, "run", "restarted", "--format", "json")
	id := site.sent(t, mark, "held@restarted.example")
	site.restarted.stop()
	if err := site.restarted.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := site.mx.release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := site.mx.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived(t, site.restarted, p.report(t, 0).one(t), "inbox", "INBOX")
}
