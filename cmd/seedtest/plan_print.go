package main

import (
	"fmt"
	"strings"
	"time"

	"seedtest/report"
)

// writePlan prints a plan in the format that was asked for.
func (a *app) writePlan(p plan) error {
	if a.format == "json" {
		return report.WriteJSON(a.stdout, p)
	}
	for _, line := range p.lines() {
		if _, err := fmt.Fprintln(a.stdout, report.CleanLine(line)); err != nil {
			return broken(err)
		}
	}
	a.say("nothing was sent")
	return nil
}

// lines tell a plan to a person.
func (p plan) lines() []string {
	list := []string{fmt.Sprintf("PLAN  %s  %s to %s", p.Suite, plural(p.Messages, "message"),
		plural(len(p.Seeds), "seed"))}
	for _, r := range p.Routes {
		line := fmt.Sprintf("route     %-16s %s, %s", r.Route, plural(r.Messages, "message"), r.Type)
		line += through(r.Proxy)
		if r.Control {
			line += ", control: never counted"
		}
		list = append(list, line)
	}
	for _, s := range p.Seeds {
		line := fmt.Sprintf("seed      %-16s %d more", s.Seed, s.Adds)
		if s.Limit == 0 {
			line += ", no limit"
		} else {
			line += doseWords(s.Used, s.Limit, "in a day", s.Held, s.Free)
		}
		list = append(list, line)
	}
	for _, x := range p.Providers {
		list = append(list, fmt.Sprintf("provider  %-16s %d more", x.Provider, x.Adds)+
			doseWords(x.Used, x.Limit, "in an hour", x.Held, x.Free))
	}
	for _, b := range p.Breakers {
		list = append(list, fmt.Sprintf("breaker   %-16s rests at %s until %s: %s", b.Route, b.Provider,
			minuteOf(b.Until), b.Why))
	}
	if !p.Fits {
		list = append(list, "HELD  some messages would not be sent: wait, take seeds or messages out, or see [limits]")
	}
	list = append(list, fmt.Sprintf("takes     at most %s, and servers' own slowness; less if all of it is seen sooner",
		(time.Duration(p.AtMost*float64(time.Second))).Round(time.Second)),
		fmt.Sprintf("costs     %s, one for each seed and return path that we watch", plural(p.SignIns, "sign-in")))
	return append(list, p.Difference.line())
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// doseWords say what was used of a limit.
func doseWords(used, limit int, when string, held bool, free *time.Time) string {
	line := fmt.Sprintf(", %d of %d used %s", used, limit, when)
	if held {
		line += ": TOO MANY"
		if free != nil {
			line += ", one is free again at " + minuteOf(*free)
		}
	}
	return line
}

// line tells how many runs a difference takes.
func (d planDifference) line() string {
	percent := strings.TrimSuffix(fmt.Sprintf("%.1f", 100*d.Share), ".0") + " %"
	what := fmt.Sprintf("to see that %s of pairs end otherwise by two routes takes %s", percent,
		plural(d.Needed, "pair"))
	if d.Kind == "rate" {
		what = fmt.Sprintf("to know a rate to within %s takes %s", percent, plural(d.Needed, "message"))
	}
	switch {
	case d.Needed == 0:
		return "evidence  a difference of " + percent + " is more than a million messages can show"
	case d.Runs == 0:
		return "evidence  " + what + ", and no run is whole within the limits"
	}
	line := fmt.Sprintf("evidence  %s, %d a run: %s", what, d.ARun, plural(d.Runs, "run"))
	if d.Days > 0 {
		line += ", " + plural(d.Days, "day") + " or more by the limits"
	}
	return line
}
