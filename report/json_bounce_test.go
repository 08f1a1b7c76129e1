package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/report"
)

// TestJSONTellsTheFailure: of several reports about a probe JSON has the one that says failed, in
// whatever order they came.
func TestJSONTellsTheFailure(t *testing.T) {
	failed := seedtest.Bounce{Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 nobody"}
	expanded := seedtest.Bounce{Action: "expanded", Status: "2.0.0", Diagnostic: "alias expanded"}
	for _, order := range [][]seedtest.Bounce{{failed, expanded}, {expanded, failed}} {
		st := begin("bounces", []string{"main"}, []string{"gmail-a"})
		id := st.plan("main", "gmail-a")
		st.accept(id, s)
		for _, b := range order {
			b.Dispatch, b.Probe = seedtest.DispatchID(id), id
			st.add(m, b)
		}
		var data bytes.Buffer
		if err := report.JSON(&data, st.report(2*m), report.Style{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(data.String(), `"action": "failed"`) {
			t.Errorf("first %s: JSON does not tell the failure", order[0].Action)
		}
	}
}
