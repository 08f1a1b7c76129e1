package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"seedtest"
)

// AnalysisText writes what one message's header says: first the most important in a line or two,
// then the way it took hop by hop with a bar for each delay, who says what of its sender and
// whether that is believed, what an evaluation of our own came to, the stamps of spam filters, and
// what is worth saying. A star marks what the receiving provider wrote itself.
func AnalysisText(w io.Writer, a seedtest.Analysis, s Style) error {
	p := &page{style: s}
	r := p.read(a)
	p.brief("", r.Summary)
	if len(r.Names) > 0 {
		p.add("")
	}
	for _, x := range r.Names {
		p.para(pad(x.Label, 9), x.Text, 0)
	}
	p.delivered(r.Report)
	p.analysis(r)
	p.signed(r)
	p.unread(r.Unread)
	p.remarks(r.Findings)
	return p.write(w)
}

// labelled writes a named text over as many lines as it needs, or nothing if there is none.
func (p *page) labelled(label, text string) {
	if text = p.say(text); text != "" {
		p.para(pad(label, 9), text, 0)
	}
}

// analysis writes the sections that a message and an explained probe have in common.
func (p *page) analysis(r reading) {
	p.hops(r.Hops)
	p.authentication(r)
	p.checks(r)
	p.stamps(r)
}

// fewLines is how many lines one text of a header may take.
const fewLines = 4

// brief writes a text in few lines, or in all that it needs where the style asks for all.
func (p *page) brief(label, text string) {
	lines := fewLines
	if p.style.Verbose {
		lines = 0
	}
	p.para(label, text, lines)
}

// section writes a heading after an empty line.
func (p *page) section(title, right string) {
	if len(p.lines) > 0 {
		p.add("")
	}
	p.entry(title+"  ", p.say(right))
}

// delivered writes what a delivery report says.
func (p *page) delivered(r *reportReading) {
	if r == nil {
		return
	}
	p.section("REPORT", r.Title)
	for _, x := range r.Recipients {
		p.brief("  ", x.words())
		if x.Diagnostic != "" {
			p.brief("      ", "\""+x.Diagnostic+"\"")
		}
		p.brief("      ", x.Times)
	}
	p.brief("  about ", r.Original)
	p.problems("  ", r.Problems)
}

func (p *page) problems(indent string, list []string) {
	for _, x := range list {
		p.brief(indent+"note ", x)
	}
}

// mostBar is the longest bar, and barShare what part of the width bars take up to that.
const (
	mostBar  = 20
	barShare = 6
)

// hops writes the timeline.
func (p *page) hops(r hopsReading) {
	p.section("HOPS", joined("; ", r.Title, r.Legend))
	for _, h := range r.Rows {
		if h.Boundary != "" {
			p.add("  ---- " + cut(h.Boundary, p.style.width()-12) + " ----")
		}
		p.hop(h)
	}
}

// hop writes one hop: number, time, delay, its bar and how it was encrypted; then from whom and by
// whom. The cipher is told where it fits.
func (p *page) hop(h hopReading) {
	bar := min(p.style.width()/barShare, mostBar)
	head := fmt.Sprintf("%3d%s %-8s  %-8s %s ", h.Number, star(h.Trusted), h.Time, h.Delay,
		pad(strings.Repeat("#", cellsOf(h.Share, bar)), bar))
	remark := joined("; ", h.Remark, labelOf("on ", h.Date))
	how := h.protocol()
	line := joined("; ", joined(" ", how, h.Cipher), remark)
	if cells(head+line) > p.style.width() {
		line = joined("; ", how, remark)
	}
	if cells(head+line) <= p.style.width() {
		p.add(head + line)
	} else {
		p.add(head + remark)
		p.brief("     with ", how)
	}
	if h.From != notTold {
		p.brief("     from ", h.client())
	}
	p.brief("     by   ", h.server())
	p.problems("     ", h.Problems)
	if p.style.Verbose {
		p.para("     raw  ", "\""+h.Raw+"\"", 0)
	}
}

// cellsOf is how long a bar is; what took any time at all has at least one mark.
func cellsOf(share float64, longest int) int {
	if share <= 0 {
		return 0
	}
	return min(max(int(share*float64(longest)), 1), longest)
}

func star(trusted bool) string {
	if trusted {
		return "*"
	}
	return " "
}

// checks writes what an evaluation of our own came to, beside what the provider says.
func (p *page) checks(r reading) {
	if len(r.Checked) == 0 {
		return
	}
	p.section("CHECKED", "by DNS as it is now, beside what "+r.Whose+" says")
	before := ""
	for _, c := range r.Checked {
		p.entry("      "+pad(cut(c.Method, 8), 8)+" "+pad(cut(c.Result, 10), 10)+" ",
			joined("; ", c.Beside(), c.About))
		why := c.Why
		if why != "" && why == before {
			why = "for the same reason"
		}
		before = c.Why
		p.brief("          ", why)
		for _, x := range c.Notes {
			p.brief("          note ", x)
		}
		if !p.style.Verbose {
			continue
		}
		for _, x := range c.Trace {
			p.para("          | ", x, 0)
		}
	}
}

// stamps writes what spam filters noted: in words what is worth reading, and the names of the rest.
func (p *page) stamps(r reading) {
	if len(r.Filters)+len(r.Folded) == 0 {
		return
	}
	legend := "of spam filters; * by the provider itself"
	if !slices.ContainsFunc(r.Filters, func(f filterReading) bool { return f.Trusted }) {
		legend = "of spam filters; none of these is known to be the provider's"
	}
	p.section("STAMPS", legend)
	for _, f := range r.Filters {
		if len(f.Stamps) == 1 {
			p.stamp("  "+star(f.Trusted)+" ", f.Family, f.Stamps[0])
			continue
		}
		p.add("  " + star(f.Trusted) + " " + f.Family)
		for _, s := range f.Stamps {
			p.stamp("      ", "", s)
		}
	}
	p.folded(r.Folded)
}

// hanging is a para whose further lines stand a little further in.
func (p *page) hanging(mark, text string, lines int) {
	at := len(p.lines)
	p.para(mark+"  ", text, lines)
	if at < len(p.lines) {
		p.lines[at] = mark + strings.TrimPrefix(p.lines[at], mark+"  ")
	}
}

// folded writes the stamps that tell people less: their names, unless the style asks for all.
func (p *page) folded(list []stampReading) {
	switch {
	case len(list) == 0:
	case p.style.Verbose:
		p.add("    also there, telling less")
		for _, s := range list {
			p.stamp("    "+star(s.Trusted)+" ", s.Family, s)
		}
	default:
		p.brief("    ", "also there, telling less (--verbose shows them): "+
			fieldNames(list))
	}
}

// stamp writes one field of a filter.
func (p *page) stamp(mark, family string, s stampReading) {
	p.hanging(mark, joined(", ", family, s.Field)+": "+s.words(), 2*fewLines)
	if p.style.Verbose {
		p.para("        raw ", "\""+s.Raw+"\"", 0)
	}
}

// signed writes the signatures as they read, unless what they came to is written already.
func (p *page) signed(r reading) {
	if len(r.Signatures) == 0 || len(r.Checked) > 0 && !p.style.Verbose {
		return
	}
	p.section("SIGNED", "by DKIM, as it reads")
	for _, s := range r.Signatures {
		p.brief("      ", s.words())
		p.problems("      ", s.Problems)
	}
}

// unread writes the fields of filters that could not be read.
func (p *page) unread(list []fieldReading) {
	if len(list) == 0 {
		return
	}
	p.section("UNREAD", "fields of filters whose form is not known")
	for _, f := range list {
		p.brief("      ", f.Field+": \""+f.Raw+"\"")
	}
}

// remarks writes the findings about one message, each with the field that it rests on.
func (p *page) remarks(list []findingReading) {
	if len(list) == 0 {
		return
	}
	p.section("FINDINGS", "")
	var before findingReading
	for _, f := range list {
		p.para(pad(f.Severity, 8)+" ", f.Title, 0)
		p.restsOn(f, before)
		before = f
	}
}

// restsOn writes what a finding rests on and what to do, unless the one before has the same.
func (p *page) restsOn(f, before findingReading) {
	for _, e := range f.Evidence {
		if slices.Contains(before.Evidence, e) {
			p.brief("         ", e.Field+": as above")
			continue
		}
		p.brief("         ", e.Field+": \""+e.Raw+"\"")
	}
	if len(f.Fix) > 0 && slices.Equal(f.Fix, before.Fix) {
		p.brief("     FIX ", "as above")
		return
	}
	for _, step := range f.Fix {
		p.brief("     FIX ", step)
	}
}
