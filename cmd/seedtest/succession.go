package main

import (
	"context"
	"slices"

	"seedtest"
	"seedtest/store"
)

// successions compares the successors in a run with the seeds they are to replace, over the runs of
// both up to that one.
func successions(ctx context.Context, s *store.Store, run seedtest.Run) ([]seedtest.Succession,
	error) {
	var list []seedtest.Succession
	var p *past
	for _, seed := range run.Opened.Seeds {
		if seed.Replaces == "" {
			continue
		}
		if p == nil {
			var err error
			if p, err = pastOf(ctx, s, run.AsOf); err != nil {
				return nil, err
			}
		}
		x, err := p.succession(ctx, run.Opened.Seeds, seed, record{health: healthIn(run, seed.Name)})
		if err != nil {
			return nil, err
		}
		if x != nil {
			list = append(list, *x)
		}
	}
	return list, nil
}

// healthIn is the health that a run shows of a seed.
func healthIn(run seedtest.Run, seed string) seedtest.Health {
	if s := run.Seed(seed); s != nil && s.Health != nil {
		return *s.Health
	}
	return seedtest.Health{}
}

// succession compares a seed with the one that it is to replace, over the runs of both.
func (p *past) succession(ctx context.Context, seeds []seedtest.Seed, newer seedtest.Seed,
	r record) (*seedtest.Succession, error) {
	i := slices.IndexFunc(seeds, func(s seedtest.Seed) bool { return s.Name == newer.Replaces })
	if newer.Replaces == "" || i < 0 {
		return nil, nil
	}
	old, err := p.of(ctx, seeds[i])
	if err != nil {
		return nil, err
	}
	var runs []seedtest.Run
	for _, id := range p.runsAt(newer.Name, mostPairs) {
		run, err := p.run(ctx, id, false)
		if err != nil {
			return nil, err
		}
		if !run.Started.After(p.now) && sameAccounts(run, newer, seeds[i]) {
			runs = append(runs, run)
		}
	}
	newer.Sick = r.health.Sickness()
	s := seedtest.Succeed(runs, newer, seeds[i], old.health)
	return &s, nil
}

// sameAccounts reports whether seeds had in a run the addresses that they have.
func sameAccounts(run seedtest.Run, seeds ...seedtest.Seed) bool {
	for _, s := range seeds {
		if state := run.Seed(s.Name); state == nil || state.Seed.Address != s.Address {
			return false
		}
	}
	return true
}
