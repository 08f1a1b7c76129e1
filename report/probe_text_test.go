package report

import (
	"strings"
	"testing"

	"seedtest"
)

// TestSubmissionIsTold says what a server offered to who wants to know all, what its address is
// called, and what a reply does not say.
func TestSubmissionIsTold(t *testing.T) {
	s := seedtest.Submission{Outcome: seedtest.OutcomeRefused, Stage: seedtest.StageBody,
		Reply: &seedtest.Reply{Code: 552, Text: "too big"}, Error: "it came in the middle",
		Local: "192.0.2.1:4000", Remote: "192.0.2.2:25", RemoteName: "mx1.example.net\x1b[2J",
		Extensions: []string{"SIZE 1000", "DSN"}}
	for verbose, want := range map[bool][]string{
		false: {"552 too big", "it came in the middle", "to 192.0.2.2:25 (mx1.example.net"},
		true:  {"552 too big", "it came in the middle", "offers SIZE 1000, DSN"},
	} {
		p := &page{style: Style{Verbose: verbose}}
		p.attempt(seedtest.AttemptState{Number: 1, Submission: &s})
		got := strings.Join(p.lines, "\n")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("verbose %t: want %q in\n%s", verbose, w, got)
			}
		}
		if strings.Contains(got, "offers") != verbose || strings.Contains(got, "\x1b") {
			t.Errorf("verbose %t:\n%s", verbose, got)
		}
	}
}
