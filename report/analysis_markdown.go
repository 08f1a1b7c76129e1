package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"seedtest"
)

// AnalysisMarkdown writes what headers say for tickets and wikis, as GitHub reads Markdown. Nothing
// that a header says can become markup, a link or a cell of a table.
func AnalysisMarkdown(s Style) AnalysisPage { return markdownPage{s} }

type markdownPage struct{ style Style }

// part writes what f puts on a page of its own.
func (d markdownPage) part(w io.Writer, f func(m *markdown)) error {
	m := &markdown{page: page{style: d.style}}
	f(m)
	_, err := io.WriteString(w, strings.Join(m.lines, "\n")+"\n")
	return err
}

func (d markdownPage) Begin(w io.Writer, messages int) error {
	return d.part(w, func(m *markdown) {
		if messages == 1 {
			m.line("# What a header says")
			return
		}
		m.line("# What the headers of %d messages say", messages)
		m.line("")
		m.table([]string{"#", "source", "from", "subject", "in short"})
	})
}

func (d markdownPage) Entry(w io.Writer, number int, a seedtest.Analysis) error {
	return d.part(w, func(m *markdown) {
		x := m.indexed(number, a)
		m.row([]string{fmt.Sprintf("[%d](#message-%d)", number, number), m.text(x.Source),
			m.text(x.From), m.text(x.Subject), m.text(x.Summary)})
	})
}

func (d markdownPage) Between(io.Writer, int) error { return nil }

func (d markdownPage) End(io.Writer) error { return nil }

func (d markdownPage) Section(w io.Writer, number int, a seedtest.Analysis) error {
	return d.part(w, func(m *markdown) {
		r := m.read(a)
		m.line("")
		m.line("## Message %d", number)
		m.line("")
		m.line("**In short:** %s", m.text(r.Summary))
		m.badges(r.Badges)
		m.line("")
		for _, x := range r.Names {
			m.line("- **%s:** %s", x.Label, m.text(x.Text))
		}
		m.delivered(r.Report)
		m.remarks(r.Findings)
		m.hops(r.Hops)
		m.authentication(r)
		m.checks(r)
		m.stamps(r)
		m.signed(r.Signatures)
		m.unread(r.Unread)
	})
}

// chapter begins a section of a message.
func (m *markdown) chapter(title, text string) {
	m.line("")
	m.line("### %s", title)
	m.line("")
	if text != "" {
		m.line("%s", m.text(text)) // begins with a word of ours
		m.line("")
	}
}

func (m *markdown) delivered(r *reportReading) {
	if r == nil {
		return
	}
	m.chapter("Delivery report", r.Title)
	m.table([]string{"recipient", "what became of it", "status", "by", "in its words"})
	for _, x := range r.Recipients {
		m.row([]string{m.text(x.Address), m.text(joined(", ", x.Action, x.Times)), m.text(x.Status),
			m.text(x.RemoteMTA), m.text(x.Diagnostic)})
	}
	m.items([]labelled{{"about", r.Original}})
	m.problems(r.Problems)
}

// items writes named texts as a list; those without a text are left out.
func (m *markdown) items(list []labelled) {
	first := true
	for _, x := range list {
		if x.Text == "" {
			continue
		}
		if first {
			m.line("")
			first = false
		}
		m.line("- **%s:** %s", x.Label, m.text(x.Text))
	}
}

func (m *markdown) problems(list []string) {
	var items []labelled
	for _, x := range list {
		items = append(items, labelled{"note", x})
	}
	m.items(items)
}

// badges writes the results and verdicts in a line of their own.
func (m *markdown) badges(list []badge) {
	var said []string
	for _, b := range list {
		text := m.text(b.Label) + " **" + m.text(b.Word) + "**"
		if b.Claim {
			text += " (claimed)"
		}
		said = append(said, text)
	}
	if len(said) > 0 {
		m.line("")
		m.line("%s", strings.Join(said, " · "))
	}
}

// shortBar is the length of a bar in a table.
const shortBar = 8

func (m *markdown) hops(r hopsReading) {
	m.chapter("Hops", joined("; ", r.Title, r.Legend))
	if len(r.Rows) == 0 {
		return
	}
	m.table([]string{"#", "time (UTC)", "delay", "from", "by", "how"})
	for _, h := range r.Rows {
		if h.Boundary != "" {
			m.row([]string{"", "", "", "**" + m.text(h.Boundary) + "**", "", ""})
		}
		m.hop(h)
	}
	for _, h := range r.Rows {
		m.problems(h.Problems)
	}
	m.details("the fields as they stand", func() {
		for _, h := range r.Rows {
			m.line("- %d: %s", h.Number, m.code(h.Raw))
		}
	})
}

func (m *markdown) hop(h hopReading) {
	delay := m.text(h.Delay)
	if n := cellsOf(h.Share, shortBar); n > 0 {
		delay += " `" + strings.Repeat("#", n) + "`"
	}
	number := fmt.Sprint(h.Number)
	if h.Trusted {
		number += `\*`
	}
	m.row([]string{number, m.text(joined(" ", h.Date, h.Time)), delay, m.text(h.client()),
		m.text(h.server()), m.text(joined("; ", h.protocol(), h.Remark))})
}

// details folds what f writes, where the reader of Markdown can fold.
func (m *markdown) details(summary string, f func()) {
	m.line("")
	m.line("<details><summary>%s</summary>", summary)
	m.line("")
	f()
	m.line("")
	m.line("</details>")
}

func (m *markdown) authentication(r reading) {
	if len(r.Auth)+len(r.Sets) == 0 {
		m.chapter("Authentication", "no field says anything of the sender")
		return
	}
	m.chapter("Authentication", "")
	m.table([]string{"method", "result", "about", "said by"})
	for _, f := range r.Auth {
		for _, x := range f.Results {
			m.row([]string{m.text(x.Method), m.text(x.Result), m.text(joined(" ", x.About, x.Remark())),
				m.text(f.Who) + ", " + f.Believed()})
		}
	}
	for _, f := range r.Auth {
		m.problems(f.Problems)
	}
	m.items([]labelled{{"ARC", r.ARC}})
	for _, f := range r.Sets {
		m.line("    - %s", m.text(f.quoted()))
	}
	m.details("the fields as they stand", func() {
		for _, f := range append(slices.Clone(r.Auth), r.Sets...) {
			m.line("- %s", m.code(f.Field+": "+f.Raw))
		}
	})
}

func (m *markdown) checks(r reading) {
	if len(r.Checked) == 0 {
		return
	}
	m.chapter("Checked", "by DNS as it is now, beside what "+r.Whose+" says")
	m.table([]string{"method", "result", "beside it", "about", "why"})
	for _, c := range r.Checked {
		why := joined("; ", append([]string{c.Why}, c.Notes...)...)
		m.row([]string{m.text(c.Method), m.text(c.Result), m.text(c.Beside()), m.text(c.About),
			m.text(why)})
	}
	if m.style.Verbose {
		for _, c := range r.Checked {
			for _, x := range c.Trace {
				m.items([]labelled{{c.Method, x}})
			}
		}
	}
}

func (m *markdown) stamps(r reading) {
	if len(r.Filters)+len(r.Folded) == 0 {
		return
	}
	m.chapter("Stamps of spam filters", "")
	if len(r.Filters) > 0 {
		m.table([]string{"filter", "verdict", "in words"})
	}
	var all []stampReading
	for _, f := range r.Filters {
		for _, s := range f.Stamps {
			m.row([]string{m.text(joined(", ", s.Family, s.Field)) + ", " + f.Believed(),
				m.text(s.Verdict), m.text(s.Means())})
		}
		all = append(all, f.Stamps...)
	}
	all = append(all, r.Folded...)
	m.details(foldedWords(len(r.Folded)), func() {
		for _, s := range all {
			m.line("- %s: %s: %s", m.text(s.Field), m.text(s.words()), m.code(s.Raw))
		}
	})
}

// foldedWords says what is folded away.
func foldedWords(n int) string {
	if n == 0 {
		return "the fields as they stand"
	}
	return "the fields as they stand, and " + plural(n, "more that tells", "more that tell") + " less"
}

func (m *markdown) signed(list []signatureReading) {
	if len(list) == 0 {
		return
	}
	m.details("DKIM signatures, as they read", func() {
		for _, s := range list {
			m.line("- %s", m.text(s.words()))
			for _, x := range s.Problems {
				m.line("    - note: %s", m.text(x))
			}
		}
	})
}

func (m *markdown) unread(list []fieldReading) {
	if len(list) == 0 {
		return
	}
	m.details("fields of filters whose form is not known", func() {
		for _, f := range list {
			m.line("- %s: %s", m.text(f.Field), m.code(f.Raw))
		}
	})
}

func (m *markdown) remarks(list []findingReading) {
	if len(list) == 0 {
		return
	}
	m.chapter("Findings", "")
	for _, f := range list {
		m.line("- **%s:** %s", m.text(f.Severity), m.text(f.Title))
		for _, e := range f.Evidence {
			m.line("    - **%s:** %s", m.text(e.Field), m.code(e.Raw))
		}
		for _, step := range f.Fix {
			m.line("    - **Fix:** %s", m.text(step))
		}
	}
}
