package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"seedtest/resolve"
	"seedtest/sender"
)

// stsTimeout bounds the fetch of one policy of MTA-STS.
const stsTimeout = 30 * time.Second

// direct is what routes of type mx need of the world: DNS, and the policies of domains.
type direct struct {
	dns *resolve.Resolver
	sts *sender.STS
	err error // why there is no DNS

	trusted bool // its servers are configured, so that their word about signatures counts
}

// newDirect asks the servers of [dns] or, without any, the system's.
func newDirect(n network) *direct {
	d := &direct{trusted: len(n.dns) > 0}
	d.dns, d.err = resolve.New(resolve.Options{Servers: n.dns})
	d.sts = sender.NewSTS(&http.Client{Timeout: stsTimeout, Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            d.dialer(n),
		TLSClientConfig:        &tls.Config{RootCAs: n.roots},
		TLSHandshakeTimeout:    stsTimeout,
		ResponseHeaderTimeout:  stsTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
	}}, nil)
	return d
}

// Lookup implements sender.MXResolver.
func (d *direct) Lookup(ctx context.Context, name, recordType string) (sender.Records, error) {
	if d.err != nil {
		return sender.Records{}, d.err
	}
	a, err := d.dns.Query(ctx, name, recordType)
	if err != nil {
		return sender.Records{}, err
	}
	out := sender.Records{Name: a.Name, Authentic: a.Authentic && d.trusted}
	for _, r := range a.Records {
		out.List = append(out.List, sender.Record{Host: r.Host, Preference: r.Preference, Addr: r.Addr,
			Text: r.Text, Data: r.Data})
	}
	return out, nil
}

// PTR implements sender.Names.
func (d *direct) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	if d.err != nil {
		return nil, d.err
	}
	return d.dns.PTR(ctx, ip)
}

// dialer reaches hosts by the same DNS that the mail goes by.
func (d *direct) dialer(n network) sender.Dial {
	if n.dial != nil {
		return n.dial
	}
	var plain net.Dialer
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if _, err := netip.ParseAddr(host); err == nil || !d.trusted {
			return plain.DialContext(ctx, network, addr)
		}
		found, err := d.addresses(ctx, host)
		for _, ip := range found {
			var conn net.Conn
			conn, err = plain.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
			if err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
}

// addresses returns those of a host, and an error if there is none.
func (d *direct) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if d.err != nil {
		return nil, d.err
	}
	four, err4 := d.dns.IP4(ctx, host)
	six, err6 := d.dns.IP6(ctx, host)
	switch all := slices.Concat(four, six); {
	case len(all) > 0:
		return all, nil
	case err4 != nil && !nothingThere(err4) || err6 == nil:
		return nil, fmt.Errorf("%s: %w", host, err4)
	default:
		return nil, fmt.Errorf("%s: %w", host, err6)
	}
}
