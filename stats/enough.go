package stats

// maxNeeded bounds what Pairs and Messages look for.
const maxNeeded = 1_000_000

// Pairs returns how many pairs of messages, one by each of two ways and alike otherwise, are needed
// to see a difference: with them the exact two-sided sign test reaches the confidence (0.95 for the
// usual one) in so many of all cases as power says (0.8 for the usual one), if of each hundred pairs
// difference x 100 are decided, all for the same way. Where some go the other way more are needed. It
// returns 0 where a million do not suffice, and for arguments that are not between 0 and 1.
func Pairs(difference, confidence, power float64) int {
	if !within(difference) || !within(confidence) || !within(power) {
		return 0
	}
	least := 0 // decided pairs, all one way, that the test needs
	for p := 2.0; p > 1-confidence; p /= 2 {
		least++
	}
	few := make([]float64, least) // the chance of 0, 1, ... decided pairs among n, all too few
	few[0] = 1
	for n := 1; n <= maxNeeded; n++ {
		missed := 0.0
		for k := least - 1; k >= 0; k-- {
			few[k] *= 1 - difference
			if k > 0 {
				few[k] += few[k-1] * difference
			}
			missed += few[k]
		}
		if 1-missed >= power {
			return n
		}
	}
	return 0
}

// Messages returns how many messages are needed to know a rate to within margin on either side, by
// Wilson's interval where it is widest, at a rate of one half. It returns 0 as Pairs does.
func Messages(margin, confidence float64) int {
	if !within(margin) || !within(confidence) {
		return 0
	}
	wide := func(n int) bool {
		low, high := Wilson(n/2, n, confidence)
		return high-low > 2*margin
	}
	low, high := 2, 2
	for ; wide(high); high *= 2 {
		if high > maxNeeded {
			return 0
		}
		low = high
	}
	for low < high { // even numbers, because of the half
		if n := (low + high) / 4 * 2; wide(n) {
			low = n + 2
		} else {
			high = n
		}
	}
	return high
}

func within(x float64) bool { return x > 0 && x < 1 }
