package inbox

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestThriftyGoesByTheSeedsAndLeavesGOGCAlone(t *testing.T) {
	now := func() int {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent
	}
	defer debug.SetGCPercent(now())
	for _, x := range []struct{ before, seeds, want int }{
		{100, 1, 100}, {100, manySeeds - 1, 100}, {100, manySeeds, leastGarbage},
		{50, manySeeds, 50}, {50, 1, 50}, {-1, manySeeds, -1},
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

// Where seeds are few the heap may hold a dozen megabytes of garbage, and not four of five parts: what
// servers make a run hold is bounded.
func TestThriftySparesFewSeeds(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	goal := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.NextGC
	}
	before := goal()
	restore := Thrifty(1)
	with := goal()
	restore()
	if with < before+spare || with > before+3*spare {
		t.Errorf("the next collection is due at %d octets, without Thrifty at %d", with, before)
	}
	if after := goal(); after >= before+spare {
		t.Errorf("the next collection is due at %d octets afterwards, before at %d", after, before)
	}
}

// Go gives memory back by itself, but late and not all: here it is done at once.
func TestGiveBackLeavesNothingIdle(t *testing.T) {
	const most = 2 << 20
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // each processor keeps some free memory for itself
	stats := func() (m runtime.MemStats) {
		runtime.ReadMemStats(&m)
		return m
	}
	garbage := make([]byte, 128<<20)
	for i := range garbage {
		garbage[i] = 1
	}
	runtime.KeepAlive(garbage)
	garbage = nil
	before, now := stats(), stats()
	stop := giveBack(10 * time.Millisecond)
	defer stop()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); now = stats() {
		if now.NumForcedGC > before.NumForcedGC && now.HeapIdle-now.HeapReleased < most {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d bytes are idle after %d collections that were asked for",
		now.HeapIdle-now.HeapReleased, now.NumForcedGC-before.NumForcedGC)
}
