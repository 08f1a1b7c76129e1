package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"seedtest"
)

// maxHosts bounds how many alternatives a route has.
const maxHosts = 10

// direct reads a route of type mx, which hands each message to the servers of its recipient.
func (t *table) direct(route *seedtest.Route) {
	route.HELO, route.CA, route.Shows = t.helo(), t.authorities(), t.showing()
	t.notFor(route.Type, "which asks DNS for the recipient's servers and signs in nowhere",
		"host", "hosts", "username", "password", "token", "oauth")
	t.notFor(route.Type, "whose dialogue is with the receiver itself", "log")
	modes := []string{string(seedtest.TLSOpportunistic), string(seedtest.TLSStartTLS),
		string(seedtest.TLSMTASTS), string(seedtest.TLSDANE), string(seedtest.TLSNone)}
	route.Server = seedtest.Endpoint{Port: t.integer("port", 1, 65535),
		TLS: seedtest.TLSMode(t.word("tls", modes...))}
	if route.Server.Port == 0 {
		route.Server.Port = portRelay
	}
	switch route.Server.TLS {
	case "":
		route.Server.TLS = seedtest.TLSOpportunistic
	case seedtest.TLSDANE:
		t.checkDANE()
	}
	t.needs("helo", `write helo = "mail.example.org", the name of this machine in DNS`)
	if n := t.get("helo"); route.HELO != "" && !isHost(route.HELO) {
		t.r.fail(n, "an address in brackets is no name that receivers believe",
			`write the name that the address resolves to, such as "mail.example.org"`)
	}
	t.checkShowing(*route)
	t.way(route)
	route.Proxy = t.proxy()
	route.Address = t.publicAddress()
	if route.Force = t.flag("force"); route.Proxy != nil && route.Address == "" && !route.Force {
		t.r.fail(t.get("proxy"), "receivers see the proxy's address: PTR, HELO and SPF have to fit that",
			`write address = "192.0.2.1" in the route, the address that they see`)
	}
}

// checkDANE demands resolvers that somebody chose: the word of the system's about signatures is
// believed by nobody who did not look (RFC 7672 section 2.1).
func (t *table) checkDANE() {
	if !t.r.servers {
		t.r.fail(t.get("tls"), "DANE needs DNS servers that validate signatures (DNSSEC)",
			`name one that you trust, best on this machine, in [dns]: servers = ["127.0.0.1"]`)
	}
}

// publicAddress reads the address that receivers see.
func (t *table) publicAddress() string {
	s := t.line("address", "192.0.2.1")
	if s == "" {
		return ""
	}
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		t.r.fail(t.get("address"), fmt.Sprintf("%q is no IP address", s),
			`write the address that receivers see, such as "192.0.2.1"`)
		return ""
	}
	return ip.Unmap().String()
}

// relay reads the servers of a route of type smtp: host, or hosts in the order in which they are
// tried.
func (t *table) relay(route *seedtest.Route) {
	several := t.get("hosts")
	route.Server = seedtest.Endpoint{Port: t.integer("port", 1, 65535), TLS: t.tls(true)}
	switch {
	case several == nil:
		t.needs("host", `write host = "mail.example.org", the relay that takes the mail`)
		route.Server.Host = t.host("host")
	case t.value("host") != nil:
		t.r.fail(several, "stands beside host", "write all hosts in hosts, the first one first")
	}
}

// alternatives reads hosts, once TLS and port of the route are known. Each may have a port of its
// own.
func (t *table) alternatives(route *seedtest.Route) {
	const example = `hosts = ["mail1.example.org", "mail2.example.org:2525"]`
	if t.value("hosts") == nil {
		return
	}
	var all []seedtest.Endpoint
	list := t.list("hosts", kindString, example)
	for _, n := range list {
		e, ok := endpoint(n.text, route.Server)
		switch {
		case !ok:
			t.r.fail(n, fmt.Sprintf("%q is no host", n.text), "write "+example)
		case slices.Contains(all, e):
			t.r.fail(n, fmt.Sprintf("%q stands there twice", n.text), "take one out")
		default:
			all = append(all, e)
		}
	}
	switch {
	case len(list) == 0 || len(list) > maxHosts:
		t.r.fail(t.get("hosts"), fmt.Sprintf("has %d hosts", len(list)),
			fmt.Sprintf("write 1 to %d: %s", maxHosts, example))
	case len(all) > 0:
		route.Server, route.Also = all[0], all[1:]
	}
}

// endpoint reads a host with or without a port, which defaults to that of the route.
func endpoint(s string, of seedtest.Endpoint) (seedtest.Endpoint, bool) {
	if ip, err := netip.ParseAddr(s); err == nil || isHost(s) {
		if of.Host = s; err == nil {
			of.Host = ip.String()
		}
		return of, true
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return of, false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	_, notAddress := netip.ParseAddr(host)
	of.Host, of.Port = host, int(n)
	return of, err == nil && n > 0 && (notAddress == nil || isHost(host))
}
