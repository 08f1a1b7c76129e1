package harness

import (
	"fmt"
	"time"
)

// Clock returns a clock that a step of the wall clock does not move: it is the wall clock's time
// at the call, advanced by the monotonic clock (rule 14). now is usually time.Now.
func Clock(now func() time.Time) func() time.Time {
	start := now()
	wall := start.Round(0).UTC()
	return func() time.Time { return wall.Add(now().Sub(start)) }
}

// maxStep is how far the wall clock may drift from the monotonic one without being a fault.
const maxStep = 2 * time.Second

// stepWords says by how much the wall clock stepped, or "" if it did not.
func stepWords(monotonic, wall time.Time) string {
	step := wall.Sub(monotonic)
	if step.Abs() <= maxStep {
		return ""
	}
	return fmt.Sprintf("the wall clock stepped by %s; times of this run go on without the step",
		step.Round(time.Second))
}
