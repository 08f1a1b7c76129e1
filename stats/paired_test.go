package stats_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"seedtest/stats"
)

// The wanted values are sums of binomial coefficients over powers of two, worked out by hand.
func TestPairedKnownValues(t *testing.T) {
	for _, x := range []struct {
		one, other int
		want       float64
	}{
		{0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {5, 0, 0.0625}, {0, 6, 0.03125},
		{8, 2, 2 * 56.0 / 1024}, {10, 1, 2 * 12.0 / 2048}, {-3, 5, 0.0625}, {7, 7, 1},
	} {
		if got := stats.Paired(x.one, x.other); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("Paired(%d, %d) = %g, want %g", x.one, x.other, got, x.want)
		}
	}
	for level, want := range map[float64]int{0.05: 6, 0.0125: 8, 1: 2, 0: 1000} {
		if got := stats.PairsNeeded(level); got != want {
			t.Errorf("PairsNeeded(%g) = %d, want %d", level, got, want)
		}
	}
}

func TestPairedIsAProbability(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.IntRange(0, 3000).Draw(r, "a"), rapid.IntRange(0, 3000).Draw(r, "b")
		p := stats.Paired(a, b)
		if !(p >= 0 && p <= 1) || math.Abs(p-stats.Paired(b, a)) > 1e-9 {
			r.Fatalf("Paired(%d, %d) = %g", a, b, p)
		}
		if q := stats.Paired(max(a, b)+1, min(a, b)); q > p+1e-9 {
			r.Fatalf("Paired grows from %g to %g with a more uneven count than %d and %d", p, q, a, b)
		}
	})
}
