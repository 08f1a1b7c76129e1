package config

import (
	"fmt"
	"net/netip"
	"path/filepath"

	"seedtest"
)

// The dose limits of rule 22.
const (
	defaultSeedDay      = 4
	defaultProviderHour = 10
	maxLimit            = 1_000_000
)

// limits reads [limits].
func (r *reader) limits(top *table) seedtest.Limits {
	l := seedtest.Limits{SeedDay: defaultSeedDay, ProviderHour: defaultProviderHour}
	if t := top.sub("limits", "[limits]"); t != nil {
		set(t, "seed_day", &l.SeedDay, t.integer("seed_day", 1, maxLimit))
		set(t, "provider_hour", &l.ProviderHour, t.integer("provider_hour", 1, maxLimit))
		t.done()
	}
	return l
}

// store reads [store]. The default place is that of the XDG base directories.
func (r *reader) store(top *table) string {
	if t := top.sub("store", "[store]"); t != nil {
		path := t.line("path", "seedtest.db")
		t.done()
		if path != "" {
			return r.path(path)
		}
	}
	if state := r.env.getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "seedtest", "seedtest.db")
	}
	if home := r.env.getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "seedtest", "seedtest.db")
	}
	return ""
}

// dns reads [dns].
func (r *reader) dns(top *table) []string {
	t := top.sub("dns", "[dns]")
	if t == nil {
		return nil
	}
	var servers []string
	for _, n := range t.list("servers", kindString, `servers = ["127.0.0.1:53"]`) {
		if at, err := netip.ParseAddrPort(n.text); err == nil && at.Port() != 0 {
			servers = append(servers, at.String())
		} else if ip, err := netip.ParseAddr(n.text); err == nil {
			servers = append(servers, netip.AddrPortFrom(ip, 53).String())
		} else {
			r.fail(n, fmt.Sprintf("%q is no address of a server", n.text),
				`write an IP address, with a port if it is not 53: "192.0.2.53:5353"`)
		}
	}
	t.done()
	r.servers = len(servers) > 0
	return servers
}
