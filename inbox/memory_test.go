package inbox

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
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

// Go's own way of giving memory back keeps a tenth of it.
func TestGiveBackLeavesNothingIdle(t *testing.T) {
	const most = 2 << 20
	garbage := make([]byte, 128<<20)
	for i := range garbage {
		garbage[i] = 1
	}
	runtime.KeepAlive(garbage)
	garbage = nil
	stop := giveBack(10 * time.Millisecond)
	defer stop()
	idle := uint64(0)
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if idle = m.HeapIdle - m.HeapReleased; idle < most {
			return
		}
	}
	t.Errorf("%d bytes are idle and were not given back", idle)
}
