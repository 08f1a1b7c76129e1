package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

const (
	nagiosText  = 400 // cells; some agents cut a plug-in's line at 1024 octets
	nagiosNamed = 3   // probes that the line names
)

// Nagios writes one line as monitoring plug-ins do: a status word, what matters most, a bar and the
// performance data of the probes that count. Seeds are named, never addressed.
func Nagios(w io.Writer, r Report) error {
	n := namesOf(r.Run, Style{})
	text := fmt.Sprintf("SEEDTEST %s - %s", nagiosWord(r.Judgement.Verdict), nagiosSays(r))
	text = cut(strings.ReplaceAll(n.say(text), "|", "/"), nagiosText)
	_, err := fmt.Fprintf(w, "%s | %s\n", text, strings.Join(perfData(r), " "))
	return err
}

func nagiosWord(v seedtest.Verdict) string {
	switch v {
	case seedtest.Pass:
		return "OK"
	case seedtest.Fail:
		return "CRITICAL"
	}
	return "UNKNOWN"
}

// nagiosSays tells how many arrived, which did not, what demand was not met, and the first cause.
func nagiosSays(r Report) string {
	arrived, lost, unknown := 0, []string{}, []string{}
	for _, p := range r.Run.Probes {
		if !p.Counted {
			continue
		}
		said := who(r.Run, p) + " " + outcome(r.Run, p)
		switch verdictOf(p) {
		case seedtest.Pass:
			arrived++
		case seedtest.Fail:
			lost = append(lost, said)
		default:
			unknown = append(unknown, said)
		}
	}
	text := fmt.Sprintf("%s run %s: %d of %d arrived", r.Run.Opened.Suite.Name,
		r.Run.Opened.Run.Short(), arrived, r.Judgement.Judged)
	if named := firstOf(append(lost, unknown...), nagiosNamed); named != "" {
		text += "; " + named
	}
	for _, e := range r.Judgement.Expectations {
		if e.Holds != seedtest.Pass && e.What != "placement" {
			text += fmt.Sprintf("; %s wanted %s, got %s", e.What, e.Wanted, e.Got)
		}
	}
	if said := conditions(r.Run); said != "" {
		text += "; " + said
	}
	if c := causesOf(r.Findings); len(c) > 0 && r.Judgement.Verdict != seedtest.Pass {
		text += "; cause: " + c[0].Title
	}
	return text
}

// firstOf joins the first n of a list, and says how many more there are.
func firstOf(list []string, n int) string {
	if len(list) <= n {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:n], ", "), len(list)-n)
}

// perfData is label=value;warn;crit;min;max, by the Monitoring Plugins development guidelines.
func perfData(r Report) []string {
	by := map[seedtest.Placement]int{}
	arrived, settled, planned := 0, 0, r.Judgement.Planned
	var slowest time.Duration
	for _, p := range r.Run.Probes {
		if !p.Counted {
			continue
		}
		by[p.Placements.Current]++
		if p.Placements.Current.Arrived() {
			arrived++
		}
		if p.Placements.Settled != nil {
			settled++
		}
		if d, ok := p.Total(); ok {
			slowest = max(slowest, d)
		}
	}
	data := []string{fmt.Sprintf("probes=%d", planned),
		fmt.Sprintf("judged=%d;;;0;%d", r.Judgement.Judged, planned),
		fmt.Sprintf("settled=%d;;;0;%d", settled, planned)}
	for _, place := range seedtest.Placements() {
		data = append(data, fmt.Sprintf("%s=%d;;;0;%d", place, by[place], planned))
	}
	expect := r.Run.Opened.Suite.Expect
	if r.Judgement.Judged > 0 {
		least := ""
		if expect.Inbox != nil {
			least = number(*expect.Inbox) + ":"
		}
		data = append(data, fmt.Sprintf("inbox_rate=%s;;%s;0;1",
			number(share(float64(arrived)/float64(r.Judgement.Judged))), least))
	}
	if slowest > 0 {
		most := ""
		if expect.Delay > 0 {
			most = number(seconds(expect.Delay))
		}
		data = append(data, fmt.Sprintf("slowest=%ss;;%s;0;", number(seconds(slowest)), most))
	}
	return data
}

// number writes a figure with at most four places, and never an exponent.
func number(x float64) string { return strconv.FormatFloat(round(x), 'f', -1, 64) }
