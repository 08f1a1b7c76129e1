package diagnose_test

import (
	"fmt"
	"strings"
	"testing"

	"seedtest"
	"seedtest/diagnose"
)

// variantRun is a run of a matrix: how each variant fared at each seed, one letter a seed. I inbox,
// c category, j junk, r refused, m missing, b blind, p pending.
func variantRun(fared ...string) seedtest.Run {
	places := map[rune]seedtest.Placement{'i': seedtest.Inbox, 'c': seedtest.Category,
		'j': seedtest.Junk, 'r': seedtest.Refused, 'm': seedtest.Missing, 'b': seedtest.Blind,
		'p': seedtest.Pending}
	run := seedtest.Run{Opened: seedtest.Opened{Routes: []seedtest.Route{{Name: "new"}}}}
	names := []string{"plain", "html", "link", "attachment"}
	for i, fate := range fared {
		m := seedtest.Message{Name: "x/" + names[i], Matrix: "x", Variant: names[i]}
		run.Opened.Messages = append(run.Opened.Messages, m)
		for k, letter := range []rune(fate) {
			p := seedtest.Probe{ID: seedtest.ProbeID(fmt.Sprintf("p%d-%d", i, k)), Route: "new",
				Seed: fmt.Sprintf("s%d", k), Message: m.Name, Counted: true}
			p.Placements.Current = places[letter]
			run.Probes = append(run.Probes, p)
		}
	}
	return run
}

func variantFindings(run seedtest.Run) (list []seedtest.Finding) {
	for _, f := range diagnose.Causes(run) {
		if strings.HasPrefix(f.Code, "content.variant") {
			list = append(list, f)
		}
	}
	return list
}

// TestRule04VariantIsNamedOnlyWithEvidence: a difference that chance makes too is told as no more.
func TestRule04VariantIsNamedOnlyWithEvidence(t *testing.T) {
	for _, c := range []struct {
		name  string
		fared []string
		want  string // of all findings
	}{
		{"all alike", []string{"iiiiiijj", "iciiiijj"}, ""},
		{"six of six", []string{"iiiiii", "jjjrmj"},
			"content.variant message x: with html it fares worse than as plain, at 6 of 6 pairs"},
		{"five of five", []string{"iiiiii", "jjjjji"},
			"content.variant_unsure message x: with html it fared worse than as plain, at 5 of 6 pairs: " +
				"not enough evidence"},
		{"six of six among three variants", []string{"iiiiii", "jjjjjj", "iiiiii"},
			"content.variant_unsure message x: with html it fared worse than as plain, at 6 of 6 pairs: " +
				"not enough evidence"},
		{"one junk", []string{"iiiiii", "iiiiji"},
			"content.variant_unsure message x: with html it fared worse than as plain, at 1 of 6 pairs: " +
				"not enough evidence"},
		{"better", []string{"jjjjjjj", "iiiiiij"},
			"content.variant message x: with html it fares better than as plain, at 6 of 7 pairs"},
		{"both ways", []string{"ijijij", "jijiji"},
			"content.variant_unsure message x: with html it fared both worse and better than as plain, " +
				"at 3 pairs worse and 3 better of 6: not enough evidence"},
		{"what nobody saw says nothing", []string{"iiiiiibp", "bbpppbjj"}, ""},
		{"the surer first", []string{"iiiiiiii", "iiiiiiij", "jjjjjjjj"},
			"content.variant message x: with link it fares worse than as plain, at 8 of 8 pairs\n" +
				"content.variant_unsure message x: with html it fared worse than as plain, at 1 of 8 " +
				"pairs: not enough evidence"},
	} {
		var got []string
		for _, f := range variantFindings(variantRun(c.fared...)) {
			got = append(got, f.Code+" "+f.Title)
			if len(f.Evidence) == 0 || len(f.Probes) == 0 || f.Of < len(f.Probes) || len(f.Fix) == 0 {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		if text := strings.Join(got, "\n"); text != c.want {
			t.Errorf("%s: found\n%s\nwant\n%s", c.name, text, c.want)
		}
	}
}

// TestVariantCountsHealthySeedsOnly: neither control probes nor sick seeds bear witness.
func TestVariantCountsHealthySeedsOnly(t *testing.T) {
	run := variantRun("iiiiii", "jjjjjj")
	for i := range run.Probes {
		run.Probes[i].Counted = false
	}
	if got := variantFindings(run); len(got) > 0 {
		t.Errorf("found %+v", got)
	}
	run = variantRun("iiiiii", "jjjjjj")
	f := variantFindings(run)[0]
	if f.Evidence[0].Raw != "s0: junk, as plain inbox" || f.Confidence < 0.9 || f.Routes[0] != "new" {
		t.Errorf("finding %+v", f)
	}
}
