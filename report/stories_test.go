package report_test

import (
	"strings"
	"time"

	"seedtest"
	"seedtest/report"
)

// move is a server move like the contract's example: the new relay is not in SPF.
func move() *story {
	st := begin("move-to-mail2", []string{"old", "new", "control"},
		[]string{"gmail-a", "gmail-b", "outlook-a", "outlook-b", "yahoo-a", "gmx-a"})
	for i, seed := range st.opened.Suite.Seeds {
		d := time.Duration(i) * 10 * s
		id, _, _ := strings.Cut(seed, "-")
		old, next, control := st.plan("old", seed), st.plan("new", seed), st.plan("control", seed)
		if seed == "gmx-a" {
			continue
		}
		st.accept(old, d).inbox(old, d+5*s+time.Duration(i)*s).header(old, d, byOld(id))
		st.accept(control, d).inbox(control, d+4*s)
		switch {
		case seed == "gmail-b":
			st.accept(next, d).see(next, d+9*s, "INBOX", seedtest.RoleInbox, "promotions")
		case id == "outlook":
			st.accept(next, d).junk(next, d+13*s)
		case id == "yahoo":
			again := at(d + 2*m)
			first := refusal(seedtest.OutcomeDeferred, seedtest.StageFinal, 421, "4.7.0", "[TSS04] deferred")
			first.RetryAt = &again
			second := accepted(d + 2*m)
			second.Number = 2
			st.submit(next, d, first).submit(next, d+2*m, second).inbox(next, d+161*s)
		default:
			st.accept(next, d).inbox(next, d+7*s)
		}
		sent := d
		if seed == "yahoo-a" {
			sent += 2 * m
		}
		st.header(next, sent, byNew(id))
	}
	st.gmx()
	st.findings = moveFindings()
	st.usage = report.Usage{DoseLimit: 4, Commands: 74,
		Doses: []report.SeedDose{{Seed: "gmail-a", Messages: 3}, {Seed: "yahoo-a", Messages: 1}, {Seed: "gmx-a", Messages: 3}}}
	return st.add(17*m, seedtest.Closed{Reason: seedtest.ClosedDone})
}

// gmx is a seed that refuses our login: blind by the old route, bounced by the new.
func (st *story) gmx() {
	st.accept("gmx-a/old", 50*s).accept("gmx-a/new", 50*s).accept("gmx-a/control", 50*s)
	st.add(55*s, seedtest.Fault{Seed: "gmx-a", Kind: seedtest.FaultLogin,
		What: "NO [AUTHENTICATIONFAILED] wrong password for gmx.a@gmx.example", From: at(55 * s)})
	st.add(52*s, seedtest.Relayed{Dispatch: "gmx-a/new", Probe: "gmx-a/new", Source: "log",
		Remote: "127.0.0.1:10024", Outcome: seedtest.OutcomeAccepted, QueueID: "4XyZ11", NextID: "4XyZ12",
		Reply: &seedtest.Reply{Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as 4XyZ12"},
		When:  at(51 * s), Via: "smtp", Delay: 300 * time.Millisecond, Transfer: 200 * time.Millisecond,
		Line: "4XyZ11: to=<gmx.a@gmx.example>, relay=127.0.0.1, status=sent (250 2.0.0 Ok: queued as 4XyZ12)"})
	st.add(53*s, seedtest.Relayed{Dispatch: "gmx-a/new", Probe: "gmx-a/new", Source: "log",
		Outcome: seedtest.OutcomeDeferred, QueueID: "4XyZ12", When: at(52 * s), Via: "smtp",
		Said: "4.4.1 connect to mx00.gmx.example: Connection timed out",
		Line: "4XyZ12: to=<gmx.a@gmx.example>, relay=none, status=deferred (connect to mx00.gmx.example)"})
	st.add(70*s, seedtest.Relayed{Dispatch: "gmx-a/new", Probe: "gmx-a/new",
		Remote: "mx00.gmx.example", QueueID: "4XyZ12", When: at(69 * s), Via: "smtp", Delay: 19 * s,
		TLS:     &seedtest.RelayTLS{Version: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Trust: "Trusted"},
		Outcome: seedtest.OutcomeRefused, Source: "log",
		Reply: &seedtest.Reply{Code: 554, Enhanced: "5.7.1",
			Text: "Bad DNS PTR resource record for <gmx.a@gmx.example>"},
		Line: "4XyZ12: to=<gmx.a@gmx.example>, relay=mx00.gmx.example, status=bounced (554 Bad DNS PTR)"})
}

func moveFindings() []seedtest.Finding {
	said := []seedtest.ProbeID{"gmail-a/new", "gmail-b/new", "outlook-a/new", "outlook-b/new",
		"yahoo-a/new"}
	return []seedtest.Finding{
		{Code: "spf.not_listed", Severity: seedtest.SeverityError, Confidence: 0.95,
			Routes: []string{"new"},
			Title:  "203.0.113.9 is not in example.org's SPF", Probes: said, Of: 5,
			Evidence: []seedtest.Evidence{
				{Probe: "outlook-a/new", Field: "Authentication-Results",
					Raw: "spf=fail (sender IP is 203.0.113.9)"},
				{Probe: "gmail-a/new", Field: "Received-SPF",
					Raw: "fail (mx.gmail.example: domain of ops@example.org)"}},
			Fix: []string{"example.org TXT: put ip4:203.0.113.9 before ~all",
				"send by a host that is listed"}},
		{Code: "ptr.missing", Severity: seedtest.SeverityError, Confidence: 0.6, Routes: []string{"new"},
			Title: "203.0.113.9 has no reverse name", Probes: []seedtest.ProbeID{"gmx-a/new"}, Of: 1,
			Evidence: []seedtest.Evidence{{Probe: "gmx-a/new", Field: "reply",
				Raw: "554 5.7.1 Bad DNS PTR resource record for <gmx.a@gmx.example>"}},
			Fix: []string{"have the owner of 203.0.113.9 set a PTR record to mail2.example.org"}},
		{Code: "tool.login", Severity: seedtest.SeverityWarning, Confidence: 0.95,
			Title: "gmx-a refuses our login", Probes: []seedtest.ProbeID{"gmx-a/old"}, Of: 1,
			Evidence: []seedtest.Evidence{{Probe: "gmx-a/old", Field: "fault",
				Raw: "NO [AUTHENTICATIONFAILED]"}},
			Fix: []string{"seedtest check gmx-a"}},
		{Code: "route.hops", Severity: seedtest.SeverityInfo,
			Title: "NEW and OLD take equally many hops"},
	}
}

// single is one route by which everything arrives, within what the suite expects.
func single() *story {
	st := begin("regular", []string{"main"}, []string{"gmail-a", "outlook-a", "gmx-a"})
	least := 0.9
	st.opened.Suite.Expect = seedtest.Expect{Inbox: &least, Delay: 5 * m, Auth: []string{"spf",
		"dkim"}}
	for i, seed := range st.opened.Suite.Seeds {
		id := st.plan("main", seed)
		st.accept(id, 0).inbox(id, time.Duration(4+i)*s).header(id, 0, byOld(seed))
	}
	return st.add(10*s, seedtest.Closed{Reason: seedtest.ClosedDone})
}

// everything has a probe for every placement, each at a seed named for it.
func everything() *story {
	st := begin("everything", []string{"main"}, []string{"p-inbox", "p-class", "p-junk", "p-other",
		"p-refused", "p-bounced", "p-deferred", "p-overdue", "p-missing", "p-in_doubt", "p-blind",
		"p-unsent", "p-held", "p-pending", "p-late", "p-moved", "p-sick"})
	st.opened.Seeds[16].Sick = "its canary was not seen three times"
	st.opened.Seeds[8].Provider.Quarantine = true
	for _, seed := range st.opened.Suite.Seeds {
		st.plan("main", seed)
	}
	for _, seed := range []string{"inbox", "class", "junk", "other", "overdue", "missing", "blind",
		"late", "moved", "sick"} {
		st.accept(seedtest.ProbeID("p-"+seed+"/main"), 0)
	}
	return st.arrivals().absences().waysOut()
}

func (st *story) arrivals() *story {
	st.inbox("p-inbox/main", 5*s).see("p-class/main", 6*s, "INBOX", seedtest.RoleInbox, "promotions")
	st.junk("p-junk/main", 7*s).see("p-other/main", 8*s, "Invoices", seedtest.RoleNone, "")
	st.round("p-late", 15*m+5*s).inbox("p-late/main", 20*m)
	st.junk("p-moved/main", 9*s)
	first := st.facts[len(st.facts)-1].Body.(seedtest.Sighting)
	st.add(30*s, seedtest.Gone{Seed: "p-moved", Token: first.Token, Mailbox: "Junk", UIDValidity: 7,
		UID: first.UID, LastSeen: at(20 * s)})
	st.inbox("p-moved/main", 31*s)
	return st.junk("p-sick/main", 12*s)
}

func (st *story) absences() *story {
	st.round("p-overdue", 15*m+5*s)
	st.round("p-missing", 15*m+5*s).canary().round("p-missing", 24*time.Hour+m).canary()
	to := at(40 * m)
	st.add(4*m, seedtest.Fault{Seed: "p-blind", Kind: seedtest.FaultLost, What: "EOF",
		From: at(4 * m), To: &to})
	st.add(15*m, seedtest.Round{Seed: "p-blind", Begun: at(15 * m), Ended: at(15*m + s), Try: 3,
		Why: "UIDVALIDITY of INBOX changed", Mailboxes: []seedtest.RoundMailbox{{Name: "INBOX",
			Role: seedtest.RoleInbox, Essential: true, FromUID: 3, Why: "changed while it was read"}},
		Canary: &seedtest.RoundCanary{Why: "the server has no UIDPLUS"}})
	return st
}

func (st *story) waysOut() *story {
	st.submit("p-refused/main", 0, refusal(seedtest.OutcomeRefused, seedtest.StageRCPT, 550, "5.7.26",
		"This mail is unauthenticated"))
	rate := refusal(seedtest.OutcomeDeferred, seedtest.StageMAIL, 451, "4.7.1", "Too many messages")
	rate.Breaker = "the provider limits our rate"
	st.submit("p-deferred/main", 0, rate)
	st.accept("p-bounced/main", 0).add(m, seedtest.Bounce{Dispatch: "p-bounced/main", Action: "failed",
		Probe: "p-bounced/main", Status: "5.1.1", Diagnostic: "smtp; 550 5.1.1 no such user",
		RemoteMTA: "mx.p.example"})
	st.submit("p-in_doubt/main", 0, seedtest.Submission{Outcome: seedtest.OutcomeInDoubt,
		Stage: seedtest.StageFinal, Error: "connection reset by peer"})
	st.submit("p-unsent/main", 0, seedtest.Submission{Outcome: seedtest.OutcomeFailed,
		Stage: seedtest.StageConnect, Error: "connection refused"})
	until := at(6 * time.Hour)
	st.add(0, seedtest.Limit{Dispatch: "p-held/main", Limit: "seed_day",
		What: "p-held had 4 of 4 messages in 24 hours", Until: &until})
	again := refusal(seedtest.OutcomeDeferred, seedtest.StageRCPT, 450, "4.2.0", "Try later")
	later := at(26 * time.Hour)
	again.RetryAt = &later
	return st.submit("p-pending/main", 0, again)
}

// interrupted is a run that was cancelled before all could leave.
func interrupted() *story {
	st := begin("regular", []string{"main"}, []string{"gmail-a", "outlook-a", "gmx-a"})
	for _, seed := range st.opened.Suite.Seeds {
		st.plan("main", seed)
	}
	st.accept("gmail-a/main", 0).inbox("gmail-a/main", 5*s)
	st.accept("outlook-a/main", s)
	return st.add(8*s, seedtest.Closed{Reason: seedtest.ClosedCancelled})
}

// blind is a run of which nothing can be said: no seed could be read.
func blind() *story {
	st := begin("regular", []string{"old", "new"}, []string{"gmail-a", "outlook-a"})
	for _, seed := range st.opened.Suite.Seeds {
		st.plan("old", seed)
		st.plan("new", seed)
		st.add(30*s, seedtest.Fault{Seed: seed, Kind: seedtest.FaultLogin, What: "NO login refused",
			From: at(s)})
		st.add(30*s, seedtest.Fault{Seed: seed, Kind: seedtest.FaultBaseline,
			What: "no baseline within 30s: NO login refused", From: at(30 * s)})
	}
	return st.add(31*s, seedtest.Closed{Reason: seedtest.ClosedDone})
}

// hostile is a run in which every text that can come from outside is the one given; words that
// only this program writes are its own.
func hostile(text string) *story {
	st := begin(text, []string{"old" + text, text}, []string{"a" + text, text})
	for i := range st.opened.Seeds {
		st.opened.Seeds[i].Provider = seedtest.Provider{ID: text, Name: text}
		st.opened.Routes[i].Server.Host = text
	}
	for _, route := range st.opened.Suite.Routes {
		for _, seed := range st.opened.Suite.Seeds {
			st.hostileProbe(route, seed, text)
		}
	}
	st.add(m, seedtest.Fault{Seed: text, Kind: seedtest.FaultMailbox, Mailbox: text, What: text,
		From: at(m)})
	st.add(m, seedtest.Sighting{Seed: text, Token: "unknown", Mailbox: text})
	st.findings = []seedtest.Finding{{Code: text, Severity: seedtest.SeverityError, Title: text,
		Confidence: 1, Of: 1, Routes: []string{text}, Fix: []string{text, text},
		Evidence: []seedtest.Evidence{{Field: text, Raw: text}}}}
	return st.add(2*m, seedtest.Closed{Reason: seedtest.ClosedFailed, Error: text})
}

func (st *story) hostileProbe(route, seed, text string) {
	id := seedtest.ProbeID(seed + "\x00" + route)
	tok := seedtest.Token(id)
	st.planned = append(st.planned, seedtest.Fact{At: started, Body: seedtest.Planned{
		Dispatch: seedtest.DispatchID(id), Token: tok, Route: route, Message: text, MessageID: text,
		Probes: []seedtest.PlannedProbe{{Probe: id, Seed: seed}}}})
	sub := refusal(seedtest.OutcomeRefused, seedtest.StageRCPT, 550, text, text)
	if len(st.planned)%2 == 0 {
		sub = accepted(0)
		sub.QueueID, sub.Local, sub.Remote, sub.Breaker, sub.Dialog = text, text, text, text,
			[]string{text}
		sub.TLS = &seedtest.TLSInfo{Version: text, Cipher: text, Peer: text, Issuer: text}
		st.add(3*s, seedtest.Sighting{Seed: seed, Token: tok, Mailbox: text, Class: text,
			Carriers: []seedtest.Carrier{seedtest.CarrierSubject}})
		st.add(4*s, seedtest.Gone{Seed: seed, Token: tok, Mailbox: text, LastSeen: at(3 * s)})
		st.add(4*s, seedtest.Sighting{Seed: seed, Token: tok, Mailbox: text + "2", Class: text,
			Carriers: []seedtest.Carrier{seedtest.CarrierSubject}, Absent: at(3 * s)})
		st.stamps[id] = [][]seedtest.Stamp{nil, {{Field: text, Verdict: text, Raw: text, Trusted: true}}}
		st.add(3*s, seedtest.Bounce{Dispatch: seedtest.DispatchID(id), Probe: id, Action: text,
			Status: text, Diagnostic: text, RemoteMTA: text})
		st.add(3*s, seedtest.Relayed{Dispatch: seedtest.DispatchID(id), Probe: id, Remote: text,
			Outcome: seedtest.OutcomeDeferred, Reply: &seedtest.Reply{Code: 450, Enhanced: text, Text: text},
			Source: "log", When: at(3 * s), QueueID: text, NextID: text, Via: seedtest.Via(text),
			Recipient: text, TLS: &seedtest.RelayTLS{Version: text, Cipher: text, Trust: text}, Line: text})
		st.add(3*s, seedtest.Relayed{Dispatch: seedtest.DispatchID(id), Probe: id,
			Outcome: seedtest.OutcomeDeferred, Said: text, Source: "log"})
	}
	st.submit(id, 0, sub)
	st.analyses[id] = hostileHeader(text)
}

// several has three routes, two messages and five seeds of one provider, of which one fares ill by
// one route with one message.
func several() *story {
	st := begin("several", []string{"a", "b", "c"},
		[]string{"gmail-a", "gmail-b", "gmail-c", "gmail-long-name-d", "gmx-a"})
	st.opened.Suite.Messages = []string{"notice", "invoice"}
	for i, seed := range st.opened.Suite.Seeds {
		for k, route := range st.opened.Suite.Routes {
			for n, message := range []string{"notice", "invoice"} {
				id := st.planAs(route, seed, message)
				d := time.Duration(10*n) * s
				st.accept(id, d)
				if seed == "gmx-a" && route == "b" && message == "invoice" {
					st.junk(id, d+30*s)
					continue
				}
				st.inbox(id, d+time.Duration(3+i+k)*s)
			}
		}
	}
	return st.add(m, seedtest.Closed{Reason: seedtest.ClosedDone})
}
