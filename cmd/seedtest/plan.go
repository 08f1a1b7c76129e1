package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/harness"
	"seedtest/stats"
	"seedtest/store"
)

// planFlags are the flags of "plan".
type planFlags struct {
	difference string
	compare    string
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan [SUITE]",
		Short: "Tell what a run would cost, before it",
		Long: `Says how many messages a run of the suite sends, to whom and by which route, whose limits they
touch after what the store has counted, how long it takes, how many sign-ins it costs, and how
many runs it takes until a difference of a given size can be seen. Nothing is sent, nobody is
signed in to, and no secret is read.

The number of runs is for a difference that the exact sign test, at 95 %, finds four times in
five, where pairs of messages differ in one way only. If some differ the other way, more are
needed. With one route it is the number until its rate is known to within so much.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeSuites,
		RunE: func(c *cobra.Command, args []string) error {
			return a.planSuite(c.Context(), strings.Join(args, ""), f)
		},
	}
	c.Flags().StringVar(&f.difference, "difference", "10%", "the `PERCENT` of messages that end otherwise")
	c.Flags().StringVar(&f.compare, "compare", "", "plan pairs by the routes `OLD,NEW` in place of the suite's")
	_ = c.RegisterFlagCompletionFunc("difference", cobra.NoFileCompletions)
	_ = c.RegisterFlagCompletionFunc("compare", cobra.NoFileCompletions)
	a.formatFlag(c, "text", "json")
	return c
}

func (a *app) planSuite(ctx context.Context, suite string, f planFlags) error {
	difference, err := share(f.difference)
	if err != nil {
		return err
	}
	a.env.WithoutSecrets = true
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	q, err := request(cfg, suite, runFlags{compare: f.compare})
	if err != nil {
		return err
	}
	_, planned, err := unsentPlan(q)
	if err != nil {
		return err
	}
	used, err := a.used(ctx, cfg)
	if err != nil {
		return err
	}
	return a.writePlan(planOf(q, planned, used, difference))
}

// share reads a percentage above 0 and below 100.
func share(s string) (float64, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "%"), 64)
	if err != nil || !(n >= 0.1 && n < 100) {
		return 0, usage(fmt.Errorf("--difference %q is no percentage from 0.1 to 99", s),
			"write --difference 10% for one message in ten")
	}
	return n / 100, nil
}

// used is what the limits have counted; where there is no store yet, nothing.
func (a *app) used(ctx context.Context, cfg *config.Config) (store.Usage, error) {
	path, err := a.storeOf(cfg.Store)
	if err != nil {
		return store.Usage{}, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return store.Usage{}, nil
	}
	s, err := a.openStore(ctx, path)
	if err != nil {
		return store.Usage{}, err
	}
	defer func() { _ = s.Close() }()
	u, err := s.Doses(ctx, time.Now())
	if err != nil {
		return u, broken(err)
	}
	return u, nil
}

// plan is what a run would cost, in the schema seedtest.plan/v1.
type plan struct {
	Schema     string         `json:"schema"`
	Suite      string         `json:"suite"`
	Messages   int            `json:"messages"`
	Probes     int            `json:"probes"`
	Routes     []planRoute    `json:"routes"`
	Seeds      []planSeed     `json:"seeds"`
	Providers  []planProvider `json:"providers"`
	Breakers   []planBreaker  `json:"breakers"`
	Fits       bool           `json:"fits"`
	AtMost     float64        `json:"at_most_s"`
	SignIns    int            `json:"sign_ins"` // to seeds and return paths
	Difference planDifference `json:"difference"`
}

type planRoute struct {
	Route    string `json:"route"`
	Type     string `json:"type"`
	Control  bool   `json:"control"`
	Messages int    `json:"messages"`
	Proxy    string `json:"proxy,omitempty"`
}

type planSeed struct {
	Seed  string     `json:"seed"`
	Adds  int        `json:"adds"`
	Used  int        `json:"used"`
	Limit int        `json:"limit,omitempty"` // 0: it has none
	Held  bool       `json:"held"`
	Free  *time.Time `json:"free,omitempty"`
}

type planProvider struct {
	Provider string     `json:"provider"`
	Adds     int        `json:"adds"`
	Used     int        `json:"used"`
	Limit    int        `json:"limit"`
	Held     bool       `json:"held"`
	Free     *time.Time `json:"free,omitempty"`
}

type planBreaker struct {
	Route    string    `json:"route"`
	Provider string    `json:"provider"`
	Why      string    `json:"why"`
	Until    time.Time `json:"until"`
}

// planDifference is how many runs it takes to see something. Runs is 0 where none suffice.
type planDifference struct {
	Share  float64 `json:"share"`
	Kind   string  `json:"kind"` // "pairs" of two routes, or "rate" of one
	Needed int     `json:"needed"`
	ARun   int     `json:"a_run"`
	Runs   int     `json:"runs"`
	Days   int     `json:"days"` // at least, by the limits; 0: they do not matter
}

// planOf computes a plan from what is asked and what was used.
func planOf(q harness.Request, planned []seedtest.Planned, u store.Usage, difference float64) plan {
	p := plan{Schema: "seedtest.plan/v1", Suite: q.Suite.Name, Messages: len(planned), Routes: []planRoute{},
		Seeds: []planSeed{}, Providers: []planProvider{}, Breakers: []planBreaker{}, Fits: true}
	for _, d := range planned {
		p.Probes += len(d.Probes)
	}
	p.routes(q, planned)
	p.seeds(q, planned, u)
	p.providers(q, planned, u)
	p.breakers(q, u)
	p.SignIns += returnPaths(q.Routes)
	p.AtMost = longest(q.Suite).Seconds()
	p.Difference = p.differs(q, difference)
	return p
}

func (p *plan) routes(q harness.Request, planned []seedtest.Planned) {
	for _, r := range q.Routes {
		x := planRoute{Route: r.Name, Type: string(r.Type), Control: r.Control, Proxy: proxyOf(r)}
		for _, d := range planned {
			if d.Route == r.Name {
				x.Messages++
			}
		}
		p.Routes = append(p.Routes, x)
	}
}

// seeds counts what each seed gets (rule 22), and the sign-ins: one a run and seed (rule 23).
func (p *plan) seeds(q harness.Request, planned []seedtest.Planned, u store.Usage) {
	for _, s := range q.Seeds {
		x := planSeed{Seed: s.Name}
		for _, d := range planned {
			for _, probe := range d.Probes {
				if probe.Seed == s.Name {
					x.Adds++
				}
			}
		}
		if !s.ByHand {
			p.SignIns++
		}
		for _, c := range u.Seeds {
			if c.Address == strings.ToLower(s.Address) {
				x.Used, x.Free = c.Messages, at(c.Free)
			}
		}
		if !s.Own {
			x.Limit = seedDay(q.Limits)
			x.Held = x.Used+x.Adds > x.Limit
		}
		p.Fits = p.Fits && !x.Held
		p.Seeds = append(p.Seeds, x)
	}
}

// providers counts what goes to the seeds of each provider that limits hold for: messages, as the
// limit counts them.
func (p *plan) providers(q harness.Request, planned []seedtest.Planned, u store.Usage) {
	of := map[string]string{}
	for _, s := range q.Seeds {
		if !s.Own {
			of[s.Name] = s.Provider.ID
		}
	}
	adds := map[string]int{}
	var order []string
	for _, d := range planned {
		var met []string
		for _, probe := range d.Probes {
			if id := of[probe.Seed]; id != "" && !slices.Contains(met, id) {
				met = append(met, id)
			}
		}
		for _, id := range met {
			if adds[id]++; adds[id] == 1 {
				order = append(order, id)
			}
		}
	}
	for _, id := range order {
		x := planProvider{Provider: id, Adds: adds[id], Limit: providerHour(q.Limits)}
		for _, c := range u.Providers {
			if c.Name == id {
				x.Used, x.Free = c.Messages, at(c.Free)
			}
		}
		x.Held = x.Used+x.Adds > x.Limit
		p.Fits = p.Fits && !x.Held
		p.Providers = append(p.Providers, x)
	}
}

// breakers tells those that keep a route of the plan from a provider of its seeds.
func (p *plan) breakers(q harness.Request, u store.Usage) {
	for _, b := range u.Breakers {
		route := slices.ContainsFunc(q.Routes, func(r seedtest.Route) bool { return r.Name == b.Route })
		seed := slices.ContainsFunc(q.Seeds, func(s seedtest.Seed) bool { return s.Provider.ID == b.Provider })
		if route && seed {
			p.Fits = false
			p.Breakers = append(p.Breakers, planBreaker{b.Route, b.Provider, b.Why, b.Until.UTC()})
		}
	}
}

// longest is how long a run takes at most: until every seed has its baseline, every try is made, and
// proof of absence is no longer sought (rules 5, 8 and 15). Servers that are slow to answer come on top.
func longest(s seedtest.Suite) time.Duration {
	all := s.BaselineTimeout + s.Deadline + seedtest.ProofGrace
	for _, wait := range s.Retry {
		all += wait
	}
	return all
}

// differs says how many runs it takes to see a difference, and how many days the limits make of that.
func (p *plan) differs(q harness.Request, difference float64) planDifference {
	judged := 0
	for _, r := range q.Routes {
		if !r.Control {
			judged++
		}
	}
	x := planDifference{Share: difference, ARun: len(q.Seeds) * len(q.Messages)}
	if judged > 1 {
		x.Kind, x.Needed = "pairs", stats.Pairs(difference, 0.95, 0.8)
	} else {
		x.Kind, x.Needed = "rate", stats.Messages(difference, 0.95)
	}
	if judged == 0 || x.Needed == 0 {
		return x
	}
	x.Runs = (x.Needed + x.ARun - 1) / x.ARun
	daily := 0 // runs that the narrowest limit allows in a day; 0: no limit
	for _, s := range p.Seeds {
		if s.Limit == 0 || s.Adds == 0 {
			continue
		}
		if s.Adds > s.Limit {
			x.Runs = 0 // no run is ever whole
			return x
		}
		if n := s.Limit / s.Adds; daily == 0 || n < daily {
			daily = n
		}
	}
	if daily > 0 {
		x.Days = (x.Runs + daily - 1) / daily
	}
	return x
}
