package harness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"seedtest"
)

// Sender hands messages to one route. It may be used by several goroutines.
type Sender interface {
	Send(context.Context, seedtest.Composed, seedtest.Commit) seedtest.Submission
}

// Watcher looks for messages at a seed until nothing is awaited there.
type Watcher interface {
	Watch(context.Context, seedtest.Seed, seedtest.Awaiting) error
}

// Log keeps the facts of runs. Whatever it has returned nil for is durable.
type Log interface {
	Append(context.Context, seedtest.RunID, ...seedtest.Fact) error
	// AppendAttempt appends an attempt unless a limit holds it back, in one step.
	AppendAttempt(context.Context, seedtest.RunID, seedtest.Fact, seedtest.Dose) (*seedtest.Limit, error)
	// Held answers whether a limit would hold the dose back, without appending.
	Held(context.Context, seedtest.RunID, seedtest.Dose) (*seedtest.Limit, error)
}

// Lease keeps other processes off a run while it is renewed.
type Lease interface {
	Renew(context.Context) error
}

// Parts is what a run is worked with.
type Parts struct {
	Log     Log
	Lease   Lease             // nil: none is kept
	Senders map[string]Sender // by route
	Watcher Watcher
	Logs    map[string]RelayLog // by route; those without one are not there
	Reports Reports             // what comes back
	Compose func(seedtest.Opened, seedtest.Planned) (seedtest.Composed, error)
	Breaker func(seedtest.Reply) string // why a reply opens a breaker (rule 22), "" if it does not
	Now     func() time.Time            // see Clock
	Wall    func() time.Time            // the wall clock, whose steps are faults; nil: not looked at
	Observe func(seedtest.Fact)         // told of every fact once it is stored; nil: nobody is
	Jitter  func(time.Duration) time.Duration
	Mint    func() (seedtest.Token, error) // makes the tags of canaries; nil: none are appended
	Conns   int                            // connections a route, 0 means 4

	// Canaries tells those of other runs than one at a seed; nil: nobody knows of any.
	Canaries func(ctx context.Context, but seedtest.RunID, seed string) ([]seedtest.Canary, error)

	Logger *slog.Logger
}

// work is one run while this process works it.
type work struct {
	Parts
	id        seedtest.RunID
	until     Until
	noSending bool // only follow what was sent
	began     time.Time
	back      time.Duration // by which the clock of the parts was set back before it was taken up

	mu      sync.Mutex
	fold    *seedtest.Folder
	opened  seedtest.Opened
	plan    []seedtest.Planned
	byID    map[seedtest.DispatchID]seedtest.Planned // the plan
	seeds   map[string]*seedWork
	relays  map[string]*relayWork     // by route: never changed
	returns []*returnWork             // never changed
	seedsAt map[seedtest.Endpoint]int // how many are at a server: never changed
	looked  map[string]bool           // seeds that had their one look (UntilLooked)
	failed  error                     // the first trouble that ends the run
	timers  []*time.Timer
	ended   bool // no timer may be set any more
	abandon context.CancelCauseFunc
}

// seedWork is what the run knows of one seed besides the facts.
type seedWork struct {
	seed     seedtest.Seed
	changed  chan struct{}
	baseline chan struct{} // closed when the seed has a baseline
	refused  chan struct{} // closed when it is refused for good before that
	noBase   sync.Once
	cancel   context.CancelFunc // ends its watch
}

func newWork(p Parts, opened seedtest.Opened, planned []seedtest.Planned, until Until) *work {
	if p.Conns <= 0 {
		p.Conns = 4
	}
	if p.Logger == nil {
		p.Logger = slog.New(slog.DiscardHandler)
	}
	w := &work{Parts: p, id: opened.Run, until: until, fold: seedtest.NewFolder(),
		opened: opened, byID: map[seedtest.DispatchID]seedtest.Planned{}, seeds: map[string]*seedWork{},
		seedsAt: map[seedtest.Endpoint]int{}, looked: map[string]bool{},
		relays: relaysOf(p, opened), returns: returnsOf(p, opened), began: p.Now()}
	for _, s := range opened.Seeds {
		w.seeds[s.Name] = &seedWork{seed: s, changed: make(chan struct{}, 1),
			baseline: make(chan struct{}), refused: make(chan struct{})}
		if s.ByHand {
			w.haveBaseline(s.Name) // its owner looks: nothing is to be prepared
		} else {
			w.seedsAt[s.Server]++
		}
	}
	for _, d := range planned {
		w.planned(d)
	}
	return w
}

// planned adds a dispatch to the plan.
func (w *work) planned(d seedtest.Planned) {
	w.plan = append(w.plan, d)
	w.byID[d.Dispatch] = d
}

// record stores facts and then makes them known. It fails only with the store.
func (w *work) record(ctx context.Context, bodies ...seedtest.FactBody) error {
	facts := make([]seedtest.Fact, len(bodies))
	for i, b := range bodies {
		facts[i] = seedtest.Fact{At: w.Now(), Body: b}
	}
	if err := w.Log.Append(ctx, w.id, facts...); err != nil {
		if ctx.Err() == nil {
			w.fail(fmt.Errorf("store: %w", err))
		}
		return err
	}
	w.known(facts...)
	return nil
}

// known folds stored facts and wakes whom they concern.
func (w *work) known(facts ...seedtest.Fact) {
	w.mu.Lock()
	for _, f := range facts {
		w.fold.Add(f)
		switch b := f.Body.(type) {
		case seedtest.Baseline:
			w.haveBaseline(b.Seed)
		case seedtest.Fault:
			if s := w.seeds[b.Seed]; s != nil && b.Final {
				closeOnce(s.refused)
			}
		}
		w.relayFact(f.Body)
		w.returnFact(f.Body)
	}
	w.mu.Unlock()
	for _, f := range facts {
		w.wake(f.Body)
		if w.Observe != nil {
			w.Observe(f)
		}
	}
}

// haveBaseline lets the messages to a seed go. The caller holds mu.
func (w *work) haveBaseline(seed string) {
	if s := w.seeds[seed]; s != nil {
		closeOnce(s.baseline)
	}
}

// closeOnce closes a channel unless it is closed. Who may close it holds mu.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// wake tells the watchers of the seeds that a fact concerns.
func (w *work) wake(b seedtest.FactBody) {
	switch b := b.(type) {
	case seedtest.Attempt:
		w.wakeDispatch(b.Dispatch)
	case seedtest.Submission:
		w.wakeDispatch(b.Dispatch)
	case seedtest.Limit:
		w.wakeDispatch(b.Dispatch)
	case seedtest.Relayed:
		if b.Outcome == seedtest.OutcomeRefused {
			w.wakeDispatch(b.Dispatch)
		}
	case seedtest.Bounce:
		w.wakeDispatch(b.Dispatch)
	case seedtest.Fault:
		if b.Kind == seedtest.FaultBaseline {
			w.wakeSeed(b.Seed)
		}
	}
}

func (w *work) wakeDispatch(id seedtest.DispatchID) {
	for _, p := range w.byID[id].Probes {
		w.wakeSeed(p.Seed)
	}
}

// wakeSeed makes a watcher ask what is pending. One that has nothing left to do, and does not end
// by itself because a server keeps it waiting, is ended a little later. One that saw mail outside
// INBOX has a look at INBOX left, which may decide (rule 10).
func (w *work) wakeSeed(seed string) {
	w.signal(seed)
	if !w.pending(seed).Done {
		return
	}
	grace := lastLook
	if w.seenElsewhere(seed) {
		grace = seedtest.ProofGrace
	}
	w.after(grace, func() { w.endIfDone(seed) })
}

func (w *work) seenElsewhere(seed string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.fold.ProbesAt(seed, w.Now()), func(p seedtest.Probe) bool {
		return len(p.Sightings) > 0 && p.Placements.Current != seedtest.Inbox
	})
}

func (w *work) signal(seed string) {
	s := w.seeds[seed]
	if s == nil {
		return
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// endIfDone ends the watch of a seed at which nothing is awaited any more.
func (w *work) endIfDone(seed string) {
	s := w.seeds[seed]
	if s == nil || !w.pending(seed).Done {
		return
	}
	w.mu.Lock()
	cancel := s.cancel
	w.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// after calls do later, unless the run has ended by then.
func (w *work) after(d time.Duration, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.timers = append(w.timers, time.AfterFunc(d, do))
	}
}

// fail ends the run because the harness itself is broken.
func (w *work) fail(err error) {
	w.mu.Lock()
	if w.failed == nil {
		w.failed = err
	}
	w.mu.Unlock()
	w.abandon(err)
}

// ErrTaken says that another process has taken the run over.
var ErrTaken = errors.New("another process works this run now")
