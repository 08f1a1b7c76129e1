package seedtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"seedtest"
)

const reportedAddress = "anna@example.net"

var (
	reportedToken = mintedToken(1)
	otherToken    = mintedToken(2)
)

func mintedToken(n byte) seedtest.Token {
	id := uuid.MustParse("019a8b7c-0000-7000-8000-000000000000")
	id[15] = n
	return seedtest.MintToken(id, []byte("a key of this installation"))
}

// awaited are two messages: one to Anna alone, one to Bert and Carl.
func awaited() []seedtest.Reportable {
	one := seedtest.Reportable{Dispatch: "d1", Token: reportedToken,
		MessageID: string(reportedToken) + "@example.org",
		Probes:    []seedtest.ReportableProbe{{Probe: "p1", Address: reportedAddress}}}
	two := seedtest.Reportable{Dispatch: "d2", Token: otherToken,
		MessageID: string(otherToken) + "@example.org",
		Probes: []seedtest.ReportableProbe{{Probe: "p2", Address: "bert@example.net"},
			{Probe: "p3", Address: "carl@example.net"}}}
	return []seedtest.Reportable{one, two}
}

func failedReport(to ...seedtest.ReportedRecipient) seedtest.DeliveryReport {
	return seedtest.DeliveryReport{
		Form: "rfc3464", ReportingMTA: "relay.example.org", Recipients: to,
		From: "MAILER-DAEMON@relay.example.org", Date: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC),
	}
}

func failedTo(address string) seedtest.ReportedRecipient {
	return seedtest.ReportedRecipient{Address: address, Action: "failed", Status: "5.1.1", Code: 550,
		Diagnostic: "550 5.1.1 no such user", RemoteMTA: "mx.example.net"}
}

// TestRule13ReportsAreJoined: whatever a report keeps of the message names it, and nothing else does.
func TestRule13ReportsAreJoined(t *testing.T) {
	id := string(reportedToken) + "@example.org"
	upper := strings.ToUpper(string(reportedToken))
	tests := map[string]struct {
		change func(*seedtest.DeliveryReport)
		want   seedtest.JoinedBy
	}{
		"envelope id": {func(r *seedtest.DeliveryReport) {
			r.EnvelopeID = string(reportedToken)
		}, "envelope id"},
		"envelope id in brackets": {func(r *seedtest.DeliveryReport) {
			r.EnvelopeID = "<" + upper + ">"
		}, "envelope id"},
		"envelope id in xtext": {func(r *seedtest.DeliveryReport) {
			r.EnvelopeID = strings.ReplaceAll(string(reportedToken), "a", "+61")
		}, "envelope id"},
		"message-id": {func(r *seedtest.DeliveryReport) { r.Original.MessageID = id }, "message-id"},
		"in-reply-to": {func(r *seedtest.DeliveryReport) {
			r.Refers = []string{"x@y.example", id}
		}, "reference"},
		"x-entity-ref-id": {func(r *seedtest.DeliveryReport) { r.Original.EntityRef = upper }, "tag"},
		"line of the text": {func(r *seedtest.DeliveryReport) {
			r.Tokens = []seedtest.Token{mintedToken(9), reportedToken}
		}, "tag"},
		"envelope sender": {func(r *seedtest.DeliveryReport) {
			r.To = "<bounces+" + string(reportedToken) + "@example.org>"
		}, "address"},
		"subject that is quoted": {func(r *seedtest.DeliveryReport) {
			r.Original.Subject = "Your weekly notice (" + reportedToken.Ref() + ")"
		}, "subject"},
		"subject of its own": {func(r *seedtest.DeliveryReport) {
			r.Subject = "Undeliverable: Notice (" + strings.ToUpper(reportedToken.Ref()) + ")"
		}, "subject"},
		"nothing": {func(*seedtest.DeliveryReport) {}, ""},
		"a token of nobody": {func(r *seedtest.DeliveryReport) {
			r.Tokens = []seedtest.Token{mintedToken(9)}
			r.Original.MessageID = string(mintedToken(9)) + "@example.org"
		}, ""},
		"a forged checksum": {func(r *seedtest.DeliveryReport) {
			r.EnvelopeID = string(reportedToken[:41]) + "2"
		}, ""},
		"two messages": {func(r *seedtest.DeliveryReport) {
			r.EnvelopeID, r.Original.MessageID = string(reportedToken), string(otherToken)+"@example.org"
			r.Subject = reportedToken.Ref()
		}, ""},
	}
	for name, tt := range tests {
		r := failedReport(failedTo(reportedAddress))
		tt.change(&r)
		facts := seedtest.JoinReport(r, awaited())
		if tt.want == "" {
			if facts != nil {
				t.Errorf("%s: JoinReport: %+v, want nothing", name, facts)
			}
			continue
		}
		want := []seedtest.FactBody{seedtest.Bounce{Dispatch: "d1", Probe: "p1", Action: "failed",
			Status: "5.1.1", Diagnostic: "550 5.1.1 no such user", RemoteMTA: "mx.example.net",
			When: r.Date, From: r.From, ReportingMTA: "relay.example.org", JoinedBy: tt.want, Code: 550}}
		if diff := cmp.Diff(want, facts); diff != "" {
			t.Errorf("%s: JoinReport (-want +got):\n%s", name, diff)
		}
	}
}

// TestRule13RecipientsOfReports: a report counts for whom it names.
func TestRule13RecipientsOfReports(t *testing.T) {
	to := func(addresses ...string) (list []seedtest.ReportedRecipient) {
		for _, address := range addresses {
			list = append(list, failedTo(address))
		}
		return list
	}
	alias := to("a@b.example")
	alias[0].Original = "rfc822;anna@example.net"
	tests := map[string]struct {
		token seedtest.Token
		to    []seedtest.ReportedRecipient
		want  []string // probe, recipient if another, "alias"
	}{
		"as sent":            {reportedToken, to("anna@example.net"), []string{"p1"}},
		"in another case":    {reportedToken, to("Anna@EXAMPLE.net"), []string{"p1"}},
		"with a suffix":      {reportedToken, to("anna+x@example.net"), []string{"p1"}},
		"typed, in xtext":    {reportedToken, to("rfc822;+61nna@example.net"), []string{"p1"}},
		"no address":         {reportedToken, to(""), []string{"p1"}},
		"of an alias":        {reportedToken, alias, []string{"p1 a@b.example alias"}},
		"forwarded":          {reportedToken, to("a@b.example"), []string{"p1 a@b.example"}},
		"told twice":         {reportedToken, to("anna@example.net", "anna@example.net"), []string{"p1"}},
		"one of two":         {otherToken, to("carl@example.net"), []string{"p3"}},
		"both":               {otherToken, to("carl@example.net", "bert@example.net"), []string{"p3", "p2"}},
		"of two, a third":    {otherToken, to("a@b.example"), []string{" a@b.example"}},
		"of two, nobody":     {otherToken, nil, []string{""}},
		"of two, no address": {otherToken, to(""), []string{""}},
	}
	for name, tt := range tests {
		r := failedReport(tt.to...)
		r.EnvelopeID = string(tt.token)
		var got []string
		for _, x := range seedtest.JoinReport(r, awaited()) {
			b := x.(seedtest.Bounce)
			text := string(b.Probe)
			if b.Recipient != "" {
				text += " " + b.Recipient
			}
			if b.Alias {
				text += " alias"
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: JoinReport (-want +got):\n%s", name, diff)
		}
	}
	many := failedReport(make([]seedtest.ReportedRecipient, 1000)...)
	for i := range many.Recipients {
		many.Recipients[i] = failedTo(strings.Repeat("a", i+1) + "@b.example")
	}
	many.EnvelopeID = string(reportedToken)
	if n := len(seedtest.JoinReport(many, awaited())); n > 10 {
		t.Errorf("a report of 1000 recipients about a message to one gave %d facts", n)
	}
}

// Two seeds of one account differ by a suffix alone. A report that leaves it out is about neither.
func TestRule13SuffixesTellRecipientsApart(t *testing.T) {
	sent := []seedtest.Reportable{{Dispatch: "d", Token: reportedToken, Probes: []seedtest.ReportableProbe{
		{Probe: "a", Address: "bert+a@example.net"}, {Probe: "b", Address: "bert+b@example.net"}}}}
	for address, want := range map[string]seedtest.ProbeID{
		"bert+b@example.net": "b", "Bert+A@example.net": "a", "bert@example.net": "",
		"bert+c@example.net": "", "rfc822; bert+2Bb@example.net": "b",
	} {
		r := failedReport(failedTo(address))
		r.EnvelopeID = string(reportedToken)
		facts := seedtest.JoinReport(r, sent)
		if len(facts) != 1 || facts[0].(seedtest.Bounce).Probe != want {
			t.Errorf("%s: %+v, want one about %q", address, facts, want)
		}
	}
}

// TestRule13SuccessReports: what was delivered or handed on is the next hop's answer.
func TestRule13SuccessReports(t *testing.T) {
	to := seedtest.ReportedRecipient{Address: reportedAddress, Action: "relayed", Status: "2.0.0",
		Code: 250, Diagnostic: "250 2.0.0 Ok: queued as 4XYZ", RemoteMTA: "mx.example.net"}
	r := failedReport(to)
	r.EnvelopeID = string(reportedToken)
	want := []seedtest.FactBody{seedtest.Relayed{Dispatch: "d1", Probe: "p1", Remote: "mx.example.net",
		Outcome: seedtest.OutcomeAccepted, Source: seedtest.SourceReport, When: r.Date, Via: "smtp",
		Reply:        &seedtest.Reply{Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as 4XYZ"},
		ReportingMTA: "relay.example.org", JoinedBy: seedtest.JoinedByEnvelopeID}}
	if diff := cmp.Diff(want, seedtest.JoinReport(r, awaited())); diff != "" {
		t.Errorf("relayed: JoinReport (-want +got):\n%s", diff)
	}
	r.Recipients[0] = seedtest.ReportedRecipient{Address: reportedAddress, Action: "delivered",
		Status: "2.0.0", Diagnostic: "delivered to mailbox"}
	want = []seedtest.FactBody{seedtest.Relayed{Dispatch: "d1", Probe: "p1", Remote: "relay.example.org",
		Outcome: seedtest.OutcomeAccepted, Source: seedtest.SourceReport, When: r.Date,
		Via: seedtest.ViaMailbox, Said: "delivered to mailbox",
		ReportingMTA: "relay.example.org", JoinedBy: seedtest.JoinedByEnvelopeID}}
	if diff := cmp.Diff(want, seedtest.JoinReport(r, awaited())); diff != "" {
		t.Errorf("delivered: JoinReport (-want +got):\n%s", diff)
	}
	for action, guessed := range map[string]bool{"delivered": true, "expanded": false} {
		r.Recipients[0].Action, r.Guessed = action, guessed
		got := seedtest.JoinReport(r, awaited())
		if b, ok := got[0].(seedtest.Bounce); !ok || b.Action != action {
			t.Errorf("%s, guessed %v: %+v, want a Bounce", action, guessed, got)
		}
	}
}
