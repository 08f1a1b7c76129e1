package seedtest_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// aBounce is a report that says failed of probe p1.
func aBounce(change func(*seedtest.Bounce)) seedtest.Bounce {
	b := seedtest.Bounce{Dispatch: "d1", Probe: "p1", Action: "failed", Status: "5.1.1", Code: 550,
		Diagnostic: "550 5.1.1 no such user", RemoteMTA: "mx.example.net", When: at(2 * minute),
		From: "MAILER-DAEMON@relay.example.org", ReportingMTA: "relay.example.org",
		JoinedBy: seedtest.JoinedByEnvelopeID}
	if change != nil {
		change(&b)
	}
	return b
}

func action(word string) func(*seedtest.Bounce) {
	return func(b *seedtest.Bounce) { b.Action = word }
}

func elsewhere(b *seedtest.Bounce) { b.Recipient = "anna@elsewhere.example" }

func guessed(b *seedtest.Bounce) { b.Guessed = true }

// TestRule13WhatReportsDecide: a report that says failed of the very recipient decides at once, one
// that may be about a copy only beside proof of absence, and one about what the route refused never.
func TestRule13WhatReportsDecide(t *testing.T) {
	due := minute + deadline
	accepted := func(b seedtest.Bounce) *story {
		return tell(t, nil).accepted(minute, "d1").add(2*minute, b)
	}
	aliased := func(b *seedtest.Bounce) { elsewhere(b); b.Alias = true }
	passed := seedtest.Relayed{Dispatch: "d1", Probe: "p1", Outcome: seedtest.OutcomeAccepted,
		Source: seedtest.SourceReport, Recipient: "bert@elsewhere.example", Via: "smtp"}

	p := accepted(aBounce(nil)).expect(3*minute, "p1", seedtest.Bounced)
	want := "reported failed by relay.example.org, told by mx.example.net: 550 5.1.1 no such user"
	if p.Why != want || !p.Terminal || p.Placements.Settled == nil {
		t.Errorf("why %q, terminal %v; want %q, at once", p.Why, p.Terminal, want)
	}
	p = accepted(aBounce(aliased)).expect(3*minute, "p1", seedtest.Pending)
	if p.Terminal || !p.LookAt().Equal(at(2*minute)) {
		t.Errorf("of an alias: terminal %v, to be looked at %s; want at once", p.Terminal, p.LookAt())
	}
	accepted(aBounce(aliased)).round(2*minute+time.Second, "a", true).
		expect(3*minute, "p1", seedtest.Bounced)
	accepted(aBounce(aliased)).round(2*minute-time.Second, "a", true).
		expect(3*minute, "p1", seedtest.Pending)
	accepted(aBounce(aliased)).sighting(3*minute, 1, "a", seedtest.RoleInbox).
		expect(4*minute, "p1", seedtest.Inbox)
	accepted(aBounce(aliased)).add(2*minute, passed).expect(3*minute, "p1", seedtest.Pending)
	for name, change := range map[string]func(*seedtest.Bounce){
		"of another address": elsewhere, "guessed": guessed} {
		p := accepted(aBounce(change)).expect(3*minute, "p1", seedtest.Pending)
		if p.Terminal || !strings.Contains(p.Why, "reported failed") {
			t.Errorf("%s: terminal %v, why %q; want it told and awaited", name, p.Terminal, p.Why)
		}
		accepted(aBounce(change)).round(due, "a", true).expect(due, "p1", seedtest.Bounced)
		p = accepted(aBounce(change)).round(due, "a", false).expect(due+hour, "p1", seedtest.Blind)
		if !strings.Contains(p.Why, "reported failed") {
			t.Errorf("%s: why %q, want the report told", name, p.Why)
		}
		accepted(aBounce(change)).sighting(4*minute, 1, "a", seedtest.RoleInbox).
			expect(5*minute, "p1", seedtest.Inbox)
	}
	for _, word := range []string{"delayed", "expanded", ""} {
		p := accepted(aBounce(action(word))).expect(3*minute, "p1", seedtest.Pending)
		if p.Terminal || !strings.Contains(p.Why, "no such user") {
			t.Errorf("%q: terminal %v, why %q; want it told and awaited", word, p.Terminal, p.Why)
		}
		accepted(aBounce(action(word))).round(due, "a", true).expect(due, "p1", seedtest.Overdue)
	}
	doubted := tell(t, nil).attempt(minute, "d1").answer(2*minute, "d1", seedtest.OutcomeInDoubt, 0)
	doubted.add(3*minute, aBounce(action("delayed")))
	if p := doubted.expect(due+hour, "p1", seedtest.InDoubt); !strings.Contains(p.Why,
		"by the report the relay had taken it") {
		t.Errorf("in doubt: why %q, want that the relay had taken it", p.Why)
	}
	doubted.add(4*minute, aBounce(nil)).expect(5*minute, "p1", seedtest.Bounced)
	tell(t, nil).attempt(minute, "d1").answer(minute, "d1", seedtest.OutcomeRefused, 550).
		add(2*minute, aBounce(nil)).expect(3*minute, "p1", seedtest.Refused)
	tell(t, nil).add(2*minute, aBounce(nil)).expect(3*minute, "p1", seedtest.Pending)
}

// TestRule13ReportsNeverOutweighSightings: whatever is reported of what was seen is only noted.
func TestRule13ReportsNeverOutweighSightings(t *testing.T) {
	for name, s := range map[string]*story{
		"seen before": tell(t, nil).accepted(minute, "d1").
			sighting(2*minute, 1, "a", seedtest.RoleInbox).add(3*minute, aBounce(nil)),
		"seen after": tell(t, nil).accepted(minute, "d1").
			add(2*minute, aBounce(nil)).sighting(3*minute, 1, "a", seedtest.RoleInbox),
	} {
		s.expect(4*minute, "p1", seedtest.Inbox)
		i := slices.IndexFunc(s.fold(4*minute).Notes, func(n seedtest.Note) bool {
			return n.Code == "report" && strings.Contains(n.Text, "and yet it was seen")
		})
		if i < 0 {
			t.Errorf("%s: notes %+v, want the report", name, s.fold(4*minute).Notes)
		}
	}
}

// TestRule02ReportsAreFoldedOnce: a report that two processes read, with the store between, is one,
// and one that speaks of nobody to whom the message went is a note.
func TestRule02ReportsAreFoldedOnce(t *testing.T) {
	stored := func(x seedtest.FactBody) seedtest.FactBody {
		data, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		copied := reflect.New(reflect.TypeOf(x))
		if err := json.Unmarshal(data, copied.Interface()); err != nil {
			t.Fatal(err)
		}
		return copied.Elem().Interface().(seedtest.FactBody)
	}
	hostile := failedReport(failedTo("anna@example.net"))
	hostile.EnvelopeID, hostile.From = string(reportedToken), "x\xff <"+strings.Repeat("ü", 400)
	hostile.Recipients[0].Diagnostic = "550 \xc3\x28 " + strings.Repeat("ä", 3000)
	hostile.Date = time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)
	success := hostile
	success.Recipients = []seedtest.ReportedRecipient{hostile.Recipients[0]}
	success.Recipients[0].Action = "relayed"
	for _, r := range []seedtest.DeliveryReport{hostile, success} {
		s := tell(t, nil).accepted(minute, "d1")
		for _, x := range seedtest.JoinReport(r, awaited()) {
			if !seedtest.SameReport(x, stored(x)) {
				t.Errorf("%T is another one after it was stored: %+v", x, stored(x))
			}
			s.add(2*minute, x, x, stored(x))
		}
		if p := s.fold(3 * minute).Probe("p1"); len(p.Bounces)+len(p.Relayed) != 1 {
			t.Errorf("%d bounces and %d answers, want one of them", len(p.Bounces), len(p.Relayed))
		}
	}
	nobody := aBounce(func(b *seedtest.Bounce) { b.Probe, b.Recipient = "", "x@b.example" })
	s := tell(t, nil).accepted(minute, "d1").add(2*minute, nobody, nobody, stored(nobody))
	s.expect(3*minute, "p1", seedtest.Pending)
	if codes := noteCodes(s.fold(3 * minute)); !slices.Equal(codes, []string{"report"}) {
		t.Errorf("notes %v, want the report once", codes)
	}
	if p := s.fold(3 * minute).Probe("p1"); len(p.Bounces) != 0 {
		t.Errorf("bounces of p1: %+v, want none", p.Bounces)
	}
}
