package report

import (
	"fmt"
	"io"
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
		m.line("")
		for _, x := range r.Names {
			m.line("- **%s:** %s", x.Label, m.text(x.Text))
		}
		m.delivered(r.Report)
		m.hops(r.Hops)
		m.authentication(r)
		m.checks(r)
		m.stamps(r.Stamps)
		m.signed(r.Signatures)
		m.unread(r.Unread)
		m.remarks(r.Findings)
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
		items = append(items, labelled{"problem", x})
	}
	m.items(items)
}

// shortBar is the length of a bar in a table.
const shortBar = 10

func (m *markdown) hops(r hopsReading) {
	m.chapter("Hops", r.Title)
	if len(r.Rows) == 0 {
		return
	}
	m.table([]string{"#", "time (UTC)", "delay", "", "from", "by", "how", "the provider's"})
	for _, h := range r.Rows {
		bar := ""
		if n := cellsOf(h.Share, shortBar); n > 0 {
			bar = "`" + strings.Repeat("#", n) + "`"
		}
		m.row([]string{fmt.Sprint(h.Number), m.text(joined(" ", h.Date, h.Time)), m.text(h.Delay), bar,
			m.text(h.From), m.text(h.By), m.text(joined("; ", h.How, h.Remark)), yesNo(h.Trusted)})
	}
	for _, h := range r.Rows {
		m.problems(h.Problems)
	}
	if m.style.Verbose {
		m.line("")
		for _, h := range r.Rows {
			m.line("- **%d:** %s", h.Number, m.code(h.Raw))
		}
	}
}

func (m *markdown) authentication(r reading) {
	if len(r.Auth) == 0 {
		m.chapter("Authentication", "no field says anything of the sender")
		return
	}
	m.chapter("Authentication", "")
	m.table([]string{"method", "result", "about", "said by", "believed"})
	for _, f := range r.Auth {
		for _, x := range f.Results {
			m.row([]string{m.text(x.Method), m.text(x.Result), m.text(joined(" ", x.About, x.Remark)),
				m.text(f.Who), f.Believed()})
		}
	}
	for _, f := range r.Auth {
		m.problems(f.Problems)
	}
	m.items([]labelled{{"ARC", r.ARC}})
	if m.style.Verbose {
		m.line("")
		for _, f := range r.Auth {
			m.line("- **raw:** %s", m.code(f.Field+": "+f.Raw))
		}
	}
}

func (m *markdown) checks(r reading) {
	if len(r.Checked) == 0 {
		return
	}
	m.chapter("Checked", "by DNS as it is now, beside what "+r.Whose+" says")
	m.table([]string{"method", "result", "the provider", "about", "why"})
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

func (m *markdown) stamps(list []stampReading) {
	if len(list) == 0 {
		return
	}
	m.chapter("Stamps of spam filters", "")
	m.table([]string{"filter", "verdict", "in words", "as it stands", "believed"})
	for _, s := range list {
		m.row([]string{m.text(s.Family + ", " + s.Field), m.text(s.Verdict),
			m.text(strings.Join(s.Says, "; ")), m.text(s.Values), s.Believed()})
	}
}

func (m *markdown) signed(list []signatureReading) {
	if len(list) == 0 {
		return
	}
	m.chapter("DKIM signatures, as they read", "")
	m.table([]string{"domain", "selector", "algorithm", "signs"})
	for _, s := range list {
		m.row([]string{m.text(s.Domain), m.text(s.Selector), m.text(s.Algorithm), m.text(s.Signs)})
	}
}

func (m *markdown) unread(list []fieldReading) {
	if len(list) == 0 {
		return
	}
	m.chapter("Fields of filters whose form is not known", "")
	m.table([]string{"field", "value"})
	for _, f := range list {
		m.row([]string{m.text(f.Field), m.text(f.Raw)})
	}
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
