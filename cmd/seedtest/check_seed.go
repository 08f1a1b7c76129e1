package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/config"
	"seedtest/diagnose"
	"seedtest/inbox"
	"seedtest/store"
)

// instrument is what is known of a seed as an instrument: what the store tells, and what a check
// adds to it.
type instrument struct {
	seed       seedtest.Seed
	health     seedtest.Health
	notice     []time.Duration // from acceptance to first sighting, in earlier runs, rising
	today      store.Count     // messages in 24 hours
	limit      int             // of these; 0: a server of ours has none
	hour       int             // messages to its provider in an hour
	hourLimit  int             // of these
	sent       int             // in a year
	breakers   []store.Breaker
	spent      seedtest.Spent // in its last run
	active     time.Time      // last use as its provider counts it; zero: nobody knows
	succession *seedtest.Succession
}

// instruments looks up what earlier runs tell of the seeds that were checked, and adds what the
// check itself showed. Without a store the check is all there is.
func (a *app) instruments(ctx context.Context, cfg *config.Config, found []checked) error {
	now := time.Now()
	p, doses, err := a.pastToCheck(ctx, cfg, now)
	if err != nil {
		return err
	}
	if p != nil {
		defer func() { _ = p.store.Close() }()
	}
	for i := range found {
		c := &found[i]
		if c.Kind != "seed" {
			continue
		}
		seed, _ := seedOf(cfg, c.Name)
		in := &instrument{seed: seed}
		var r record
		if p != nil {
			if r, err = p.of(ctx, seed); err != nil {
				return err
			}
			if in.succession, err = p.succession(ctx, cfg.Seeds, seed, r); err != nil {
				return err
			}
		}
		in.remember(r, doses, cfg.Limits)
		if !seed.ByHand {
			in.health = r.health.After(liveLook(*c, seed, now)).With(standing(seed, r, now))
		}
		in.active = tenure(seed, r).Active()
		c.Instrument = in
	}
	return nil
}

// pastToCheck opens the store, if there is one. Looking makes none.
func (a *app) pastToCheck(ctx context.Context, cfg *config.Config, now time.Time) (*past,
	store.Usage, error) {
	path, err := a.storeOf(cfg.Store)
	if err != nil {
		return nil, store.Usage{}, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, store.Usage{}, nil
	}
	s, err := a.openStore(ctx, path)
	if err != nil {
		return nil, store.Usage{}, err
	}
	p, err := pastOf(ctx, s, now)
	if err == nil {
		var doses store.Usage
		if doses, err = s.Doses(ctx, now); err == nil {
			return p, doses, nil
		}
	}
	_ = s.Close()
	return nil, store.Usage{}, broken(err)
}

// remember takes what the store tells.
func (in *instrument) remember(r record, doses store.Usage, limits seedtest.Limits) {
	in.sent = r.sent
	if len(r.runs) > 0 {
		in.spent = r.runs[0].Seed(in.seed.Name).Spent
	}
	in.notice = noticed(r.runs, in.seed.Name)
	if !in.seed.Own {
		in.limit, in.hourLimit = seedDay(limits), providerHour(limits)
	}
	for _, c := range doses.Seeds {
		if c.Address == strings.ToLower(in.seed.Address) {
			in.today = c
		}
	}
	at := store.ProviderName(seedtest.Recipient{Address: in.seed.Address,
		Provider: in.seed.Provider.ID})
	for _, c := range doses.Providers {
		if c.Name == at {
			in.hour = c.Messages
		}
	}
	for _, b := range doses.Breakers {
		if b.Provider == at && !in.seed.Own {
			in.breakers = append(in.breakers, b)
		}
	}
}

// noticed returns how long after acceptance messages were seen in runs, in rising order. What was
// looked up by hand, or found by a later look, measures nothing.
func noticed(runs []seedtest.Run, seed string) []time.Duration {
	var list []time.Duration
	for _, r := range runs {
		for _, p := range r.Probes {
			if p.Seed != seed || p.Accepted.IsZero() || len(p.Sightings) == 0 || p.Sightings[0].ByHand {
				continue
			}
			if d := p.Sightings[0].At.Sub(p.Accepted); p.Sightings[0].At.Before(p.Deadline) {
				list = append(list, max(d, 0))
			}
		}
	}
	slices.Sort(list)
	return list
}

// quantile returns the value below which a share of a rising list lies.
func quantile(list []time.Duration, share float64) time.Duration {
	return list[min(int(share*float64(len(list))), len(list)-1)]
}

// The shares of a quota from which somebody is told, and from which mail may be refused.
const (
	quotaWarns = 0.9
	quotaFull  = 0.98
)

// liveLook is what a check itself shows of a seed's health.
func liveLook(c checked, seed seedtest.Seed, now time.Time) seedtest.SeedLook {
	l := seedtest.SeedLook{At: now, Where: "this check"}
	if c.Seed == nil {
		return l
	}
	l.Mailboxes, l.Read = c.Seed.Mailboxes, c.OK
	if t := c.Seed.Trouble; t != nil {
		if s, ok := diagnose.Trouble(seed, *t); ok {
			l.Signs = append(l.Signs, s)
		}
	}
	l.Signs = append(l.Signs, diagnose.Misnamed(seed, l.Mailboxes)...)
	for _, q := range c.Seed.Quotas {
		if q.Share() >= quotaWarns {
			l.Signs = append(l.Signs, seedtest.Sign{State: seedtest.SeedFull, Passed: q.Share() < quotaFull,
				Certain: true, Evidence: "quota: " + quotaWords(q),
				Advice: diagnose.Advice(seed, seedtest.SeedFull)})
		}
	}
	return l
}

// quotaWords says how much of a quota is used.
func quotaWords(q inbox.Quota) string {
	if q.Limit <= 0 {
		return strings.ToLower(q.Resource) + " without limit"
	}
	if q.Resource == "STORAGE" {
		return fmt.Sprintf("storage %.0f %% of %s", 100*q.Share(), octets(q.Limit))
	}
	return fmt.Sprintf("%s %.0f %% (%d of %d)", strings.ToLower(q.Resource), 100*q.Share(), q.Used,
		q.Limit)
}

// octets says units of 1024 octets as people do.
func octets(kib int64) string {
	switch {
	case kib >= 10<<20:
		return fmt.Sprintf("%d GiB", kib>>20)
	case kib >= 10<<10:
		return fmt.Sprintf("%d MiB", kib>>10)
	}
	return fmt.Sprintf("%d KiB", kib)
}
