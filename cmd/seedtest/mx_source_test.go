package main

import (
	"net/netip"
	"testing"

	"seedtest"
)

// TestSourcesOfARoute: what receivers are asked about is the address that the route connects from.
func TestSourcesOfARoute(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for name, c := range map[string]struct {
		route seedtest.Route
		want  string
		bad   int
	}{
		"all of the machine's":           {want: "192.0.2.1 2001:db8::1"},
		"those of its family":            {route: seedtest.Route{Family: seedtest.IPv6}, want: "2001:db8::1"},
		"its source":                     {route: seedtest.Route{Source: "192.0.2.7"}, want: "192.0.2.7"},
		"a source that nobody sees":      {route: seedtest.Route{Source: "10.0.0.1"}, bad: 1},
		"the address that receivers see": {route: seedtest.Route{Source: "10.0.0.1", Address: "192.0.2.9"}, want: "192.0.2.9"},
	} {
		got, bad := sourcesOf(c.route, []netip.Addr{four, six})
		said := ""
		for i, ip := range got {
			if i > 0 {
				said += " "
			}
			said += ip.String()
		}
		if said != c.want || len(bad) != c.bad {
			t.Errorf("%s: %q with %d misfits, want %q with %d", name, said, len(bad), c.want, c.bad)
		}
	}
}
