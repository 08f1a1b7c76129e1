package stats

import (
	"math"
	"testing"
)

// TestPairs: the sign test needs 6 of 6 at 95 %, as 2/64 is below 0.05 and 2/32 is not. The wanted
// numbers are the least n with P(Binomial(n, d) >= 6) >= power; those of 0.5 are checked by hand below.
func TestPairs(t *testing.T) {
	for _, d := range []float64{0.02, 0.1, 0.25, 0.5, 0.9} {
		n := Pairs(d, 0.95, 0.8)
		if atLeast(6, n, d) < 0.8 || atLeast(6, n-1, d) >= 0.8 {
			t.Errorf("Pairs(%v) = %d: power %v, one pair less %v", d, n, atLeast(6, n, d), atLeast(6, n-1, d))
		}
	}
	// P(Binomial(15, 0.5) >= 6) = 27824/32768, of 14: 12911/16384.
	if got := Pairs(0.5, 0.95, 0.8); got != 15 {
		t.Errorf("Pairs(0.5) = %d, want 15", got)
	}
	for _, bad := range [][3]float64{{0, 0.95, 0.8}, {1, 0.95, 0.8}, {0.1, 1, 0.8}, {0.1, 0.95, 0}, {1e-7, 0.95, 0.8},
		{math.NaN(), 0.95, 0.8}} {
		if got := Pairs(bad[0], bad[1], bad[2]); got != 0 {
			t.Errorf("Pairs(%v) = %d, want 0", bad, got)
		}
	}
}

// atLeast is P(Binomial(n, p) >= k), by logarithms of factorials.
func atLeast(k, n int, p float64) float64 {
	sum := 0.0
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return sum
}

func TestMessages(t *testing.T) {
	for _, margin := range []float64{0.01, 0.05, 0.1, 0.2} {
		n := Messages(margin, 0.95)
		low, high := Wilson(n/2, n, 0.95)
		if high-low > 2*margin {
			t.Errorf("Messages(%v) = %d: from %v to %v", margin, n, low, high)
		}
		if low, high := Wilson(n/2-1, n-2, 0.95); high-low <= 2*margin {
			t.Errorf("Messages(%v) = %d, and %d suffice: from %v to %v", margin, n, n-2, low, high)
		}
	}
	if got := Messages(0, 0.95); got != 0 {
		t.Errorf("Messages(0) = %d, want 0", got)
	}
}
