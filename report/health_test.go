package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// TestEveryFormatTellsAConditionAndWhatToDo holds that a seed in any bad condition is named in
// every format, with its evidence and advice where there is room.
func TestEveryFormatTellsAConditionAndWhatToDo(t *testing.T) {
	obeys := schemas(t)
	for _, state := range seedtest.Conditions()[:7] {
		r := blind().report(31 * s)
		x := &r.Run.Seeds[0]
		x.Health = &seedtest.Health{State: state, Since: at(0), Sick: true, Bad: 2,
			Why: []string{"run 7K2Q9A: words of the server"}, Advice: []string{"do this", "then that"}}
		for format, write := range formats() {
			var b bytes.Buffer
			if err := write(&b, r); err != nil {
				t.Fatal(err)
			}
			wanted := []string{x.Seed.Name, string(state), "words of the server", "do this"}
			if format == "nagios" {
				wanted = []string{"seed " + x.Seed.Name + " " + string(state)}
			}
			for _, want := range wanted {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%s of a seed that is %s: no %q in\n%s", format, state, want, b.String())
				}
			}
			if format == "json" {
				if err := obeys("seedtest.run.v1.json", b.String()); err != nil {
					t.Errorf("a seed that is %s: %v", state, err)
				}
			}
		}
	}
}

func TestHealthSaysWhetherASeedCounts(t *testing.T) {
	for want, h := range map[string]seedtest.Health{
		"once more, and it is not counted":   {State: seedtest.SeedDown, Bad: 1},
		"not counted from the next run on":   {State: seedtest.SeedDown, Bad: 2, Sick: true},
		"is contaminated since 2026-11-21: ": {State: seedtest.SeedContaminated},
		"":                                   {State: seedtest.SeedOK},
	} {
		r := blind().report(31 * s)
		h.Since, h.Why = at(0), []string{"run X: because"}
		r.Run.Seeds[0].Health = &h
		if text := joined(t, r); want != "" && !strings.Contains(text, want) || want == "" &&
			strings.Contains(text, "NOTE") {
			t.Errorf("%s: no %q in %s", h.State, want, text)
		}
	}
}

// joined is the text report with its lines joined.
func joined(t *testing.T, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Text(&b, r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestChangeOfAddressIsTold(t *testing.T) {
	r := blind().report(31 * s)
	x := &r.Run.Seeds[0]
	x.Health = &seedtest.Health{State: seedtest.SeedOK, Moved: &seedtest.AddressChange{
		From: "before@example.net", On: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}}
	if text := joined(t, r); !strings.Contains(text, "its address changed on 2026-05-01") ||
		strings.Contains(text, "before@example.net") {
		t.Errorf("the change is not told, or with an address that nobody asked for: %s", text)
	}
}

func TestSuccessionsAreTold(t *testing.T) {
	obeys := schemas(t)
	r := single().report(10 * s)
	r.Successions = []seedtest.Succession{{New: "gmail-b", Old: "gmail-a", Pairs: 20, Agree: 19,
		Ready: true,
		Why:   "may take over", How: []string{"rename it"},
		Differ: []seedtest.Difference{{Run: "r", Route: "main", Message: "m", New: seedtest.Junk,
			Old: seedtest.Inbox}}}}
	if text := joined(t, r); !strings.Contains(text, "agree in 19 of 20") || !strings.Contains(text,
		"rename it") {
		t.Errorf("the succession is not told: %s", text)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := obeys("seedtest.run.v1.json", b.String()); err != nil {
		t.Error(err)
	}
}

func TestByHandIsToBeLookedUp(t *testing.T) {
	st := begin("regular", []string{"main"}, []string{"outlook-b"})
	st.opened.Seeds[0].ByHand = true
	st.accept(st.plan("main", "outlook-b"), 0)
	st.add(5*s, seedtest.Closed{Reason: seedtest.ClosedDone})
	r := st.report(10 * s)
	ref := r.Run.Probes[0].Token.Ref()
	text := joined(t, r)
	for _, want := range []string{`LOOK outlook-b/main: "` + ref + `" in the subject`,
		"awaited, look it up", "seedtest place", "look up 1 message by hand"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "seedtest follow") {
		t.Errorf("nobody can follow a seed by hand: %s", text)
	}
	var b bytes.Buffer
	if err := report.Markdown(&b, r, report.Style{}); err != nil || !strings.Contains(b.String(),
		"To look up by hand") {
		t.Errorf("Markdown does not list it (%v):\n%s", err, b.String())
	}
}
