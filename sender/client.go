package sender

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"time"

	"seedtest"
)

// Dial opens a connection to addr, a "host:port", on network "tcp".
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are what a Client needs beside its route. The zero value uses the machine's network,
// resolver, roots and clock.
type Options struct {
	Dial     Dial             // nil: a net.Dialer that asks Resolver
	Resolver *net.Resolver    // nil: the system's; not asked when Dial is set
	Roots    *x509.CertPool   // nil: the system's; the route's CA is trusted beside them
	Now      func() time.Time // for the times on record; nil: time.Now
	Timeouts Timeouts
	MaxConns int          // most connections at a time; 0: 4
	Log      *slog.Logger // nil: no log
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
	Idle    time.Duration // how long a connection is kept unused: 30 s
	Life    time.Duration // how long a connection is used at all: 10 min
}

// Client hands messages to one route. It is safe for concurrent use.
type Client struct {
	route seedtest.Route
	o     Options
}

// New returns a Client of route. It does no I/O.
func New(route seedtest.Route, o Options) *Client {
	return &Client{route: route, o: o}
}

// Send hands m to the route: at most one message leaves, and commit is called at most once. It
// fills everything of the Submission but Dispatch, Number, RetryAt and Breaker.
func (c *Client) Send(
	ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Error: "not built yet"}
}

// Check connects, agrees on TLS, says EHLO, signs in where the route has a login, and leaves.
func (c *Client) Check(ctx context.Context) Check { return Check{Route: c.route.Name} }

// Close leaves the servers of all kept connections with QUIT, within Timeouts.Quit.
func (c *Client) Close() error { return nil }
