package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/report"
)

// TestReportsAreTold: the story of a probe, and JSON, have what a report says, whom it claims to be
// from and how it is known to be about this message, with nothing in it that a terminal obeys.
func TestReportsAreTold(t *testing.T) {
	st := begin("bounces", []string{"main"}, []string{"gmail-a"})
	id := st.plan("main", "gmail-a")
	st.accept(id, s)
	when := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	st.add(m, seedtest.Bounce{Dispatch: seedtest.DispatchID(id), Probe: id, Action: "delayed",
		Status: "4.2.0", Diagnostic: "450 4.2.0 come\x1b[2Jback", RemoteMTA: "mx.example.net",
		When: when, From: "MAILER-DAEMON@relay.example.org", ReportingMTA: "relay.example.org",
		JoinedBy: seedtest.JoinedBySubject, Code: 450, Recipient: "x@elsewhere.example",
		RetryUntil: when.Add(48 * time.Hour)})
	st.add(m, seedtest.Relayed{Dispatch: seedtest.DispatchID(id), Probe: id, Remote: "mx.example.net",
		Outcome: seedtest.OutcomeAccepted, Source: seedtest.SourceReport, Via: "smtp",
		Reply:        &seedtest.Reply{Code: 250, Enhanced: "2.0.0", Text: "Ok"},
		ReportingMTA: "relay.example.org", JoinedBy: seedtest.JoinedByEnvelopeID})
	var text, data bytes.Buffer
	if err := report.Probe(&text, st.report(2*m), id, report.Style{Width: 400}); err != nil {
		t.Fatal(err)
	}
	if err := report.JSON(&data, st.report(2*m), report.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"09:00:00 delayed 4.2.0 for x@elsewhere.example, reported by relay.example.org, told by " +
			"mx.example.net: \"450 4.2.0 come",
		"as it says, from MAILER-DAEMON@relay.example.org; it names the message by the reference in " +
			"its subject; which is not the seed's address; tried until 2026-11-28 09:00 UTC",
		"accepted by mx.example.net, from the report: 250 2.0.0 Ok",
		"reported by relay.example.org; it names the message by its envelope id",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, text.String())
		}
	}
	for _, want := range []string{`"joined_by": "subject"`, `"joined_by": "envelope id"`, `"code": 450`,
		`"when": "2026-11-26T09:00:00`, `"from": "MAILER-DAEMON@relay.example.org"`,
		`"reporting_mta": "relay.example.org"`, `"recipient": "x@elsewhere.example"`,
		`"retry_until": "2026-11-28T09:00:00`} {
		if !strings.Contains(data.String(), want) {
			t.Errorf("JSON lacks %s", want)
		}
	}
	if strings.Contains(text.String(), "\x1b") {
		t.Error("the story has what a terminal obeys")
	}
}

// TestLineTellsReports: the line of a report names the seed that it is about, and the recipient if
// that is another.
func TestLineTellsReports(t *testing.T) {
	st := begin("bounces", []string{"main"}, []string{"gmail-a"})
	id := st.plan("main", "gmail-a")
	st.accept(id, s)
	r := st.report(2 * m).Run
	for _, c := range []struct {
		probe     seedtest.ProbeID
		action    string
		recipient string
		want      string
	}{
		{id, "failed", "", "gmail-a by main: report says failed 5.1.1 550 5.1.1 nobody"},
		{id, "failed", "x@b.example", "report says failed for x@b.example 5.1.1"},
		{"", "", "", "gmail-a by main: a report tells of no recipient 5.1.1"},
	} {
		b := seedtest.Bounce{Dispatch: seedtest.DispatchID(id), Probe: c.probe, Action: c.action,
			Recipient: c.recipient, Status: "5.1.1", Diagnostic: "550 5.1.1 nobody"}
		if got := report.Line(seedtest.Fact{Body: b}, r); !strings.Contains(got, c.want) {
			t.Errorf("Line of %q: %q, want %q", c.action, got, c.want)
		}
	}
}
