// Package report tells people and programs what a run came to.
//
// A caller folds the facts into a Run, attaches the analyses, judges it, asks diagnose for the
// findings, puts all of it into a [Report] and gives that to one of the writers: [Text] for a
// terminal, [JSON] for programs, [Nagios], [JUnit] and [Markdown] for monitoring, build servers and
// tickets. [Probe] explains one probe, [Runs] and [RunsJSON] list runs, [Live] and [Line] tell what
// happens while it happens. [AnalysisText] and [AnalysisJSON] tell what one message's header says,
// [AnalysisHTML] and [AnalysisMarkdown] make one document of many. [Clean] and [CleanLine] are for
// whoever prints words of a server without a writer of this package.
//
// All functions are pure: the same values give the same bytes. Text that came from the network or
// from configuration is cleaned before it is printed, so that it cannot drive a terminal, break a
// table or forge a line; a line is never wider than the style says. Seed addresses appear in Text,
// Nagios, JUnit and Markdown only where the style asks for them. The package judges nothing by
// itself and adds no cause of its own.
package report

import "seedtest"

// Report is all that a writer needs to tell of one run.
type Report struct {
	Run       seedtest.Run
	Judgement seedtest.Judgement
	Findings  []seedtest.Finding // most certain and most damaging first, as diagnose gives them
	Usage     Usage

	Successions []seedtest.Succession // how successors compare with the seeds that they are to replace
	Next        []string              // what to do now, as commands or short sentences; nil: made from the run
}

// Usage is what a run cost. A figure of zero is unknown and left out.
type Usage struct {
	Mails     int        // messages handed to a route
	Control   int        // of these, by a control route
	Doses     []SeedDose // what each seed with a limit had in the 24 hours before the run's last moment
	DoseLimit int        // the limit of that (rule 22)
	Commands  int        // IMAP commands
	Throttled int        // times that a provider asked us to slow down; told beside Commands
}

// SeedDose is how many messages a seed had in 24 hours.
type SeedDose struct {
	Seed     string
	Messages int
}

// Style is how a report looks. The zero value is 80 columns of plain text.
type Style struct {
	Width     int  // cells in a line; 0 means 80
	Height    int  // most lines of the live display; 0 means 24
	Color     bool // ANSI colours
	Addresses bool // name seeds by their addresses too
	Verbose   bool // all evidence instead of the first pieces
}

const (
	defaultWidth  = 80
	defaultHeight = 24
	leastWidth    = 40 // below this nothing readable fits
)

func (s Style) width() int {
	if s.Width == 0 {
		return defaultWidth
	}
	return max(s.Width, leastWidth)
}

func (s Style) height() int {
	if s.Height <= 0 {
		return defaultHeight
	}
	return s.Height
}

// UsageOf counts what the run itself tells of its cost: the messages that left, how many of them
// by a control route, the commands to seeds, and how often a provider wanted fewer.
func UsageOf(r seedtest.Run) Usage {
	var u Usage
	counted := map[seedtest.DispatchID]bool{}
	for _, p := range r.Probes {
		if counted[p.Dispatch] || !left(p) {
			continue
		}
		counted[p.Dispatch] = true
		u.Mails++
		if p.Control {
			u.Control++
		}
	}
	for _, s := range r.Seeds {
		u.Commands += s.Spent.Commands
	}
	for _, f := range r.Faults {
		if f.Kind == seedtest.FaultThrottled {
			u.Throttled++
		}
	}
	return u
}

// left reports whether the content of a probe left whole at least once.
func left(p seedtest.Probe) bool {
	for _, a := range p.Attempts {
		if a.At != nil {
			return true
		}
	}
	return !p.Accepted.IsZero()
}
