package inbox

import (
	"runtime"
	"runtime/debug"
	"time"
)

const (
	manySeeds    = 50
	usualGarbage = 100 // percent of what is in use, of Go's collector
	leastGarbage = 25
	spare        = 12 << 20 // octets of garbage that are always allowed where seeds are few
	giveBackEach = 10 * time.Second
)

// Thrifty fits the collector of a process to so many seeds that it is to watch at a time, unless
// GOGC says otherwise. Nearly all that a watch holds it holds for its whole length, and the processor
// is idle meanwhile: with 1,000 seeds a quarter of the memory is saved for half a second of a processor
// while the sessions are opened. Of few seeds so little is held that messages would leave between two
// collections by the hundred: a dozen megabytes more save an eighth of a processor. A dozen it stays,
// whatever servers make a run hold. What it returns sets things back.
func Thrifty(seeds int) (restore func()) {
	before := debug.SetGCPercent(usualGarbage)
	switch {
	case before != usualGarbage:
		debug.SetGCPercent(before)
		return func() {}
	case seeds < manySeeds:
		// Memory that is never touched takes none of the machine's. The collector counts it as in use,
		// and so lets as much more garbage be.
		untouched := make([]byte, spare)
		return func() { runtime.KeepAlive(untouched) }
	}
	debug.SetGCPercent(leastGarbage)
	stop := giveBack(giveBackEach)
	return func() {
		stop()
		debug.SetGCPercent(before)
	}
}

// giveBack returns to the system, now and then, the memory that is not in use: to open sessions,
// and to look at all seeds at once, takes more than to wait.
func giveBack(each time.Duration) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(each)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				debug.FreeOSMemory()
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-over
	}
}
