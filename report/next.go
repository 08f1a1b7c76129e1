package report

import (
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// nextSteps are the caller's, or made from the run: to go on with what was broken off, the seeds to
// look after, one probe to read about, the numbers to mend, the run to repeat.
func nextSteps(r Report) []string {
	if r.Next != nil {
		return r.Next
	}
	run := r.Run
	next := goOn(run)
	if seeds := toCheck(run); len(seeds) > 0 {
		next = append(next, "seedtest check "+strings.Join(seeds, " "))
	}
	if by := toLookUp(run); len(by) > 0 {
		next = append(next, "look up "+plural(len(by), "message", "messages")+" by hand")
	}
	mend := toMend(r.Findings, func(seedtest.Finding) bool { return true })
	if len(mend) > 0 {
		next = append(next, "mend "+list(mend))
	}
	if p := firstLost(run); p != nil {
		next = append(next, "seedtest show "+run.Opened.Run.Short()+" "+refTo(run, *p))
	}
	if len(mend) > 0 && run.Opened.Suite.Name != "" {
		next = append(next, "seedtest run "+run.Opened.Suite.Name)
	}
	return next
}

// toCheck names the seeds that could not see, or are not well.
func toCheck(r seedtest.Run) []string {
	blind := seedsAt(r, seedtest.Blind)
	for _, s := range r.Seeds {
		if conditionOf(s) != "" {
			blind = append(blind, s.Seed.Name)
		}
	}
	return slices.DeleteFunc(compact(blind), func(name string) bool { return byHand(r, name) })
}

func byHand(r seedtest.Run, seed string) bool {
	s := r.Seed(seed)
	return s != nil && s.Seed.ByHand
}

// goOn says how to carry on a run that is not at its end, and how to look again for what is
// overdue.
func goOn(r seedtest.Run) []string {
	if r.Opened.Run == "" {
		return nil
	}
	id := r.Opened.Run.Short()
	awaited := slices.ContainsFunc(append(seedsAt(r, seedtest.Overdue), seedsAt(r, seedtest.Pending)...),
		func(seed string) bool { return !byHand(r, seed) })
	detached := r.Closed != nil && r.Closed.Reason == seedtest.ClosedDetached
	switch {
	case unfinished(r) != "" && !detached:
		return []string{"seedtest resume " + id}
	case awaited:
		return []string{"seedtest follow " + id}
	}
	return nil
}

// seedsAt names the seeds that have a probe at a placement.
func seedsAt(r seedtest.Run, place seedtest.Placement) []string {
	var seeds []string
	for _, p := range r.Probes {
		if p.Placements.Current == place {
			seeds = append(seeds, p.Seed)
		}
	}
	return compact(seeds)
}

// firstLost is the first probe that counts and did not arrive, or nil.
func firstLost(r seedtest.Run) *seedtest.Probe {
	i := slices.IndexFunc(r.Probes, func(p seedtest.Probe) bool {
		return p.Counted && verdictOf(p) == seedtest.Fail
	})
	if i < 0 {
		return nil
	}
	return &r.Probes[i]
}

// refTo is how a command names a probe: by seed and route, or by its id where there are several.
func refTo(r seedtest.Run, p seedtest.Probe) string {
	n := 0
	for _, x := range r.Probes {
		if x.Seed == p.Seed && x.Route == p.Route {
			n++
		}
	}
	if n > 1 {
		return string(p.ID)
	}
	return p.Seed + "/" + p.Route
}

// toMend are the numbers of the causes that are to be mended outside of this program and fit. What
// is merely possible is not worth a change of anything yet.
func toMend(findings []seedtest.Finding, fits func(seedtest.Finding) bool) []string {
	var numbers []string
	for i, f := range causesOf(findings) {
		if !strings.HasPrefix(f.Code, "tool.") && sure(f.Confidence) != "possible" && fits(f) {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
	}
	return numbers
}
