package sender_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"seedtest"
	"seedtest/sender"
)

// TestDirectByProxy: a proxy that is of no use is asked once and not for each server of a domain, one
// that cannot reach a server is asked for the next, and nobody is told that port 25 is blocked.
func TestDirectByProxy(t *testing.T) {
	for name, c := range map[string]struct {
		proxy socks
		dials int
		hint  string
	}{
		"down":          {socks{down: errors.New("connection refused")}, 1, "check proxy in the route"},
		"another login": {socks{login: "ops other"}, 1, "see username and password"},
		"HTTP":          {socks{says: "HTTP/1.1 400 Bad Request\r\n\r\n"}, 1, "is there a SOCKS 5 proxy"},
		"no way":        {socks{reply: 4}, 4, "check host, and the proxy's DNS"},
		"silence":       {socks{says: silent}, 4, "is there a SOCKS 5 proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x, dials := c.proxy, 0
				x.script = &script{t: t}
				dns := threeHosts()
				dns["example.net MX"] = []string{"10 mx2.example.com"} // servers are checked all at once
				route := direct(seedtest.TLSOpportunistic)
				route.Proxy = x.proxied().Proxy
				client := sender.New(route, sender.Options{DNS: dns, Shuffle: inOrder,
					Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
						dials++
						return x.dial(ctx, network, addr)
					}})
				defer client.Close()
				got, commits := sent(t, client, addressed(t, "anna@example.com"))
				if got.Outcome != failed || got.Stage != seedtest.StageConnect || commits != 0 ||
					!strings.Contains(got.Error, c.hint) || strings.Contains(got.Error, "port 25") {
					t.Errorf("%s at %s after %d commits: %s", got.Outcome, got.Stage, commits, got.Error)
				}
				if dials != c.dials {
					t.Errorf("the proxy was asked %d times, want %d", dials, c.dials)
				}
				check := client.Checks(t.Context(), "example.net")[0]
				if check.OK || check.Proxy != "proxy.example.org:1080" || !strings.Contains(check.Hint, c.hint) {
					t.Errorf("Check by %q: %s; %s", check.Proxy, check.Error, check.Hint)
				}
			})
		})
	}
}

// TestProxyOfSeveralServers asks a proxy that is of no use once, whatever the number of servers.
func TestProxyOfSeveralServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		route := relays()
		route.Proxy = &seedtest.Proxy{Host: "proxy.example.org", Port: 1080}
		client := sender.New(route, sender.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			dials++
			return nil, errors.New("connection refused")
		}})
		defer client.Close()
		if got := client.Send(t.Context(), composed(t), committed); got.Outcome != failed || dials != 1 {
			t.Errorf("%s after %d dials: %s", got.Outcome, dials, got.Error)
		}
	})
}
