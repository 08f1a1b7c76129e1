// Package diagnose goes from evidence to causes, by rules that are data.
//
// A caller folds a run, attaches to its probes the analyses of the headers that decided, and calls
// [Causes]; a sender asks [Breaker] of every reply that was not a yes. Causes, rules and reply
// texts stand in causes.toml, rules.toml and replies.toml, each entry with its source; a new one
// needs no code.
//
// What a finding rests on is quoted in it. Header fields count only where the receiving provider
// wrote them itself, control probes serve as contrast and are never accused, and what no rule
// knows is shown and not guessed at. The package does no I/O; the same run always gives the same
// findings.
package diagnose

import (
	"cmp"
	"slices"

	"seedtest"
)

// Causes returns what explains the probes of a run that did not end well, most certain and most
// damaging first, then what variants of a message came to, which mailboxes know the sender, and last
// how the routes differ. The Analysis of a probe may be nil: then its headers have no voice. Nothing
// is returned for a run in which nothing is wrong and no two routes can be compared.
func Causes(run seedtest.Run) []seedtest.Finding {
	b := theBook()
	probes := observeAll(run)
	list := b.join(b.hits(probes), probes)
	list = b.withoutExplained(list)
	b.sort(list)
	findings := make([]seedtest.Finding, 0, len(list))
	for _, f := range list {
		findings = append(findings, f.Finding)
	}
	findings = append(findings, b.variants(run, probes)...)
	findings = append(findings, known(probes)...)
	return append(findings, b.changes(run, probes)...)
}

// sort orders findings: trouble before remarks, the certain before the possible, the damaging
// before the harmless.
func (b *book) sort(list []found) {
	slices.SortStableFunc(list, func(x, y found) int {
		return cmp.Or(
			cmp.Compare(certainty(y.Confidence), certainty(x.Confidence)),
			cmp.Compare(b.causes[y.Code].Damage, b.causes[x.Code].Damage),
			cmp.Compare(len(y.Probes), len(x.Probes)),
			cmp.Compare(b.causes[x.Code].order, b.causes[y.Code].order),
		)
	})
}

// certainty puts a confidence into the classes that reports name: certain, likely, possible.
func certainty(confidence float64) int {
	switch {
	case confidence >= 0.9:
		return 2
	case confidence >= 0.5:
		return 1
	}
	return 0
}
