package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/diagnose"
	"seedtest/store"
)

// How many runs are asked for a seed's health, and how many of them for their headers.
const (
	mostLooks    = 12
	mostAnalysed = 3
	mostPairs    = 60  // runs over which a successor is compared
	mostRuns     = 120 // among which these are sought
	mostSisters  = 8   // that a seed is compared with
)

// past is what earlier runs tell of seeds. Each run is read once.
type past struct {
	store   *store.Store
	now     time.Time
	runs    map[seedtest.RunID]*pastRun
	bySeed  map[string][]seedtest.RunID // the newest first
	careers []store.Count
}

type pastRun struct {
	seedtest.Run
	analysed bool
}

func pastOf(ctx context.Context, s *store.Store, now time.Time) (*past, error) {
	careers, err := s.Careers(ctx, now)
	if err != nil {
		return nil, err
	}
	bySeed, err := s.RunsBySeed(ctx, mostRuns)
	return &past{store: s, now: now, runs: map[seedtest.RunID]*pastRun{}, bySeed: bySeed,
		careers: careers}, err
}

// runsAt are the newest runs with a seed of that name, at most most of them.
func (p *past) runsAt(seed string, most int) []seedtest.RunID {
	ids := p.bySeed[seed]
	return ids[:min(most, len(ids))]
}

// run reads and folds a run.
func (p *past) run(ctx context.Context, id seedtest.RunID, analysed bool) (seedtest.Run, error) {
	r := p.runs[id]
	if r == nil {
		facts, err := p.store.Facts(ctx, id)
		if err != nil {
			return seedtest.Run{}, err
		}
		r = &pastRun{Run: seedtest.Fold(facts, seedtest.AsOf(facts))}
		p.runs[id] = r
	}
	if analysed && !r.analysed {
		if err := attach(ctx, p.store, &r.Run); err != nil {
			return seedtest.Run{}, err
		}
		r.analysed = true
	}
	return r.Run, nil
}

// record is what the store tells of one seed.
type record struct {
	runs    []seedtest.Run // with it at its address of today, the newest first
	moved   *seedtest.AddressChange
	health  seedtest.Health
	lastUse time.Time // that a run read the mailbox
	sent    int       // messages within store.Career
}

// of reads what the store tells of a seed. Where another account had its name, what came before
// the change is not the seed's.
func (p *past) of(ctx context.Context, seed seedtest.Seed) (record, error) {
	var r record
	for i, id := range p.runsAt(seed.Name, mostLooks) {
		run, err := p.run(ctx, id, i < mostAnalysed)
		if err != nil {
			return record{}, err
		}
		state := run.Seed(seed.Name)
		if state == nil {
			continue // never opened whole
		}
		if state.Seed.Address != seed.Address {
			r.moved = changeOf(r.runs, state.Seed.Address, p.now)
			break
		}
		r.runs = append(r.runs, run)
	}
	r.judge(seed)
	for _, c := range p.careers {
		if c.Address == strings.ToLower(seed.Address) {
			r.sent = c.Messages
		}
	}
	r.health = r.health.With(standing(seed, r, p.now))
	return r, nil
}

// changeOf dates a change of address by the first run with the new one.
func changeOf(since []seedtest.Run, from string, now time.Time) *seedtest.AddressChange {
	c := &seedtest.AddressChange{From: from, On: now}
	if len(since) > 0 {
		c.On = since[len(since)-1].Started
	}
	return c
}

// judge folds the looks of the runs, the oldest first.
func (r *record) judge(seed seedtest.Seed) {
	var looks []seedtest.SeedLook
	for i := len(r.runs) - 1; i >= 0; i-- {
		l := diagnose.Look(r.runs[i], seed.Name)
		looks = append(looks, l)
		if l.Read {
			r.lastUse = l.At
		}
	}
	r.health = seedtest.HealthOf(looks)
	r.health.Moved = r.moved
}

// standing is what age and use tell of a seed.
func standing(seed seedtest.Seed, r record, now time.Time) seedtest.SeedLook {
	return diagnose.Standing(tenure(seed, r), now)
}

// tenure is what is known of a seed beside what its runs showed.
func tenure(seed seedtest.Seed, r record) diagnose.Tenure {
	t := diagnose.Tenure{Seed: seed, LastUse: r.lastUse, Sent: r.sent}
	for _, sister := range sisters(seed, r.runs) {
		t.Drifts = append(t.Drifts, seedtest.DriftOf(r.runs, seed.Name, sister))
	}
	return t
}

// sisters are other seeds at the same provider that took part in runs.
func sisters(seed seedtest.Seed, runs []seedtest.Run) []string {
	if seed.Provider.ID == seedtest.GenericProvider {
		return nil
	}
	var names []string
	for _, r := range runs {
		for _, s := range r.Opened.Seeds {
			if len(names) < mostSisters && s.Provider.ID == seed.Provider.ID && s.Name != seed.Name &&
				!slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// examined gives every seed the health that earlier runs show. A sick one is listed and never
// counted (rule 17).
func (s *session) examined(ctx context.Context, seeds []seedtest.Seed) ([]seedtest.Seed, error) {
	p, err := pastOf(ctx, s.store, s.clock())
	if err != nil {
		return nil, broken(err)
	}
	list := make([]seedtest.Seed, len(seeds))
	for i, seed := range seeds {
		r, err := p.of(ctx, seed)
		if err != nil {
			return nil, broken(err)
		}
		seed.Health, seed.Sick = &r.health, r.health.Sickness()
		list[i] = seed
		if seed.Sick != "" {
			s.app.say("seed %s is not counted: %s", seed.Name, seed.Sick)
		}
	}
	return list, nil
}
