package main

import (
	"context"
	"slices"
	"strings"
	"sync"

	"seedtest"
	"seedtest/sender"
)

// maxChecksAtOnce bounds how many domains a route of type mx asks at the same time.
const maxChecksAtOnce = 4

// domainsOf are those of the seeds, each once.
func domainsOf(seeds []seedtest.Seed) []string {
	var all []string
	for _, s := range seeds {
		if d := strings.ToLower(domainOf(s.Address)); !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// checkRoute asks every server of a route: those that are configured, or those of each domain.
func (a *app) checkRoute(ctx context.Context, r seedtest.Route, d *direct,
	domains []string) []checked {
	switch r.Type {
	case seedtest.RouteSendmail:
		return []checked{checkProgram(r)}
	case seedtest.RouteExternal:
		return []checked{{Kind: "route", Name: r.Name, OK: true}} // there is nothing of ours to ask
	}
	client := sender.New(r, sender.Options{Log: a.logger(), DNS: d, STS: d.sts, Names: d, Notes: notes{a}})
	defer func() { _ = client.Close() }()
	if r.Type != seedtest.RouteMX {
		ctx, cancel := a.bounded(ctx)
		defer cancel()
		return ofServers(r, "", client.Checks(ctx, ""))
	}
	byDomain := make([][]checked, len(domains))
	turns := make(chan struct{}, maxChecksAtOnce)
	var all sync.WaitGroup
	for i, domain := range domains {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			ctx, cancel := a.bounded(ctx)
			defer cancel()
			byDomain[i] = ofServers(r, domain, client.Checks(ctx, domain))
		})
	}
	found := a.checkFit(ctx, r, d)
	all.Wait()
	return append(found, blocked(slices.Concat(byDomain...))...)
}

// checkProgram looks for the program of a route. What it does with mail only mail shows.
func checkProgram(r seedtest.Route) checked {
	c := checked{Kind: "route", Name: r.Name, OK: true}
	if err := sender.NewProgram(r, sender.Options{}).Check(); err != nil {
		c.OK, c.Error = false, err.Error()
	}
	c.unasked(r)
	return c
}

// ofServers turns what a client found into checks of a route.
func ofServers(r seedtest.Route, domain string, checks []sender.Check) []checked {
	all := make([]checked, len(checks))
	for i, c := range checks {
		all[i] = checked{Kind: "route", Name: r.Name, OK: c.OK, Error: c.Error, Hint: c.Hint, Route: &c,
			Domain: domain}
		if domain != "" || len(checks) > 1 {
			all[i].Server = c.Host
		}
		all[i].unasked(r)
	}
	return all
}

// checkFit says how receivers see a route of type mx; what is forced is told all the same.
func (a *app) checkFit(ctx context.Context, r seedtest.Route, d *direct) []checked {
	var all []checked
	for _, m := range d.misfits(ctx, r) {
		c := checked{Kind: "route", Name: r.Name, OK: r.Force, Error: m.what, Hint: m.hint}
		if !r.Force {
			c.Error += ": nothing is sent by this route until that is mended " +
				"(force = true sends all the same)"
		}
		all = append(all, c)
	}
	return all
}

// blocked says so where no server of any domain could be connected to: then it is hardly they.
func blocked(all []checked) []checked {
	tried := 0
	for _, c := range all {
		switch {
		case c.OK || c.Route.Remote != "" || c.Route.Proxy != "":
			return all // or it was the proxy's to make the connection
		case c.Route.Host != "" && c.Route.Stage == seedtest.StageConnect:
			tried++
		}
	}
	if tried == 0 {
		return all
	}
	for i := range all {
		if c := &all[i]; c.Route.Stage == seedtest.StageConnect {
			c.Hint = "no mail server of any domain can be reached: port 25 is blocked on the way out, " +
				"as many networks and cloud providers do; ask yours to open it, or send through a relay"
		}
	}
	return all
}
