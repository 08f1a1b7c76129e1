package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"seedtest"
	"seedtest/stats"
)

// surely is the chance of being wrong from which on a difference between variants is said to be one.
const surely = 0.05

// contest is a variant against the base of its matrix: the probes of pairs at the same seed by the
// same route, of which exactly one landed well.
type contest struct {
	base, variant seedtest.Message
	pairs         int
	worse, better []*observed
	against       map[seedtest.ProbeID]*observed // the base's probe, by the variant's
}

// variants compares each variant of a message with the first of its matrix. Nothing is said where no
// pair differs. As each of several variants may differ by chance, the level is divided by their
// number.
func (b *book) variants(run seedtest.Run, probes []observed) []seedtest.Finding {
	var list []seedtest.Finding
	for _, base := range run.Opened.Messages {
		all := variantsOf(run, base.Matrix)
		if base.Matrix == "" || len(all) < 2 || all[0].Name != base.Name {
			continue
		}
		level := surely / float64(len(all)-1)
		for _, m := range all[1:] {
			if f := b.verdict(meet(base, m, probes), level); f != nil {
				list = append(list, *f)
			}
		}
	}
	slices.SortStableFunc(list, func(x, y seedtest.Finding) int {
		return cmp.Compare(b.causes[y.Code].Damage, b.causes[x.Code].Damage)
	})
	return list
}

func variantsOf(run seedtest.Run, matrix string) (all []seedtest.Message) {
	for _, m := range run.Opened.Messages {
		if m.Matrix == matrix {
			all = append(all, m)
		}
	}
	return all
}

// meet pairs the probes of two variants.
func meet(base, variant seedtest.Message, probes []observed) contest {
	c := contest{base: base, variant: variant, against: map[seedtest.ProbeID]*observed{}}
	for i := range probes {
		y := &probes[i]
		if y.Message != variant.Name || !y.Counted {
			continue
		}
		k := slices.IndexFunc(probes, func(x observed) bool {
			return x.Message == base.Name && x.Seed == y.Seed && x.Route == y.Route
		})
		if k < 0 {
			continue
		}
		was, knownWas := landed(probes[k].Placements.Current)
		is, knownIs := landed(y.Placements.Current)
		if !knownWas || !knownIs {
			continue
		}
		c.pairs++
		c.against[y.ID] = &probes[k]
		switch {
		case was && !is:
			c.worse = append(c.worse, y)
		case is && !was:
			c.better = append(c.better, y)
		}
	}
	return c
}

// landed reports whether a message came to where its reader sees it, and whether that is known.
// What never left, or could not be looked for, says nothing of its content.
func landed(p seedtest.Placement) (well, known bool) {
	switch p {
	case seedtest.Inbox, seedtest.Category:
		return true, true
	case seedtest.Junk, seedtest.Refused, seedtest.Bounced, seedtest.Missing:
		return false, true
	}
	return false, false
}

// verdict says what a contest came to, or nil if no pair differs.
func (b *book) verdict(c contest, level float64) *seedtest.Finding {
	worse, better := len(c.worse), len(c.better)
	if worse+better == 0 {
		return nil
	}
	how, shown := "worse", c.worse
	if better > worse {
		how, shown = "better", c.better
	}
	if worse == better {
		how, shown = "both worse and better", slices.Concat(c.worse, c.better)
	}
	chance := stats.Paired(worse, better)
	cause, confidence := b.causes["content.variant"], 1-chance
	if chance >= level {
		cause, confidence = b.causes["content.variant_unsure"], 0
	}
	fill := map[string]string{"matrix": c.base.Matrix, "variant": c.variant.Variant,
		"base": c.base.Variant, "how": how, "counts": counts(worse, better, c.pairs),
		"needed": strconv.Itoa(stats.PairsNeeded(level))}
	f := seedtest.Finding{Code: cause.ID, Severity: cause.Severity, Title: cause.title(fill),
		Fix: cause.steps(fill), Of: c.pairs, Confidence: min(confidence, mostConfident)}
	for _, o := range shown {
		f.Probes = append(f.Probes, o.ID)
		if !slices.Contains(f.Routes, o.Route) {
			f.Routes = append(f.Routes, o.Route)
		}
		if len(f.Evidence) < maxShown {
			f.Evidence = append(f.Evidence, seedtest.Evidence{Probe: o.ID, Field: "placement",
				Raw: fmt.Sprintf("%s: %s, as %s %s", o.Seed, o.Placements.Current, c.base.Variant,
					c.against[o.ID].Placements.Current)})
		}
	}
	return &f
}

// counts says how the pairs fell.
func counts(worse, better, pairs int) string {
	switch {
	case better == 0:
		return fmt.Sprintf("%d of %d pairs", worse, pairs)
	case worse == 0:
		return fmt.Sprintf("%d of %d pairs", better, pairs)
	}
	return fmt.Sprintf("%d pairs worse and %d better of %d", worse, better, pairs)
}
