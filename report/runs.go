package report

import (
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// RunRow is one line of the list of runs.
type RunRow struct {
	ID      seedtest.RunID
	Suite   string
	Started time.Time
	Ended   *time.Time
	Verdict seedtest.Verdict
	State   string // "not ended", "interrupted", "following" or "done"; empty: not told
	Probes  int
	By      map[seedtest.Placement]int
}

// Row makes the list's line of a judged run. A run that was not closed is "not ended": a process
// works it, or one was killed; only who looks at the store can tell.
func Row(r seedtest.Run, j seedtest.Judgement) RunRow {
	row := RunRow{ID: r.Opened.Run, Suite: r.Opened.Suite.Name, Started: r.Started, Ended: r.Ended,
		Verdict: j.Verdict, State: stateOf(r), Probes: len(r.Probes), By: map[seedtest.Placement]int{}}
	for _, p := range r.Probes {
		row.By[p.Placements.Current]++
	}
	return row
}

func stateOf(r seedtest.Run) string {
	if r.Closed == nil {
		return "not ended"
	}
	switch r.Closed.Reason {
	case seedtest.ClosedCancelled, seedtest.ClosedFailed:
		return "interrupted"
	case seedtest.ClosedDetached:
		return "following"
	}
	return "done"
}

// Runs writes the list of runs in the order given, a line each.
func Runs(w io.Writer, rows []RunRow, s Style) error {
	p := &page{style: s}
	if len(rows) == 0 {
		p.add("no runs yet")
		return p.write(w)
	}
	suite := len("SUITE")
	for _, r := range rows {
		suite = max(suite, cells(p.say(r.Suite)))
	}
	suite = min(suite, max(s.width()/5, len("SUITE")))
	p.add(fmt.Sprintf("%-6s  %-16s  %s  %-7s  %s", "RUN", "STARTED (UTC)", pad("SUITE", suite),
		"VERDICT", "PROBES"))
	for _, r := range rows {
		started := ""
		if !r.Started.IsZero() {
			started = r.Started.UTC().Format("2006-01-02 15:04")
		}
		p.add(fmt.Sprintf("%-6s  %-16s  %s  %-7s  %s", clean(r.ID.Short()), started,
			pad(cut(p.say(r.Suite), suite), suite), strings.ToUpper(clean(string(r.Verdict))),
			p.say(rowWords(r))))
	}
	return p.write(w)
}

// rowWords says how a run stands unless it is done, how many probes it has and what they came to:
// "12: 9 arrived, 2 JUNK, 1 BLIND".
func rowWords(r RunRow) string {
	var said []string
	if n := r.By[seedtest.Inbox] + r.By[seedtest.Category]; n > 0 {
		said = append(said, fmt.Sprintf("%d arrived", n))
	}
	rest := maps.Clone(r.By)
	delete(rest, seedtest.Inbox)
	delete(rest, seedtest.Category)
	if t := tallyWords(rest); t != "" {
		said = append(said, t)
	}
	text := strconv.Itoa(r.Probes)
	if len(said) > 0 {
		text += ": " + strings.Join(said, ", ")
	}
	if r.State != "" && r.State != "done" {
		text = r.State + ", " + text
	}
	return text
}

// tallyWords counts placements in the order of reports: "8 inbox, 2 JUNK".
func tallyWords(by map[seedtest.Placement]int) string {
	var said []string
	for _, place := range seedtest.Placements() {
		if by[place] > 0 {
			said = append(said, fmt.Sprintf("%d %s", by[place], plainWord(place)))
		}
	}
	return strings.Join(said, ", ")
}

// plainWord says a placement without what only its probe knows.
func plainWord(place seedtest.Placement) string {
	if place == seedtest.Other {
		return "OTHER"
	}
	return word(seedtest.Probe{Placements: seedtest.ProbePlaces{Current: place}})
}
