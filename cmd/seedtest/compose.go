package main

import (
	"context"
	"fmt"

	"seedtest"
	"seedtest/sender"
)

// composer makes the bytes of a planned dispatch, signed with the keys of its route. Equal facts and
// keys give equal bytes, so that a retry, even by a later process, sends what the first attempt sent
// (rule 5).
func composer(keys map[string]sender.DKIMKeys) func(seedtest.Opened, seedtest.Planned) (
	seedtest.Composed, error) {
	letters := &sender.Composer{}
	return func(o seedtest.Opened, p seedtest.Planned) (seedtest.Composed, error) {
		route := seedtest.Run{Opened: o}.Route(p.Route)
		d := sender.Draft{From: route.Sender, Token: p.Token, MessageID: p.MessageID, Date: p.Date,
			Hazard: route.Hazard, Keys: keys[p.Route], Notify: route.Notify}
		for _, m := range o.Messages {
			if m.Name == p.Message {
				d.Message = m
			}
		}
		for _, x := range p.Probes {
			for _, s := range o.Seeds {
				if s.Name == x.Seed {
					d.To = append(d.To, s.Address)
				}
			}
		}
		return letters.Compose(d)
	}
}

// ready loads the keys of a run's routes, and composes each message once for each route: what cannot
// be sent is told before anything is.
func (s *session) ready(ctx context.Context, o seedtest.Opened, planned []seedtest.Planned) error {
	if err := s.loadKeys(ctx, o.Routes); err != nil {
		return err
	}
	done := map[[2]string]bool{}
	compose := composer(s.keys)
	for _, p := range planned {
		what := [2]string{p.Message, p.Route}
		if done[what] {
			continue
		}
		done[what] = true
		m, err := compose(o, p)
		if err == nil {
			err = unfit(m, seedtest.Run{Opened: o}.Route(p.Route))
		}
		if err != nil {
			return usage(err, "nothing was sent: mend the message, and look at it with --dry-run")
		}
	}
	return nil
}

// unfit says why no server would take a message.
func unfit(m seedtest.Composed, r seedtest.Route) error {
	for _, x := range sender.Lint(m, r) {
		if x.Severity == sender.SeverityRefused {
			return fmt.Errorf("route %s: %s (%s)", r.Name, x, x.Source)
		}
	}
	return nil
}

// loadKeys reads the keys by which routes sign.
func (s *session) loadKeys(ctx context.Context, routes []seedtest.Route) error {
	for _, r := range routes {
		keys, err := sender.LoadDKIM(ctx, r)
		if err != nil {
			return usage(err, "see route."+r.Name+".dkim of the configuration")
		}
		s.keys[r.Name] = keys
	}
	return nil
}
