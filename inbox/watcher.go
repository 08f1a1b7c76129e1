package inbox

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"sync"
	"time"

	"seedtest"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are what a Watcher works with. The zero value is of use.
type Options struct {
	// Dial opens connections; nil: net.Dialer.
	Dial Dial
	// Roots are the certificates that are trusted beside a seed's own CA; nil: the system's.
	Roots *x509.CertPool
	// Timeouts bound every wait; what is zero has its default.
	Timeouts Timeouts
	// Own is the pace at seeds of ours, Gentle the one at providers of others (rule 23).
	// What is zero has its default.
	Own, Gentle Pace
	// Connections are shared with other Watchers of this process; nil: this one has its own.
	Connections *Connections
	// Log receives what is of use to whoever looks into trouble; nil: nothing is logged.
	Log *slog.Logger
	// Jitter changes a wait a little, before a new connection or a regular look at a server of others,
	// so that many seeds and runs do not come at once; nil: the wait is taken as it is.
	Jitter func(time.Duration) time.Duration
}

// Timeouts bound the waits of a connection.
type Timeouts struct {
	Connect time.Duration // DNS, TCP, TLS and greeting; 20 s unless set
	Command time.Duration // silence of the server while a command is open; 60 s unless set
	Idle    time.Duration // IDLE is begun anew after this, unless the preset says; 9 min unless set
}

const (
	defaultConnect = 20 * time.Second
	defaultCommand = 60 * time.Second
	defaultIdle    = 9 * time.Minute
)

// Watcher watches seeds. It holds no state of a seed beside its Connections, and is safe for
// concurrent use.
type Watcher struct {
	dial     Dial
	roots    *x509.CertPool
	timeouts Timeouts
	own      Pace
	gentle   Pace
	log      *slog.Logger
	jitter   func(time.Duration) time.Duration
	spreads  bool // jitter is more than nothing

	connections *Connections
	pools       sync.Map // trusted certificates, by the CA of a seed
}

// New makes a Watcher.
func New(o Options) *Watcher {
	w := &Watcher{
		dial: o.Dial, roots: o.Roots, timeouts: o.Timeouts, log: o.Log, jitter: o.Jitter,
		spreads: o.Jitter != nil,
		own:     o.Own.or(ownPace()), gentle: o.Gentle.or(gentlePace()),
	}
	if w.connections = o.Connections; w.connections == nil {
		w.connections = NewConnections()
	}
	if w.dial == nil {
		w.dial = new(net.Dialer).DialContext
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.jitter == nil {
		w.jitter = func(d time.Duration) time.Duration { return d }
	}
	w.timeouts.Connect = orDuration(w.timeouts.Connect, defaultConnect)
	w.timeouts.Command = orDuration(w.timeouts.Command, defaultCommand)
	w.timeouts.Idle = orDuration(w.timeouts.Idle, defaultIdle)
	return w
}

// spread is within how long the regular looks of many runs come, one after the other.
const spread = 15 * time.Minute

// origin is from when on the regular looks of a watch that begins now are counted; zero: from what it
// looks for.
func (w *Watcher) origin(now time.Time) time.Time {
	if !w.spreads {
		return time.Time{}
	}
	return now.Add(-w.jitter(spread))
}

// within is some time of at most so long.
func (w *Watcher) within(most time.Duration) time.Duration {
	return max(w.jitter(5*most/2)-2*most, 0)
}

func orDuration(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Check is what signing in to a seed and listing its mailboxes told.
type Check struct {
	Mailboxes    []seedtest.Mailbox
	Strategy     Strategy          // how a watch would learn of mail, by what is known now
	Capabilities []string          // after sign-in, sorted
	Greeting     string            // the server's first line
	Server       string            // what its ID reply says of itself (RFC 2971), empty if nothing
	TLS          *seedtest.TLSInfo // nil: plain text
	Local        string            // address:port
	Remote       string            // address:port
	ConnectTime  time.Duration     // to the greeting
	LoginTime    time.Duration     // from there to signed in
	RoundTrip    time.Duration     // of one NOOP
	Quotas       []Quota           // of INBOX; nil: the server has none or does not tell
	Trouble      *seedtest.Fault   // why Check failed, as a watch would record it; nil: it did not
	Dialog       []string          // both ways, capped, secrets redacted
}
