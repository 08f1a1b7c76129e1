package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"

	"seedtest"
)

// The bounds of the search for a schedule's busiest day: so many days, or so many runs.
const (
	scheduleDays = 400
	scheduleRuns = 2000
)

// schedule checks a suite's schedule: that it is cron, that it ever comes due, and that its dose is
// within the limits of rule 22.
func (t *table) schedule(s seedtest.Suite, c *Config) {
	n := t.get("schedule")
	due, err := parseSchedule(s.Schedule)
	if err != nil {
		t.r.fail(n, fmt.Sprintf("%q is no schedule: %v", s.Schedule, err),
			`write five cron fields: minute, hour, day, month, day of the week, as in "17 */6 * * *"`)
		return
	}
	times := dueTimes(due)
	if len(times) == 0 {
		t.r.fail(n, fmt.Sprintf("%q never comes due", s.Schedule), "name a day that exists")
		return
	}
	routes, seeds, messages, err := c.Select(s)
	if err != nil {
		return
	}
	d := dose{limits: c.Limits, each: len(routes) * len(messages), node: n, r: t.r,
		routes: len(routes), messages: len(messages)}
	d.checkSeeds(seeds, busiest(times, 24*time.Hour))
	d.checkProviders(seeds, busiest(times, time.Hour))
}

// parseSchedule reads five cron fields, or a word such as @daily.
func parseSchedule(s string) (cron.Schedule, error) {
	p, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow |
		cron.Descriptor)
	if err != nil {
		return nil, err
	}
	return p.Parse(strings.TrimSpace(s))
}

// dueTimes returns when a schedule is due from a fixed day on, so that a file means the same on
// every day.
func dueTimes(due cron.Schedule) []time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)
	end := at.AddDate(0, 0, scheduleDays)
	if len := due.Next(at); len.IsZero() {
		return nil
	}
	var times []time.Time
	for len(times) < scheduleRuns {
		next := due.Next(at)
		if next.IsZero() || next.After(end) && len(times) > 0 {
			break
		}
		times = append(times, next)
		at = next
	}
	return times
}

// busiest returns the largest number of times within a window.
func busiest(times []time.Time, window time.Duration) int {
	most, first := 0, 0
	for i, t := range times {
		for t.Sub(times[first]) >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// dose holds what a scheduled suite sends against the limits.
type dose struct {
	limits           seedtest.Limits
	each             int // messages to one seed in one run
	routes, messages int
	node             *node
	r                *reader
}

// checkSeeds checks the messages to one seed in a day. Seeds of our own have no limit.
func (d dose) checkSeeds(seeds []seedtest.Seed, runs int) {
	limit := d.limits.SeedDay
	for _, s := range seeds {
		if s.Own || d.each*runs <= limit {
			continue
		}
		d.r.fail(d.node, fmt.Sprintf("sends %d messages in 24 hours to each seed, such as %s "+
			"(%s × %s × %s), and limits.seed_day is %d", d.each*runs, s.Name, count(runs, "run"),
			count(d.routes, "route"), count(d.messages, "message"), limit), d.remedy(limit, "24 hours"))
		return
	}
}

// checkProviders checks the messages to all seeds of a provider in an hour.
func (d dose) checkProviders(seeds []seedtest.Seed, runs int) {
	limit := d.limits.ProviderHour
	number := map[string]int{}
	for _, s := range seeds {
		if s.Own {
			continue
		}
		number[providerOf(s)]++
	}
	for _, s := range seeds {
		n := number[providerOf(s)]
		if s.Own || n*d.each*runs <= limit {
			continue
		}
		d.r.fail(d.node, fmt.Sprintf("sends %d messages in an hour to %s (%s × %s × %s × %s), "+
			"and limits.provider_hour is %d", n*d.each*runs, providerOf(s), count(runs, "run"),
			count(n, "seed"), count(d.routes, "route"), count(d.messages, "message"), limit),
			"name fewer seeds, routes or messages, or raise limits.provider_hour")
		return
	}
}

// providerOf is by what the messages to a seed's provider are counted: by domain where no preset
// knows it.
func providerOf(s seedtest.Seed) string {
	if s.Provider.ID != seedtest.GenericProvider {
		return s.Provider.ID
	}
	return strings.ToLower(s.Address[strings.LastIndexByte(s.Address, '@')+1:])
}

func (d dose) remedy(limit int, in string) string {
	if fit := limit / d.each; fit > 0 {
		return fmt.Sprintf("let it be due at most %s in %s, name fewer routes or messages, or raise "+
			"limits.seed_day", times(fit), in)
	}
	return "name fewer routes or messages, or raise limits.seed_day"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
