package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/report"
)

var update = flag.Bool("update", false, "write the wanted texts anew")

// nasty is what a server, a header or a mailbox name could try.
const nasty = "\x1b[31mred\x1b]0;title\x07\u202e|<b>`x`*_\"'\r\nPASS forged\x00\xff]]>\u0085 " +
	"http://evil.example @all"

// told are the runs that the wanted texts are held for, each at the moment it is judged.
func told() map[string]report.Report {
	empty := report.Report{}
	empty.Judgement = seedtest.Judge(empty.Run)
	return map[string]report.Report{
		"move":        move().report(18 * m),
		"single":      single().report(10 * s),
		"everything":  everything().report(25 * time.Hour),
		"interrupted": interrupted().report(8 * s),
		"blind":       blind().report(31 * s),
		"several":     several().report(m),
		"hostile":     hostile(nasty).report(3 * m),
		"moving":      moving().report(61 * time.Hour),
		"empty":       empty,
	}
}

// formats are the writers of a whole run.
func formats() map[string]func(io.Writer, report.Report) error {
	return map[string]func(io.Writer, report.Report) error{
		"txt":  func(w io.Writer, r report.Report) error { return report.Text(w, r, report.Style{}) },
		"json": func(w io.Writer, r report.Report) error { return report.JSON(w, r, report.Style{}) },
		"md": func(w io.Writer, r report.Report) error {
			return report.Markdown(w, r,
				report.Style{})
		},
		"xml":    func(w io.Writer, r report.Report) error { return report.JUnit(w, r, report.Style{}) },
		"nagios": report.Nagios,
	}
}

func TestRunsAsWanted(t *testing.T) {
	for name, r := range told() {
		for format, write := range formats() {
			t.Run(name+"."+format, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, r); err != nil {
					t.Fatal(err)
				}
				want(t, name+"."+format, b.String())
			})
		}
	}
}

func TestStylesAsWanted(t *testing.T) {
	r := move().report(18 * m)
	for name, st := range map[string]report.Style{"verbose": {Verbose: true, Addresses: true},
		"colour": {Color: true}, "narrow": {Width: 40}, "wide": {Width: 100}} {
		var b bytes.Buffer
		if err := report.Text(&b, r, st); err != nil {
			t.Fatal(err)
		}
		want(t, "style-"+name+".txt", b.String())
	}
	var b bytes.Buffer
	if err := report.JUnit(&b, r, report.Style{Addresses: true}); err != nil {
		t.Fatal(err)
	}
	want(t, "style-addresses.xml", b.String())
}

func TestProbesAsWanted(t *testing.T) {
	runs := told()
	for _, x := range []struct {
		run string
		id  seedtest.ProbeID
	}{
		{"move", "outlook-a/new"}, {"move", "gmx-a/new"}, {"move", "yahoo-a/new"},
		{"everything", "p-missing/main"}, {"everything", "p-blind/main"}, {"everything", "p-moved/main"},
		{"moving", "m-junk/main"}, {"everything", "p-held/main"}, {"everything", "p-in_doubt/main"},
	} {
		name := "probe-" + strings.ReplaceAll(string(x.id), "/", "-") + ".txt"
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := report.Probe(&b, runs[x.run], x.id, report.Style{}); err != nil {
				t.Fatal(err)
			}
			want(t, name, b.String())
		})
	}
	if err := report.Probe(io.Discard, runs["move"], "nobody", report.Style{}); err == nil {
		t.Error("a probe that the run does not have was explained")
	}
}

// analyses are the headers that the wanted texts are held for.
func analyses() map[string]seedtest.Analysis {
	return map[string]seedtest.Analysis{"analysis": long(), "analysis-report": bounced(),
		"analysis-checked": checkedAgain(), "analysis-hostile": hostileHeader(nasty),
		"analysis-empty": {}}
}

func TestAnalysisStylesAsWanted(t *testing.T) {
	for name, st := range map[string]report.Style{"verbose": {Verbose: true}, "colour": {Color: true},
		"60": {Width: 60}, "100": {Width: 100}, "120": {Width: 120}} {
		var b bytes.Buffer
		for _, a := range []seedtest.Analysis{long(), bounced(), checkedAgain()} {
			if err := report.AnalysisText(&b, a, st); err != nil {
				t.Fatal(err)
			}
			b.WriteString("\n")
		}
		want(t, "analysis-style-"+name+".txt", b.String())
	}
}

func TestAnalysisAsWanted(t *testing.T) {
	for name, a := range analyses() {
		var b bytes.Buffer
		if err := report.AnalysisText(&b, a, report.Style{}); err != nil {
			t.Fatal(err)
		}
		want(t, name+".txt", b.String())
		b.Reset()
		if err := report.AnalysisJSON(&b, []seedtest.Analysis{a}, false); err != nil {
			t.Fatal(err)
		}
		want(t, name+".json", b.String())
	}
}

func TestListAsWanted(t *testing.T) {
	var rows []report.RunRow
	for _, name := range []string{"move", "single", "everything", "interrupted", "blind", "hostile",
		"empty"} {
		r := told()[name]
		rows = append(rows, report.Row(r.Run, r.Judgement))
	}
	var b bytes.Buffer
	if err := report.Runs(&b, rows, report.Style{}); err != nil {
		t.Fatal(err)
	}
	want(t, "list.txt", b.String())
	b.Reset()
	if err := report.Runs(&b, nil, report.Style{}); err != nil || b.String() != "no runs yet\n" {
		t.Errorf("an empty list is %q, %v", b.String(), err)
	}
}

// want holds got against the file of that name.
func want(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	wanted, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err, "(go test ./report -update writes it)")
	}
	if diff := cmp.Diff(string(wanted), got); diff != "" {
		t.Errorf("%s is not as wanted (-want +got):\n%s", name, diff)
	}
}
