package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"seedtest"
)

// Markdown writes the report for tickets and build summaries: the verdict, who is right, a table of
// seeds by routes, what was expected, why and what to do, what could not be seen and what so few
// messages prove. What servers said stands in code spans, where it can mean nothing.
func Markdown(w io.Writer, r Report, s Style) error {
	m := &markdown{page: page{names: namesOf(r.Run, s), style: s}}
	judged, control := sides(r.Run)
	m.head(r, judged)
	m.seeds(r.Run, judged, control)
	m.moves(r.Run)
	m.expectations(r.Judgement)
	m.causes(r)
	m.faults(r.Run)
	m.lookUp(r.Run)
	m.health(r)
	m.foot(r, judged)
	_, err := io.WriteString(w, strings.Join(m.lines, "\n")+"\n")
	return err
}

// markdown gathers the lines of a Markdown report.
type markdown struct{ page }

func (m *markdown) line(format string, args ...any) {
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

// marks are the characters that may mean something within a line to a reader of Markdown (GFM).
const marks = "\\`*_[]<>#|~&@$"

// unlinked keeps names of hosts and pages from becoming links by themselves.
var unlinked = strings.NewReplacer("://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`)

// text writes foreign text so that it stays text: no markup, no link, no cell of a table.
func (m *markdown) text(s string) string {
	var b strings.Builder
	for _, r := range m.say(s) {
		if r < utf8.RuneSelf && strings.ContainsRune(marks, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return unlinked.Replace(b.String())
}

// code writes foreign text as a code span outside of tables, whose fence is longer than any run of
// backquotes in it.
func (m *markdown) code(s string) string {
	s = m.say(s)
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || longest > 0 {
		s = " " + s + " " // one blank on either side belongs to the fence
	}
	return fence + s + fence
}

func (m *markdown) row(cells []string) {
	m.line("| %s |", strings.Join(cells, " | "))
}

func (m *markdown) table(head []string) {
	m.row(head)
	m.line("|%s", strings.Repeat(" --- |", len(head)))
}

func (m *markdown) head(r Report, judged []side) {
	run := r.Run
	m.line("# %s: %s", strings.ToUpper(string(r.Judgement.Verdict)), m.text(run.Opened.Suite.Name))
	m.line("")
	state := ""
	for _, text := range []string{settledWords(run), unfinished(run)} {
		if text != "" {
			state += ", " + m.text(text)
		}
	}
	m.line("Run %s, %s, %s%s.", m.text(run.Opened.Run.Short()),
		m.text(span(run.Started, ended(run))), judgedWords(r.Judgement), state)
	for _, text := range summaries(r, judged) {
		m.line("")
		m.line("**%s**", m.text(text))
	}
}

// seeds writes who is right: a row a seed, a column a route.
func (m *markdown) seeds(r seedtest.Run, judged, control []side) {
	routes := append(append([]side(nil), judged...), control...)
	if len(routes) == 0 {
		return
	}
	head := []string{"seed"}
	for _, s := range routes {
		title := m.text(s.heading())
		if s.route.Control {
			title += " (control)"
		}
		head = append(head, title)
	}
	m.line("")
	m.table(head)
	for _, seed := range seedsOf(routes) {
		m.row(m.seedRow(r, seed, routes))
	}
	m.lineOf("*authentication*", routes, side.auth)
	m.lineOf("*hops*", routes, side.hops)
	m.lineOf("*greets as*", routes, side.greeting)
}

func (m *markdown) seedRow(r seedtest.Run, seed string, routes []side) []string {
	label := m.text(seed)
	if s := r.Seed(seed); s != nil {
		if m.style.Addresses {
			label += " " + m.text("<"+s.Seed.Address+">")
		}
		if c := conditionOf(*s); c != "" {
			label += ", " + m.text(c)
		}
	}
	row := []string{label}
	for _, s := range routes {
		var own []seedtest.Probe
		for _, p := range s.probes {
			if p.Seed == seed {
				own = append(own, p)
			}
		}
		if len(own) == 0 {
			row = append(row, "")
			continue
		}
		row = append(row, m.text(m.cell(r, own)))
	}
	return row
}

// lineOf adds a row of what is said of whole routes, unless nothing is.
func (m *markdown) lineOf(label string, routes []side, say func(side) string) {
	row, said := []string{label}, false
	for _, s := range routes {
		text := strings.ReplaceAll(say(s), "  ", ", ")
		row, said = append(row, m.text(text)), said || text != ""
	}
	if said {
		m.row(row)
	}
}

// moves writes what became of messages after they had come.
func (m *markdown) moves(r seedtest.Run) {
	said := m.movesOf(r)
	if len(said) == 0 {
		return
	}
	m.line("")
	m.line("## Moves")
	m.line("")
	for _, text := range said {
		m.line("- %s", m.text(text))
	}
}

func (m *markdown) expectations(j seedtest.Judgement) {
	if len(j.Expectations) == 0 && len(j.Reasons) == 0 {
		return
	}
	m.line("")
	m.line("## Expected")
	m.line("")
	if len(j.Expectations) == 0 {
		for _, why := range j.Reasons {
			m.line("- %s", m.text(why))
		}
		return
	}
	m.table([]string{"what", "wanted", "got", "holds"})
	for _, e := range j.Expectations {
		m.row([]string{m.text(e.What), m.text(e.Wanted), m.text(e.Got), holds(e.Holds)})
	}
}

// holds says whether a demand was met.
func holds(v seedtest.Verdict) string {
	switch v {
	case seedtest.Pass:
		return "yes"
	case seedtest.Fail:
		return "NO"
	}
	return "not known"
}

func (m *markdown) causes(r Report) {
	list := causesOf(r.Findings)
	if len(list) == 0 {
		return
	}
	m.line("")
	m.line("## Why")
	m.line("")
	for i, f := range list {
		m.line("%d. **%s**%s", i+1, m.text(f.Title), m.text(inBrackets(certainty(f))))
		for _, e := range m.some(f.Evidence) {
			m.line("    - %s%s", m.text(m.speaker(r.Run, e)), m.code(e.Raw))
		}
		for k, step := range f.Fix {
			if k == fewSteps && !m.style.Verbose {
				break
			}
			m.line("    - **Fix:** %s", m.text(step))
		}
	}
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (m *markdown) faults(r seedtest.Run) {
	if len(r.Faults) == 0 {
		return
	}
	m.line("")
	m.line("## Not seen")
	m.line("")
	for _, f := range r.Faults {
		text := strings.TrimPrefix(f.Seed+f.Route+": "+faultWords(f.Kind)+" "+during(f), ": ")
		said := ""
		if f.What != "" {
			said = ": " + m.code(f.What)
		}
		m.line("- %s%s", m.text(text), said)
	}
}

func (m *markdown) foot(r Report, judged []side) {
	lines := [][2]string{
		{"Held back", strings.Join(heldWords(r.Run), "; ")},
		{"Limits", limitsOf(judged)},
		{"Used", usedOf(r.Usage)},
		{"Next", strings.Join(nextSteps(r), "; ")},
	}
	for _, l := range lines {
		if l[1] != "" {
			m.line("")
			m.line("**%s:** %s", l[0], m.text(l[1]))
		}
	}
}
