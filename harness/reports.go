package harness

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"seedtest"
)

// Reports is how the delivery reports are read that come back.
type Reports struct {
	Accounts map[string]seedtest.Seed                      // by route; those whose reports nobody reads are not there
	Like     func(header []byte) bool                      // whether a message may be a report, by its header
	Parse    func(message []byte) *seedtest.DeliveryReport // nil: it is none
}

// lastReports is how long a run that is over waits for a last look at its return paths.
const lastReports = 10 * time.Second

// returnWork is the watch of one account to which reports come, those of one route or of several.
type returnWork struct {
	account seedtest.Seed
	routes  []string
	changed chan struct{}
	ready   chan struct{} // closed when it has a baseline, or is in trouble
	told    bool          // it is about to be told that something changed
	dark    bool          // it cannot be read now
	over    bool          // the run is: the watch ends
}

// returnsOf makes the work of every account to which reports of the run come.
func returnsOf(p Parts, opened seedtest.Opened) []*returnWork {
	var list []*returnWork
	for _, r := range opened.Routes {
		account, ok := p.Reports.Accounts[r.Name]
		if !ok {
			continue
		}
		i := slices.IndexFunc(list, func(x *returnWork) bool {
			return sameAccount(x.account, account)
		})
		if i < 0 {
			i = len(list)
			list = append(list, &returnWork{account: account, changed: make(chan struct{}, 1),
				ready: make(chan struct{})})
		}
		list[i].routes = append(list[i].routes, r.Name)
	}
	return list
}

// followReports starts the watches of the return paths, and returns what ends them.
func (w *work) followReports(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	for _, r := range w.returns {
		watchers.Go(func() { w.watchReturns(ctx, r) })
	}
	return func() {
		defer cancel()
		if w.until == UntilSent {
			cancel()
		}
		awaitLast(ctx, w.reportsOwe)
		w.mu.Lock()
		for _, r := range w.returns {
			r.over = true
			r.signal()
		}
		w.mu.Unlock()
		cut := time.AfterFunc(lastReports, cancel)
		defer cut.Stop()
		watchers.Wait()
	}
}

func (w *work) watchReturns(ctx context.Context, r *returnWork) {
	w.letSeedFirst(ctx, r)
	w.mu.Lock()
	base := w.fold.ReturnPath(r.routes[0])
	w.mu.Unlock()
	err := w.Watcher.Watch(ctx, r.account, seedtest.Awaiting{
		Pending:  func() seedtest.PendingProbes { return w.pendingReports(r) },
		Changed:  r.changed,
		Known:    func(seedtest.Token) bool { return false },
		Record:   func(ctx context.Context, b ...seedtest.FactBody) error { return w.returned(ctx, r, b) },
		Now:      w.Now,
		Baseline: base,
		Reports: &seedtest.ReportReading{Since: w.firstPlanned(r).Add(-sinceSlack),
			Like: w.Reports.Like,
			Read: func(message []byte) []seedtest.FactBody { return w.readReport(r, message) }},
	})
	if err != nil && ctx.Err() == nil {
		w.fail(fmt.Errorf("route %s: return path: %w", r.routes[0], err))
	}
}

// letSeedFirst waits until the seed whose account this is too has signed in: where the server takes few
// connections, the seed must not be the one that it sends away.
func (w *work) letSeedFirst(ctx context.Context, r *returnWork) {
	for _, s := range w.seeds {
		if s.seed.ByHand || !sameAccount(s.seed, r.account) {
			continue
		}
		timer := time.NewTimer(w.opened.Suite.BaselineTimeout)
		defer timer.Stop()
		select {
		case <-s.baseline:
		case <-s.refused:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

func sameAccount(a, b seedtest.Seed) bool {
	return a.Server == b.Server && a.Login.Username == b.Login.Username
}

// sinceSlack is how far a server's clock may be behind ours.
const sinceSlack = 24 * time.Hour

// firstPlanned is when the first message was composed of which reports come to an account.
func (w *work) firstPlanned(r *returnWork) time.Time {
	first := w.Now()
	for _, d := range w.plan {
		if slices.Contains(r.routes, d.Route) && d.Date.Before(first) {
			first = d.Date
		}
	}
	return first
}

// pendingReports says of which messages reports are awaited: those that left and were not seen.
func (w *work) pendingReports(r *returnWork) seedtest.PendingProbes {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := seedtest.PendingProbes{Done: r.over}
	for _, d := range w.plan {
		if !slices.Contains(r.routes, d.Route) {
			continue
		}
		for _, x := range d.Probes {
			p := w.fold.Probe(x.Probe)
			if p == nil || p.Expected.IsZero() || len(p.Sightings) > 0 ||
				slices.ContainsFunc(p.Bounces, seedtest.Bounce.Failed) {
				continue
			}
			all.Awaited = append(all.Awaited, seedtest.Awaited{Probe: p.ID, Token: p.Token,
				Expected: p.Expected})
		}
	}
	return all
}

// reportsOwe reports whether an account that can be read has no report yet of a success that was asked
// for: a server may write it after the message was seen.
func (w *work) reportsOwe() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.returns {
		for _, d := range w.plan {
			if r.dark || !slices.Contains(r.routes, d.Route) {
				continue
			}
			for _, x := range d.Probes {
				if p := w.fold.Probe(x.Probe); p != nil && owesSuccess(p) && w.Now().Sub(p.Accepted) < recently {
					return true
				}
			}
		}
	}
	return false
}

func owesSuccess(p *seedtest.Probe) bool {
	s := p.Submission()
	return s != nil && s.DSN.Asked(seedtest.NotifySuccess) && !p.Accepted.IsZero() &&
		len(p.Bounces) == 0 && !answeredFurther(p)
}

// readReport says what a message in a return path is about.
func (w *work) readReport(r *returnWork, message []byte) []seedtest.FactBody {
	report := w.Reports.Parse(message)
	if report == nil {
		return nil
	}
	var sent []seedtest.Reportable
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.plan {
		if slices.Contains(r.routes, d.Route) {
			sent = append(sent, w.reportable(d))
		}
	}
	return seedtest.JoinReport(*report, sent)
}

// reportable is a dispatch as a report may speak of it. The caller holds mu.
func (w *work) reportable(d seedtest.Planned) seedtest.Reportable {
	one := seedtest.Reportable{Dispatch: d.Dispatch, Token: d.Token, MessageID: d.MessageID,
		EnvelopeID: string(d.Token)}
	for _, x := range d.Probes {
		p := seedtest.ReportableProbe{Probe: x.Probe}
		if s := w.seeds[x.Seed]; s != nil {
			p.Address = s.seed.Address
		}
		one.Probes = append(one.Probes, p)
	}
	return one
}

// returned records what the watch of a return path found: what reports say, its own trouble, and
// where it began. What a report says is recorded once, however often it is read.
func (w *work) returned(ctx context.Context, r *returnWork, bodies []seedtest.FactBody) error {
	var facts []seedtest.FactBody
	for _, b := range bodies {
		switch b := b.(type) {
		case seedtest.Bounce, seedtest.Relayed:
			if !w.reported(b) {
				facts = append(facts, b)
			}
		case seedtest.Fault:
			b.Seed, b.Kind = "", seedtest.FaultReports
			for _, b.Route = range r.routes {
				facts = append(facts, b)
			}
		case seedtest.Baseline:
			b.Seed = ""
			for _, b.Route = range r.routes {
				facts = append(facts, b)
			}
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return w.record(ctx, facts...)
}

// reported reports whether what a report says is on record.
func (w *work) reported(b seedtest.FactBody) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fold.Reported(b)
}

// returnFact tells the watches of return paths what a fact means for them. The caller holds mu.
func (w *work) returnFact(b seedtest.FactBody) {
	for _, r := range w.returns {
		switch b := b.(type) {
		case seedtest.Attempt, seedtest.Submission:
			w.signalSoon(r)
		case seedtest.Baseline:
			if slices.Contains(r.routes, b.Route) {
				closeOnce(r.ready)
			}
		case seedtest.Fault:
			if b.Kind == seedtest.FaultReports && slices.Contains(r.routes, b.Route) {
				closeOnce(r.ready)
				r.dark = b.To == nil
			}
		}
	}
}

// soon is within how long the watch of a return path is told that more was sent: it asks about all
// of that each time.
const soon = 100 * time.Millisecond

// signalSoon makes a watch ask what is pending, once for all that happens within a moment. The caller
// holds mu.
func (w *work) signalSoon(r *returnWork) {
	if r.told {
		return
	}
	r.told = true
	time.AfterFunc(soon, func() {
		w.mu.Lock()
		r.told = false
		w.mu.Unlock()
		r.signal()
	})
}

func (r *returnWork) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// awaitReturnPath waits until the account that reports of a dispatch come to has its baseline: what
// came before is not read. In trouble it is not waited for, since nothing is blind without it.
func (w *work) awaitReturnPath(ctx context.Context, d seedtest.Planned) bool {
	for _, r := range w.returns {
		if !slices.Contains(r.routes, d.Route) {
			continue
		}
		timer := time.NewTimer(w.opened.Suite.BaselineTimeout)
		defer timer.Stop()
		select {
		case <-r.ready:
		case <-timer.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
