package report

import (
	"io"
	"time"

	"seedtest"
)

// Nagios writes one line with performance data.
func Nagios(w io.Writer, r Report) error { return nil }

// JUnit writes the run as JUnit XML.
func JUnit(w io.Writer, r Report, s Style) error { return nil }

// Markdown writes the report as Markdown.
func Markdown(w io.Writer, r Report, s Style) error { return nil }

// AnalysisText writes what one message's header says.
func AnalysisText(w io.Writer, a seedtest.Analysis, s Style) error { return nil }

// Probe explains one probe.
func Probe(w io.Writer, r Report, id seedtest.ProbeID, s Style) error { return nil }

// RunRow is one line of the list of runs.
type RunRow struct {
	ID      seedtest.RunID
	Suite   string
	Started time.Time
	Ended   *time.Time
	Verdict seedtest.Verdict
	State   string // "running", "interrupted", "following", "done"; empty: not told
	Probes  int
	By      map[seedtest.Placement]int
}

// Runs writes the list of runs.
func Runs(w io.Writer, rows []RunRow, s Style) error { return nil }

// Row makes the list's line of a judged run.
func Row(r seedtest.Run, j seedtest.Judgement) RunRow { return RunRow{} }

// Live returns the lines of the live display.
func Live(r seedtest.Run, now time.Time, s Style) []string { return nil }

// Line returns one plain line for a fact that is worth telling, or nothing.
func Line(f seedtest.Fact, r seedtest.Run) string { return "" }
