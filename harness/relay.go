package harness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"seedtest"
)

// RelayLog follows messages through the log of a route's server until ctx ends.
type RelayLog interface {
	Follow(context.Context, seedtest.Relaying) error
}

// lastWord is how long a run that is over waits for what the logs of its routes have yet to say: a
// server may write that it handed a message on after the message was seen.
const lastWord = 3 * time.Second

// recently is how long ago a message was accepted whose answer is still waited for: what the log did
// not say by then it has said before, or never will.
const recently = time.Hour

// relayWork is what is followed in the log of one route.
type relayWork struct {
	route   string
	changed chan struct{}
	sent    []seedtest.Relayable // since the log's reader last asked
	open    map[seedtest.ProbeID]bool
	dark    bool // the log cannot be read now
}

// followLogs starts the readers of the routes' logs, and returns what ends them.
func (w *work) followLogs(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	for _, r := range w.relays {
		known := w.relaysKnown(r)
		readers.Go(func() {
			err := w.Logs[r.route].Follow(ctx, seedtest.Relaying{Route: r.route,
				Sent:    func() []seedtest.Relayable { return w.takeSent(r) },
				Changed: r.changed, Known: known, Now: w.Now,
				Record: func(ctx context.Context, b ...seedtest.FactBody) error { return w.record(ctx, b...) },
			})
			if err != nil && ctx.Err() == nil {
				w.fail(fmt.Errorf("route %s: log: %w", r.route, err))
			}
		})
	}
	return func() {
		w.awaitLogs(ctx)
		cancel()
		readers.Wait()
	}
}

// relaysOf makes the work of every log of a route of the run.
func relaysOf(p Parts, opened seedtest.Opened) map[string]*relayWork {
	relays := map[string]*relayWork{}
	for _, r := range opened.Routes {
		if p.Logs[r.Name] != nil {
			relays[r.Name] = &relayWork{route: r.Name, changed: make(chan struct{}, 1),
				open: map[seedtest.ProbeID]bool{}}
		}
	}
	return relays
}

// relaysKnown returns what is on record of a route's log, and hands its reader what earlier processes
// sent.
func (w *work) relaysKnown(r *relayWork) []seedtest.Relayed {
	w.mu.Lock()
	defer w.mu.Unlock()
	var known []seedtest.Relayed
	for _, d := range w.plan {
		if d.Route != r.route {
			continue
		}
		for _, x := range d.Probes {
			if p := w.fold.Probe(x.Probe); p != nil {
				known = append(known, p.Relayed...)
			}
		}
		if p := w.fold.Probe(d.Probes[0].Probe); p != nil && !p.Expected.IsZero() {
			w.follow(r, d, p)
		}
	}
	return known
}

// follow makes a message that the route took, or may have taken, one to follow. The caller holds mu.
func (w *work) follow(r *relayWork, d seedtest.Planned, p *seedtest.Probe) {
	one := p.Relayable()
	for _, x := range d.Probes {
		if s := w.seeds[x.Seed]; s != nil {
			one.To = append(one.To, seedtest.RelayAddress{Address: s.seed.Address, Probe: x.Probe})
		}
		q := w.fold.Probe(x.Probe)
		if q != nil && w.Now().Sub(q.Accepted) < recently && !answeredFurther(q) {
			r.open[x.Probe] = true
		}
	}
	r.sent = append(r.sent, one)
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// answeredFurther reports whether a next hop said yes or no.
func answeredFurther(p *seedtest.Probe) bool {
	for _, x := range p.Relayed {
		if x.Outcome == seedtest.OutcomeAccepted || x.Outcome == seedtest.OutcomeRefused {
			return true
		}
	}
	return false
}

func (w *work) takeSent(r *relayWork) []seedtest.Relayable {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := r.sent
	r.sent = nil
	return sent
}

// relayFact tells the logs' readers what a fact means for them. The caller holds mu.
func (w *work) relayFact(b seedtest.FactBody) {
	if len(w.relays) == 0 {
		return
	}
	switch b := b.(type) {
	case seedtest.Submission:
		if b.Outcome != seedtest.OutcomeAccepted && b.Outcome != seedtest.OutcomeInDoubt {
			return
		}
		d := w.byID[b.Dispatch]
		if r := w.relays[d.Route]; r != nil {
			if p := w.fold.Probe(d.Probes[0].Probe); p != nil {
				w.follow(r, d, p)
			}
		}
	case seedtest.Relayed:
		if p := w.fold.Probe(b.Probe); p != nil && answeredFurther(p) {
			if r := w.relays[p.Route]; r != nil {
				delete(r.open, b.Probe)
			}
		}
	case seedtest.Fault:
		if r := w.relays[b.Route]; r != nil && b.Kind == seedtest.FaultLog {
			r.dark = b.To == nil
		}
	}
}

// awaitLogs waits a moment for the answers that are still to come.
func (w *work) awaitLogs(ctx context.Context) { awaitLast(ctx, w.logsOwe) }

// awaitLast waits a moment for as long as something is owed.
func awaitLast(ctx context.Context, owed func() bool) {
	until := time.NewTimer(lastWord)
	defer until.Stop()
	look := time.NewTicker(lastWord / 30)
	defer look.Stop()
	for owed() {
		select {
		case <-ctx.Done():
			return
		case <-until.C:
			return
		case <-look.C:
		}
	}
}

// logsOwe reports whether a log that can be read has no answer yet of a message that was accepted.
func (w *work) logsOwe() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.relays {
		if !r.dark && len(r.open) > 0 {
			return true
		}
	}
	return false
}
