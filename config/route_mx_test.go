package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seedtest"
)

// TestDirect reads routes to the servers of domains, and those with several servers.
func TestDirect(t *testing.T) {
	c, err := Load("testdata/good/direct.toml", testEnv())
	if err != nil {
		t.Fatal(err)
	}
	const helo = "mail.example.org"
	relay := func(host string, port int) seedtest.Endpoint {
		return seedtest.Endpoint{Host: host, Port: port, TLS: seedtest.TLSOpportunistic}
	}
	want := []seedtest.Route{
		{Name: "direct", Type: seedtest.RouteMX, HELO: helo, Address: "192.0.2.1", Control: true,
			Server: seedtest.Endpoint{Port: 25, TLS: seedtest.TLSDANE}},
		{Name: "forced", Type: seedtest.RouteMX, HELO: helo, Force: true,
			Server: seedtest.Endpoint{Port: 2525, TLS: seedtest.TLSOpportunistic},
			DKIM:   []seedtest.DKIM{{Domain: "example.org", Selector: "s1"}}},
		{Name: "relays", Type: seedtest.RouteSMTP, Server: relay("mail1.example.org", 25),
			Also: []seedtest.Endpoint{relay("mail2.example.org", 2525), relay("2001:db8::25", 25)}},
	}
	if diff := cmp.Diff(want, c.Routes, cmpopts.IgnoreFields(seedtest.Route{}, "Sender"),
		cmpopts.IgnoreFields(seedtest.DKIM{}, "Key")); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if c.Routes[0].Sender.EnvelopeFrom != "ops@example.org" || c.Routes[1].DKIM[0].Key == nil {
		t.Errorf("a route without its sender or key: %+v", c.Routes)
	}
}
