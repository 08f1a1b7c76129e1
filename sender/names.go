package sender

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Names looks up the reverse names of addresses, without final dots.
type Names interface {
	PTR(ctx context.Context, ip netip.Addr) ([]string, error)
}

// The bounds of what is asked about servers' addresses.
const (
	maxAsked   = 1000 // addresses of one Client
	nameWithin = 15 * time.Second
	nameGrace  = 3 * time.Second // for Check, which has no message to delay
)

// names are the reverse names of servers. Each address is asked for once, beside the mail and not
// waited for: what has not come by the end of a message is on record with the next.
type names struct {
	ask    Names // nil: nobody is asked
	ctx    context.Context
	cancel context.CancelFunc
	asking sync.WaitGroup

	mu    sync.Mutex
	known map[netip.Addr]*reverse
}

// reverse is the name of one address. It is there once done is closed.
type reverse struct {
	done chan struct{}
	name string
}

func newNames(ask Names) *names {
	n := &names{ask: ask, known: map[netip.Addr]*reverse{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n
}

// want has the name of an "address:port" looked up. Nobody is asked about what has none but on this
// machine or this link.
func (n *names) want(remote string) {
	at, err := netip.ParseAddrPort(remote)
	ip := at.Addr().Unmap()
	if err != nil || n.ask == nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known[ip] != nil || len(n.known) >= maxAsked || n.ctx.Err() != nil {
		return
	}
	r := &reverse{done: make(chan struct{})}
	n.known[ip] = r
	n.asking.Go(func() { n.find(ip, r) })
}

func (n *names) find(ip netip.Addr, r *reverse) {
	defer close(r.done)
	ctx, cancel := context.WithTimeout(n.ctx, nameWithin)
	defer cancel()
	if found, err := n.ask.PTR(ctx, ip); err == nil && len(found) > 0 {
		r.name = clip(printable(found[0]), maxAddress)
	}
}

// of returns the name of an "address:port"; empty if it has none, or none is known yet.
func (n *names) of(remote string) string { return n.within(context.Background(), remote, 0) }

// within is of, which waits for what is being asked.
func (n *names) within(ctx context.Context, remote string, wait time.Duration) string {
	if n.ask == nil {
		return ""
	}
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	n.mu.Lock()
	r := n.known[at.Addr().Unmap()]
	n.mu.Unlock()
	if r == nil {
		return ""
	}
	select {
	case <-r.done:
		return r.name
	default:
	}
	if wait <= 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case <-r.done:
		return r.name
	case <-ctx.Done():
		return ""
	}
}

// close ends what is being asked. Nothing is asked from now on.
func (n *names) close() {
	n.mu.Lock()
	n.cancel()
	n.mu.Unlock()
	n.asking.Wait()
}
