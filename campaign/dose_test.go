//go:build campaign

package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
	"seedtest/store"
)

// The world of the doses: few enough places that both limits hold messages back all the time.
const (
	doseProviders = 12
	doseSeeds     = 30 // of each provider
	doseStep      = 70 * time.Second
	perDoseRun    = 400
)

var doseLimits = seedtest.Limits{SeedDay: 6, ProviderHour: 9}

// TestDoses makes attempts by two open stores of one file, over months of simulated time, and
// holds every answer against a count of its own: no limit may be exceeded, and nothing that fits
// may be held. Attempts are given up half-way and stores are opened anew; what was reserved and
// never sent counts.
func TestDoses(t *testing.T) {
	n := size(20_000, 1_000_000)
	d := &doses{t: t, path: filepath.Join(t.TempDir(), "store.db"), now: doseStart,
		draw: rand.New(rand.NewPCG(7, 7)), count: newDoseCount(), found: map[string]int{}}
	for i := range d.stores {
		d.reopen(i)
	}
	for d.made < n {
		d.round()
	}
	d.stored()
	for _, s := range d.stores {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d decisions in %.0f simulated days: %v", d.made, d.now.Sub(doseStart).Hours()/24,
		d.found)
	for _, what := range []string{"sent", "seed_day", "provider_hour", "breaker", "given up",
		"repeated", "reopened"} {
		if d.found[what] == 0 {
			t.Errorf("%s never occurred", what)
		}
	}
}

var doseStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// doses is the state of the campaign.
type doses struct {
	t      *testing.T
	path   string
	stores [2]*store.Store
	draw   *rand.Rand
	now    time.Time
	run    seedtest.RunID
	made   int             // decisions
	next   int             // decisions when another run begins
	sent   []seedtest.Dose // what was let through in this run
	count  *doseCount
	found  map[string]int
}

func (d *doses) reopen(i int) {
	if d.stores[i] != nil {
		if err := d.stores[i].Close(); err != nil {
			d.t.Fatal(err)
		}
		d.found["reopened"]++
	}
	var err error
	if d.stores[i], err = store.Open(d.t.Context(), d.path); err != nil {
		d.t.Fatal(err)
	}
}

// tried is an attempt and its answer.
type tried struct {
	seedtest.Dose
	limit *seedtest.Limit
	err   error
}

// round makes a few attempts at once, by both stores, and checks the answers.
func (d *doses) round() {
	if d.made >= d.next {
		d.open()
		d.next = d.made + perDoseRun
	}
	if d.draw.IntN(300) == 0 {
		d.reopen(d.draw.IntN(2))
	}
	list := make([]tried, 1+d.draw.IntN(6))
	d.now = d.now.Add(time.Duration(d.draw.Int64N(int64(2 * doseStep * time.Duration(len(list))))))
	var tasks sync.WaitGroup
	for i := range list {
		list[i].Dose = d.dose(i)
		ctx, cancel := context.WithCancel(d.t.Context())
		defer cancel()
		if d.draw.IntN(20) == 0 {
			tasks.Go(cancel)
		}
		s := d.stores[d.draw.IntN(2)]
		tasks.Go(func() { list[i].try(ctx, s, d.run) })
	}
	tasks.Wait()
	d.made += len(list)
	d.check(list)
}

func (x *tried) try(ctx context.Context, s *store.Store, run seedtest.RunID) {
	x.limit, x.err = s.AppendAttempt(ctx, run, seedtest.Fact{At: x.At,
		Body: seedtest.Attempt{Dispatch: x.Dispatch, Number: 1}}, x.Dose)
}

// open begins another run, so that none grows without bound.
func (d *doses) open() {
	d.stored()
	d.run, d.sent = seedtest.RunID(fmt.Sprintf("run-%07d", d.made)), nil
	err := d.stores[0].Append(d.t.Context(), d.run, seedtest.Fact{At: d.now, Body: openedDoses(d.run)})
	if err != nil {
		d.t.Fatal(err)
	}
}

// openedDoses is the opening fact of a run that knows every seed.
func openedDoses(run seedtest.RunID) seedtest.Opened {
	o := seedtest.Opened{Run: run, Suite: seedtest.Suite{Name: "s"}}
	for p := range doseProviders {
		for i := range doseSeeds {
			r := doseRecipient(p, i)
			o.Seeds = append(o.Seeds, seedtest.Seed{Name: r.Seed, Address: r.Address,
				Provider: seedtest.Provider{ID: r.Provider}})
		}
	}
	return o
}

// stored holds what a run has in store against what was let through: an attempt that was given up
// before it was reserved left nothing.
func (d *doses) stored() {
	if d.run == "" {
		return
	}
	facts, err := d.stores[1].Facts(d.t.Context(), d.run)
	if err != nil {
		d.t.Fatal(err)
	}
	n := 0
	for _, f := range facts {
		if _, ok := f.Body.(seedtest.Attempt); ok {
			n++
		}
	}
	if n != len(d.sent) {
		d.t.Fatalf("run %s has %d attempts in store, and %d were let through", d.run, n, len(d.sent))
	}
}

func doseRecipient(provider, i int) seedtest.Recipient {
	return seedtest.Recipient{Seed: fmt.Sprintf("p%d-%d", provider, i),
		Address:  fmt.Sprintf("S%d@p%d.example", i, provider),
		Provider: fmt.Sprintf("p%d", provider)}
}

// dose draws a message to one to three seeds of a provider, or repeats one.
func (d *doses) dose(i int) seedtest.Dose {
	if i == 0 && len(d.sent) > 0 && d.draw.IntN(10) == 0 {
		again := d.sent[d.draw.IntN(len(d.sent))]
		again.At = d.now
		d.found["repeated"]++
		return again
	}
	x := seedtest.Dose{At: d.now, Dispatch: seedtest.DispatchID(fmt.Sprint(d.made, "-", i)),
		Route: fmt.Sprint("route", d.draw.IntN(2)), Limits: doseLimits}
	provider := d.draw.IntN(doseProviders)
	first := d.draw.IntN(doseSeeds)
	for n := range 1 + d.draw.IntN(10)/8 {
		r := doseRecipient(provider, (first+n)%doseSeeds)
		if d.draw.IntN(4) == 0 {
			r.Address = strings.ToUpper(r.Address)
		}
		x.Recipients = append(x.Recipients, r)
	}
	return x
}

// check holds answers against the count. All of a round have one time, so the order in which the
// stores decided does not matter once all are counted.
func (d *doses) check(list []tried) {
	for _, x := range list {
		switch {
		case x.err != nil && strings.Contains(x.err.Error(), context.Canceled.Error()):
			d.found["given up"]++
		case x.err != nil:
			d.t.Fatal(x.err)
		case x.limit == nil:
			d.found["sent"]++
			d.count.add(x.Dose)
			d.sent = append(d.sent, x.Dose)
		}
	}
	for _, x := range list {
		switch {
		case x.err != nil:
		case x.limit == nil:
			if why := d.count.exceeded(x.Dose); why != "" {
				d.t.Fatalf("%s at %s: %s", x.Dispatch, x.At, why)
			}
		default:
			d.found[x.limit.Limit]++
			if !d.count.full(x.Dose, x.limit.Limit) || !x.limit.Until.After(x.At) {
				d.t.Fatalf("%s at %s was held, and fits: %s", x.Dispatch, x.At, x.limit.What)
			}
		}
	}
	if x := list[0]; x.err == nil && x.limit == nil && d.draw.IntN(400) == 0 {
		d.trip(x.Dose)
	}
}

// trip stores a reply that means trouble.
func (d *doses) trip(x seedtest.Dose) {
	p := seedtest.Planned{Dispatch: x.Dispatch, Route: x.Route}
	for _, r := range x.Recipients {
		p.Probes = append(p.Probes, seedtest.PlannedProbe{
			Probe: seedtest.ProbeID(string(x.Dispatch) + r.Seed), Seed: r.Seed})
	}
	err := d.stores[1].Append(d.t.Context(), d.run, seedtest.Fact{At: x.At, Body: p},
		seedtest.Fact{At: x.At, Body: seedtest.Submission{Dispatch: x.Dispatch, Breaker: "a block"}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.count.breakers[x.Route+" "+x.Recipients[0].Provider] = x.At.Add(24 * time.Hour)
}

// doseCount is a plain count of what was let through: by seed and by provider, when each message
// was last attempted.
type doseCount struct {
	seeds, providers map[string]map[seedtest.DispatchID]time.Time
	breakers         map[string]time.Time
}

func newDoseCount() *doseCount {
	return &doseCount{map[string]map[seedtest.DispatchID]time.Time{},
		map[string]map[seedtest.DispatchID]time.Time{}, map[string]time.Time{}}
}

func (c *doseCount) add(x seedtest.Dose) {
	put := func(m map[string]map[seedtest.DispatchID]time.Time, name string, window time.Duration) {
		if m[name] == nil {
			m[name] = map[seedtest.DispatchID]time.Time{}
		}
		for id, at := range m[name] {
			if !at.After(x.At.Add(-window)) {
				delete(m[name], id)
			}
		}
		m[name][x.Dispatch] = x.At
	}
	for _, r := range x.Recipients {
		put(c.seeds, r.Seed, 24*time.Hour)
		put(c.providers, r.Provider, time.Hour)
	}
}

// within counts the messages of a window that ends now, one of them left out.
func within(m map[seedtest.DispatchID]time.Time, x seedtest.Dose, window time.Duration) int {
	n := 0
	for id, at := range m {
		if id != x.Dispatch && at.After(x.At.Add(-window)) {
			n++
		}
	}
	return n
}

// exceeded says which limit a message that was let through broke.
func (c *doseCount) exceeded(x seedtest.Dose) string {
	for _, r := range x.Recipients {
		if n := 1 + within(c.seeds[r.Seed], x, 24*time.Hour); n > x.Limits.SeedDay {
			return fmt.Sprintf("%d messages to %s in a day", n, r.Seed)
		}
		if n := 1 + within(c.providers[r.Provider], x, time.Hour); n > x.Limits.ProviderHour {
			return fmt.Sprintf("%d messages to %s in an hour", n, r.Provider)
		}
		if until := c.breakers[x.Route+" "+r.Provider]; until.After(x.At) {
			return fmt.Sprintf("its breaker is open until %s", until)
		}
	}
	return ""
}

// full reports whether a limit has no place for a message.
func (c *doseCount) full(x seedtest.Dose, limit string) bool {
	for _, r := range x.Recipients {
		switch limit {
		case "seed_day":
			if within(c.seeds[r.Seed], x, 24*time.Hour) >= x.Limits.SeedDay {
				return true
			}
		case "provider_hour":
			if within(c.providers[r.Provider], x, time.Hour) >= x.Limits.ProviderHour {
				return true
			}
		case "breaker":
			if c.breakers[x.Route+" "+r.Provider].After(x.At) {
				return true
			}
		}
	}
	return false
}
