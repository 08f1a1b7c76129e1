package report

import (
	_ "embed"
	"html/template"
	"io"
	"math"
	"strings"

	"seedtest"
)

//go:embed page/analysis.html
var analysisHTML string

// pageTemplate escapes everything that a header says for the place where it stands.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"tone": tone, "percent": percent,
}).Parse(analysisHTML))

// AnalysisHTML writes what headers say as one page that needs nothing else: no script, no image, no
// address that is asked. It follows the reader's choice of light or dark, and prints.
func AnalysisHTML(s Style) AnalysisPage { return htmlPage{s} }

type htmlPage struct{ style Style }

// section is what a page says of one message.
type section struct {
	reading
	Number  int
	Verbose bool
}

func (d htmlPage) Begin(w io.Writer, messages int) error {
	return pageTemplate.ExecuteTemplate(w, "begin", messages)
}

func (d htmlPage) Entry(w io.Writer, number int, a seedtest.Analysis) error {
	return pageTemplate.ExecuteTemplate(w, "entry", names{}.indexed(number, a))
}

func (d htmlPage) Between(w io.Writer, messages int) error {
	return pageTemplate.ExecuteTemplate(w, "between", messages)
}

func (d htmlPage) Section(w io.Writer, number int, a seedtest.Analysis) error {
	return pageTemplate.ExecuteTemplate(w, "section", section{names{}.read(a), number,
		d.style.Verbose})
}

func (d htmlPage) End(w io.Writer) error { return pageTemplate.ExecuteTemplate(w, "end", nil) }

// tone is the class of a word: what is good, and what somebody should look at.
func tone(word string) string {
	switch head, _, _ := strings.Cut(word, " "); head {
	case "pass", "ham", "delivered", "relayed":
		return "good"
	case "FAIL", "SOFTFAIL", "PERMERROR", "SPAM", "FAILED", "DELAYED", "error", "warning":
		return "bad"
	}
	return "soft"
}

func percent(share float64) int { return int(math.Round(100 * min(max(share, 0), 1))) }
