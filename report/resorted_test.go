package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
)

// TestEveryFormatTellsThatAMessageWasSortedAnew holds that a change of class within a mailbox is
// told with both classes and its interval.
func TestEveryFormatTellsThatAMessageWasSortedAnew(t *testing.T) {
	obeys := schemas(t)
	st := begin("regular", []string{"main"}, []string{"gmail-a"})
	id := st.plan("main", "gmail-a")
	r := st.accept(id, 0).inbox(id, 5*s).report(2 * m)
	r.Run.Probes[0].Sightings[0].Classes = []seedtest.ClassChange{{From: "primary",
		To: "promo\x1b[2Jtions", After: at(10 * s), At: at(70 * s)}}
	for format, write := range formats() {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		words := []string{"sorted anew within INBOX, from primary to promo",
			"between 14:02:10 and 14:03:10"}
		switch format {
		case "json":
			words = []string{`"kind": "resorted"`, `"old_class": "primary"`, `"class": "promo`}
			if err := obeys("seedtest.run.v1.json", b.String()); err != nil {
				t.Error(err)
			}
		case "nagios":
			words = nil
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q:\n%s", format, w, b.String())
			}
		}
		if strings.Contains(b.String(), "\x1b") {
			t.Errorf("%s has an escape of the server's", format)
		}
	}
}
