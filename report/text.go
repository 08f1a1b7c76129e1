package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
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
	p.control(r.Run, control)
	p.expectations(r.Judgement)
	p.why(r)
	p.faults(r.Run)
	p.held(r.Run)
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

// held writes what a dose limit or a breaker held back, and which breakers this run opened.
func (p *page) held(r seedtest.Run) {
	label := "HELD   "
	for _, text := range heldWords(r) {
		p.para(label, p.say(text), 0)
		label = "       "
	}
}

// heldWords says each limit once, with how many messages it held, and each breaker that opened.
func heldWords(r seedtest.Run) []string {
	count := map[string]int{}
	var limits, breakers []string
	for _, x := range r.Probes {
		if l := x.Limit; l != nil {
			text := l.What
			if l.Until != nil {
				text += ", until " + l.Until.UTC().Format("2006-01-02 15:04")
			}
			limits, count[text] = append(limits, text), count[text]+1
		}
		if s := x.Submission(); s != nil && s.Breaker != "" {
			breakers = append(breakers, fmt.Sprintf("nothing more goes by %s to %s for 24 h: %s",
				x.Route, provider(r, x.Seed), s.Breaker))
		}
	}
	limits = compact(limits)
	for i, text := range limits {
		limits[i] = plural(count[text], "message", "messages") + " by a limit: " + text
	}
	return append(limits, compact(breakers)...)
}

// notes writes what changes no placement and should be known all the same.
func (p *page) notes(r seedtest.Run) {
	const most = 5
	told := 0
	for _, s := range r.Seeds {
		if s.Sick != "" {
			p.para("NOTE   ", p.say(s.Seed.Name+" is not counted: "+s.Sick), 2)
		}
	}
	for _, n := range r.Notes {
		if n.Code == "duplicate" || n.Code == "moved" {
			continue // a finding says so
		}
		if told++; told > most && !p.style.Verbose {
			continue
		}
		who := n.Seed
		if x := r.Probe(n.Probe); x != nil {
			who = x.Seed + " by " + x.Route
		}
		p.para("NOTE   ", p.say(strings.TrimPrefix(who+": "+n.Text, ": ")), 2)
	}
	if told > most && !p.style.Verbose {
		p.para("NOTE   ", strconv.Itoa(told-most)+" more", 1)
	}
}

// used writes what the run cost.
func (p *page) used(u Usage) {
	if said := usedOf(u); said != "" {
		p.para("USED   ", said, 0)
	}
}

// usedOf says what a run cost, as far as it is known.
func usedOf(u Usage) string {
	var said []string
	if u.Mails > 0 {
		text := plural(u.Mails, "mail", "mails")
		if u.Control > 0 {
			text += fmt.Sprintf(" (%d control)", u.Control)
		}
		said = append(said, text)
	}
	if u.DoseLimit > 0 {
		said = append(said, fmt.Sprintf("dose %d of %d today", u.DoseUsed, u.DoseLimit))
	}
	if u.Commands > 0 {
		said = append(said, fmt.Sprintf("%s, %d throttled",
			plural(u.Commands, "IMAP command", "IMAP commands"), u.Throttled))
	}
	return strings.Join(said, "; ")
}

// addresses writes the seeds' addresses, where they are asked for.
func (p *page) addresses(r seedtest.Run) {
	if !p.style.Addresses {
		return
	}
	label := "SEEDS  "
	for _, s := range r.Seeds {
		p.para(label, p.say(s.Seed.Name+" "+s.Seed.Address), 0)
		label = "       "
	}
}

// probes lists every probe by its id, where all is asked for.
func (p *page) probes(r seedtest.Run) {
	if !p.style.Verbose {
		return
	}
	label := "PROBES "
	for _, x := range r.Probes {
		p.para(label, p.say(string(x.ID)+"  "+who(x)+": "+outcome(r, x)), 0)
		label = "       "
	}
}

// seconds is a duration as JSON and performance data write it: milliseconds are enough.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
