package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"seedtest"
	"seedtest/stats"
)

// summary says in sentences who is right.
func (p *page) summary(r Report, judged []side) {
	for _, text := range summaries(r, judged) {
		p.para("", p.say(text), 0)
	}
}

// summaries are one route against what arrives, or further routes against the first.
func summaries(r Report, judged []side) []string {
	switch len(judged) {
	case 0:
		return nil
	case 1:
		return []string{alone(r.Run, judged[0])}
	}
	var list []string
	for _, other := range judged[1:] {
		list = append(list, against(r, judged[0], other))
	}
	return list
}

// alone says how one route fared.
func alone(r seedtest.Run, s side) string {
	arrived, known := s.tally()
	switch {
	case known == 0:
		return s.title() + ": nothing can be said of any message" + unknowns(s) + "."
	case arrived == known:
		return fmt.Sprintf("%s: every message that can be judged arrived (%d of %d)%s.",
			s.title(), arrived, known, unknowns(s))
	}
	var at []string
	trouble, order := byProvider(r, s)
	for _, id := range order {
		if t := trouble[id]; t.known > t.arrived {
			at = append(at, fmt.Sprintf("%s (%s)", clean(id), t.words()))
		}
	}
	return fmt.Sprintf("%s: %d of %d arrived; trouble at %s%s.", s.title(), arrived, known, list(at),
		unknowns(s))
}

// unknowns says of how many probes nothing may be said, and how they stand:
// "; 2 not known (1 blind, 1 awaited)".
func unknowns(s side) string {
	n, by := 0, map[seedtest.Placement]int{}
	for _, p := range s.probes {
		if p.Counted && !isKnown(p) {
			n++
			by[p.Placements.Current]++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d not known (%s)", n, strings.ToLower(tallyWords(by)))
}

// score is how a route fared at one provider.
type score struct {
	arrived, known int
	bad            map[string]int
}

func (s score) words() string { return strings.Join(slices.Sorted(maps.Keys(s.bad)), ", ") }

func byProvider(r seedtest.Run, s side) (map[string]score, []string) {
	scores := map[string]score{}
	var order []string
	for _, p := range s.probes {
		if !p.Counted {
			continue
		}
		id := provider(r, p.Seed)
		t, ok := scores[id]
		if !ok {
			order = append(order, id)
			t.bad = map[string]int{}
		}
		if isKnown(p) {
			t.known++
			if p.Placements.Current.Arrived() {
				t.arrived++
			} else {
				t.bad[strings.ReplaceAll(string(p.Placements.Current), "_", " ")]++
			}
		}
		scores[id] = t
	}
	return scores, order
}

// against compares a route with the base, provider by provider, as far as both can be judged.
func against(r Report, base, other side) string {
	was, order := byProvider(r.Run, base)
	is, _ := byProvider(r.Run, other)
	var worse, better, both, half, dark []string // half: known by one route only; dark: by neither
	for _, id := range order {
		a, b := was[id], is[id]
		name := clean(id)
		switch before, after := a.arrived*b.known, b.arrived*a.known; {
		case a.known == 0 && b.known == 0:
			dark = append(dark, name)
		case a.known == 0 || b.known == 0:
			half = append(half, name+" ("+onlyOne(base, other, a, b)+")")
		case after < before:
			worse = append(worse, name+" ("+b.words()+")")
		case after > before:
			better = append(better, name+" ("+a.words()+" by "+base.title()+")")
		case a.arrived < a.known:
			both = append(both, name+" ("+b.words()+")")
		}
	}
	text := sentence(base, other, worse, better, len(order)-len(half)-len(dark))
	if len(both) > 0 {
		text += " Both have trouble at " + list(both) + "."
	}
	if unknown := append(half, dark...); len(unknown) > 0 && len(dark) < len(order) {
		text += " No comparison at " + list(unknown) + "."
	}
	if len(worse) > 0 {
		text += " Keep " + base.title() + until(r.Findings, other.route.Name) + "."
	}
	return text
}

// onlyOne says what one of two routes came to where nothing is known of the other.
func onlyOne(base, other side, a, b score) string {
	if a.known > 0 {
		return base.title() + " " + a.came() + ", " + other.title() + " not known"
	}
	return other.title() + " " + b.came() + ", " + base.title() + " not known"
}

// came says what is known of a route at a provider.
func (s score) came() string {
	if s.arrived == s.known {
		return "arrived"
	}
	return s.words()
}

func sentence(base, other side, worse, better []string, comparable int) string {
	switch {
	case comparable == 0:
		return other.title() + " and " + base.title() +
			" cannot be compared: nothing is known of both anywhere."
	case len(worse) > 0 && len(better) > 0:
		return other.title() + " is worse at " + list(worse) + ", and better at " + list(better) + "."
	case len(worse) > 0:
		return other.title() + " is worse at " + list(worse) + "."
	case len(better) > 0:
		return other.title() + " is better at " + list(better) + "."
	}
	return fmt.Sprintf("%s is as good as %s at %s.", other.title(), base.title(),
		plural(comparable, "provider", "providers"))
}

// until names the findings that have to be mended for a route.
func until(findings []seedtest.Finding, route string) string {
	numbers := toMend(findings, func(f seedtest.Finding) bool {
		return slices.Contains(f.Routes, route) && f.Severity == seedtest.SeverityError
	})
	switch len(numbers) {
	case 0:
		return ""
	case 1:
		return " until " + numbers[0] + " is done"
	}
	return " until " + list(numbers) + " are done"
}

// limits writes what so few messages prove.
func (p *page) limits(judged []side) {
	if said := limitsOf(judged); said != "" {
		p.para("LIMITS ", p.say(said), 0)
	}
}

// limitsOf says the rates that fit what was seen, and what pairs of the same message show.
func limitsOf(judged []side) string {
	var said []string
	for _, s := range judged {
		arrived, known := s.tally()
		if known == 0 {
			continue
		}
		low, high := stats.Wilson(arrived, known, 0.95)
		said = append(said, fmt.Sprintf("%d of %d by %s fits any rate from %.0f to %.0f %%",
			arrived, known, s.title(), 100*low, 100*high))
	}
	if len(said) == 0 {
		return ""
	}
	text := strings.Join(said, "; ") + " (95 % interval)"
	var pairs []string
	for i := 1; i < len(judged); i++ {
		if said := pairsOf(judged[0], judged[i]); said != "" {
			pairs = append(pairs, said)
		}
	}
	if len(pairs) > 0 {
		text += "; " + strings.Join(pairs, ", ") + ": that shows causes, not rates"
	}
	return text
}

// pairsOf says how many pairs of the same message at the same seed stand behind a comparison.
func pairsOf(base, other side) string {
	type key struct{ seed, message string }
	was := map[key][]seedtest.Probe{}
	for _, p := range base.probes {
		if p.Counted && isKnown(p) {
			was[key{p.Seed, p.Message}] = append(was[key{p.Seed, p.Message}], p)
		}
	}
	pairs, worse, better := 0, 0, 0
	for _, p := range other.probes {
		k := key{p.Seed, p.Message}
		if !p.Counted || !isKnown(p) || len(was[k]) == 0 {
			continue
		}
		before := was[k][0].Placements.Current.Arrived()
		was[k] = was[k][1:]
		pairs++
		switch after := p.Placements.Current.Arrived(); {
		case before && !after:
			worse++
		case after && !before:
			better++
		}
	}
	if pairs == 0 {
		return ""
	}
	return fmt.Sprintf("of %s %s did worse in %d and better in %d", plural(pairs, "pair", "pairs"),
		other.title(), worse, better)
}
