package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/verify"
)

// The bounds of a look at how receivers see a route.
const (
	fitTimeout = 30 * time.Second
	maxReverse = 5 // names of one address
)

// misfit is something that makes receivers distrust a route of type mx.
type misfit struct {
	what    string
	hint    string
	unknown bool // DNS did not say
}

// nothingThere reports whether DNS says that there is nothing.
func nothingThere(err error) bool {
	return errors.Is(err, seedtest.ErrNXDOMAIN) || errors.Is(err, seedtest.ErrNODATA)
}

// fit refuses routes of type mx whose address, HELO name and SPF do not fit each other: the mail
// would be refused or filed as junk, and its address remembered for it.
func (d *direct) fit(ctx context.Context, routes []seedtest.Route) error {
	var bad, unknown []error
	var hints []string
	for _, r := range routes {
		if r.Type != seedtest.RouteMX || r.Force {
			continue
		}
		for _, m := range d.misfits(ctx, r) {
			err := fmt.Errorf("route %s: %s", r.Name, m.what)
			if m.unknown {
				unknown = append(unknown, err)
			} else {
				bad = append(bad, err)
			}
			if m.hint != "" && !slices.Contains(hints, m.hint) {
				hints = append(hints, m.hint)
			}
		}
	}
	hints = append(hints, "force = true in the route sends all the same")
	switch {
	case len(bad) > 0:
		return usage(errors.Join(append(bad, unknown...)...), hints...)
	case len(unknown) > 0:
		return broken(errors.Join(unknown...), hints...)
	}
	return nil
}

// misfits lists what receivers would find wrong with a route.
func (d *direct) misfits(ctx context.Context, r seedtest.Route) []misfit {
	ctx, cancel := context.WithTimeout(ctx, fitTimeout)
	defer cancel()
	if d.err != nil {
		return []misfit{{what: d.err.Error(), unknown: true,
			hint: `name DNS servers: [dns] with servers = ["192.0.2.53"]`}}
	}
	addresses, bad := sourcesOf(r, ownAddresses())
	for _, ip := range addresses {
		bad = append(bad, d.reverse(ctx, ip)...)
		bad = append(bad, d.greeting(ctx, r.HELO, ip)...)
		bad = append(bad, d.policy(ctx, r, ip)...)
	}
	return bad
}

// sourcesOf returns the addresses from which receivers see the route's mail come: the configured
// one, or those of this machine, if receivers can see them.
func sourcesOf(r seedtest.Route, own []netip.Addr) ([]netip.Addr, []misfit) {
	const hint = `write address = "192.0.2.1" in the route, the address that receivers see`
	if ip, err := netip.ParseAddr(r.Address); err == nil {
		return []netip.Addr{ip}, nil
	}
	if ip, err := netip.ParseAddr(r.Source); err == nil {
		own = []netip.Addr{ip}
	} else if r.Family != "" {
		own = slices.DeleteFunc(slices.Clone(own), func(ip netip.Addr) bool {
			return ip.Is4() != (r.Family == seedtest.IPv4)
		})
	}
	if len(own) == 0 {
		return nil, []misfit{{what: "this machine has no address to send from", hint: hint,
			unknown: true}}
	}
	for _, ip := range own {
		if !public(ip) {
			what := fmt.Sprintf("this machine sends from %s, which no receiver sees", ip)
			return nil, []misfit{{what: what, hint: hint, unknown: true}}
		}
	}
	return own, nil
}

// ownAddresses are those from which this machine sends into the internet.
func ownAddresses() []netip.Addr {
	var own []netip.Addr
	for _, target := range []string{"198.51.100.1:25", "[2001:db8::1]:25"} { // nothing is sent there
		if ip := sourceFor(target); ip.IsValid() {
			own = append(own, ip)
		}
	}
	return own
}

// sourceFor is the address from which the system would send to another; a socket for datagrams
// learns it without sending any.
func sourceFor(target string) netip.Addr {
	conn, err := net.Dial("udp", target)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	at, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// shared is the range of carriers that translate addresses (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// reverse holds the reverse name of an address against the address (RFC 1912 section 2.1).
func (d *direct) reverse(ctx context.Context, ip netip.Addr) []misfit {
	names, err := d.dns.PTR(ctx, ip)
	switch {
	case err != nil && nothingThere(err):
		return []misfit{{what: fmt.Sprintf("%s has no reverse name (PTR)", ip),
			hint: "ask whoever gave you the address for a PTR record with the name of helo"}}
	case err != nil:
		return []misfit{unknownDNS(fmt.Sprintf("the reverse name of %s", ip), err)}
	}
	var failed error
	for _, name := range names[:min(len(names), maxReverse)] {
		found, err := d.addresses(ctx, name)
		if slices.Contains(found, ip) {
			return nil
		}
		if err != nil && !nothingThere(err) {
			failed = err
		}
	}
	names = names[:min(len(names), maxReverse)]
	if failed != nil {
		return []misfit{unknownDNS("the address of the reverse name", failed)}
	}
	return []misfit{{what: fmt.Sprintf("the reverse name of %s, %s, does not lead back to it", ip,
		strings.Join(names, ", ")),
		hint: "give the reverse name an A or AAAA record with the address, or change the PTR record"}}
}

// greeting holds the name given at EHLO against the address (RFC 5321 section 2.3.5).
func (d *direct) greeting(ctx context.Context, helo string, ip netip.Addr) []misfit {
	found, err := d.addresses(ctx, helo)
	switch {
	case slices.Contains(found, ip):
		return nil
	case err != nil && !nothingThere(err):
		return []misfit{unknownDNS("the address of helo = "+helo, err)}
	case err != nil:
		return []misfit{{what: fmt.Sprintf("helo = %q has no address in DNS", helo),
			hint: fmt.Sprintf("give it an A or AAAA record with %s, or write another name", ip)}}
	}
	return []misfit{{what: fmt.Sprintf("helo = %q does not lead to %s", helo, ip),
		hint: fmt.Sprintf("give it a record with %s, or write the name that has one", ip)}}
}

// policy evaluates SPF as receivers do for the envelope's sender.
func (d *direct) policy(ctx context.Context, r seedtest.Route, ip netip.Addr) []misfit {
	c := verify.SPF(ctx, d.dns, verify.SPFQuery{IP: ip, MailFrom: r.Sender.EnvelopeFrom, HELO: r.HELO,
		Receiver: "receiver.invalid", Now: time.Now()})
	what := fmt.Sprintf("SPF of %s says %s for %s", c.Domain, c.Result, ip)
	if c.Reason != "" {
		what += ": " + c.Reason
	}
	switch c.Result {
	case "pass":
		return nil
	case "temperror":
		return []misfit{{what: what, hint: askLater, unknown: true}}
	}
	mechanism := "ip4:"
	if ip.Is6() {
		mechanism = "ip6:"
	}
	return []misfit{{what: what, hint: fmt.Sprintf("add %s%s to the SPF record of %s", mechanism, ip,
		domainOf(r.Sender.EnvelopeFrom))}}
}

const askLater = "ask again later, and check that the DNS servers answer"

func unknownDNS(what string, err error) misfit {
	return misfit{what: fmt.Sprintf("%s is not known: %v", what, err), hint: askLater, unknown: true}
}
