package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"seedtest"
	"seedtest/report"
)

// words draws text as servers could send it: letters, blanks, and what drives terminals, breaks
// tables or takes more or less room than it seems.
func words() *rapid.Generator[string] {
	pieces := []string{"a", "word", " ", "\n", "\r\n", "\t", "\x1b[2J", "\x1b]0;x\x07", "\x00",
		"\u202e",
		"\u2066", "\u200b", "\u0301", "\u20dd", "漢字", "ｆ", "👍🏽", "|", "`", "```", "<b>", "&amp;",
		"]]>", "\\",
		"_*[x](y)", "\xff\xfe", "\u0085", "\u2028", "é", "ﷺ", "=", "'", "http://x.example", "PASS",
		"--", "#"}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
	})
}

// texts are the writers for people.
func texts(r report.Report, st report.Style) map[string]string {
	out := map[string]string{}
	keep := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			out[name] = "error: " + err.Error()
			return
		}
		out[name] = b.String()
	}
	keep("Text", func(w io.Writer) error { return report.Text(w, r, st) })
	for _, p := range r.Run.Probes {
		keep("Probe "+string(p.ID), func(w io.Writer) error { return report.Probe(w, r, p.ID, st) })
		if p.Analysis != nil {
			keep("AnalysisText", func(w io.Writer) error { return report.AnalysisText(w, *p.Analysis, st) })
		}
	}
	row := report.Row(r.Run, r.Judgement)
	keep("Runs", func(w io.Writer) error { return report.Runs(w, []report.RunRow{row, row}, st) })
	out["Live"] = strings.Join(report.Live(r.Run, r.Run.AsOf, st), "\n") + "\n"
	return out
}

func TestNoLineIsWiderThanTheStyle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := report.Style{Width: rapid.IntRange(1, 130).Draw(t, "width"),
			Height: rapid.IntRange(1, 30).Draw(t, "height"), Verbose: rapid.Bool().Draw(t, "verbose"),
			Addresses: rapid.Bool().Draw(t, "addresses")}
		r := hostile(words().Draw(t, "text")).report(3 * m)
		for name, text := range texts(r, st) {
			for _, line := range strings.Split(text, "\n") {
				if n := report.Cells(line); n > max(st.Width, 40) {
					t.Fatalf("%s: %d cells of %d: %q", name, n, st.Width, line)
				}
				if bad := driving(line); bad != "" {
					t.Fatalf("%s: %q in %q", name, bad, line)
				}
			}
			if strings.HasPrefix(text, "error: ") {
				t.Fatalf("%s: %s", name, text)
			}
		}
		if n := len(report.Live(r.Run, r.Run.AsOf, st)); n >= max(st.Height, 2) {
			t.Fatalf("Live: %d lines of %d", n, st.Height)
		}
	})
}

// driving returns the first character of a line that could do something to a terminal.
func driving(line string) string {
	if !utf8.ValidString(line) {
		return "no UTF-8"
	}
	for _, r := range line {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return string(r)
		}
	}
	return ""
}

// TestColoursAreOnlyOurs holds that colours add nothing but the five sequences of the page.
func TestColoursAreOnlyOurs(t *testing.T) {
	colour := regexp.MustCompile("\x1b\\[(0|1|31|32|33)?m")
	rapid.Check(t, func(t *rapid.T) {
		r := hostile(words().Draw(t, "text")).report(3 * m)
		bare, painted := texts(r, report.Style{}), texts(r, report.Style{Color: true})
		for name := range bare {
			if got := colour.ReplaceAllString(painted[name], ""); got != bare[name] {
				t.Fatalf("%s: without its colours it is\n%s\nwant\n%s", name, got, bare[name])
			}
		}
	})
}

func TestMachinesReadWhatWeWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := words().Draw(t, "text")
		r := hostile(text).report(3 * m)
		var x, n, md bytes.Buffer
		err := errors.Join(report.JUnit(&x, r, report.Style{}), report.Nagios(&n, r),
			report.Markdown(&md, r, report.Style{Addresses: true}))
		if err != nil {
			t.Fatal(err)
		}
		readXML(t, x.String())
		if s := n.String(); strings.Count(s, "|") != 1 || strings.Count(s, "\n") != 1 {
			t.Fatalf("Nagios: %q is not one line with one bar", s)
		}
		readTables(t, md.String())
		for _, out := range []string{x.String(), n.String(), md.String()} {
			for _, line := range strings.Split(out, "\n") {
				if bad := driving(line); bad != "" {
					t.Fatalf("%q in %q", bad, line)
				}
			}
		}
	})
}

// readXML reads the whole document and counts its cases.
func readXML(t *rapid.T, doc string) {
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Cases []struct {
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(doc), &suites); err != nil {
		t.Fatalf("JUnit: %v in\n%s", err, doc)
	}
	tests, failures := 0, 0
	for _, s := range suites.Suites {
		tests += len(s.Cases)
		for _, c := range s.Cases {
			if c.Failure != nil {
				failures++
			}
		}
	}
	if tests != suites.Tests || failures != suites.Failures || failures == 0 {
		t.Fatalf("JUnit says %d tests, %d failures; has %d and %d", suites.Tests, suites.Failures,
			tests, failures)
	}
}

var (
	cellEnd  = regexp.MustCompile(`(\\\\)*\|`)
	escapes  = regexp.MustCompile(`\\.`)
	codeSpan = regexp.MustCompile("(?:^|[^`])(`+)(?:[^`]|$)")
)

// readTables holds that every row of a table has as many cells as its head, and that no markup of
// another's making is left.
func readTables(t *rapid.T, doc string) {
	columns := 0
	for _, line := range strings.Split(doc, "\n") {
		open := escapes.ReplaceAllString(line, "")
		if !strings.HasPrefix(line, "|") {
			columns = 0
		} else if n := len(cellEnd.FindAllString(open, -1)); columns == 0 {
			columns = n
		} else if n != columns {
			t.Fatalf("Markdown: %d cells of %d in %q", n, columns, line)
		}
		if !codeSpan.MatchString(open) && strings.ContainsAny(open, "<>[]_") {
			t.Fatalf("Markdown: markup in %q", line)
		}
	}
}

func TestSameFactsSameBytes(t *testing.T) {
	first, second := told(), told()
	for name := range first {
		for format, write := range formats() {
			var a, b bytes.Buffer
			if err := errors.Join(write(&a, first[name]), write(&b, second[name])); err != nil {
				t.Fatal(err)
			}
			if a.String() != b.String() {
				t.Errorf("%s.%s differs from one call to the next", name, format)
			}
		}
	}
}

// TestAddressesStayAtHome holds that what may be published has no address of a seed unless it is
// asked for, however a server spells it.
func TestAddressesStayAtHome(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"gmx-a"})
	id := st.plan("main", "gmx-a")
	st.submit(id, 0, refusal(seedtest.OutcomeRefused, seedtest.StageRCPT, 550, "5.1.1",
		"<GMX.A@gmx.example> unknown; return path prvs=1=gmx.a=gmx.example@example.org, "+
			"SRS0=h1=t2=gmx.example=gmx.a@example.org"))
	st.add(s, seedtest.Fault{Seed: "gmx-a", Kind: seedtest.FaultLogin, What: "no gmx.a@gmx.example",
		From: at(s)})
	st.findings = []seedtest.Finding{{Code: "x", Severity: seedtest.SeverityError,
		Title:  "no such user gmx.a@gmx.example",
		Probes: []seedtest.ProbeID{id}, Fix: []string{"ask gmx.a@gmx.example"},
		Evidence: []seedtest.Evidence{{Probe: id, Field: "reply", Raw: "<gmx.a@gmx.example> unknown"}}}}
	r := st.add(2*s, seedtest.Closed{Reason: seedtest.ClosedDone}).report(time.Minute)
	leak := regexp.MustCompile(`(?i)gmx\\?\.a\\?[@=]|=gmx\.a`)
	for format, write := range formats() {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		if found := leak.FindString(b.String()); format != "json" && found != "" {
			t.Errorf("%s names the address:\n%s", format, b.String())
		}
	}
	for name, text := range texts(r, report.Style{}) {
		if leak.MatchString(text) {
			t.Errorf("%s names the address:\n%s", name, text)
		}
	}
	var b bytes.Buffer
	if err := report.Text(&b, r,
		report.Style{Addresses: true}); err != nil || !leak.MatchString(b.String()) {
		t.Errorf("the address was asked for and is not there: %v\n%s", err, b.String())
	}
}

func FuzzClean(f *testing.F) {
	f.Add(nasty)
	f.Add("a\u0300\u0301\u0302\u0303\u0304\u0305")
	f.Add("\ufe0f\U000e0041\u2028")
	f.Add("\u0326\u0304\r\u0301\u0302\ufe0f\u0305")
	f.Fuzz(func(t *testing.T, s string) {
		for _, line := range strings.Split(report.Clean(s), "\n") {
			if bad := driving(line); bad != "" {
				t.Errorf("Clean(%q) leaves %q", s, bad)
			}
		}
		line := report.CleanLine(s)
		if bad := driving(line); bad != "" || strings.Contains(line, "\n") {
			t.Errorf("CleanLine(%q) = %q", s, line)
		}
		if again := report.CleanLine(line); again != line {
			t.Errorf("CleanLine is not done after once: %q, then %q", line, again)
		}
	})
}

// TestOnlyWholeAddressesAreHidden holds that an address that merely ends like a seed's is quoted as
// it is.
func TestOnlyWholeAddressesAreHidden(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"gmx-a"})
	st.opened.Seeds[0].Address = "a@gmx.example"
	st.add(s, seedtest.Fault{Seed: "gmx-a", Kind: seedtest.FaultLogin, From: at(s),
		What: "anna@gmx.example, a@gmx.examples and A@gmx.example"})
	wanted := `"anna@gmx.example, a@gmx.examples and gmx-a"`
	if got := labelled(t, st.report(m), "FAULTS"); !strings.Contains(got, wanted) {
		t.Errorf("FAULTS is %q, want %s in it", got, wanted)
	}
}

// TestNoTextFloods holds that long texts in every field neither fill the screen nor take for ever.
func TestNoTextFloods(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 1<<17), strings.Repeat("x ", 1<<16)} {
		var b bytes.Buffer
		if err := report.AnalysisText(&b, hostileHeader(text), report.Style{}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "\n"); n > 600 {
			t.Errorf("a header with long fields takes %d lines", n)
		}
	}
}
