package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

func TestNextSaysWhatToDo(t *testing.T) {
	detached, overdue := begin("regular", []string{"main"}, []string{"gmx-a"}),
		begin("regular", []string{"main"}, []string{"gmx-a"})
	detached.accept(detached.plan("main", "gmx-a"), 0)
	detached.add(s, seedtest.Closed{Reason: seedtest.ClosedDetached})
	overdue.accept(overdue.plan("main", "gmx-a"), 0).round("gmx-a", 15*m+s)
	overdue.add(16*m, seedtest.Closed{Reason: seedtest.ClosedDone})
	possible := overdue.report(17 * m)
	possible.Findings = []seedtest.Finding{{Code: "a.b", Severity: seedtest.SeverityError,
		Title: "it may be", Confidence: 0.3}}
	mine := overdue.report(17 * m)
	mine.Next = []string{"wait"}
	for _, x := range []struct {
		name, want string
		report     report.Report
	}{
		{"all arrived", "", single().report(10 * s)},
		{"cancelled", "seedtest resume 7K2Q9A", interrupted().report(8 * s)},
		{"blind", "seedtest check gmail-a outlook-a", blind().report(31 * s)},
		{"detached", "seedtest follow 7K2Q9A", detached.report(2 * s)},
		{"overdue", "seedtest follow 7K2Q9A; seedtest show 7K2Q9A gmx-a/main", overdue.report(17 * m)},
		{"a mere possibility", "seedtest follow 7K2Q9A; seedtest show 7K2Q9A gmx-a/main", possible},
		{"the caller knows better", "wait", mine},
	} {
		if got := labelled(t, x.report, "NEXT"); got != x.want {
			t.Errorf("%s: NEXT is %q, want %q", x.name, got, x.want)
		}
	}
}

// labelled returns the paragraph of the text report that begins with a label.
func labelled(t *testing.T, r report.Report, label string) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Text(&b, r, report.Style{Width: 200}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if text, ok := strings.CutPrefix(line, label+" "); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// TestSummaryDoesNotGuess holds what the second line says where one side or both are not known.
func TestSummaryDoesNotGuess(t *testing.T) {
	type end func(st *story, id seedtest.ProbeID)
	inbox := func(st *story, id seedtest.ProbeID) { st.accept(id, 0).inbox(id, 5*s) }
	junk := func(st *story, id seedtest.ProbeID) { st.accept(id, 0).junk(id, 5*s) }
	unknown := func(st *story, id seedtest.ProbeID) { st.accept(id, 0) }
	for want, ends := range map[string][2]end{
		"NEW is as good as OLD at 1 provider.":                                  {inbox, inbox},
		"NEW is as good as OLD at 1 provider. Both have trouble at gmx (junk).": {junk, junk},
		"NEW is worse at gmx (junk). Keep OLD.":                                 {inbox, junk},
		"NEW is better at gmx (junk by OLD).":                                   {junk, inbox},
		"NEW and OLD cannot be compared: nothing is known of both anywhere. " +
			"No comparison at gmx (OLD arrived, NEW not known).": {inbox, unknown},
		"NEW and OLD cannot be compared: nothing is known of both anywhere. ": {unknown, unknown},
	} {
		st := begin("regular", []string{"old", "new"}, []string{"gmx-a"})
		for i, route := range []string{"old", "new"} {
			ends[i](st, st.plan(route, "gmx-a"))
		}
		var b bytes.Buffer
		if err := report.Text(&b, st.report(time.Hour), report.Style{Width: 120}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(b.String(), "\n")[1]; got != strings.TrimSpace(want) {
			t.Errorf("the summary is %q, want %q", got, want)
		}
	}
}

// TestUnknownServersAreNotOneProvider holds that seeds at servers of which nothing is known are not
// put together.
func TestUnknownServersAreNotOneProvider(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"own-a", "own-b"})
	for i, seed := range st.opened.Suite.Seeds {
		st.opened.Seeds[i].Provider.ID = seedtest.GenericProvider
		id := st.plan("main", seed)
		st.accept(id, 0).junk(id, 5*s)
	}
	var b bytes.Buffer
	if err := report.Text(&b, st.report(m), report.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"trouble at own-a (junk) and own-b (junk).",
		"\nown-a        JUNK 5s\n",
		"\nown-b        JUNK 5s\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}
