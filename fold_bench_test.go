package seedtest_test

import (
	"fmt"
	"testing"
	"time"

	"seedtest"
)

// BenchmarkProbesAt asks what is pending at one seed of a long run in which each of a thousand
// seeds had a hundred faults, as a watcher asks at each look.
func BenchmarkProbesAt(b *testing.B) {
	folder := seedtest.NewFolder()
	o := opened()
	o.Seeds = nil
	for i := range 1000 {
		o.Seeds = append(o.Seeds, seedtest.Seed{Name: fmt.Sprint("s", i)})
	}
	folder.Add(seedtest.Fact{At: t0, Body: o})
	for i, s := range o.Seeds {
		id := seedtest.DispatchID(fmt.Sprint("d", i))
		folder.Add(seedtest.Fact{At: t0, Body: seedtest.Planned{Dispatch: id, Route: "old",
			Token: tokenOf(byte(i)), Probes: []seedtest.PlannedProbe{
				{Probe: seedtest.ProbeID(id), Seed: s.Name}}}})
		folder.Add(seedtest.Fact{At: t0, Body: seedtest.Submission{Dispatch: id, Number: 1,
			Outcome: seedtest.OutcomeAccepted}})
	}
	for n := range 100 {
		for _, s := range o.Seeds {
			from := at(time.Duration(n) * time.Minute)
			folder.Add(seedtest.Fact{At: from, Body: seedtest.Fault{Seed: s.Name, From: from,
				Kind: seedtest.FaultLost, What: "the connection broke"}})
		}
	}
	for b.Loop() {
		folder.ProbesAt("s500", at(time.Hour))
	}
}
