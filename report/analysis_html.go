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
	"tone": tone, "word": brief, "start": start, "length": length,
}).Parse(analysisHTML))

// AnalysisHTML writes what headers say as one page that needs nothing else: no script, no image, no
// address that is asked. It follows the reader's choice of light or dark, fits narrow windows, and
// prints. The fields as they stand are folded, so that the style asks for nothing more.
func AnalysisHTML(Style) AnalysisPage { return htmlPage{} }

type htmlPage struct{}

// titleCells is how much of a subject a heading has room for.
const titleCells = 120

// section is what a page says of one message.
type section struct {
	reading
	Number  int
	Subject string
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
		cut(clean(a.Subject), titleCells)})
}

func (d htmlPage) End(w io.Writer) error { return pageTemplate.ExecuteTemplate(w, "end", nil) }

// tone is the class of a word: what is good, and what somebody should look at.
func tone(word string) string {
	switch head, _, _ := strings.Cut(word, " "); head {
	case "pass", "ham", "delivered", "relayed":
		return "good"
	case "FAIL", "SOFTFAIL", "PERMERROR", "SPAM", "FAILED", "error":
		return "bad"
	case "TEMPERROR", "UNSURE", "DELAYED", "warning":
		return "care"
	}
	return "soft"
}

// brief cuts what has a line of its own, and never more: results, methods, verdicts.
func brief(s string) string { return cut(s, 32) }

// The timeline is drawn on a whole way of wayLength. What took no time at all is still a stroke.
const (
	wayLength = 1000
	stroke    = 6
)

func start(s *stretch) int {
	return min(int(math.Round(wayLength*s.From)), wayLength-stroke)
}

func length(s *stretch) int {
	return max(int(math.Round(wayLength*(s.To-s.From))), stroke)
}
