package config

import (
	"fmt"
	"time"

	"seedtest"
)

const paceForm = `pace = { looks = ["5s", "15s", "30s"], every = "5m" }`

// maxPoints bounds the list of looks.
const maxPoints = 200

// pace reads the key pace of a seed or provider.
func (t *table) pace() seedtest.Pace {
	sub := t.sub("pace", paceForm)
	if sub == nil {
		return seedtest.Pace{}
	}
	p := seedtest.Pace{
		Looks: sub.points("looks"), Every: sub.duration("every", 0),
		Sweeps: sub.points("sweeps"), SweepEvery: sub.duration("sweep_every", 0),
		Follow: sub.duration("follow", 0), Commands: sub.integer("commands", 1, maxLimit),
	}
	sub.done()
	return p
}

// points returns rising durations.
func (t *table) points(key string) []time.Duration {
	example := key + ` = ["5s", "15s", "30s"]`
	n := t.typed(key, kindArray, example)
	if n == nil {
		return nil
	}
	if len(n.items) == 0 || len(n.items) > maxPoints {
		t.r.fail(n, fmt.Sprintf("has %d entries", len(n.items)),
			fmt.Sprintf("write from 1 to %d, such as %s", maxPoints, example))
		return nil
	}
	var points []time.Duration
	last := time.Duration(0)
	for _, x := range n.items {
		at := t.r.duration(x)
		if at == 0 {
			continue
		}
		if at <= last {
			t.r.fail(x, fmt.Sprintf("%s does not come after %s", at, last),
				"write the moments in order, each counted from when the message is expected")
		}
		points, last = append(points, at), max(at, last)
	}
	return points
}

// The quickest that rule 23 of docs/semantics.md bears at providers of others.
const (
	firstLook    = 5 * time.Second
	nextLook     = 10 * time.Second // after the one before
	everyLook    = time.Minute
	mostCommands = 1500
)

// hurried says where a pace is quicker than rule 23, "" if it is not.
func hurried(p seedtest.Pace) string {
	if len(p.Looks) > 0 && p.Looks[0] < firstLook {
		return fmt.Sprintf("looks after %s, and the first should not come before %s", p.Looks[0],
			firstLook)
	}
	for _, points := range [][]time.Duration{p.Looks, p.Sweeps} {
		for i := 1; i < len(points); i++ {
			if gap := points[i] - points[i-1]; gap < nextLook {
				return fmt.Sprintf("looks %s after one another, and %s should lie between two", gap,
					nextLook)
			}
		}
	}
	for _, every := range []time.Duration{p.Every, p.SweepEvery, p.Follow} {
		if every > 0 && every < everyLook {
			return fmt.Sprintf("looks every %s, and that should not be sooner than %s", every, everyLook)
		}
	}
	if p.Commands > mostCommands {
		return fmt.Sprintf("allows %d commands, and more than %d are a burden", p.Commands, mostCommands)
	}
	return ""
}

// checkPace warns of a pace that providers take ill. It is the user's to choose.
func (t *table) checkPace(seed seedtest.Seed) {
	pace, at := seed.Pace.Over(seed.Provider.Pace), t.get("pace")
	if at == nil {
		at = t.node
	}
	if why := hurried(pace); why != "" && !seed.Own {
		t.r.warn(at, fmt.Sprintf("the pace %s: %s may throttle or lock the account; write own = true "+
			"if the server is yours", why, seed.Provider.Name))
	}
}
