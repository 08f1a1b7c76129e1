package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// Text writes the report for a terminal: the verdict first, then who is right, seed by seed and
// route beside route, then why and what to do, what could not be seen, what so few messages prove,
// what it cost and what comes next. No line is wider than s.Width.
func Text(w io.Writer, r Report, s Style) error {
	p := &page{names: namesOf(r.Run, s), style: s}
	judged, control := sides(r.Run)
	p.verdict(r)
	p.summary(r, judged)
	p.table(r, judged)
	p.moves(r.Run)
	p.control(r.Run, control)
	p.expectations(r.Judgement)
	p.why(r)
	p.faults(r.Run)
	p.held(r.Run)
	p.lookUp(r.Run)
	p.health(r.Run)
	p.successions(r.Successions)
	p.notes(r.Run)
	p.limits(judged)
	p.used(r.Usage)
	p.addresses(r.Run)
	p.probes(r.Run)
	if next := nextSteps(r); len(next) > 0 {
		p.para("NEXT   ", p.say(strings.Join(next, "; ")), 0)
	}
	return p.write(w)
}

// verdict writes the first line.
func (p *page) verdict(r Report) {
	run := r.Run
	p.fields([]string{
		strings.ToUpper(string(r.Judgement.Verdict)),
		cut(p.say(run.Opened.Suite.Name), p.style.width()/2),
		runWord(run),
		span(run.Started, ended(run)),
		judgedWords(r.Judgement),
		settledWords(run),
		unfinished(run),
	})
}

// ended is when the run ended, or how far it is known.
func ended(r seedtest.Run) time.Time {
	if r.Ended != nil {
		return *r.Ended
	}
	return r.AsOf
}

// runWord names the run.
func runWord(r seedtest.Run) string {
	if r.Opened.Run == "" {
		return "no run"
	}
	return "run " + clean(r.Opened.Run.Short())
}

// judgedWords says of how many probes that count something may be said.
func judgedWords(j seedtest.Judgement) string {
	return fmt.Sprintf("%d of %d judged", j.Judged, j.Planned)
}

// unfinished says that a run was broken off or still goes on.
func unfinished(r seedtest.Run) string {
	switch {
	case r.Closed == nil && !r.Terminal():
		return "not ended"
	case r.Closed == nil:
		return ""
	case r.Closed.Reason == seedtest.ClosedCancelled:
		return "cancelled"
	case r.Closed.Reason == seedtest.ClosedDetached && !r.Terminal():
		return "left after sending"
	case r.Closed.Reason == seedtest.ClosedFailed:
		return "broken off: " + clean(r.Closed.Error)
	}
	return ""
}

// expectations writes the demands that did not hold.
func (p *page) expectations(j seedtest.Judgement) {
	for _, e := range j.Expectations {
		if e.Holds == seedtest.Pass {
			continue
		}
		mark := "not met"
		if e.Holds == seedtest.Unknown {
			mark = "not known"
		}
		text := fmt.Sprintf("%s %s: wanted %s, got %s", e.What, mark, e.Wanted, e.Got)
		p.para("EXPECT ", p.say(text), 0)
	}
	if len(j.Expectations) == 0 {
		for _, why := range j.Reasons {
			p.para("EXPECT ", p.say(why), 0)
		}
	}
}

// control writes what the control routes came to.
func (p *page) control(r seedtest.Run, control []side) {
	for _, s := range control {
		arrived, seen := 0, 0
		var unknown, failed []string
		for _, x := range s.probes {
			switch {
			case !isKnown(x):
				unknown = append(unknown, clean(x.Seed))
			case x.Placements.Current.Arrived():
				arrived++
				seen++
			default:
				seen++
				failed = append(failed, clean(x.Seed)+" "+word(x))
			}
		}
		text := fmt.Sprintf("%d of %d arrived by %s", arrived, seen, clean(s.route.Name))
		if len(failed) > 0 {
			text += "; " + strings.Join(compact(failed), ", ")
		}
		if len(unknown) > 0 {
			text += "; not known of " + strings.Join(compact(unknown), ", ")
		}
		p.para(pad("control", labelCells), p.say(text), 3)
	}
}

// compact drops repetitions and keeps the order.
func compact(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// faults writes what we could not see and why, one line for each seed or route and kind.
func (p *page) faults(r seedtest.Run) {
	type key struct {
		who  string
		kind seedtest.FaultKind
	}
	count := map[key]int{}
	for _, f := range r.Faults {
		count[key{f.Seed + f.Route, f.Kind}]++
	}
	label := "FAULTS "
	for _, f := range r.Faults {
		k := key{f.Seed + f.Route, f.Kind}
		n := count[k]
		if n == 0 || f.Kind == seedtest.FaultBaseline && othersAt(r, f) {
			continue
		}
		count[k] = 0
		p.para(label, p.faultLine(r, f, n), 2)
		label = "       "
	}
}

// othersAt reports whether the seed had other trouble: then a missing baseline only follows from
// it.
func othersAt(r seedtest.Run, f seedtest.FaultState) bool {
	return slices.ContainsFunc(r.Faults, func(x seedtest.FaultState) bool {
		return x.Seed == f.Seed && x.Kind != f.Kind
	})
}

// during says from when to when a trouble lasted.
func during(f seedtest.FaultState) string {
	text := clock(f.From)
	if f.To != nil {
		text += "-" + clock(*f.To)
	}
	return text
}

func (p *page) faultLine(r seedtest.Run, f seedtest.FaultState, times int) string {
	who := f.Seed + f.Route
	text := faultWords(f.Kind) + " " + during(f)
	if who != "" {
		text = p.say(who) + ": " + text
	}
	if times > 1 {
		text += fmt.Sprintf(" (%d times)", times)
	}
	if n := blindAt(r, f.Seed); n > 0 {
		text += ", " + plural(n, "probe", "probes") + " blind"
	}
	if f.What != "" {
		text += ": \"" + p.say(f.What) + "\""
	}
	return text
}

func blindAt(r seedtest.Run, seed string) int {
	n := 0
	for _, p := range r.Probes {
		if seed != "" && p.Seed == seed && p.Placements.Current == seedtest.Blind {
			n++
		}
	}
	return n
}
