package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

const (
	labelCells = 13 // of the first column
	sideBySide = 2  // routes in one block
)

// table writes who is right: the seeds down, the routes across, two in a block.
func (p *page) table(r Report, judged []side) {
	for len(judged) > 0 {
		n := min(sideBySide, len(judged))
		p.block(r.Run, judged[:n])
		judged = judged[n:]
	}
}

// block writes one block of at most two routes.
func (p *page) block(r seedtest.Run, routes []side) {
	head := make([]string, len(routes))
	auth, hops, names := slices.Clone(head), slices.Clone(head), slices.Clone(head)
	for i, s := range routes {
		head[i], auth[i], hops[i], names[i] = p.say(s.heading()), s.auth(), s.hops(), s.greeting()
	}
	p.row("seeds", head)
	for _, g := range grouped(r, routes) {
		row := make([]string, len(routes))
		for i := range routes {
			row[i] = p.say(p.cell(r, g.probes[i]))
		}
		p.row(g.label(), row)
	}
	p.row("auth", auth)
	p.row("hops", hops)
	p.row("greets as", names)
}

// row writes a label and its cells, which wrap inside their columns. A row without text is left
// out.
func (p *page) row(label string, row []string) {
	room := (p.style.width() - labelCells) / max(len(row), 1)
	columns := make([][]string, len(row))
	height := 0
	for i, text := range row {
		columns[i] = wrapFields(text, room-1)
		height = max(height, len(columns[i]))
	}
	for k := range height {
		line := pad("", labelCells)
		if k == 0 {
			line = pad(cut(label, labelCells-1), labelCells)
		}
		for _, c := range columns {
			text := ""
			if k < len(c) {
				text = c[k]
			}
			line += pad(text, room)
		}
		p.add(line)
	}
}

// wrapFields wraps a cell, and keeps what stands between double blanks together if it can.
func wrapFields(text string, n int) []string {
	var lines []string
	line := ""
	for _, f := range strings.Split(text, "  ") {
		switch {
		case f == "":
		case line == "":
			line = f
		case cells(line)+2+cells(f) <= n:
			line += "  " + f
		default:
			lines, line = append(lines, line), f
		}
	}
	lines = append(lines, line)
	var out []string
	for _, l := range lines {
		if cells(l) <= n {
			if l != "" {
				out = append(out, l)
			}
			continue
		}
		out = append(out, wrap(l, n)...)
	}
	return out
}

// seedGroup is the seeds of one provider that came to the same by every route of a block.
type seedGroup struct {
	provider string
	seeds    []string
	same     string             // what they came to
	probes   [][]seedtest.Probe // by route
}

// grouped divides the seeds, in the order of the run. Seeds of one provider are put together where
// the words are equal by every route.
func grouped(r seedtest.Run, routes []side) []seedGroup {
	var groups []seedGroup
	for _, seed := range seedsOf(routes) {
		g := seedGroup{provider: provider(r, seed), seeds: []string{seed}}
		for _, s := range routes {
			var own []seedtest.Probe
			var words []string
			for _, p := range s.probes {
				if p.Seed == seed {
					own = append(own, p)
					words = append(words, word(p)+detail(r, p))
				}
			}
			slices.Sort(words)
			g.probes = append(g.probes, own)
			g.same += strings.Join(words, "\x00") + "\x01"
		}
		i := slices.IndexFunc(groups, func(x seedGroup) bool {
			return x.provider == g.provider && x.same == g.same
		})
		if i < 0 {
			groups = append(groups, g)
			continue
		}
		groups[i].seeds = append(groups[i].seeds, seed)
		for k := range g.probes {
			groups[i].probes[k] = append(groups[i].probes[k], g.probes[k]...)
		}
	}
	return groups
}

func seedsOf(routes []side) []string {
	var seeds []string
	known := map[string]bool{}
	for _, s := range routes {
		for _, p := range s.probes {
			if !known[p.Seed] {
				known[p.Seed] = true
				seeds = append(seeds, p.Seed)
			}
		}
	}
	return seeds
}

// label names the seeds of a group: "gmail-a,b", or the provider and how many.
func (g seedGroup) label() string {
	first := clean(g.seeds[0])
	if len(g.seeds) == 1 {
		return first
	}
	stem := first[:strings.LastIndexByte(first, '-')+1]
	text := first
	for _, s := range g.seeds[1:] {
		rest, ok := strings.CutPrefix(clean(s), stem)
		if stem == "" || !ok {
			text = ""
			break
		}
		text += "," + rest
	}
	if text == "" || cells(text) >= labelCells {
		text = fmt.Sprintf("%s (%d)", cut(clean(g.provider), labelCells-6), len(g.seeds))
	}
	return text
}

// cell says what a group of probes came to: "inbox 5s", "inbox 5-9s", "2 inbox 5-9s, 1 JUNK 12s".
func (p *page) cell(r seedtest.Run, probes []seedtest.Probe) string {
	var order []string
	byWord := map[string][]seedtest.Probe{}
	for _, x := range probes {
		w := word(x)
		if len(byWord[w]) == 0 {
			order = append(order, w)
		}
		byWord[w] = append(byWord[w], x)
	}
	var said []string
	for _, w := range order {
		some := byWord[w]
		text := w + times(some)
		if len(order) > 1 {
			text = strconv.Itoa(len(some)) + " " + text
		}
		said = append(said, detailed(some[0], text, sameDetail(r, some)))
	}
	return strings.Join(said, "; ")
}

// sameDetail is the detail of the probes if it is the same of all.
func sameDetail(r seedtest.Run, probes []seedtest.Probe) string {
	d := detail(r, probes[0])
	for _, p := range probes[1:] {
		if detail(r, p) != d {
			return ""
		}
	}
	return d
}

// times says how long the probes took from connect to the first sighting, from least to most.
func times(probes []seedtest.Probe) string {
	var low, high time.Duration
	n := 0
	for _, p := range probes {
		d, ok := p.Total()
		if !ok || !p.Placements.Current.Seen() {
			continue
		}
		if n == 0 || d < low {
			low = d
		}
		high = max(high, d)
		n++
	}
	switch {
	case n == 0:
		return ""
	case took(low) == took(high):
		return " " + took(low)
	case high < 59500*time.Millisecond && low >= time.Second:
		return " " + strings.TrimSuffix(took(low), "s") + "-" + took(high)
	}
	return " " + took(low) + "-" + took(high)
}
