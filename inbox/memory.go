package inbox

import "runtime/debug"

const (
	manySeeds    = 50
	usualGarbage = 100 // percent of what is in use, of Go's collector
	leastGarbage = 25
)

// Thrifty keeps the memory of a process small that is to watch so many seeds at a time, unless GOGC
// says otherwise: nearly all that a watch holds it holds for its whole length, and the processor is
// idle meanwhile. With 1,000 seeds a quarter of the memory is saved for half a second of a
// processor while the sessions are opened. What it returns sets things back.
func Thrifty(seeds int) (restore func()) {
	before := debug.SetGCPercent(usualGarbage)
	if before == usualGarbage && seeds >= manySeeds {
		debug.SetGCPercent(leastGarbage)
	} else {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}
