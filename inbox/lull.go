package inbox

import (
	"context"
	"slices"
	"time"

	"seedtest"
)

// lull is what a watch knows of sweeps that found nothing new. One of them is put on record after
// each change and each hour, and the last one when the watch ends: a process that comes later
// begins from there, and finds in how short a time something moved.
type lull struct {
	changes int             // copies that came or went
	told    int             // of these, before the last sweep on record
	last    seedtest.Looked // the last such sweep
	at      time.Time       // of the one on record
}

const lullEvery = time.Hour

// quietSweep notes a sweep that found nothing new.
func (v *vigil) quietSweep(ctx context.Context, begun time.Time, boxes []*box,
	failed map[string]error) error {
	v.lull.last = seedtest.Looked{Seed: v.seed.Name, Begun: begun}
	for _, b := range v.boxes {
		if b.Selectable && (failed[b.Name] != nil || !slices.Contains(boxes, b)) {
			v.lull.last.But = append(v.lull.last.But, b.Name)
		}
	}
	if v.lull.told == v.lull.changes && begun.Sub(v.lull.at) < lullEvery {
		return nil
	}
	return v.tellLull(ctx)
}

// tellLull records the last sweep that found nothing new, if anything is followed.
func (v *vigil) tellLull(ctx context.Context) error {
	c := &v.lull
	if len(v.copies) == 0 || !c.last.Begun.After(c.at) {
		return nil
	}
	c.told, c.at = c.changes, c.last.Begun
	return v.record(ctx, c.last)
}
