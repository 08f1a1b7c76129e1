package sender

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"seedtest"
)

// network is what a Dial is asked for.
func (c *Client) network() string {
	switch c.route.Family {
	case seedtest.IPv4:
		return "tcp4"
	case seedtest.IPv6:
		return "tcp6"
	}
	return "tcp"
}

// source is the address that connections come from; nil: the system chooses. An address that cannot
// be read is an error, because the system's choice would look like somebody else to the server.
func (c *Client) source() (net.Addr, error) {
	if c.route.Source == "" {
		return nil, nil
	}
	ip, err := netip.ParseAddr(c.route.Source)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)), nil
}

// reachable leaves the addresses that the route's version of IP reaches.
func (c *Client) reachable(list []netip.Addr) []netip.Addr {
	if c.route.Family == "" {
		return list
	}
	return slices.DeleteFunc(list, func(ip netip.Addr) bool {
		return ip.Is4() != (c.route.Family == seedtest.IPv4)
	})
}

// outOfReach says that a host has addresses, but none that the route reaches. That is the route's
// trouble and says nothing of the recipient.
func (c *Client) outOfReach(host string) *trouble {
	return &trouble{stage: seedtest.StageResolve, outcome: seedtest.OutcomeFailed, gone: true,
		what: fmt.Sprintf("resolve: %s has no address of %s", host, c.route.Family.Words()),
		hint: c.wayHint()}
}

func (c *Client) wayHint() string {
	key, value := "family", string(c.route.Family)
	if c.route.Source != "" {
		key, value = "source", c.route.Source
	}
	return fmt.Sprintf("%s = %q leaves no other: take it out, or check that the server has an address "+
		"of %s", key, value, c.route.Family.Words())
}

// wayTrouble is what a connection failed of that the route's own source or family made impossible;
// empty if they are not to blame.
func (c *Client) wayTrouble(err error) string {
	var (
		dns     *net.DNSError
		address *net.AddrError
	)
	switch {
	case c.route.Source != "" && errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("this machine does not have the address source = %q, or no free port on it: "+
			"name one that the system lists for its interfaces", c.route.Source)
	case c.route.Family == "":
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("check host = %q for a typo; %s", c.route.Server.Host, c.wayHint())
	case errors.As(err, &address):
		return c.wayHint()
	}
	return ""
}
