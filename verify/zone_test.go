package verify

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"seedtest"
)

// zone is a Resolver over a few names. Names are in lower case, without a final dot.
type zone map[string]*node

// node is what stands at a name.
type node struct {
	txt   []string
	ip4   []netip.Addr
	ip6   []netip.Addr
	mx    []string
	ptr   []string
	cname string
	fails bool // types of which there is nothing here get no answer
}

// errTimeout is what a name that fails answers.
var errTimeout = errors.New("no answer in time")

// parseZone reads lines of name, type and data:
//
//	example.org TXT v=spf1 mx -all
//	example.org MX mx.example.org
//	slow.example.org FAIL
func parseZone(t testing.TB, text string) zone {
	t.Helper()
	z := zone{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		kind, data, _ := strings.Cut(rest, " ")
		if !z.add(name, kind, data) {
			t.Fatalf("zone: line %q is not understood", line)
		}
	}
	return z
}

func (z zone) at(name string) *node {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if z[name] == nil {
		z[name] = &node{}
	}
	return z[name]
}

func (z zone) add(name, kind, data string) bool {
	n := z.at(name)
	ip, err := netip.ParseAddr(data)
	switch kind {
	case "TXT":
		n.txt = append(n.txt, data)
	case "A":
		n.ip4 = append(n.ip4, ip)
	case "AAAA":
		n.ip6 = append(n.ip6, ip)
	case "MX":
		n.mx = append(n.mx, data)
	case "PTR":
		n.ptr = append(n.ptr, data)
	case "CNAME":
		n.cname = data
	case "FAIL":
		n.fails = true
	case "EXISTS": // and has no record that is asked for
	default:
		return false
	}
	return (kind != "A" && kind != "AAAA") || err == nil
}

// find follows aliases. A name above one that exists exists too (RFC 8020).
func (z zone) find(ctx context.Context, name string) (*node, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for range 10 {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		n := z[name]
		switch {
		case n == nil:
			for other := range z {
				if strings.HasSuffix(other, "."+name) {
					return &node{}, nil
				}
			}
			return nil, seedtest.ErrNXDOMAIN
		case n.cname == "":
			return n, nil
		}
		name = n.cname
	}
	return nil, errors.New("aliases without end")
}

// pick is an answer of one type.
func pick[T any](n *node, err error, of func(*node) []T) ([]T, error) {
	if err != nil {
		return nil, err
	}
	switch found := of(n); {
	case len(found) > 0:
		return found, nil
	case n.fails:
		return nil, errTimeout
	}
	return nil, seedtest.ErrNODATA
}

func (z zone) TXT(ctx context.Context, name string) ([]string, error) {
	n, err := z.find(ctx, name)
	return pick(n, err, func(n *node) []string { return n.txt })
}

func (z zone) IP4(ctx context.Context, name string) ([]netip.Addr, error) {
	n, err := z.find(ctx, name)
	return pick(n, err, func(n *node) []netip.Addr { return n.ip4 })
}

func (z zone) IP6(ctx context.Context, name string) ([]netip.Addr, error) {
	n, err := z.find(ctx, name)
	return pick(n, err, func(n *node) []netip.Addr { return n.ip6 })
}

func (z zone) MX(ctx context.Context, name string) ([]string, error) {
	n, err := z.find(ctx, name)
	return pick(n, err, func(n *node) []string { return n.mx })
}

func (z zone) PTR(ctx context.Context, ip netip.Addr) ([]string, error) {
	n, err := z.find(ctx, reverseName(ip))
	return pick(n, err, func(n *node) []string { return n.ptr })
}

// reverseName is the name at which the names of an address stand.
func reverseName(ip netip.Addr) string {
	var parts []string
	suffix := ".in-addr.arpa"
	if ip.Is4() {
		for _, b := range ip.As4() {
			parts = append(parts, strconv.Itoa(int(b)))
		}
	} else {
		suffix = ".ip6.arpa"
		for _, b := range ip.As16() {
			parts = append(parts, strconv.FormatInt(int64(b>>4), 16),
				strconv.FormatInt(int64(b&15), 16))
		}
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, ".") + suffix
}
