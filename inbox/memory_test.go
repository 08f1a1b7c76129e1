package inbox

import (
	"runtime/debug"
	"testing"
)

func TestThriftyIsForManySeedsAndLeavesGOGCAlone(t *testing.T) {
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	defer debug.SetGCPercent(now())
	for _, x := range []struct{ before, seeds, want int }{
		{100, 1, 100}, {100, manySeeds, leastGarbage}, {400, manySeeds, 400}, {-1, manySeeds, -1},
	} {
		debug.SetGCPercent(x.before)
		restore := Thrifty(x.seeds)
		if got := now(); got != x.want {
			t.Errorf("%d seeds after GOGC=%d: %d, want %d", x.seeds, x.before, got, x.want)
		}
		if restore(); now() != x.before {
			t.Errorf("GOGC was %d, and is %d afterwards", x.before, now())
		}
	}
}
