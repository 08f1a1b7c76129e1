package inbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"seedtest"
)

// turns are those of the looks at one server. Where a thousand seeds are looked for at once, each
// is to be looked at as often as the server bears, and none much later than the others: so they
// take turns, in the order in which they came, and as many go on at once as do not make each other
// slow.
type turns struct {
	mu       sync.Mutex
	most     float64 // at once
	busy     int
	waiting  []chan struct{} // each is closed when its turn has come
	quickest least
	sweep    time.Time // the next one not before
}

const (
	fewestTurns = 4   // at once
	mostTurns   = 200 // at once
	turnStep    = 0.1 // from one look to the next
	// A look was slow if it took longer than twice the quickest and this: the server, or the
	// machine we are on, has others to see to.
	bearable = 10 * time.Millisecond
	// A look that takes longer than this holds up no others: its connection may be dead.
	longestTurn = 250 * time.Millisecond
	// Who has waited so long for a turn looks all the same: a proof of absence must not be late.
	longestWait = 2 * time.Second
	// Sweeps of many seeds come due at the same moment, and cost several looks each.
	sweepsApart = 10 * time.Millisecond
)

func newTurns() *turns { return &turns{most: 2 * fewestTurns} }

// turnsAt are the turns at the server of a seed.
func (c *Connections) turnsAt(seed seedtest.Seed) *turns {
	server := serverOf(seed)
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.turns[server]
	if t == nil {
		t = newTurns()
		c.turns[server] = t
	}
	return t
}

// take waits for a turn, which done ends. The error is the context's.
func (t *turns) take(ctx context.Context) (done func(), err error) {
	turn := t.join()
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	select {
	case <-turn:
	case <-timer.C:
		t.jump(turn)
	case <-ctx.Done():
		t.jump(turn)
		t.end()
		return nil, ctx.Err()
	}
	begun := time.Now()
	over := time.AfterFunc(longestTurn, func() { t.took(longestTurn) })
	return func() {
		if over.Stop() {
			t.took(time.Since(begun))
		}
	}, nil
}

// join takes the last place in the line. What it returns is closed when the turn has come.
func (t *turns) join() chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := make(chan struct{})
	t.waiting = append(t.waiting, turn)
	t.call()
	return turn
}

// jump takes a turn that may not have come.
func (t *turns) jump(turn chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting, turn); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		t.busy++
	}
}

// took ends a turn in which a look took so long.
func (t *turns) took(d time.Duration) {
	t.mu.Lock()
	quickest := t.quickest.of(d, time.Now())
	switch {
	case d > 2*quickest+bearable:
		t.most = max(t.most-turnStep, fewestTurns)
	case len(t.waiting) > 0:
		t.most = min(t.most+turnStep, mostTurns)
	}
	t.mu.Unlock()
	t.end()
}

// end ends a turn.
func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy--
	t.call()
}

// call lets go on who is first in the line, as long as there is room.
func (t *turns) call() {
	for len(t.waiting) > 0 && t.busy < int(t.most) {
		close(t.waiting[0])
		t.waiting = t.waiting[1:]
		t.busy++
	}
}

// nextSweep is when the next sweep at the server may begin, whose turn this takes.
func (t *turns) nextSweep(now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := latest(now, t.sweep)
	t.sweep = at.Add(sweepsApart)
	return at
}

// least is the least of what was measured in the last minute or two: the way to a server may become
// a longer one.
type least struct {
	begun     time.Time     // of the minute
	now, last time.Duration // the least in this minute, and in the one before
}

// of notes what was measured, and returns the least.
func (l *least) of(d time.Duration, at time.Time) time.Duration {
	switch age := at.Sub(l.begun); {
	case l.begun.IsZero() || age >= 2*time.Minute:
		*l = least{begun: at, now: d, last: d}
	case age >= time.Minute:
		*l = least{begun: at, now: d, last: l.now}
	}
	l.now = min(l.now, d)
	return min(l.now, l.last)
}
