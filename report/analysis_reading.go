package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// reading is one analysis in clean words, which every writer for people sets in its own way.
type reading struct {
	Summary    string
	Badges     []badge
	Names      []labelled // what names the message
	Report     *reportReading
	Hops       hopsReading
	Auth       []authReading // the believed first
	Sets       []authReading // what each ARC set quotes, the last first
	ARC        string        // what the sets claim
	Checked    []checkReading
	Whose      string // whose claims stand beside what was checked
	Signatures []signatureReading
	Filters    []filterReading // what is worth reading, the believed first
	Folded     []stampReading  // the stamps that tell people less
	Unread     []fieldReading
	Findings   []findingReading
}

type labelled struct{ Label, Text string }

type fieldReading struct{ Field, Raw string }

type findingReading struct {
	Severity string
	Title    string
	Evidence []fieldReading
	Fix      []string
}

// read puts an analysis into words. Names of seeds stand in place of their addresses if n knows
// any.
func (n names) read(a seedtest.Analysis) reading {
	r := reading{
		Summary: n.say(summaryOf(a)), Badges: n.badges(a), Names: n.namesOf(a),
		Report: n.delivery(a.Report), Hops: n.way(a), ARC: n.say(chainWords(a)),
		Checked: n.checked(a), Whose: n.say(whose(a)), Signatures: n.signatures(a.Signatures),
	}
	r.Auth, r.Sets = n.statements(a)
	r.Filters, r.Folded = n.filters(a.Stamps)
	for _, f := range a.Unread {
		r.Unread = append(r.Unread, fieldReading{n.say(f.Field), n.say(f.Raw)})
	}
	for _, f := range a.Findings {
		r.Findings = append(r.Findings, n.found(f, a.Hops))
	}
	return r
}

// AnyBelieved says whether any word about the sender counts.
func (r reading) AnyBelieved() bool {
	return slices.ContainsFunc(r.Auth, func(f authReading) bool { return f.Trusted })
}

func (n names) namesOf(a seedtest.Analysis) []labelled {
	var list []labelled
	add := func(label, text string) {
		if text = n.say(text); text != "" {
			list = append(list, labelled{label, text})
		}
	}
	add("source", a.Source)
	add("from", a.From)
	add("subject", a.Subject)
	add("id", a.MessageID)
	if !a.Date.IsZero() {
		add("date", dayTime(a.Date))
	}
	if o := a.Origin; o != nil {
		add("origin", strings.TrimSpace(address(o.IP)+inBrackets(o.Why)))
	}
	return list
}

func dayTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// found puts a finding into words. A Received field that it rests on is named by its hop.
func (n names) found(f seedtest.Finding, hops []seedtest.Hop) findingReading {
	r := findingReading{Severity: string(f.Severity), Title: n.say(f.Title), Fix: n.each(f.Fix)}
	for _, e := range f.Evidence {
		field := e.Field
		at := slices.IndexFunc(hops, func(h seedtest.Hop) bool { return h.Raw == e.Raw })
		if field == "Received" && at >= 0 {
			field = fmt.Sprintf("Received, hop %d", at+1)
		}
		r.Evidence = append(r.Evidence, fieldReading{n.say(field), n.say(e.Raw)})
	}
	return r
}

func (n names) each(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, n.say(s))
	}
	return out
}

// joined joins the words that are not empty.
func joined(by string, words ...string) string {
	var said []string
	for _, w := range words {
		if w != "" {
			said = append(said, w)
		}
	}
	return strings.Join(said, by)
}
