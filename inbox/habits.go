package inbox

import (
	"slices"
	"time"

	"seedtest"
)

// within is a pace that keeps to the habits of a provider: no look sooner after another, and no
// sign-in sooner after another, than it likes.
func (p Pace) within(h seedtest.Habits) Pace {
	p.LoginEvery = max(p.LoginEvery, h.LoginEvery)
	if h.PollEvery > 0 {
		p.Looks = thinned(p.Looks, h.PollEvery)
		p.Sweeps = thinned(p.Sweeps, h.PollEvery)
		p.LookEvery, p.SweepEvery = max(p.LookEvery, h.PollEvery), max(p.SweepEvery, h.PollEvery)
		p.Follow = max(p.Follow, h.PollEvery)
	}
	return p
}

// thinned leaves out the points that come too soon after the one before, or after the beginning.
func thinned(points []time.Duration, gap time.Duration) []time.Duration {
	last := time.Duration(0)
	return slices.DeleteFunc(slices.Clone(points), func(at time.Duration) bool {
		if at-last < gap {
			return true
		}
		last = at
		return false
	})
}

// batchOf is how many messages are fetched in one command.
func batchOf(h seedtest.Habits) int {
	if h.FetchBatch > 0 {
		return min(h.FetchBatch, fetchBatch)
	}
	return fetchBatch
}
