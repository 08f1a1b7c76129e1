package report_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/report"
)

// started is when every run of these tests began.
var started = time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return started.Add(d) }

const (
	s = time.Second
	m = time.Minute
)

// story gathers the facts of a run, as a harness would store them.
type story struct {
	opened   seedtest.Opened
	planned  []seedtest.Fact
	facts    []seedtest.Fact
	analyses map[seedtest.ProbeID]seedtest.Analysis
	stamps   map[seedtest.ProbeID][][]seedtest.Stamp // by copy
	findings []seedtest.Finding
	usage    report.Usage
}

// begin opens a run of a suite by routes to seeds. A route named control is one; a seed's provider
// is its name up to the dash.
func begin(suite string, routes, seeds []string) *story {
	st := &story{analyses: map[seedtest.ProbeID]seedtest.Analysis{},
		stamps: map[seedtest.ProbeID][][]seedtest.Stamp{}}
	st.opened = seedtest.Opened{Run: "06abcdefghijklmnopqr7k2q9a", Version: "1.0",
		Edition: "2026-11-01",
		Suite: seedtest.Suite{Name: suite, Routes: routes, Seeds: seeds, Messages: []string{"notice"},
			Deadline: 15 * m, Missing: 24 * time.Hour, Follow: 48 * time.Hour}}
	for i, name := range routes {
		st.opened.Routes = append(st.opened.Routes, seedtest.Route{Name: name, Type: seedtest.RouteSMTP,
			Server: seedtest.Endpoint{Host: fmt.Sprintf("mail%d.example.org", i+1), Port: 587,
				TLS: seedtest.TLSStartTLS},
			Control: name == "control",
			Sender: seedtest.Identity{Name: "main", From: "Ops <ops@example.org>",
				EnvelopeFrom: "ops@example.org"}})
	}
	for _, name := range seeds {
		id, _, _ := strings.Cut(name, "-")
		st.opened.Seeds = append(st.opened.Seeds, seedtest.Seed{Name: name,
			Address:  strings.ReplaceAll(name, "-", ".") + "@" + id + ".example",
			Provider: seedtest.Provider{ID: id, Name: id}})
	}
	return st
}

func (st *story) add(d time.Duration, b seedtest.FactBody) *story {
	st.facts = append(st.facts, seedtest.Fact{At: at(d), Body: b})
	return st
}

// plan plans one message by a route to a seed and returns the probe's id, "seed/route".
func (st *story) plan(route, seed string) seedtest.ProbeID {
	return st.planProbe(seedtest.ProbeID(seed+"/"+route), route, "notice")
}

// planAs plans a message of that name; its probe's id is "seed/route/message".
func (st *story) planAs(route, seed, message string) seedtest.ProbeID {
	return st.planProbe(seedtest.ProbeID(seed+"/"+route+"/"+message), route, message)
}

func (st *story) planProbe(id seedtest.ProbeID, route, message string) seedtest.ProbeID {
	seed, _, _ := strings.Cut(string(id), "/")
	n := len(st.planned) + 1
	st.planned = append(st.planned, seedtest.Fact{At: started, Body: seedtest.Planned{
		Dispatch: seedtest.DispatchID(id), Token: token(id), Route: route, Message: message,
		MessageID: fmt.Sprintf("m%d@example.org", n), Date: started,
		Probes: []seedtest.PlannedProbe{{Probe: id, Seed: seed}}}})
	return id
}

func token(id seedtest.ProbeID) seedtest.Token {
	return seedtest.Token(fmt.Sprintf("%042s", strings.ToLower(strings.ReplaceAll(string(id), "/",
		""))))
}

// submit hands the message over at d and ends the attempt so.
func (st *story) submit(id seedtest.ProbeID, d time.Duration, sub seedtest.Submission) *story {
	sub.Dispatch = seedtest.DispatchID(id)
	sub.Number = max(sub.Number, 1)
	if sub.Begun.IsZero() {
		sub.Begun = at(d)
	}
	if sub.Outcome != seedtest.OutcomeFailed && sub.Outcome != seedtest.OutcomeUnsent {
		st.add(d+200*time.Millisecond, seedtest.Attempt{Dispatch: sub.Dispatch, Number: sub.Number})
	}
	return st.add(d+300*time.Millisecond, sub)
}

func (st *story) accept(id seedtest.ProbeID, d time.Duration) *story {
	return st.submit(id, d, accepted(d))
}

func accepted(d time.Duration) seedtest.Submission {
	expires := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	stage := func(x seedtest.Stage, ms time.Duration) seedtest.StageTime {
		return seedtest.StageTime{Stage: x, At: at(d + ms*time.Millisecond)}
	}
	return seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal,
		Reply:   &seedtest.Reply{Code: 250, Enhanced: "2.0.0", Text: "OK queued as 4XyZ12"},
		QueueID: "4XyZ12", Local: "192.0.2.7:40000", Remote: "203.0.113.9:587",
		TLS: &seedtest.TLSInfo{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256",
			Peer: "CN=mail1.example.org", Issuer: "CN=Example CA", NotAfter: &expires,
			Names: []string{"mail1.example.org"}, Verified: true},
		Stages: []seedtest.StageTime{stage(seedtest.StageConnect, 20), stage(seedtest.StageBanner, 40),
			stage(seedtest.StageEHLO, 50), stage(seedtest.StageSTARTTLS, 60),
			stage(seedtest.StageAUTH, 100), stage(seedtest.StageMAIL, 120),
			stage(seedtest.StageRCPT, 150), stage(seedtest.StageDATA, 170), stage(seedtest.StageFinal, 300)},
		Dialog: []string{"S: 220 mail1.example.org ESMTP", "C: EHLO test.example.org",
			"C: AUTH PLAIN (secret)", "S: 235 2.7.0 Authentication successful",
			"C: RCPT TO:<" + "seed@example.org" + ">", "S: 250 2.0.0 OK queued as 4XyZ12"}}
}

func refusal(outcome seedtest.Outcome, stage seedtest.Stage, code int, enhanced,
	text string) seedtest.Submission {
	return seedtest.Submission{Outcome: outcome, Stage: stage, Remote: "203.0.113.9:587",
		Reply: &seedtest.Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// see finds the message in a mailbox at d.
func (st *story) see(id seedtest.ProbeID, d time.Duration, mailbox string, role seedtest.Role,
	class string) *story {
	seed, _, _ := strings.Cut(string(id), "/")
	return st.add(d, seedtest.Sighting{Seed: seed, Token: token(id), Mailbox: mailbox, Role: role,
		Class: class, UIDValidity: 7, UID: uint32(40 + len(st.facts)), InternalDate: at(d).Truncate(s),
		Carriers: []seedtest.Carrier{seedtest.CarrierMessageID, seedtest.CarrierEntityRef}})
}

func (st *story) inbox(id seedtest.ProbeID, d time.Duration) *story {
	return st.see(id, d, "INBOX", seedtest.RoleInbox, "")
}

func (st *story) junk(id seedtest.ProbeID, d time.Duration) *story {
	return st.see(id, d, "Junk", seedtest.RoleJunk, "")
}

// round proves absence at a seed, with a side mailbox that could not be read.
func (st *story) round(seed string, d time.Duration) *story {
	return st.add(d+2*s, seedtest.Round{Seed: seed, Begun: at(d), Ended: at(d + 2*s), Try: 1,
		Complete: true,
		Mailboxes: []seedtest.RoundMailbox{
			{Name: "INBOX", Role: seedtest.RoleInbox, Essential: true, UIDValidity: 7, FromUID: 34,
				ToUID: 40, Read: 7, OK: true},
			{Name: "Junk", Role: seedtest.RoleJunk, Essential: true, UIDValidity: 8, FromUID: 12, OK: true},
			{Name: "Trash", Role: seedtest.RoleTrash, Essential: true, UIDValidity: 9, FromUID: 3, OK: true},
			{Name: "Shared", FromUID: 1, Why: "NO permission denied"}}})
}

// canary has the last round see a canary that was appended as it began.
func (st *story) canary() *story {
	last := &st.facts[len(st.facts)-1]
	r := last.Body.(seedtest.Round)
	r.Canary = &seedtest.RoundCanary{Appended: &r.Begun, Seen: true}
	last.Body = r
	return st
}

// header attaches what a provider wrote of a message: who connected, and what it says of it.
func (st *story) header(id seedtest.ProbeID, d time.Duration, a seedtest.Analysis) *story {
	for i := range a.Hops {
		a.Hops[i].Time = a.Hops[i].Time.Add(d)
	}
	st.analyses[id] = a
	return st
}

// told are the facts in the order in which they happened.
func (st *story) told() []seedtest.Fact {
	facts := append([]seedtest.Fact{{At: started, Body: st.opened}}, st.planned...)
	facts = append(facts, st.facts...)
	slices.SortStableFunc(facts, func(a, b seedtest.Fact) int { return a.At.Compare(b.At) })
	return facts
}

// report folds, judges and attaches, as the command does.
func (st *story) report(asOf time.Duration) report.Report {
	run := seedtest.Fold(st.told(), at(asOf))
	for i := range run.Probes {
		if a, ok := st.analyses[run.Probes[i].ID]; ok {
			run.Probes[i].Analysis = &a
		}
		for k, stamps := range st.stamps[run.Probes[i].ID] {
			run.Probes[i].Sightings[k].Stamps = stamps
		}
	}
	u := report.UsageOf(run)
	st.usage.Mails, st.usage.Control = u.Mails, u.Control
	return report.Report{Run: run, Judgement: seedtest.Judge(run), Findings: st.findings,
		Usage: st.usage}
}
