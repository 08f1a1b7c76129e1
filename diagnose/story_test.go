package diagnose_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/diagnose"
)

// The story is a server move, as facts and headers. mail1 is in example.org's SPF, signs and has a
// reverse name; mail2 has none of these. A control route of another domain reaches the same seeds.
var (
	begun = time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)
	mail1 = machine{"mail1.example.org", "198.51.100.4", true}
	mail2 = machine{"mail2.example.org", "203.0.113.9", false}
	other = machine{"smtp.example.com", "192.0.2.80", true}
)

// machine is a sending server as a receiver sees it.
type machine struct {
	name string
	ip   string
	good bool
}

// story is a run in the making. Probes are named by route and seed: "new/gmail-a".
type story struct {
	t        *testing.T
	facts    []seedtest.Fact
	analyses map[seedtest.ProbeID]*seedtest.Analysis
	n        byte
}

func newStory(t *testing.T, seeds ...string) *story {
	s := &story{t: t, analyses: map[seedtest.ProbeID]*seedtest.Analysis{}}
	route := func(name string, m machine, domain string) seedtest.Route {
		return seedtest.Route{Name: name, Type: seedtest.RouteSMTP, Control: name == "control",
			Server: seedtest.Endpoint{Host: m.name, Port: 587, TLS: seedtest.TLSStartTLS},
			Login:  seedtest.Login{Username: "ops"},
			Sender: seedtest.Identity{From: "Ops <ops@" + domain + ">", EnvelopeFrom: "ops@" + domain}}
	}
	o := seedtest.Opened{Run: "aaaaaaaaaaaaaaaaaaaaaa7k2q",
		Routes: []seedtest.Route{route("old", mail1, "example.org"),
			route("new", mail2, "example.org"), route("control", other, "example.com")},
		Suite: seedtest.Suite{Name: "move", Deadline: 15 * time.Minute, Missing: 24 * time.Hour,
			Follow: 48 * time.Hour, BaselineTimeout: 30 * time.Second}}
	for _, name := range seeds {
		id, _, _ := strings.Cut(name, "-")
		o.Seeds = append(o.Seeds, seedtest.Seed{Name: name, Address: name + "@" + id + ".example",
			Provider: seedtest.Provider{ID: id, Name: strings.ToUpper(id[:1]) + id[1:]}})
	}
	s.add(0, o)
	for _, name := range seeds {
		s.add(0, seedtest.Listing{Seed: name, Mailboxes: []seedtest.Mailbox{
			{Name: "INBOX", Role: seedtest.RoleInbox, Essential: true, Selectable: true},
			{Name: "Junk", Role: seedtest.RoleJunk, Essential: true, Selectable: true}}})
	}
	return s
}

func (s *story) add(after time.Duration, b seedtest.FactBody) {
	s.facts = append(s.facts, seedtest.Fact{At: begun.Add(after), Body: b})
}

// send plans one probe and tells how its submission ended.
func (s *story) send(route, seed string, sub seedtest.Submission) seedtest.Token {
	s.n++
	id := route + "/" + seed
	token := seedtest.MintToken(uuid.UUID{0: s.n, 6: 0x70, 8: 0x80}, []byte("key"))
	s.add(0, seedtest.Planned{Dispatch: seedtest.DispatchID(id), Token: token, Route: route,
		Probes: []seedtest.PlannedProbe{{Probe: seedtest.ProbeID(id), Seed: seed}}})
	s.add(time.Second, seedtest.Attempt{Dispatch: seedtest.DispatchID(id), Number: 1})
	sub.Dispatch, sub.Number, sub.Begun = seedtest.DispatchID(id), 1, begun
	if sub.Remote == "" {
		sub.Remote = netip.AddrPortFrom(netip.MustParseAddr(s.machine(route).ip), 587).String()
	}
	s.add(2*time.Second, sub)
	return token
}

func (s *story) machine(route string) machine {
	return map[string]machine{"old": mail1, "new": mail2, "control": other}[route]
}

var accepted = seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal,
	Reply: &seedtest.Reply{Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as 4XyZ"}, QueueID: "4XyZ"}

func refused(code int, enhanced, text string) seedtest.Submission {
	return seedtest.Submission{Outcome: seedtest.OutcomeRefused, Stage: seedtest.StageFinal,
		Reply: &seedtest.Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// arrives sends and sees the message in a mailbox with the header that the provider would write.
func (s *story) arrives(
	route, seed string, role seedtest.Role, change ...func(*seedtest.Analysis),
) {
	token := s.send(route, seed, accepted)
	mailbox := map[seedtest.Role]string{seedtest.RoleInbox: "INBOX", seedtest.RoleJunk: "Junk"}[role]
	s.add(5*time.Second, seedtest.Sighting{Seed: seed, Token: token, Mailbox: mailbox, Role: role,
		UIDValidity: 1, UID: uint32(s.n), InternalDate: begun.Add(3 * time.Second),
		Carriers: []seedtest.Carrier{seedtest.CarrierMessageID}})
	a := s.header(seed, s.machine(route), route == "control")
	for _, f := range change {
		f(a)
	}
	s.analyses[seedtest.ProbeID(route+"/"+seed)] = a
}

// vanishes sends, and a round after the missing limit proves that it is nowhere.
func (s *story) vanishes(route, seed string) {
	s.send(route, seed, accepted)
	s.add(25*time.Hour, seedtest.Round{Seed: seed, Begun: begun.Add(25 * time.Hour),
		Ended: begun.Add(25*time.Hour + time.Second), Try: 1, Complete: true,
		Mailboxes: []seedtest.RoundMailbox{{Name: "INBOX", Role: seedtest.RoleInbox, Essential: true,
			OK: true}, {Name: "Junk", Role: seedtest.RoleJunk, Essential: true, OK: true}}})
}

// header is what a provider writes about mail of example.org or example.com, in its own way.
func (s *story) header(seed string, m machine, control bool) *seedtest.Analysis {
	domain := "example.org"
	if control {
		domain = "example.com"
	}
	id, _, _ := strings.Cut(seed, "-")
	a := &seedtest.Analysis{Origin: &seedtest.Origin{IP: netip.MustParseAddr(m.ip), Hop: 1}}
	rdns, word := m.name, m.name
	if !m.good {
		rdns, word = "", "unknown"
	}
	hop := seedtest.Hop{From: seedtest.HopFrom{HELO: m.name, RDNS: rdns, IP: a.Origin.IP},
		By: seedtest.HopBy{Name: "mx." + id + ".example"}, With: "esmtps", Trusted: true,
		TLS: &seedtest.HopTLS{Version: "TLSv1.3"}}
	hop.Raw = fmt.Sprintf("from %s (%s [%s]) by mx.%s.example with ESMTPS", m.name, word, m.ip, id)
	if id == "outlook" { // it writes no reverse name at all
		hop.From.RDNS = ""
		hop.Raw = fmt.Sprintf("from %s (%s) by mx.outlook.example with SMTP", m.name, m.ip)
	}
	a.Hops = []seedtest.Hop{{From: seedtest.HopFrom{HELO: "[127.0.0.1]"}, Raw: "from localhost"}, hop}
	a.Authentication = []seedtest.AuthField{results(id, m, domain)}
	return a
}

func results(id string, m machine, domain string) seedtest.AuthField {
	spf, dkim, dmarc, words := "pass", "pass", "pass", "designates"
	if !m.good {
		spf, dkim, dmarc, words = "softfail", "none", "fail", "does not designate"
	}
	f := seedtest.AuthField{Field: "Authentication-Results", AuthservID: "mx." + id + ".example",
		Trusted: true, Results: []seedtest.AuthResult{
			{Method: "spf", Result: spf, Properties: []seedtest.Property{
				{Type: "smtp", Name: "mailfrom", Value: "ops@" + domain}}},
			{Method: "dkim", Result: dkim},
			{Method: "dmarc", Result: dmarc, Properties: []seedtest.Property{
				{Type: "header", Name: "from", Value: domain}}}}}
	if m.good {
		f.Results[1].Properties = []seedtest.Property{
			{Type: "header", Name: "d", Value: domain}, {Type: "header", Name: "s", Value: "s2026"}}
	}
	f.Raw = fmt.Sprintf("mx.%s.example; spf=%s (%s %s %s as permitted sender) "+
		"smtp.mailfrom=ops@%s; dkim=%s; dmarc=%s header.from=%s",
		id, spf, domain, words, m.ip, domain, dkim, dmarc, domain)
	return f
}

// run folds the story long after it ended, and attaches the analyses.
func (s *story) run() seedtest.Run {
	run := seedtest.Fold(s.facts, begun.Add(26*time.Hour))
	for i := range run.Probes {
		run.Probes[i].Analysis = s.analyses[run.Probes[i].ID]
	}
	return run
}

// causes are the findings about trouble, without the comparison of the routes.
func (s *story) causes() []seedtest.Finding {
	return slices.DeleteFunc(diagnose.Causes(s.run()), func(f seedtest.Finding) bool {
		return f.Code == "route.changed"
	})
}

func find(list []seedtest.Finding, code string) *seedtest.Finding {
	for i := range list {
		if list[i].Code == code {
			return &list[i]
		}
	}
	return nil
}

func told(list []seedtest.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s %.2f %d of %d %v %v\n  %s\n", f.Code, f.Confidence, len(f.Probes), f.Of,
			f.Routes, f.Probes, f.Title)
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "    %s %s: %q\n", e.Probe, e.Field, e.Raw)
		}
		for _, x := range f.Fix {
			fmt.Fprintf(&b, "    FIX %s\n", x)
		}
	}
	return b.String()
}
