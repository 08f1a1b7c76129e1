package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// Network is what carries the connections of a world: loopback TCP, or [Pipes].
type Network interface {
	// listen opens the port behind a documentation address.
	listen(at netip.AddrPort) (net.Listener, error)
	// dial connects from one documentation address to the port behind another.
	dial(ctx context.Context, from, to netip.AddrPort) (net.Conn, error)
	// real returns what a socket must be connected to; empty on pipes.
	real(at netip.AddrPort) string
}

// addressed is a connection that shows documentation addresses.
type addressed struct {
	net.Conn
	local, remote net.Addr
	closed        func()
	once          sync.Once
}

func (c *addressed) LocalAddr() net.Addr  { return c.local }
func (c *addressed) RemoteAddr() net.Addr { return c.remote }

func (c *addressed) Close() error {
	if c.closed != nil {
		c.once.Do(c.closed)
	}
	return c.Conn.Close()
}

// loopback carries connections over TCP on 127.0.0.1.
type loopback struct {
	mu      sync.Mutex
	ports   map[netip.AddrPort]string    // documentation address to the real one
	dialled map[[2]string]netip.AddrPort // ends of a connection, dialler first, to who dialled
}

func newLoopback() *loopback {
	return &loopback{ports: map[netip.AddrPort]string{},
		dialled: map[[2]string]netip.AddrPort{}}
}

func (n *loopback) listen(at netip.AddrPort) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ports[at] = l.Addr().String()
	return &loopbackListener{l, n, at}, nil
}

func (n *loopback) real(at netip.AddrPort) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ports[at]
}

func (n *loopback) dial(ctx context.Context, from, to netip.AddrPort) (net.Conn, error) {
	real := n.real(to)
	if real == "" {
		return nil, refused(to)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", real)
	if err != nil {
		return nil, err
	}
	ends := [2]string{conn.LocalAddr().String(), conn.RemoteAddr().String()}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialled[ends] = from
	forget := func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.dialled, ends)
	}
	return &addressed{Conn: conn, local: tcpAddr(from), remote: tcpAddr(to), closed: forget}, nil
}

type loopbackListener struct {
	net.Listener
	network *loopback
	at      netip.AddrPort
}

// Accept returns a connection that tells its peer's documentation address. A dialler is known by
// the time its first octet is here; processes of others stand for the workstation.
func (l *loopbackListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &accepted{Conn: conn, listener: l}, nil
}

type accepted struct {
	net.Conn
	listener *loopbackListener

	mu     sync.Mutex
	remote net.Addr
}

func (c *accepted) LocalAddr() net.Addr { return tcpAddr(c.listener.at) }

func (c *accepted) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remote != nil {
		return c.remote
	}
	real := c.Conn.RemoteAddr()
	n := c.listener.network
	n.mu.Lock()
	from, known := n.dialled[[2]string{real.String(), c.Conn.LocalAddr().String()}]
	n.mu.Unlock()
	if !known {
		from = netip.AddrPortFrom(workstation, portOf(real))
		return tcpAddr(from)
	}
	c.remote = tcpAddr(from)
	return c.remote
}

func refused(to netip.AddrPort) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: tcpAddr(to), Err: syscall.ECONNREFUSED}
}

func tcpAddr(a netip.AddrPort) net.Addr { return net.TCPAddrFromAddrPort(a) }

func portOf(a net.Addr) uint16 {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return 0
	}
	return at.Port()
}

// ipOf returns the address of a connection's end, without its port.
func ipOf(a net.Addr) netip.Addr {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// ports counts up the source ports of one address, as a quiet machine would.
type ports struct {
	mu   sync.Mutex
	last map[netip.Addr]uint16
}

func (p *ports) next(ip netip.Addr) netip.AddrPort {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[netip.Addr]uint16{}
	}
	if p.last[ip] < firstPort {
		p.last[ip] = firstPort
	}
	p.last[ip]++
	return netip.AddrPortFrom(ip, p.last[ip])
}

// firstPort is where the ephemeral ports begin (RFC 6335 section 6).
const firstPort = 49152

// Dial connects to a party of the world by name or documentation address, as its workstation
// would. An address on loopback itself is dialled as it is.
func (w *World) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return w.dialFrom(ctx, workstation, host, port)
}

// dialFrom connects a party to another.
func (w *World) dialFrom(ctx context.Context, from netip.Addr, host, port string) (
	net.Conn, error,
) {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		found, ok := w.zone.address(host)
		if !ok {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{
				Err: "no such host", Name: host, IsNotFound: true}}
		}
		ip = found
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("port %q: %w", port, err)}
	}
	return w.network.dial(ctx, w.ports.next(from), to)
}
