package main

import (
	"context"
	"fmt"
	"strings"

	"seedtest"
	"seedtest/sender"
)

// checkKeys holds the keys that a route signs with against those that its domain publishes.
func (a *app) checkKeys(ctx context.Context, r seedtest.Route, d *direct) []checked {
	keys, err := sender.LoadDKIM(ctx, r)
	if err != nil {
		return []checked{{Kind: "route", Name: r.Name, Error: err.Error(),
			Hint: "see route." + r.Name + ".dkim of the configuration"}}
	}
	var all []checked
	for _, k := range keys {
		ctx, cancel := a.bounded(ctx)
		all = append(all, keyCheck(ctx, r.Name, k, d))
		cancel()
	}
	return all
}

func keyCheck(ctx context.Context, route string, k sender.DKIMKey, d *direct) checked {
	c := checked{Kind: "route", Name: route, Key: k.Name()}
	records, err := d.texts(ctx, k.Name())
	if err != nil {
		c.Error = fmt.Sprintf("dkim: the published key could not be looked up: %v", err)
		c.Hint = "check [dns], or look up TXT of " + k.Name() + " by hand"
		return c
	}
	problem, notes := k.Published(records)
	if problem != "" {
		c.Error = fmt.Sprintf("dkim: %s: %s", k.Name(), problem)
		c.Hint = fmt.Sprintf("until TXT of %s is %q, receivers say dkim=fail", k.Name(), k.Record())
		return c
	}
	c.OK, c.Hint = true, strings.Join(notes, "; ")
	return c
}

// texts looks up the TXT records of a name. That there are none is no error.
func (d *direct) texts(ctx context.Context, name string) ([]string, error) {
	if d.err != nil {
		return nil, d.err
	}
	records, err := d.dns.TXT(ctx, name)
	if err != nil && nothingThere(err) {
		return nil, nil
	}
	return records, err
}
