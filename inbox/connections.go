package inbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// Connections keep what one process does to servers within what they bear: no more connections to
// an account than its provider allows, sign-ins to it that are apart, and few sign-ins to a server
// at once. Where more runs watch an account than may connect to it, those that rest hand their
// sessions over (handover.go). Watchers that are given the same one share it. Of other processes it
// knows what they note (Remember), and not their connections.
type Connections struct {
	notes    Notes // nil: there are none
	mu       sync.Mutex
	accounts map[string]*account
	gates    map[string]chan struct{} // by server
	turns    map[string]*turns        // by server
	keeps    bool                     // sessions (kept.go)
}

// NewConnections returns one in which nothing is open.
func NewConnections() *Connections {
	return &Connections{accounts: map[string]*account{}, gates: map[string]chan struct{}{},
		turns: map[string]*turns{}}
}

// account is one mailbox owner at one server.
type account struct {
	open   int
	queue  []*waiter  // who wants a connection, the first first
	atRest []*session // those that can be handed over
	away   []*waiter  // who handed its session over, and would like one again
	kept   []*session // those that nobody has

	standing
	noting sync.Mutex // while the standing is changed where others see it

	asking sync.Mutex
	asked  time.Time // the commands so far are all allowed by then

	proving chan struct{} // holds a value while a round is made
}

// What holds where no preset says.
const (
	mostOfOthers  = 2               // connections to an account
	apartOfOthers = 5 * time.Second // from one sign-in to the next
	gateOwn       = 32              // sign-ins to a server at once
	gateOfOthers  = 4
)

// bounds are what a server bears from one account.
type bounds struct {
	most  int           // connections; 0: as many as one likes
	apart time.Duration // from one sign-in to the next
	gate  int           // sign-ins at once, of all accounts
}

func boundsOf(seed seedtest.Seed) bounds {
	h := seed.Provider.Habits
	if seed.Own {
		return bounds{most: h.Connections, apart: h.LoginEvery, gate: gateOwn}
	}
	b := bounds{most: h.Connections, apart: h.LoginEvery, gate: gateOfOthers}
	if b.most == 0 {
		b.most = mostOfOthers
	}
	if b.apart == 0 {
		b.apart = apartOfOthers
	}
	return b
}

// admit waits until one more connection to a seed's account may be opened, at most for so long.
// giveBack must be called once, when it is closed. Where w takes sessions over, one that another
// run hands over may come instead. The error is a *trouble or the context's.
func (c *Connections) admit(ctx context.Context, seed seedtest.Seed, w *waiter,
	patience time.Duration) (*session, func(), error) {
	b, begun := boundsOf(seed), time.Now()
	a := c.account(seed)
	if quiet, _ := c.patienceOf(a); quiet > 0 && w.takesOver { // nor by a session of another run
		return nil, nil, &trouble{kind: seedtest.FaultThrottled, wait: quiet, what: wantsLess}
	}
	s, err := c.take(ctx, a, w, b.most, patience)
	if err != nil {
		var t *trouble
		if errors.As(err, &t) {
			t.what = fmt.Sprintf("all %d connections to an account that %s allows are in use by other runs",
				b.most, providerName(seed))
		}
		return nil, nil, err
	}
	if s != nil {
		return s, nil, nil
	}
	giveBack := func() { c.giveBack(a) }
	var wait time.Duration
	if w.again && !seed.Own {
		err = c.afterOthers(ctx, seed, patience-time.Since(begun))
	}
	if err == nil {
		wait, err = c.reserve(ctx, seed, w, patience-time.Since(begun))
	}
	if err == nil {
		err = sleep(ctx, wait)
	}
	if err != nil {
		giveBack()
		return nil, nil, err
	}
	return nil, giveBack, nil
}

// account returns what is kept of the account of a seed.
func (c *Connections) account(seed seedtest.Seed) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := accountKey(seed)
	a := c.accounts[key]
	if a == nil {
		a = &account{proving: make(chan struct{}, 1)}
		c.accounts[key] = a
	}
	return a
}

func accountKey(seed seedtest.Seed) string { return serverOf(seed) + " " + seed.Login.Username }

// shared returns the account of a seed if its connections are few, else nil.
func (c *Connections) shared(seed seedtest.Seed) *account {
	if boundsOf(seed).most == 0 {
		return nil
	}
	return c.account(seed)
}

// pass waits until one more may connect and sign in to a seed's server; done lets the next one.
func (c *Connections) pass(ctx context.Context, seed seedtest.Seed) (done func(), err error) {
	c.mu.Lock()
	gate := c.gates[serverOf(seed)]
	if gate == nil {
		gate = make(chan struct{}, boundsOf(seed).gate)
		c.gates[serverOf(seed)] = gate
	}
	c.mu.Unlock()
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func serverOf(seed seedtest.Seed) string {
	return net.JoinHostPort(strings.ToLower(seed.Server.Host), strconv.Itoa(seed.Server.Port))
}

func providerName(seed seedtest.Seed) string {
	if seed.Provider.Name != "" {
		return seed.Provider.Name
	}
	return seed.Server.Host
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
