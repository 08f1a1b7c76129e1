package config

import (
	"fmt"
	"net/netip"

	"seedtest"
)

// way reads how connections of a route are made: from which address of this machine, and by which
// version of IP. A source decides the version.
func (t *table) way(route *seedtest.Route) {
	if word := t.word("family", string(seedtest.IPv4), string(seedtest.IPv6)); word != "" {
		route.Family = seedtest.Family(word)
	}
	source := t.line("source", "192.0.2.1")
	if source == "" {
		return
	}
	n := t.get("source")
	ip, err := netip.ParseAddr(source)
	if err != nil || ip.IsUnspecified() || ip.IsMulticast() {
		t.r.fail(n, fmt.Sprintf("%q is no address to connect from", source),
			`write an address that this machine has, such as "192.0.2.1"`)
		return
	}
	ip = ip.Unmap()
	family := seedtest.IPv6
	if ip.Is4() {
		family = seedtest.IPv4
	}
	if route.Family != "" && route.Family != family {
		t.r.fail(n, fmt.Sprintf("%s does not go with family = %q", ip, route.Family),
			"take family out: the source decides it")
		return
	}
	route.Source, route.Family = ip.String(), family
}
