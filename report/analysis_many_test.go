package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/report"
)

// TestManyHops holds that a header with thousands of hops makes no endless report for people.
func TestManyHops(t *testing.T) {
	a := seedtest.Analysis{Hops: make([]seedtest.Hop, 5000)}
	for i := range a.Hops {
		a.Hops[i] = seedtest.Hop{Header: len(a.Hops) - 1 - i, By: seedtest.HopBy{Name: "mx.example.org"}}
	}
	var text bytes.Buffer
	if err := report.AnalysisText(&text, a, report.Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5000 hops", "4800 hops are left out here", "\n 20 ", "4821 ", "5000 "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if n := strings.Count(text.String(), "mx.example.org"); n < 200 || n > 202 {
		t.Errorf("%d lines name the server, want one of each hop shown", n)
	}
	var lines bytes.Buffer
	if err := report.AnalysisJSON(&lines, []seedtest.Analysis{a}, true); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(lines.String(), "mx.example.org"); n != 5000 {
		t.Errorf("JSON has %d hops, want all 5000", n)
	}
}
