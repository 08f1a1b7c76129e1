package report

import (
	"fmt"
	"slices"
	"strings"

	"seedtest"
)

// How much of a finding is told where not all is asked for.
const (
	fewEvidence = 2
	fewSteps    = 2
)

// causesOf leaves out mere remarks; the rest is numbered in reports.
func causesOf(findings []seedtest.Finding) []seedtest.Finding {
	var list []seedtest.Finding
	for _, f := range findings {
		if f.Severity != seedtest.SeverityInfo {
			list = append(list, f)
		}
	}
	return list
}

// causesAt are the causes that were found in a probe.
func causesAt(findings []seedtest.Finding, id seedtest.ProbeID) []seedtest.Finding {
	var list []seedtest.Finding
	for _, f := range causesOf(findings) {
		if slices.Contains(f.Probes, id) {
			list = append(list, f)
		}
	}
	return list
}

// why writes the findings: cause, how certain, who says so, what to do. Remarks come last.
func (p *page) why(r Report) {
	for i, f := range causesOf(r.Findings) {
		p.finding(fmt.Sprintf("WHY %d ", i+1), r.Run, f)
	}
	for _, f := range r.Findings {
		if f.Severity == seedtest.SeverityInfo {
			p.para("NOTE   ", p.say(f.Title), 0)
		}
	}
}

func (p *page) finding(label string, r seedtest.Run, f seedtest.Finding) {
	right := certainty(f)
	room := p.style.width() - cells(label) - cells(right) - 2
	lines := wrap(p.say(f.Title), room)
	for i, line := range lines {
		if i == 0 {
			p.add(label + pad(line, room) + "  " + right)
			continue
		}
		p.add(pad("", cells(label)) + line)
	}
	for _, e := range p.some(f.Evidence) {
		p.para("      ", p.quote(r, e), 3)
	}
	for i, step := range f.Fix {
		if i == fewSteps && !p.style.Verbose {
			break
		}
		head := "  FIX "
		if i > 0 {
			head, step = "   or ", strings.TrimPrefix(step, "or ")
		}
		p.para(head, p.say(step), 0)
	}
}

// certainty says how certain a finding is and how many say so.
func certainty(f seedtest.Finding) string {
	text := sure(f.Confidence)
	if f.Of > 0 && text != "" {
		text += fmt.Sprintf(": %d of %d say", len(f.Probes), f.Of)
	}
	return text
}

// some picks the first pieces of evidence that say different things, unless all is asked for.
func (p *page) some(evidence []seedtest.Evidence) []seedtest.Evidence {
	if p.style.Verbose {
		return evidence
	}
	var few []seedtest.Evidence
	for _, e := range evidence {
		if slices.ContainsFunc(few, func(x seedtest.Evidence) bool { return x.Field == e.Field }) {
			continue
		}
		if few = append(few, e); len(few) == fewEvidence {
			break
		}
	}
	return few
}

// quote says who said it, where, and what.
func (p *page) quote(r seedtest.Run, e seedtest.Evidence) string {
	return p.say(p.speaker(r, e)) + "\"" + p.say(e.Raw) + "\""
}

// speaker says where a piece of evidence was read, with a colon, or nothing where it is not known.
func (p *page) speaker(r seedtest.Run, e seedtest.Evidence) string {
	who := ""
	if x := r.Probe(e.Probe); x != nil {
		who = x.Seed
	}
	switch e.Field {
	case "Authentication-Results", "":
	default:
		who = strings.TrimSpace(who + " " + e.Field)
	}
	if who == "" {
		return ""
	}
	return who + ": "
}
