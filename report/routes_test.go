package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/report"
)

// TestAuthSaysWhoDiffers holds that the report hides no dissenting provider, and no silence.
func TestAuthSaysWhoDiffers(t *testing.T) {
	untrusted := byOld("gmx")
	untrusted.Authentication[0].Trusted = false
	for want, headers := range map[string][]seedtest.Analysis{
		"spf pass":           {byOld("a"), byOld("b"), byOld("c")},
		"spf FAIL":           {byNew("a"), byNew("b"), byNew("c")},
		"spf pass 1, FAIL 2": {byNew("a"), byOld("b"), byNew("c")},
		"no provider says":   {untrusted, untrusted, untrusted},
	} {
		st := begin("regular", []string{"main"}, []string{"gmail-a", "outlook-a", "gmx-a"})
		for i, seed := range st.opened.Suite.Seeds {
			id := st.plan("main", seed)
			st.accept(id, 0).inbox(id, 5*s).header(id, 0, headers[i])
		}
		var b bytes.Buffer
		if err := report.Text(&b, st.report(m), report.Style{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\nauth         "+want+"\n") &&
			!strings.Contains(b.String(), "\nauth         "+want+"  ") {
			t.Errorf("want auth %q in\n%s", want, b.String())
		}
	}
}
