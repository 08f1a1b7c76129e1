package stats

import "math"

// Paired returns how likely it is that chance alone parts pairs at least as unevenly: the exact test
// of McNemar, two-sided. Each of the pairs that differ counts for one side or the other, those that
// agree count for neither. Without a pair that differs it is 1. Counts below 0 are taken for 0.
func Paired(one, other int) float64 {
	one, other = max(one, 0), max(other, 0)
	n, low := one+other, min(one, other)
	logHalf := -float64(n) * math.Ln2
	total, choose := 0.0, 0.0 // logarithm of the binomial coefficient
	for k := range low + 1 {
		if k > 0 {
			choose += math.Log(float64(n-k+1)) - math.Log(float64(k))
		}
		total += math.Exp(choose + logHalf)
	}
	return min(1, 2*total)
}

// PairsNeeded returns how many pairs that all differ to one side make [Paired] fall below a level
// between 0 and 1.
func PairsNeeded(level float64) int {
	n := 1
	for Paired(n, 0) >= level && n < 1000 {
		n++
	}
	return n
}
