package sender

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seedtest"
)

// restTime is how long a server that could not be reached comes last among several, so that it does
// not cost every message a wait.
const restTime = time.Minute

// target is one server to try.
type target struct {
	server     seedtest.Endpoint // its certificate is for this name
	at         netip.Addr        // zero: the name is looked up when it is dialled
	preference *int
	policy     *seedtest.TLSPolicy
	dane       *dane
}

// key tells connections apart that do not serve for each other.
func (t target) key() string {
	return fmt.Sprintf("%s %d %s %s %s", strings.ToLower(t.server.Host), t.server.Port, t.server.TLS,
		t.at, t.dane.key())
}

// peer returns the Client of one server, which keeps its connections. What others keep too long is
// closed on the way.
func (c *Client) peer(t target) *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.peers {
		other.pool.tidy(c.o.Timeouts)
	}
	p := c.peers[t.key()]
	if p == nil {
		p = &Client{route: c.route, o: c.o, known: c.known, names: c.names, offers: c.offers,
			at: t.at, dane: t.dane,
			pool: pool{slots: c.pool.slots, closed: c.pool.isClosed()}}
		p.route.Server = t.server
		c.peers[t.key()] = p
	}
	return p
}

// where is what is dialled.
func (c *Client) where() string {
	if c.at.IsValid() {
		return c.at.String()
	}
	return c.route.Server.Host
}

// delivery is one attempt, which may try several servers.
type delivery struct {
	c      *Client
	m      seedtest.Composed
	commit seedtest.Commit
	rec    *record

	committed bool     // what comes after this is tried nowhere else
	failed    []failed // the servers before
}

// failed is what came of one server that did not take the message.
type failed struct {
	sub seedtest.Submission
	t   *trouble
}

// submit hands the message to the route's server, or to the first of several that can be reached.
func (d *delivery) submit(ctx context.Context) *trouble {
	servers := d.c.servers()
	for _, server := range servers {
		d.begin(target{server: server})
		p := d.c
		if len(servers) > 1 {
			p = d.c.peer(target{server: server})
		}
		t := p.attempt(ctx, d.m, d.once, d.rec)
		if t == nil || d.committed || !nextServer(t) {
			return d.end(t)
		}
		p.tire(t)
		d.failed = append(d.failed, failed{d.rec.sub, t})
	}
	return d.best()
}

// servers are those of the route, in order but for those that could not be reached just now.
func (c *Client) servers() []seedtest.Endpoint {
	if len(c.route.Also) == 0 {
		return []seedtest.Endpoint{c.route.Server}
	}
	var ready, resting []seedtest.Endpoint
	for _, e := range append([]seedtest.Endpoint{c.route.Server}, c.route.Also...) {
		if c.peer(target{server: e}).rests() {
			resting = append(resting, e)
		} else {
			ready = append(ready, e)
		}
	}
	return append(ready, resting...)
}

func (c *Client) rests() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.rest)
}

// tire notes that a server could not be reached.
func (c *Client) tire(t *trouble) {
	if t.stage != seedtest.StageResolve && t.stage != seedtest.StageConnect {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = time.Now().Add(restTime)
}

// nextServer reports whether another server of the route may be asked: this one could not be
// reached or used, and said nothing of the message. A login that was refused would be refused
// again, and lock the account.
func nextServer(t *trouble) bool {
	if t.proxy {
		return false
	}
	switch t.stage {
	case seedtest.StageResolve, seedtest.StageConnect, seedtest.StageTLS, seedtest.StageBanner,
		seedtest.StageEHLO, seedtest.StageSTARTTLS:
		return t.outcome == seedtest.OutcomeFailed || t.outcome == seedtest.OutcomeDeferred
	case seedtest.StageAUTH:
		return t.outcome == seedtest.OutcomeFailed &&
			(t.reply == nil && t.gone || t.reply != nil && t.reply.Code/100 == 4)
	}
	return false
}

// once is the caller's commit, after which nothing is tried elsewhere.
func (d *delivery) once(ctx context.Context) error {
	d.committed = true
	return d.commit(ctx)
}

// begin starts the record of a server. The dialogue is one over all of them.
func (d *delivery) begin(t target) {
	if len(d.failed) > 0 {
		d.rec.dialog.note("the next server is " + t.server.Host)
		d.rec.sub = seedtest.Submission{Begun: d.rec.now().UTC()}
	}
	d.rec.sub.Host, d.rec.sub.Preference, d.rec.sub.Policy = t.server.Host, t.preference, t.policy
}

// end ends the attempt with the server at hand.
func (d *delivery) end(t *trouble) *trouble {
	for _, f := range d.failed {
		d.rec.sub.Tried = append(d.rec.sub.Tried, d.rec.tried(f))
	}
	return t
}

// best ends the attempt with the first of the servers that say most, where none took the message.
func (d *delivery) best() *trouble {
	best := slices.IndexFunc(d.failed, func(f failed) bool {
		return !slices.ContainsFunc(d.failed, func(g failed) bool { return weight(g.t) > weight(f.t) })
	})
	f := d.failed[best]
	d.failed = slices.Delete(d.failed, best, best+1)
	d.rec.sub = f.sub
	return d.end(f.t)
}

// weight orders what servers came to: a 4yz says more of the route than a connection that did not
// come about, which another try may bring; that more than TLS, which will fail again; and least
// says a name without an address.
func weight(t *trouble) int {
	switch {
	case t.outcome == seedtest.OutcomeDeferred:
		return 3
	case t.outcome != seedtest.OutcomeFailed:
		return 0
	case t.stage == seedtest.StageTLS, t.stage == seedtest.StageSTARTTLS,
		t.stage == seedtest.StageAUTH:
		return 1
	}
	return 2
}

// tried is what is kept of a server that did not take the message.
func (r *record) tried(f failed) seedtest.Tried {
	return seedtest.Tried{Host: f.sub.Host, Preference: f.sub.Preference, Remote: f.sub.Remote,
		Begun: f.sub.Begun, Outcome: f.t.outcome, Stage: f.t.stage, Reply: f.t.reply,
		Error: r.dialog.clean(f.t.text())}
}

// Checks checks every server of the route: those that are configured or, of a RouteMX, those that
// take the mail of domain, all at once. There is at least one Check.
func (c *Client) Checks(ctx context.Context, domain string) []Check {
	if c.route.Type == seedtest.RouteMX {
		return c.checkDirect(ctx, domain)
	}
	if len(c.route.Also) == 0 {
		return []Check{c.Check(ctx)}
	}
	servers := append([]seedtest.Endpoint{c.route.Server}, c.route.Also...)
	all := make([]Check, len(servers))
	var checks sync.WaitGroup
	for i, server := range servers {
		checks.Go(func() {
			rec := c.newRecord()
			rec.sub.Host = net.JoinHostPort(server.Host, strconv.Itoa(server.Port))
			all[i] = c.peer(target{server: server}).check(ctx, rec)
		})
	}
	checks.Wait()
	return all
}
