package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

type xmlSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Suites   []xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name       string        `xml:"name,attr"`
	Timestamp  string        `xml:"timestamp,attr,omitempty"`
	Tests      int           `xml:"tests,attr"`
	Failures   int           `xml:"failures,attr"`
	Errors     int           `xml:"errors,attr"`
	Skipped    int           `xml:"skipped,attr"`
	Time       string        `xml:"time,attr"`
	Properties []xmlProperty `xml:"properties>property,omitempty"`
	Cases      []xmlCase     `xml:"testcase"`
}

type xmlProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlCase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Failure *xmlNote `xml:"failure"`
	Error   *xmlNote `xml:"error"`
	Skipped *xmlNote `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

type xmlNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the run as JUnit XML: a suite for each route with a case for each probe, and a suite
// of what was expected. A probe that did not arrive is a failure unless the run passed all the
// same, a blind one is an error, and what is not known or does not count is skipped, each with its
// reason.
func JUnit(w io.Writer, r Report, s Style) error {
	j := junit{names: namesOf(r.Run, s), Report: r, style: s}
	out := xmlSuites{Name: j.say(r.Run.Opened.Suite.Name)}
	judged, control := sides(r.Run)
	for _, x := range append(judged, control...) {
		out.add(j.route(x))
	}
	if len(r.Judgement.Expectations) > 0 {
		out.add(j.expectations())
	}
	out.Time = decimal(runTime(r.Run))
	data, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("report: writing JUnit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(data)+"\n")
	return err
}

// junit writes the parts of one report.
type junit struct {
	names
	Report
	style Style
}

func (out *xmlSuites) add(s xmlSuite) {
	for _, c := range s.Cases {
		s.Tests++
		s.Failures += count(c.Failure)
		s.Errors += count(c.Error)
		s.Skipped += count(c.Skipped)
	}
	out.Tests += s.Tests
	out.Failures += s.Failures
	out.Errors += s.Errors
	out.Skipped += s.Skipped
	out.Suites = append(out.Suites, s)
}

func count(n *xmlNote) int {
	if n == nil {
		return 0
	}
	return 1
}

func (j junit) route(x side) xmlSuite {
	s := j.suite(x.route.Name)
	s.Properties = append(s.Properties, xmlProperty{"host", j.say(x.route.Server.Host)},
		xmlProperty{"control", strconv.FormatBool(x.route.Control)})
	named := map[string]int{}
	for _, p := range x.probes {
		c := j.probe(p)
		if named[c.Name]++; named[c.Name] > 1 {
			c.Name += " " + strconv.Itoa(named[c.Name])
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

func (j junit) suite(name string) xmlSuite {
	s := xmlSuite{Name: j.say(name), Time: decimal(runTime(j.Run)), Properties: []xmlProperty{
		{"run", clean(string(j.Run.Opened.Run))}, {"verdict", string(j.Judgement.Verdict)}}}
	if !j.Run.Started.IsZero() {
		s.Timestamp = j.Run.Started.UTC().Format("2006-01-02T15:04:05")
	}
	return s
}

func (j junit) probe(p seedtest.Probe) xmlCase {
	c := xmlCase{Name: j.say(p.Seed), Class: j.class(p.Route), Time: decimal(0)}
	if s := j.Run.Seed(p.Seed); s != nil && j.style.Addresses {
		c.Name += " <" + j.say(s.Seed.Address) + ">"
	}
	if p.Message != "" {
		c.Name += " " + j.say(p.Message)
	}
	if d, ok := p.Total(); ok {
		c.Time = decimal(d)
	}
	note := &xmlNote{Message: j.say(outcome(j.Run, p)), Type: string(p.Placements.Current),
		Text: j.why(p)}
	verdict := verdictOf(p)
	switch not := uncounted(j.Run, p); {
	case verdict == seedtest.Pass:
		c.Out = strings.Join(append([]string{j.say(outcome(j.Run, p) + "; " + p.Why)}, j.places(p)...),
			"\n")
	case not != "":
		note.Message += ", does not count: " + j.say(not)
		c.Skipped = note
	case p.Placements.Current == seedtest.Blind:
		c.Error = note
	case verdict == seedtest.Unknown:
		c.Skipped = note
	case j.Judgement.Verdict == seedtest.Pass:
		note.Message += ", within what the suite expects"
		c.Skipped = note
	default:
		c.Failure = note
	}
	if c.Out != "" { // there is no note that would tell of its seed
		for _, line := range healthLines(j.Run, p.Seed) {
			c.Out += "\n" + j.say(line)
		}
	}
	return c
}

// class groups cases by suite and route, as build servers show them.
func (j junit) class(name string) string {
	return strings.TrimPrefix(j.say(j.Run.Opened.Suite.Name+"."+name), ".")
}

// places are the placements of a probe over time and its later moves, a line each.
func (j junit) places(p seedtest.Probe) []string {
	lines := []string{"places: " + j.say(placesWords(p, j.Run.Started))}
	moves, _ := lately(j.style, p.Moves(), screenful)
	for _, m := range moves {
		lines = append(lines, j.say(moveWords(m, j.Run.Started)))
	}
	return lines
}

// why is the reason of a placement, where it was over time, the health of its seed, and the causes
// that were found for it, a line each.
func (j junit) why(p seedtest.Probe) string {
	lines := append([]string{j.say(p.Why)}, j.places(p)...)
	for _, line := range healthLines(j.Run, p.Seed) {
		lines = append(lines, j.say(line))
	}
	for _, f := range causesAt(j.Findings, p.ID) {
		lines = append(lines, "cause: "+j.say(f.Title))
		for _, step := range f.Fix {
			lines = append(lines, "  fix: "+j.say(step))
		}
	}
	return strings.Join(lines, "\n")
}

func (j junit) expectations() xmlSuite {
	s := j.suite("expectations")
	for _, e := range j.Judgement.Expectations {
		c := xmlCase{Name: j.say(e.What), Class: j.class("expectations"), Time: decimal(0)}
		note := &xmlNote{Message: j.say("wanted " + e.Wanted + ", got " + e.Got), Type: string(e.Holds)}
		switch e.Holds {
		case seedtest.Pass:
			c.Out = note.Message
		case seedtest.Fail:
			c.Failure = note
		default:
			c.Skipped = note
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// runTime is how long the run took so far.
func runTime(r seedtest.Run) time.Duration {
	end := r.AsOf
	if r.Ended != nil {
		end = *r.Ended
	}
	if r.Started.IsZero() || end.Before(r.Started) {
		return 0
	}
	return end.Sub(r.Started)
}

func decimal(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
