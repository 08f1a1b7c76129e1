package report_test

import (
	"bytes"
	"strings"
	"testing"

	"seedtest"
	"seedtest/report"
)

// TestAskedForReportsIsTold: what a server was asked to report stands in the probe's story and in JSON.
func TestAskedForReportsIsTold(t *testing.T) {
	obeys := schemas(t)
	all := []seedtest.Notify{seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay}
	refused := &seedtest.Reply{Code: 501, Enhanced: "5.5.4", Text: "unsupported"}
	for _, c := range []struct {
		dsn     *seedtest.DSNAsked
		program string
		story   string // "": nothing is said of reports
		json    string
	}{
		{&seedtest.DSNAsked{Notify: all, Offered: true}, "", "asked for reports of success, failure, delay",
			`"offered": true`},
		{&seedtest.DSNAsked{Notify: []seedtest.Notify{seedtest.NotifyNever}, Offered: true}, "",
			"asked for no report, not even of failure", `"never"`},
		{&seedtest.DSNAsked{Notify: all}, "",
			"not asked for reports of success, failure, delay: the server does not offer DSN", `"offered": false`},
		{&seedtest.DSNAsked{Notify: all}, "/usr/sbin/sendmail", "it is not known that the program can be",
			`"offered": false`},
		{&seedtest.DSNAsked{Notify: all, Offered: true, Refused: refused}, "", "given the message without " +
			"asking for reports of success, failure, delay, because the server objected to that: 501 5.5.4 " +
			"unsupported", `"refused": {`},
		{&seedtest.DSNAsked{Offered: true, Refused: refused}, "",
			"without asking for reports by its envelope id, because", `"notify": []`},
		{nil, "", "", ""},
	} {
		st := begin("reports", []string{"main"}, []string{"gmail-a"})
		id := st.plan("main", "gmail-a")
		sub := accepted(s)
		sub.DSN, sub.Program = c.dsn, c.program
		r := st.submit(id, s, sub).report(m)
		var text, data bytes.Buffer
		if err := report.Probe(&text, r, id, report.Style{Width: 1000}); err != nil {
			t.Fatal(err)
		}
		if said := text.String(); !strings.Contains(said, c.story) || c.story == "" && strings.Contains(said, "asked") {
			t.Errorf("%+v: the story has not %q:\n%s", c.dsn, c.story, said)
		}
		if err := report.JSON(&data, r, report.Style{}); err != nil {
			t.Fatal(err)
		}
		if err := obeys("seedtest.run.v1.json", data.String()); err != nil {
			t.Errorf("%+v: %v", c.dsn, err)
		}
		if said := data.String(); !strings.Contains(said, c.json) || strings.Contains(said, `"dsn"`) != (c.dsn != nil) {
			t.Errorf("%+v: JSON has not %q", c.dsn, c.json)
		}
	}
}
