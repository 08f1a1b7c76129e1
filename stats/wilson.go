// Package stats holds the statistics by which few messages are kept from proving too much.
//
// A placement rate of 5 in 5 says little about the next 100 messages; [Wilson] says how little. All
// functions are pure, take plain numbers and return plain numbers; what the numbers mean, and how
// they are worded, is the business of the caller.
package stats

import "math"

// Wilson returns the score interval of Wilson (1927) for a proportion: the range of true rates that
// would not be surprised by seeing successes among n trials, at the given confidence (0.95 for the
// usual interval). Both ends lie between 0 and 1. Unlike the textbook interval it stays honest at 0
// and at n successes and for small n. With n = 0 nothing is known: 0 and 1. Counts outside 0 to n
// are moved to the nearest end, and so is a confidence outside 0 to 1.
func Wilson(successes, n int, confidence float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	k := float64(min(max(successes, 0), n))
	z := math.Sqrt2 * math.Erfinv(min(max(confidence, 0), 1))
	if math.IsInf(z, 0) {
		return 0, 1
	}
	trials, zz := float64(n), z*z
	rate := k / trials
	middle := rate + zz/(2*trials)
	half := z * math.Sqrt(rate*(1-rate)/trials+zz/(4*trials*trials))
	low = (middle - half) / (1 + zz/trials)
	high = (middle + half) / (1 + zz/trials)
	return edge(low, k == 0, 0), edge(high, k == trials, 1)
}

// edge gives the exact end of the interval where rounding would leave it a hair away, and keeps
// every other value within 0 to 1.
func edge(v float64, exact bool, end float64) float64 {
	if exact {
		return end
	}
	return min(max(v, 0), 1)
}
