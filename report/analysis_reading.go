package report

import (
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// reading is one analysis in clean words, which every writer for people sets in its own way.
type reading struct {
	Summary    string
	Names      []labelled // what names the message
	Report     *reportReading
	Hops       hopsReading
	Auth       []authReading
	ARC        string // what the sets claim
	Checked    []checkReading
	Whose      string // whose claims stand beside what was checked
	Signatures []signatureReading
	Stamps     []stampReading
	Unread     []fieldReading
	Findings   []findingReading
}

type labelled struct{ Label, Text string }

type fieldReading struct{ Field, Raw string }

// hopsReading is the way a message took.
type hopsReading struct {
	Title  string
	Legend string // what a star beside a hop means, for those who write one
	Rows   []hopReading
}

type hopReading struct {
	Number   int
	Trusted  bool
	Date     string // of the day, where it is another than the hop before
	Time     string
	Delay    string
	Share    float64 // of the slowest hop's delay, 0 to 1
	Remark   string
	How      string // protocol and TLS
	From, By string
	Problems []string
	Raw      string
}

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
		Summary: n.say(summaryOf(a)), Names: n.namesOf(a), Report: n.delivery(a.Report),
		Hops: n.way(a.Hops), ARC: n.say(chainWords(a)), Checked: n.checked(a),
		Whose: n.say(whoseClaims(a)), Signatures: n.signatures(a.Signatures),
	}
	for _, f := range a.Authentication {
		r.Auth = append(r.Auth, n.authField(f))
	}
	for _, f := range a.ReceivedSPF {
		r.Auth = append(r.Auth, n.receivedSPF(f))
	}
	for _, s := range a.Stamps {
		r.Stamps = append(r.Stamps, n.stamp(s))
	}
	for _, f := range a.Unread {
		r.Unread = append(r.Unread, fieldReading{n.say(f.Field), n.say(f.Raw)})
	}
	for _, f := range a.Findings {
		r.Findings = append(r.Findings, n.found(f))
	}
	return r
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
		add("origin", strings.Trim(address(o.IP)+", "+o.Why, ", "))
	}
	return list
}

func dayTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// found puts a finding into words.
func (n names) found(f seedtest.Finding) findingReading {
	r := findingReading{Severity: string(f.Severity), Title: n.say(f.Title), Fix: n.each(f.Fix)}
	for _, e := range f.Evidence {
		r.Evidence = append(r.Evidence, fieldReading{n.say(e.Field), n.say(e.Raw)})
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

// way puts the hops into words, oldest first.
func (n names) way(hops []seedtest.Hop) hopsReading {
	if len(hops) == 0 {
		return hopsReading{Title: "no Received field"}
	}
	day := firstDay(hops)
	r := hopsReading{Title: joined(", ", day, plural(len(hops), "hop", "hops"), "oldest first") +
		wholeWay(hops), Legend: legend(hops)}
	slowest := slowestHop(hops)
	for i, h := range hops {
		row := n.hop(h)
		row.Number = i + 1
		if slowest >= 0 && h.Delay != nil && *h.Delay > 0 {
			row.Share = float64(*h.Delay) / float64(*hops[slowest].Delay)
		}
		if i == slowest && len(hops) > 2 { // of a single delay there is no slowest
			row.Remark = "slowest"
		}
		if !h.Time.IsZero() {
			if d := dayOf(h.Time); d != day {
				row.Date, day = d, d
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

func dayOf(t time.Time) string { return t.UTC().Format("2006-01-02") }

// firstDay is the day of the first hop that has a time.
func firstDay(hops []seedtest.Hop) string {
	for _, h := range hops {
		if !h.Time.IsZero() {
			return dayOf(h.Time)
		}
	}
	return ""
}

// slowestHop is the place of the hop with the longest delay, or -1 where nothing took any time.
func slowestHop(hops []seedtest.Hop) int {
	at, most := -1, time.Duration(0)
	for i, h := range hops {
		if h.Delay != nil && *h.Delay > most {
			at, most = i, *h.Delay
		}
	}
	return at
}

func (n names) hop(h seedtest.Hop) hopReading {
	r := hopReading{Trusted: h.Trusted, Time: "no time", Delay: delayed(h), How: n.say(howWords(h)),
		From: n.say(clientOf(h)), By: n.say(serverOf(h)), Problems: n.each(h.Problems),
		Raw: n.say(h.Raw)}
	if !h.Time.IsZero() {
		r.Time = clock(h.Time)
	}
	if h.Skewed {
		r.Remark = "clocks disagree"
	}
	return r
}

// delayed is the delay from the hop before; a negative one means that two clocks disagree.
func delayed(h seedtest.Hop) string {
	switch {
	case h.Delay == nil:
		return ""
	case h.Skewed:
		return short(*h.Delay) + "?"
	}
	return "+" + short(*h.Delay)
}

// howWords says the protocol of a hop and its TLS.
func howWords(h seedtest.Hop) string {
	said := []string{strings.ToUpper(h.With)}
	switch {
	case h.With == "":
		said[0] = h.Via
	case strings.Contains(h.With, " "): // the name of a program, not of a protocol
		said[0] = h.With
	}
	if t := h.TLS; t != nil {
		said = append(said, tlsName(t.Version), t.Cipher)
		if t.Bits > 0 && t.Version == "" {
			said = append(said, fmt.Sprintf("%d bits", t.Bits))
		}
	}
	return joined(" ", said...)
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
