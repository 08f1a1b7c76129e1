package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// Live returns the lines of the live display: what was sent by each route and what came of it, what
// is still awaited and for how long, the latest sightings, the troubles. There are fewer lines than
// the style is high, so that the block can be painted anew, and none is wider than it.
func Live(r seedtest.Run, now time.Time, s Style) []string {
	p := &page{names: namesOf(r, s), style: s}
	p.liveHead(r, now)
	judged, control := sides(r)
	for _, x := range append(judged, control...) {
		p.liveRoute(x)
	}
	p.liveAwaited(r, now)
	p.liveTrouble(r)
	room := max(s.height()-1, 1)
	if len(p.lines) > room {
		p.lines = p.lines[:room]
	}
	p.liveSeen(r, room-len(p.lines))
	if s.Color {
		for i, line := range p.lines {
			p.lines[i] = paint(line)
		}
	}
	return p.lines
}

// liveHead says which run it is, for how long it has run and how far it is.
func (p *page) liveHead(r seedtest.Run, now time.Time) {
	terminal := 0
	for _, x := range r.Probes {
		if x.Terminal {
			terminal++
		}
	}
	elapsed := ""
	if !r.Started.IsZero() && !now.Before(r.Started) {
		elapsed = "  " + waited(r.Started, now)
	}
	p.add(p.say(fmt.Sprintf("%s  run %s%s  %d of %d probes done", cut(clean(r.Opened.Suite.Name), 30),
		r.Opened.Run.Short(), elapsed, terminal, len(r.Probes))))
}

// waited is a time that still runs, in whole seconds.
func waited(from, now time.Time) string {
	if d := now.Sub(from); d >= time.Second {
		return took(d.Truncate(time.Second))
	}
	return "0s"
}

const liveLabel = 12

// liveRoute says what a route was given and where it is: "new  6 of 6 sent: 3 inbox, 1 JUNK".
func (p *page) liveRoute(x side) {
	sent, by := 0, map[seedtest.Placement]int{}
	for _, y := range x.probes {
		if left(y) {
			sent++
		}
		by[y.Placements.Current]++
	}
	text := fmt.Sprintf("%d of %d sent: %s", sent, len(x.probes), tallyWords(by))
	if x.route.Control {
		text += " (control)"
	}
	p.entry(pad(cut(p.say(x.route.Name), liveLabel-1), liveLabel), text)
}

// liveAwaited names what is still awaited, the longest wait first.
func (p *page) liveAwaited(r seedtest.Run, now time.Time) {
	var open []seedtest.Probe
	for _, x := range r.Probes {
		if !x.Terminal && !x.Expected.IsZero() {
			open = append(open, x)
		}
	}
	slices.SortStableFunc(open, func(a, b seedtest.Probe) int {
		return a.Expected.Compare(b.Expected)
	})
	var said []string
	for _, x := range open {
		said = append(said, who(r, x)+" "+waited(x.Expected, now))
	}
	if len(said) > 0 {
		p.para(pad("awaited", liveLabel), p.say(strings.Join(said, ", ")), 3)
	}
	if again := nextTry(r); again != "" {
		p.para(pad("again", liveLabel), p.say(again), 2)
	}
}

// nextTry names the messages that a route deferred and when they are tried again.
func nextTry(r seedtest.Run) string {
	var said []string
	for _, x := range r.Probes {
		if s := x.Submission(); !x.Terminal && x.Expected.IsZero() && s != nil && s.RetryAt != nil {
			said = append(said, who(r, x)+" at "+clock(*s.RetryAt))
		}
	}
	return strings.Join(compact(said), ", ")
}

// liveTrouble quotes the last troubles that are not over.
func (p *page) liveTrouble(r seedtest.Run) {
	const most = 2
	told := 0
	for i := len(r.Faults) - 1; i >= 0 && told < most; i-- {
		if f := r.Faults[i]; f.To == nil {
			p.para(pad("trouble", liveLabel), p.say(faultSays(f)), 1)
			told++
		}
	}
}

// liveSeen fills at most room lines with the latest outcomes, newest first.
func (p *page) liveSeen(r seedtest.Run, room int) {
	type event struct {
		at   time.Time
		text string
	}
	var events []event
	for _, x := range r.Probes {
		for _, m := range x.Moves() {
			events = append(events, event{m.Before, who(r, x) + ": " + moveWords(m, r.Started)})
		}
		if first, ok := firstSeen(x); ok {
			events = append(events, event{first.At, who(r, x) + ": " + outcome(r, x)})
			continue
		}
		if n := len(x.Attempts); x.Terminal && n > 0 {
			at := x.Attempts[n-1].Answered
			if x.Proof != nil {
				at = x.Proof.Ended
			}
			events = append(events, event{at, who(r, x) + ": " + outcome(r, x)})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(b.at.Compare(a.at), strings.Compare(a.text, b.text))
	})
	for _, e := range events[:min(max(room, 0), len(events))] {
		p.add(clock(e.at) + "    " + p.say(e.text))
	}
}
