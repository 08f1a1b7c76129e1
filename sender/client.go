package sender

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"seedtest"
)

// Dial opens a connection to addr, a "host:port", on network "tcp", "tcp4" or "tcp6".
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are what a Client needs beside its route. The zero value uses the machine's network,
// resolver, roots and clock.
type Options struct {
	Dial     Dial             // nil: a net.Dialer that asks Resolver
	Resolver *net.Resolver    // nil: the system's; not asked when Dial is set
	Roots    *x509.CertPool   // nil: the system's; the route's CA is trusted beside them
	Now      func() time.Time // for the times on record; nil: time.Now
	Timeouts Timeouts
	Names    Names        // of the servers' addresses; nil: they are not looked up
	Notes    Notes        // of what servers offered; nil: known for the life of the Client
	MaxConns int          // most connections at a time; 0: 4
	Log      *slog.Logger // nil: no log

	// For routes of type RouteMX.
	DNS     MXResolver                       // must not be nil there
	STS     *STS                             // policies of MTA-STS; nil: none are asked for
	Shuffle func(n int, swap func(i, j int)) // among equal preferences; nil: rand.Shuffle
}

// Timeouts bound every wait. A zero field means its default.
type Timeouts struct {
	Connect time.Duration // name lookup and connection: 30 s
	TLS     time.Duration // the handshake: 30 s
	Reply   time.Duration // banner and each reply up to DATA's: 5 min (RFC 5321 section 4.5.3.2)
	Body    time.Duration // writing the content: 3 min
	Final   time.Duration // the reply to the final dot: 10 min
	Grace   time.Duration // for that reply, once the context has ended: 10 s
	Quit    time.Duration // for the reply to QUIT: 2 s
	Idle    time.Duration // how long a connection may wait for the next Send: 30 s
	Life    time.Duration // how long a connection is used at all: 10 min
}

// Client hands messages to one route. It is safe for concurrent use.
type Client struct {
	route  seedtest.Route
	o      Options
	pool   pool
	known  *secrets                       // that a server may repeat
	unask  atomic.Pointer[seedtest.Reply] // by which the server wanted nothing asked; nil: it may be
	names  *names
	offers *offers

	// Of a peer, which is a Client of one server among several.
	at   netip.Addr // where it is; zero: its name is looked up
	dane *dane      // what its certificate is held against; nil: what crypto/tls does
	rest time.Time  // until then it comes last, because it could not be reached

	mu    sync.Mutex
	peers map[string]*Client
}

// New returns a Client of route. It does no I/O. Call Close when no message is left to send.
func New(route seedtest.Route, o Options) *Client {
	o = o.withDefaults()
	return &Client{route: route, o: o, pool: pool{slots: make(chan struct{}, o.MaxConns)},
		known: &secrets{}, names: newNames(o.Names),
		offers: newOffers(o.Notes), peers: map[string]*Client{}}
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 4
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Timeouts = o.Timeouts.withDefaults()
	if o.Shuffle == nil {
		o.Shuffle = rand.Shuffle
	}
	return o
}

func (t Timeouts) withDefaults() Timeouts {
	for _, d := range []struct {
		field    *time.Duration
		standard time.Duration
	}{
		{&t.Connect, 30 * time.Second}, {&t.TLS, 30 * time.Second}, {&t.Reply, 5 * time.Minute},
		{&t.Body, 3 * time.Minute}, {&t.Final, 10 * time.Minute}, {&t.Grace, 10 * time.Second},
		{&t.Quit, 2 * time.Second}, {&t.Idle, 30 * time.Second}, {&t.Life, 10 * time.Minute},
	} {
		if *d.field <= 0 {
			*d.field = d.standard
		}
	}
	return t
}

// Send hands m to the route: at most one message leaves, and commit is called at most once, which
// must not be nil. It fills everything of the Submission but Dispatch, Number, RetryAt and
// Breaker.
//
// The outcome is accepted on a 2yz to the final dot; refused on a 5yz and deferred on a 4yz at the
// greeting, EHLO, MAIL, RCPT, DATA or the final dot; failed when DNS, the connection, TLS or AUTH
// did not succeed or the connection was lost before the commit point; unsent when ctx ended or
// commit failed before it; in doubt when no answer came after it. Of several recipients
// those that are declined stand in Declined, and the message goes to the others.
//
// Where the route has several servers, or those of the recipient's domain take the mail, the
// Submission is of the one that decided, and tells which others were tried. A domain that does not
// exist or takes no mail (RFC 7505) is refused without a reply.
func (c *Client) Send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	rec := c.newRecord()
	t := c.send(ctx, m, commit, rec)
	sub := rec.end(t)
	sub.RemoteName = c.names.of(sub.Remote)
	if c.o.Log.Enabled(ctx, slog.LevelDebug) { // else to name it all takes longer than it should
		c.o.Log.Debug("submission", "route", c.route.Name, "outcome", sub.Outcome,
			"stage", sub.Stage, "queue_id", sub.QueueID, "reused", sub.Reused, "error", sub.Error)
	}
	return sub
}

func (c *Client) send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit, rec *record,
) *trouble {
	if err := checkComposed(m); err != nil {
		return unsent(err)
	}
	if err := c.pool.enter(ctx); err != nil {
		return unsent(err)
	}
	defer c.pool.leave()
	rec.sub.Begun = rec.now().UTC() // waiting for our own turn is not the route's time
	d := &delivery{c: c, m: m, commit: commit, rec: rec}
	if c.route.Type == seedtest.RouteMX {
		return d.direct(ctx)
	}
	return d.submit(ctx)
}

// attempt hands a message to this one server. Where it would have none of the reports that were asked
// for, and the connection could not be used further, that is once more without them.
func (c *Client) attempt(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit, rec *record,
) *trouble {
	t := c.hand(ctx, m, commit, rec)
	if t == nil || !t.asking || ctx.Err() != nil {
		return t
	}
	rec.anew(notAsked + ", by a new connection")
	t = c.hand(ctx, unasking(m), commit, rec)
	c.learn(rec, t)
	return t
}

// hand hands a message over by a kept connection or a new one.
func (c *Client) hand(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit, rec *record,
) *trouble {
	s, err := c.pool.get(c.o.Timeouts)
	if err != nil {
		return unsent(err)
	}
	if s != nil {
		t, stale := c.sendAgain(ctx, s, m, commit, rec)
		if !stale {
			return t
		}
	}
	s, t := c.open(ctx, rec)
	if t == nil {
		t = s.send(ctx, m, commit)
	}
	if s != nil {
		c.settle(s, t)
	}
	return t
}

// unsent is trouble before anything was tried.
func unsent(err error) *trouble {
	return &trouble{stage: seedtest.StageConnect, outcome: seedtest.OutcomeUnsent,
		what: err.Error()}
}

// sendAgain sends on a kept connection. It is stale if the server had left before MAIL was
// answered: then nothing has happened yet, and a new connection takes its place, once.
func (c *Client) sendAgain(
	ctx context.Context, s *session, m seedtest.Composed, commit seedtest.Commit, rec *record,
) (t *trouble, stale bool) {
	s.resume(ctx, rec)
	t = s.send(ctx, m, commit)
	c.settle(s, t)
	if t == nil || !t.gone || t.stage != seedtest.StageMAIL || ctx.Err() != nil {
		return t, false
	}
	rec.anew("the kept connection was of no more use: " + t.reason() + "; a new one is made")
	return t, true
}

// Check connects, agrees on TLS, says EHLO, signs in where the route has a login, and leaves. Of a
// route with several servers it is about the first one: see Checks.
func (c *Client) Check(ctx context.Context) Check {
	rec := c.newRecord()
	rec.sub.Host = c.route.Server.Host
	return c.check(ctx, rec)
}

func (c *Client) check(ctx context.Context, rec *record) Check {
	s, t := c.open(ctx, rec)
	check := Check{Route: c.route.Name, Begun: rec.sub.Begun, Stages: rec.sub.Stages,
		TLS: rec.sub.TLS, Local: rec.sub.Local, Remote: rec.sub.Remote,
		Host: rec.sub.Host, Preference: rec.sub.Preference, Policy: rec.sub.Policy}
	if p := c.route.Proxy; p != nil {
		check.Proxy = proxyAddress(*p)
	}
	if n := len(check.Stages); n > 0 {
		check.Stage = check.Stages[n-1].Stage
		check.Latency = check.Stages[n-1].At.Sub(check.Begun)
	}
	check.judge(t, rec)
	if s != nil {
		if t == nil {
			s.quit()
		}
		s.w.drop()
		check.describe(s)
	}
	check.Dialog, check.Remarks = rec.dialog.lines, rec.remarks
	check.RemoteName = c.names.within(ctx, check.Remote, nameGrace)
	return check
}

// Close has noted what the servers offered, and leaves those of all kept connections with QUIT, all at
// once; both within Timeouts.Quit. Send gives unsent from now on. It never fails; the error is for io.Closer.
func (c *Client) Close() error {
	c.mu.Lock()
	idle := c.pool.close()
	for _, p := range c.peers {
		idle = append(idle, p.pool.close()...)
	}
	c.mu.Unlock()
	c.names.close()
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Timeouts.Quit)
	defer cancel()
	c.offers.close(ctx)
	var all sync.WaitGroup
	for _, s := range idle {
		all.Go(func() {
			s.rec = c.newRecord()
			s.w.dialog = &s.rec.dialog
			s.quit()
			s.w.drop()
		})
	}
	all.Wait()
	return nil
}
