package inbox

import (
	"context"
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
// at once. Watchers that are given the same one share it; other processes are not known to it.
type Connections struct {
	mu       sync.Mutex
	accounts map[string]*account
	gates    map[string]chan struct{} // by server
	sweeps   map[string]int           // that go on now, by server
}

// NewConnections returns one in which nothing is open.
func NewConnections() *Connections {
	return &Connections{accounts: map[string]*account{}, gates: map[string]chan struct{}{},
		sweeps: map[string]int{}}
}

// account is one mailbox owner at one server.
type account struct {
	open  int
	freed chan struct{} // closed when a connection is given back
	next  time.Time     // no sign-in before
}

// What holds where no preset says.
const (
	mostOfOthers  = 2               // connections to an account
	apartOfOthers = 5 * time.Second // from one sign-in to the next
	gateOwn       = 32              // sign-ins to a server at once
	gateOfOthers  = 4
	sweepsAtOnce  = 2 // of a server, by all seeds there
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
// giveBack must be called once, when it is closed. The error is a *trouble or the context's.
func (c *Connections) admit(ctx context.Context, seed seedtest.Seed, patience time.Duration) (
	giveBack func(), err error) {
	b, begun := boundsOf(seed), time.Now()
	a, err := c.take(ctx, seed, b.most, patience)
	if err != nil {
		return nil, err
	}
	giveBack = func() { c.giveBack(a) }
	wait := c.reserve(a, b.apart, patience-time.Since(begun))
	if wait > patience-time.Since(begun) {
		giveBack()
		return nil, &trouble{kind: seedtest.FaultConnect, wait: wait, what: fmt.Sprintf(
			"%s wants %s between two sign-ins of an account, and the next is due in %s",
			providerName(seed), b.apart, wait.Round(time.Second))}
	}
	if err := sleep(ctx, wait); err != nil {
		giveBack()
		return nil, err
	}
	return giveBack, nil
}

// take counts one more connection, as soon as there is room for it.
func (c *Connections) take(ctx context.Context, seed seedtest.Seed, most int,
	patience time.Duration) (*account, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		a, freed := c.tryTake(seed, most)
		if freed == nil {
			return a, nil
		}
		select {
		case <-freed:
		case <-timer.C:
			return nil, &trouble{kind: seedtest.FaultConnect, what: fmt.Sprintf(
				"all %d connections to an account that %s allows are in use by other runs", most,
				providerName(seed))}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryTake counts one more connection, or returns what is closed when there may be room for one.
func (c *Connections) tryTake(seed seedtest.Seed, most int) (*account, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := serverOf(seed) + " " + seed.Login.Username
	a := c.accounts[key]
	if a == nil {
		a = &account{}
		c.accounts[key] = a
	}
	if most == 0 || a.open < most {
		a.open++
		return a, nil
	}
	if a.freed == nil {
		a.freed = make(chan struct{})
	}
	return nil, a.freed
}

func (c *Connections) giveBack(a *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.open--
	if a.freed != nil {
		close(a.freed)
		a.freed = nil
	}
}

// reserve returns how long to wait for the next sign-in of an account, and takes its turn if that
// is within patience.
func (c *Connections) reserve(a *account, apart, patience time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	at := latest(now, a.next)
	if wait := at.Sub(now); wait > patience {
		return wait
	}
	a.next = at.Add(apart)
	return at.Sub(now)
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

// sweep lets one more seed sweep its mailboxes unless enough do at its server: where a thousand
// expect mail they all come due at once, and would keep a server from the looks. done must be called
// if ok is true.
func (c *Connections) sweep(seed seedtest.Seed) (done func(), ok bool) {
	server := serverOf(seed)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sweeps[server] >= sweepsAtOnce {
		return nil, false
	}
	c.sweeps[server]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sweeps[server]--
	}, true
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
