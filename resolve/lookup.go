package resolve

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"seedtest"
)

// TXT returns the texts of a name: of each record the strings joined, octet for octet.
func (r *Resolver) TXT(ctx context.Context, name string) ([]string, error) {
	a, err := r.Query(ctx, name, "TXT")
	return each(a, func(r Record) string { return r.Text }), err
}

// IP4 returns the IPv4 addresses of a host.
func (r *Resolver) IP4(ctx context.Context, name string) ([]netip.Addr, error) {
	return r.addresses(ctx, name, "A")
}

// IP6 returns the IPv6 addresses of a host.
func (r *Resolver) IP6(ctx context.Context, name string) ([]netip.Addr, error) {
	return r.addresses(ctx, name, "AAAA")
}

// addresses never asks for those of the root, which a null MX names as its host.
func (r *Resolver) addresses(ctx context.Context, name, recordType string) ([]netip.Addr, error) {
	if name == "." {
		return nil, &Error{Name: name, Type: recordType, Kind: KindNODATA, Err: seedtest.ErrNODATA}
	}
	a, err := r.Query(ctx, name, recordType)
	return each(a, func(r Record) netip.Addr { return r.Addr }), err
}

// MX returns the hosts that take mail for a domain, the most preferred first, without final dots. A
// domain that takes none (null MX, RFC 7505) has the one host ".".
func (r *Resolver) MX(ctx context.Context, name string) ([]string, error) {
	a, err := r.Query(ctx, name, "MX")
	records := slices.Clone(a.Records)
	slices.SortStableFunc(records, func(a, b Record) int { return a.Preference - b.Preference })
	return each(Answer{Records: records}, func(r Record) string { return r.Host }), err
}

// PTR returns the names of an address, without final dots.
func (r *Resolver) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	name, err := dns.ReverseAddr(ip.Unmap().WithZone("").String())
	if err != nil {
		return nil, &Error{Name: ip.String(), Type: "PTR", Kind: KindName,
			Err: noName("it is no address")}
	}
	a, err := r.Query(ctx, name, "PTR")
	return each(a, func(r Record) string { return r.Host }), err
}

func each[T any](a Answer, of func(Record) T) []T {
	var list []T
	for _, r := range a.Records {
		list = append(list, of(r))
	}
	return list
}
