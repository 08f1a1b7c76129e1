package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// until folds what happened up to a moment, as the display does.
func (st *story) until(d time.Duration) (seedtest.Run, []string) {
	f := seedtest.NewFolder()
	var lines []string
	for _, fact := range st.told() {
		if fact.At.After(at(d)) {
			continue
		}
		f.Add(fact)
		if line := report.Line(fact, f.Run(fact.At)); line != "" {
			lines = append(lines, line)
		}
	}
	return f.Run(at(d)), lines
}

func TestLiveAsWanted(t *testing.T) {
	for _, x := range []struct {
		name  string
		story *story
		at    time.Duration
		style report.Style
	}{
		{"live-begin.txt", move(), 0, report.Style{}},
		{"live-middle.txt", move(), 75 * s, report.Style{}},
		{"live-low.txt", move(), 75 * s, report.Style{Height: 6}},
		{"live-narrow.txt", move(), 75 * s, report.Style{Width: 50}},
		{"live-everything.txt", everything(), 16 * m, report.Style{Height: 40}},
	} {
		run, _ := x.story.until(x.at)
		want(t, x.name, strings.Join(report.Live(run, at(x.at), x.style), "\n")+"\n")
	}
}

func TestLinesAsWanted(t *testing.T) {
	for name, st := range map[string]*story{"move": move(), "everything": everything(),
		"blind":       blind(),
		"interrupted": interrupted(), "hostile": hostile(nasty)} {
		_, lines := st.until(30 * time.Hour)
		want(t, "lines-"+name+".txt", strings.Join(lines, "\n")+"\n")
	}
}

// TestLineTellsOfTheCopyThatDecides holds that a view over all mail is not told of as a placement
// before a complete look.
func TestLineTellsOfTheCopyThatDecides(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"gmail-a"})
	id := st.plan("main", "gmail-a")
	st.accept(id, 0).see(id, 3*s, "All Mail", seedtest.RoleAll, "").inbox(id, 4*s)
	st.see(id, 5*s, "Starred", seedtest.RoleFlagged, "").see(id, 6*s, "Work", seedtest.RoleNone, "")
	_, lines := st.until(m)
	want := []string{"14:02:04 gmail-a by main: inbox 4s",
		"14:02:06 gmail-a by main: also in Work"}
	if got := lines[2:]; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLineIsSilentOnWhatIsNoNews(t *testing.T) {
	run := single().report(10 * s).Run
	for _, body := range []seedtest.FactBody{seedtest.Planned{}, seedtest.Listing{},
		seedtest.Baseline{},
		seedtest.Attempt{}, seedtest.Canary{}, seedtest.Round{Complete: true},
		seedtest.Relayed{Outcome: seedtest.OutcomeAccepted}} {
		if line := report.Line(seedtest.Fact{At: started, Body: body}, run); line != "" {
			t.Errorf("Line(%s) = %q, want nothing", body.FactKind(), line)
		}
	}
}
