package stats_test

import (
	"math"
	"testing"

	"seedtest/stats"
)

// The wanted values were worked out by hand from the closed form with z = 1.959963985 (95 %) and
// z = 2.575829304 (99 %); the first four rows are the ones that Newcombe (1998), table I, method 3,
// prints.
func TestWilsonKnownValues(t *testing.T) {
	tests := []struct {
		successes, n int
		confidence   float64
		low, high    float64
	}{
		{81, 263, 0.95, 0.2553, 0.3662},
		{15, 148, 0.95, 0.0624, 0.1605},
		{0, 20, 0.95, 0, 0.1611},
		{1, 29, 0.95, 0.0061, 0.1718},
		{5, 5, 0.95, 0.5655, 1},
		{9, 10, 0.95, 0.5958, 0.9821},
		{5, 10, 0.99, 0.1842, 0.8158},
	}
	for _, x := range tests {
		low, high := stats.Wilson(x.successes, x.n, x.confidence)
		if math.Abs(low-x.low) > 0.00006 || math.Abs(high-x.high) > 0.00006 {
			t.Errorf("Wilson(%d, %d, %g) = %.4f, %.4f, want %.4f, %.4f",
				x.successes, x.n, x.confidence, low, high, x.low, x.high)
		}
	}
}

func TestWilsonEnds(t *testing.T) {
	tests := []struct {
		name         string
		successes, n int
		confidence   float64
		low, high    float64
	}{
		{"no trials", 0, 0, 0.95, 0, 1},
		{"negative trials", 3, -1, 0.95, 0, 1},
		{"full confidence", 3, 4, 1, 0, 1},
		{"beyond full confidence", 3, 4, 2, 0, 1},
		{"no confidence", 3, 4, 0, 0.75, 0.75},
	}
	for _, x := range tests {
		low, high := stats.Wilson(x.successes, x.n, x.confidence)
		if math.Abs(low-x.low) > 1e-12 || math.Abs(high-x.high) > 1e-12 {
			t.Errorf("%s: Wilson(%d, %d, %g) = %g, %g, want %g, %g",
				x.name, x.successes, x.n, x.confidence, low, high, x.low, x.high)
		}
	}
}

func TestWilsonHoldsTheRateAndNarrows(t *testing.T) {
	for n := 1; n <= 60; n++ {
		for k := 0; k <= n; k++ {
			rate := float64(k) / float64(n)
			low, high := stats.Wilson(k, n, 0.95)
			if low < 0 || high > 1 || low > rate || high < rate {
				t.Fatalf("Wilson(%d, %d, 0.95) = %g, %g does not hold %g", k, n, low, high, rate)
			}
			wideLow, wideHigh := stats.Wilson(2*k, 2*n, 0.95)
			if wideHigh-wideLow >= high-low {
				t.Fatalf("Wilson(%d, %d) is not narrower than Wilson(%d, %d)", 2*k, 2*n, k, n)
			}
		}
	}
}
