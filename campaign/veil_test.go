//go:build campaign

package campaign

import (
	"slices"
	"time"

	"seedtest"
)

// veil is a fault that can hide what lies at a seed, while it lasts and until the watch is back.
type veil struct {
	during
	kind   trouble
	rounds bool // also from rounds, which ask more than looks
}

// recovery is the longest time after a fault, at a server of ours and at one of others, until the
// watch looks again. It follows from the pace: the wait before the next connection grows to 5 s, or
// to 5 min; sign-ins are a minute apart; a command is given up after a minute, and an IDLE is ended
// when the next look is due. A sign-in that is refused is tried again after as long again as it was
// refused, up to a minute, or an hour.
type recovery struct {
	own, gentle time.Duration
	grows       bool // at servers of others by the time that it lasted
}

var recoveries = map[trouble]recovery{
	dropped:      {own: 30 * time.Second, gentle: 7 * time.Minute},
	saidBye:      {own: 30 * time.Second, gentle: 7 * time.Minute},
	refusedConn:  {own: 30 * time.Second, gentle: 7 * time.Minute},
	restarted:    {own: 30 * time.Second, gentle: 7 * time.Minute},
	stalled:      {own: 2 * time.Minute, gentle: 9 * time.Minute},
	halfOpen:     {own: 3 * time.Minute, gentle: 9 * time.Minute},
	refusedLogin: {own: 90 * time.Second, gentle: 3 * time.Minute, grows: true},
	throttling:   {own: 6 * time.Minute, gentle: 7 * time.Minute, grows: true},
	unreadable:   {own: 30 * time.Second, gentle: 3 * time.Minute, grows: true},
	renumbering:  {own: 30 * time.Second, gentle: 3 * time.Minute},
	killing:      {own: 30 * time.Second, gentle: time.Minute},
	falseNext:    {},
	neverOpens:   {},
}

const longestGrowth = time.Hour

// after is how long a fault hides a seed when it is over, having lasted so long.
func (r recovery) after(own bool, lasted time.Duration) time.Duration {
	switch {
	case own:
		return r.own
	case r.grows:
		return r.gentle + min(lasted, longestGrowth)
	}
	return r.gentle
}

// unveiled is what is left of some times when faults are taken out, with what it takes to recover
// from them. A fault that begins before another is recovered from prolongs it.
func unveiled(times []during, veils []veil, own bool) []during {
	veils = slices.SortedStableFunc(slices.Values(veils), func(a, b veil) int {
		return a.from.Compare(b.from)
	})
	var hidden []during
	for i := 0; i < len(veils); {
		d, wait := veils[i].during, recovery{}
		for ; i < len(veils); i++ {
			v := veils[i]
			if v.from.After(d.to.Add(wait.after(own, d.to.Sub(d.from)))) {
				break
			}
			r := recoveries[v.kind]
			wait = recovery{max(wait.own, r.own), max(wait.gentle, r.gentle), wait.grows || r.grows}
			d.to = latest(d.to, v.to)
		}
		hidden = append(hidden, during{d.from, d.to.Add(wait.after(own, d.to.Sub(d.from)))})
	}
	for _, h := range hidden {
		times = without(times, h)
	}
	return times
}

// without takes a time out of others.
func without(times []during, h during) []during {
	var left []during
	for _, t := range times {
		if h.to.Before(t.from) || h.from.After(t.to) {
			left = append(left, t)
			continue
		}
		if h.from.After(t.from) {
			left = append(left, during{t.from, h.from})
		}
		if h.to.Before(t.to) {
			left = append(left, during{h.to, t.to})
		}
	}
	return left
}

// gap is the longest time between two looks at the mailbox (rule 23, and the pace of the world).
func (x stay) gap(own bool) time.Duration {
	switch x.role {
	case seedtest.RoleInbox, seedtest.RoleJunk, seedtest.RoleInboxLike:
		if own {
			return ownPace.Follow + answering
		}
		return 5*time.Minute + answering
	}
	return sideGap(own)
}

func sideGap(own bool) time.Duration {
	if own {
		return ownPace.SweepEvery + answering
	}
	return 15*time.Minute + answering
}

// ownPace is that at servers of ours: each second for hours would show nothing that this does not.
var ownPace = seedtest.Pace{Every: 10 * time.Second, SweepEvery: 5 * time.Minute,
	Follow: time.Minute}
