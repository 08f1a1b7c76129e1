package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

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
	for _, n := range r.Notes {
		if n.Code == "duplicate" || n.Code == "moved" {
			continue // a finding says so
		}
		if told++; told > most && !p.style.Verbose {
			continue
		}
		about := n.Seed
		if x := r.Probe(n.Probe); x != nil {
			about = who(r, *x)
		}
		p.para("NOTE   ", p.say(strings.TrimPrefix(about+": "+n.Text, ": ")), 2)
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
	if len(u.Doses) > 0 {
		said = append(said, fmt.Sprintf("dose today, of %d: %s", u.DoseLimit, doseWords(u.Doses)))
	}
	if u.Commands > 0 {
		said = append(said, fmt.Sprintf("%s, %d throttled",
			plural(u.Commands, "IMAP command", "IMAP commands"), u.Throttled))
	}
	return strings.Join(said, "; ")
}

// doseWords groups seeds by what they had, the busiest first: "3 at gmail-a gmx-a, 1 at aol-a".
func doseWords(doses []SeedDose) string {
	by := map[int][]string{}
	var counts []int
	for _, d := range doses {
		if by[d.Messages] == nil {
			counts = append(counts, d.Messages)
		}
		by[d.Messages] = append(by[d.Messages], d.Seed)
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	var said []string
	for _, n := range counts {
		said = append(said, fmt.Sprintf("%d at %s", n, strings.Join(by[n], " ")))
	}
	return strings.Join(said, ", ")
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
		p.para(label, p.say(string(x.ID)+"  "+who(r, x)+": "+outcome(r, x)), 0)
		label = "       "
	}
}

// seconds is a duration as JSON and performance data write it: milliseconds are enough.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
