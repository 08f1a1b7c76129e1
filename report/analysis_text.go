package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// AnalysisText writes what one message's header says: the way it took hop by hop with a bar for
// each delay, who says what of its authentication and whether that is believed, the stamps of spam
// filters, and what is worth saying. A star marks what the receiving provider wrote itself.
func AnalysisText(w io.Writer, a seedtest.Analysis, s Style) error {
	p := &page{style: s}
	p.envelope(a)
	p.analysis(a)
	p.remarks(a)
	return p.write(w)
}

// envelope writes what names the message.
func (p *page) envelope(a seedtest.Analysis) {
	p.labelled("source", a.Source)
	p.labelled("from", a.From)
	p.labelled("subject", a.Subject)
	p.labelled("id", a.MessageID)
	if !a.Date.IsZero() {
		p.labelled("date", a.Date.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if o := a.Origin; o != nil {
		p.labelled("origin", strings.Trim(address(o.IP)+", "+o.Why, ", "))
	}
}

// labelled writes a named text over as many lines as it needs, or nothing if there is none.
func (p *page) labelled(label, text string) {
	if text = p.say(text); text != "" {
		p.para(pad(label, 9), text, 0)
	}
}

// analysis writes the sections that a message and an explained probe have in common.
func (p *page) analysis(a seedtest.Analysis) {
	p.hops(a.Hops)
	p.authentication(a)
	p.stamps(a.Stamps)
}

// section writes a heading after an empty line.
func (p *page) section(title, right string) {
	if len(p.lines) > 0 {
		p.add("")
	}
	p.entry(title+"  ", p.say(right))
}

const (
	barCells   = 10
	roomForBar = 64 // narrower pages do without
)

// hops writes the timeline, oldest first.
func (p *page) hops(hops []seedtest.Hop) {
	if len(hops) == 0 {
		p.section("HOPS", "no Received field")
		return
	}
	p.section("HOPS", plural(len(hops), "hop", "hops")+", oldest first"+wholeWay(hops)+legend(hops))
	slowest := time.Duration(0)
	for _, h := range hops {
		if h.Delay != nil {
			slowest = max(slowest, *h.Delay)
		}
	}
	for i, h := range hops {
		p.hop(i+1, h, slowest)
	}
}

// wholeWay says how long the message travelled by the clocks of its hops.
func wholeWay(hops []seedtest.Hop) string {
	first, last := time.Time{}, time.Time{}
	for _, h := range hops {
		if h.Time.IsZero() {
			continue
		}
		if first.IsZero() {
			first = h.Time
		}
		last = h.Time
	}
	if first.IsZero() || first.Equal(last) {
		return ""
	}
	return ", " + took(last.Sub(first)) + " in all"
}

func legend(hops []seedtest.Hop) string {
	if slices.ContainsFunc(hops, func(h seedtest.Hop) bool { return h.Trusted }) {
		return "; * by the provider itself"
	}
	return "; none is known to be the provider's"
}

// hop writes one hop: number, time, delay and its bar, then from whom, by whom and how.
func (p *page) hop(n int, h seedtest.Hop, slowest time.Duration) {
	when := "no time"
	if !h.Time.IsZero() {
		when = clock(h.Time)
	}
	head := fmt.Sprintf("%3d%s %-8s %-8s ", n, star(h.Trusted), when, delayed(h))
	if p.style.width() >= roomForBar {
		head += pad(bar(h, slowest), barCells) + " "
	}
	p.para(head, "from "+p.clientOf(h), 0)
	indent := pad("", cells(head))
	p.para(indent, "by "+p.serverOf(h), 0)
	for _, x := range h.Problems {
		p.para(indent, "! "+p.say(x), 0)
	}
	if p.style.Verbose {
		p.para(indent, "\""+p.say(h.Raw)+"\"", 0)
	}
}

func star(trusted bool) string {
	if trusted {
		return "*"
	}
	return " "
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

// short says a delay between two hops; tenths matter only where there are any.
func short(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	if d > 0 && d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return took(d)
}

// bar draws a delay against the slowest; what took any time at all has at least one mark.
func bar(h seedtest.Hop, slowest time.Duration) string {
	if h.Delay == nil || *h.Delay <= 0 || slowest <= 0 {
		return ""
	}
	n := int(float64(barCells) * float64(*h.Delay) / float64(slowest))
	return strings.Repeat("#", min(max(n, 1), barCells))
}

// clientOf names the client of a hop: the name it gave, the name that was found, its address.
func (p *page) clientOf(h seedtest.Hop) string {
	f := h.From
	said := []string{f.HELO}
	switch {
	case f.RDNS == "" || strings.EqualFold(f.RDNS, f.HELO):
	case strings.EqualFold(f.RDNS, "unknown"):
		said = append(said, "(unknown)")
	case f.HELO == "":
		said[0] = f.RDNS
	default:
		said = append(said, "(PTR "+f.RDNS+")")
	}
	if ip := address(f.IP); ip != "" && strings.Trim(f.HELO, "[]") != ip {
		said = append(said, "["+ip+"]")
	}
	if f.User != "" {
		said = append(said, "user "+f.User)
	}
	text := strings.TrimSpace(strings.Join(said, " "))
	if text == "" {
		return "(not told)"
	}
	return p.say(text)
}

// serverOf names the receiver of a hop, the protocol and what it says of TLS.
func (p *page) serverOf(h seedtest.Hop) string {
	name := h.By.Name
	if ip := address(h.By.IP); ip != "" && ip != name {
		name += " [" + ip + "]"
	}
	if h.With != "" {
		name += " with " + strings.ToUpper(h.With)
	}
	said := []string{strings.TrimSpace(name)}
	if t := h.TLS; t != nil {
		text := strings.TrimSpace(tlsName(t.Version) + " " + t.Cipher)
		if t.Bits > 0 {
			text += " " + strconv.Itoa(t.Bits) + " bits"
		}
		said = append(said, text)
	}
	if h.ID != "" {
		said = append(said, "id "+h.ID)
	}
	text := strings.Trim(strings.Join(compact(said), ", "), ", ")
	if text == "" {
		return "(not told)"
	}
	return p.say(text)
}

// authentication writes who said what of the sender, and whether it is believed.
func (p *page) authentication(a seedtest.Analysis) {
	if len(a.Authentication)+len(a.ReceivedSPF) == 0 {
		p.section("AUTH", "no field says anything of it")
		return
	}
	p.section("AUTH", "* by the provider itself; the rest is not believed")
	for _, f := range a.Authentication {
		p.authField(f)
	}
	for _, f := range a.ReceivedSPF {
		p.entry("  "+star(f.Trusted)+" ", "Received-SPF")
		p.result(seedtest.AuthResult{Method: "spf", Result: f.Result, Reason: f.Comment,
			Properties: f.Pairs})
	}
	if n := len(a.ARC); n > 0 {
		p.para("    ", p.say(fmt.Sprintf("ARC: %s, cv=%s claimed by the last, not verified",
			plural(n, "set", "sets"), a.ARC[n-1].Validation)), 0)
	}
}

func (p *page) authField(f seedtest.AuthField) {
	by := f.AuthservID
	if by == "" {
		by = "(no authserv-id)"
	}
	text := by
	if f.Instance > 0 {
		text += fmt.Sprintf(", ARC instance %d", f.Instance)
	}
	p.entry("  "+star(f.Trusted)+" ", p.say(text))
	for _, r := range f.Results {
		p.result(r)
	}
	for _, x := range f.Problems {
		p.para("      ! ", p.say(x), 0)
	}
}

// result writes one method's result with what it rests on.
func (p *page) result(r seedtest.AuthResult) {
	p.entry("      "+pad(cut(p.say(r.Method), 8), 8)+" "+pad(p.resultWord(r.Result), 10)+" ",
		p.say(propertyWords(r.Properties, r.Reason, strings.Join(r.Comments, "; "))))
}

// resultWord writes pass small and everything else in capitals.
func (p *page) resultWord(result string) string {
	if result == "pass" {
		return result
	}
	return cut(strings.ToUpper(p.say(result)), 10)
}

func propertyWords(list []seedtest.Property, remarks ...string) string {
	var said []string
	for _, x := range list {
		name := x.Name
		if x.Type != "" {
			name = x.Type + "." + name
		}
		said = append(said, name+"="+x.Value)
	}
	for _, r := range remarks {
		if r != "" {
			said = append(said, "("+r+")")
		}
	}
	return strings.Join(said, " ")
}

// stamps writes what spam filters noted.
func (p *page) stamps(stamps []seedtest.Stamp) {
	if len(stamps) == 0 {
		return
	}
	p.section("STAMPS", "of spam filters; * by the provider itself")
	for _, s := range stamps {
		p.para("  "+star(s.Trusted)+" ", p.say(s.Family+" "+stampWords(s)), 0)
		if text := valueWords(s.Values); text != "" {
			p.para("      ", p.say(text), 4)
		}
	}
}

// stampWords says a filter's verdict and its score.
func stampWords(s seedtest.Stamp) string {
	text := strings.ToUpper(s.Verdict)
	if s.Verdict == "ham" {
		text = s.Verdict
	}
	if score := finite(s.Score); score != nil {
		text += " score " + number(*score)
		if t := finite(s.Threshold); t != nil {
			text += " of " + number(*t)
		}
	}
	return strings.TrimSpace(text)
}

func valueWords(values []seedtest.Property) string {
	var said []string
	for _, v := range values {
		said = append(said, strings.TrimPrefix(v.Name+"="+v.Value, "=")) // some are a bare value
	}
	return strings.Join(said, "  ")
}

// remarks writes the findings about one message.
func (p *page) remarks(a seedtest.Analysis) {
	if len(a.Findings) == 0 {
		return
	}
	p.section("FINDINGS", "")
	for _, f := range a.Findings {
		p.para(pad(string(f.Severity), 8)+" ", p.say(f.Title), 0)
		for _, e := range f.Evidence {
			p.para("         ", p.say(strings.TrimSpace(e.Field+" "))+": \""+p.say(e.Raw)+"\"", 4)
		}
		for _, step := range f.Fix {
			p.para("     FIX ", p.say(step), 0)
		}
	}
}
