package report

import (
	"io"
	"math"
	"slices"

	"seedtest"
	"seedtest/stats"
)

const runSchema = "seedtest.run/v1"

type jsonRun struct {
	Schema       string            `json:"schema"`
	ID           string            `json:"id"`
	Suite        string            `json:"suite"`
	Started      *jsonTime         `json:"started"`
	Ended        *jsonTime         `json:"ended"`
	Verdict      string            `json:"verdict"`
	Reasons      []string          `json:"reasons"`
	AsOf         *jsonTime         `json:"as_of"`
	Version      string            `json:"version,omitempty"`
	Edition      string            `json:"edition,omitempty"`
	Closed       string            `json:"closed,omitempty"`
	Expectations []jsonExpectation `json:"expectations"`
	Faults       []jsonFault       `json:"faults"`
	Notes        []jsonNote        `json:"notes"`
	Routes       []jsonRoute       `json:"routes"`
	Seeds        []jsonSeed        `json:"seeds"`
	Probes       []jsonProbe       `json:"probes"`
	Providers    []jsonCount       `json:"providers"`
	Findings     []jsonFinding     `json:"findings"`
	Usage        jsonUsage         `json:"usage"`
	Successions  []jsonSuccession  `json:"successions,omitempty"`
}

type jsonUsage struct {
	Mails     int        `json:"mails"`
	Control   int        `json:"control"`
	Commands  int        `json:"commands,omitempty"`
	Throttled int        `json:"throttled,omitempty"`
	DoseLimit int        `json:"dose_limit,omitempty"`
	Doses     []jsonDose `json:"doses"`
}

type jsonDose struct {
	Seed     string `json:"seed"`
	Messages int    `json:"messages"`
}

func usageOf(u Usage) jsonUsage {
	j := jsonUsage{Mails: u.Mails, Control: u.Control, Commands: u.Commands, Throttled: u.Throttled,
		DoseLimit: u.DoseLimit, Doses: []jsonDose{}}
	for _, d := range u.Doses {
		j.Doses = append(j.Doses, jsonDose(d))
	}
	return j
}

type jsonExpectation struct {
	What   string `json:"what"`
	Wanted string `json:"wanted"`
	Got    string `json:"got"`
	Holds  *bool  `json:"holds"` // null: not known
}

type jsonFault struct {
	Seed    string    `json:"seed,omitempty"`
	Route   string    `json:"route,omitempty"`
	Kind    string    `json:"kind"`
	Reason  string    `json:"reason,omitempty"`
	Mailbox string    `json:"mailbox,omitempty"`
	What    string    `json:"what"`
	From    *jsonTime `json:"from"`
	To      *jsonTime `json:"to"` // null: not over
}

type jsonNote struct {
	Code  string `json:"code"`
	Probe string `json:"probe,omitempty"`
	Seed  string `json:"seed,omitempty"`
	Text  string `json:"text"`
}

type jsonRoute struct {
	Name         string `json:"name"`
	Type         string `json:"type"`
	Host         string `json:"host,omitempty"`
	Port         int    `json:"port,omitempty"`
	TLS          string `json:"tls,omitempty"`
	HELO         string `json:"helo,omitempty"`
	From         string `json:"from,omitempty"`
	EnvelopeFrom string `json:"envelope_from,omitempty"`
	Control      bool   `json:"control"`
}

type jsonSeed struct {
	Name      string        `json:"name"`
	Address   string        `json:"address"`
	Provider  string        `json:"provider"`
	Own       bool          `json:"own"`
	Mailboxes []jsonMailbox `json:"mailboxes"`
	Health    string        `json:"health"`          // "ok", or why the seed is left out of the counts
	Spent     *jsonSpent    `json:"spent,omitempty"` // nil: not known
	Detail    *jsonHealth   `json:"health_detail,omitempty"`
	Moved     *jsonMoved    `json:"address_changed,omitempty"`
	ByHand    bool          `json:"by_hand,omitempty"`
	Replaces  string        `json:"replaces,omitempty"`
}

type jsonSpent struct {
	SignIns  int `json:"sign_ins"`
	Commands int `json:"commands"`
	Budget   int `json:"budget,omitempty"` // of commands a watch; 0: none
}

func spentOf(s seedtest.Spent) *jsonSpent {
	if s.SignIns == 0 {
		return nil
	}
	return &jsonSpent{s.SignIns, s.Commands, s.Budget}
}

type jsonMailbox struct {
	Name      string `json:"name"`
	Role      string `json:"role"`
	FoundBy   string `json:"found_by,omitempty"`
	Class     string `json:"class,omitempty"`
	Essential bool   `json:"essential"`
}

type jsonCount struct {
	Provider  string    `json:"provider"`
	Route     string    `json:"route"`
	Counted   bool      `json:"counted"`
	Sent      int       `json:"sent"`
	Inbox     int       `json:"inbox"`
	Category  int       `json:"category"`
	Junk      int       `json:"junk"`
	Other     int       `json:"other"`
	Refused   int       `json:"refused"`
	Bounced   int       `json:"bounced"`
	Deferred  int       `json:"deferred"`
	Overdue   int       `json:"overdue"`
	Missing   int       `json:"missing"`
	InDoubt   int       `json:"in_doubt"`
	Blind     int       `json:"blind"`
	Unsent    int       `json:"unsent"`
	Pending   int       `json:"pending"`
	InboxRate *jsonRate `json:"inbox_rate"` // null: nothing is known
}

// jsonRate is a share with its 95 % interval (Wilson).
type jsonRate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

type jsonFinding struct {
	Code       string         `json:"code"`
	Severity   string         `json:"severity"`
	Title      string         `json:"title"`
	Confidence float64        `json:"confidence,omitempty"`
	Certainty  string         `json:"certainty,omitempty"`
	Routes     []string       `json:"routes"`
	Probes     []string       `json:"probes"`
	Of         int            `json:"of"`
	Evidence   []jsonEvidence `json:"evidence"`
	Fix        []string       `json:"fix"`
}

type jsonEvidence struct {
	Probe string `json:"probe,omitempty"`
	Seed  string `json:"seed,omitempty"`
	Field string `json:"field,omitempty"`
	jsonRaw
}

// JSON writes the run as one object of the schema seedtest.run/v1, which docs/schema/ describes.
// Seeds have their addresses here; the style's other wishes do not change it.
func JSON(w io.Writer, r Report, s Style) error {
	run, j := r.Run, r.Judgement
	out := jsonRun{
		Schema: runSchema, ID: string(run.Opened.Run), Suite: run.Opened.Suite.Name,
		Started: jsonTimeOf(&run.Started), Ended: jsonTimeOf(run.Ended), AsOf: jsonTimeOf(&run.AsOf),
		Verdict: string(j.Verdict), Reasons: listOf(j.Reasons),
		Version: run.Opened.Version, Edition: run.Opened.Edition,
		Expectations: []jsonExpectation{}, Faults: []jsonFault{}, Notes: []jsonNote{},
		Routes: []jsonRoute{}, Seeds: []jsonSeed{}, Probes: []jsonProbe{},
		Providers: []jsonCount{}, Findings: []jsonFinding{},
	}
	if run.Closed != nil {
		out.Closed = string(run.Closed.Reason)
	}
	out.addRun(run)
	out.addJudgement(j)
	for _, p := range run.Probes {
		out.Probes = append(out.Probes, probeOf(r, p))
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, findingOf(run, f))
	}
	out.Usage = usageOf(r.Usage)
	for _, x := range r.Successions {
		out.Successions = append(out.Successions, successionOf(x))
	}
	return writeJSON(w, out, false)
}

func (out *jsonRun) addRun(run seedtest.Run) {
	for _, f := range run.Faults {
		out.Faults = append(out.Faults, jsonFault{f.Seed, f.Route, string(f.Kind), string(f.Reason),
			f.Mailbox, f.What, jsonTimeOf(&f.From), jsonTimeOf(f.To)})
	}
	for _, n := range run.Notes {
		out.Notes = append(out.Notes, jsonNote{n.Code, string(n.Probe), n.Seed, n.Text})
	}
	for _, x := range run.Opened.Routes {
		out.Routes = append(out.Routes, jsonRoute{x.Name, string(x.Type), x.Server.Host,
			x.Server.Port, string(x.Server.TLS), x.HELO, x.Sender.From, x.Sender.EnvelopeFrom, x.Control})
	}
	for _, x := range run.Seeds {
		out.Seeds = append(out.Seeds, seedOf(x))
	}
}

func seedOf(x seedtest.SeedState) jsonSeed {
	s := jsonSeed{Name: x.Seed.Name, Address: x.Seed.Address, Provider: x.Seed.Provider.ID,
		Own: x.Seed.Own, Mailboxes: []jsonMailbox{}, Health: "ok", Spent: spentOf(x.Spent),
		Detail: healthOf(x.Health),
		Moved:  movedOf(x.Health), ByHand: x.Seed.ByHand, Replaces: x.Seed.Replaces}
	if x.Sick != "" {
		s.Health = x.Sick
	}
	for _, m := range x.Mailboxes {
		s.Mailboxes = append(s.Mailboxes,
			jsonMailbox{m.Name, string(m.Role), m.FoundBy, m.Class, m.Essential})
	}
	return s
}

func (out *jsonRun) addJudgement(j seedtest.Judgement) {
	for _, e := range j.Expectations {
		x := jsonExpectation{What: e.What, Wanted: e.Wanted, Got: e.Got}
		if e.Holds != seedtest.Unknown {
			holds := e.Holds == seedtest.Pass
			x.Holds = &holds
		}
		out.Expectations = append(out.Expectations, x)
	}
	for _, c := range j.Counts {
		out.Providers = append(out.Providers, countOf(c))
	}
}

func countOf(c seedtest.Count) jsonCount {
	by := c.By
	return jsonCount{
		Provider: c.Provider, Route: c.Route, Counted: c.Counted, Sent: c.Probes,
		Inbox: by[seedtest.Inbox], Category: by[seedtest.Category], Junk: by[seedtest.Junk],
		Other: by[seedtest.Other], Refused: by[seedtest.Refused], Bounced: by[seedtest.Bounced],
		Deferred: by[seedtest.Deferred], Overdue: by[seedtest.Overdue],
		Missing: by[seedtest.Missing], InDoubt: by[seedtest.InDoubt], Blind: by[seedtest.Blind],
		Unsent: by[seedtest.Unsent], Pending: by[seedtest.Pending], InboxRate: rateOf(c),
	}
}

func rateOf(c seedtest.Count) *jsonRate {
	n := c.Known()
	if n <= 0 {
		return nil
	}
	low, high := stats.Wilson(c.Arrived(), n, 0.95)
	return &jsonRate{round(float64(c.Arrived()) / float64(n)), round(low), round(high)}
}

// round keeps four digits, more than any run of mails can mean.
func round(x float64) float64 { return math.Round(x*10000) / 10000 }

// share is a number from 0 to 1, whatever it was.
func share(x float64) float64 {
	if !(x > 0) { // NaN is no number to compare with
		return 0
	}
	return min(x, 1)
}

func findingOf(run seedtest.Run, f seedtest.Finding) jsonFinding {
	j := jsonFinding{
		Code: f.Code, Severity: string(f.Severity), Title: f.Title, Confidence: share(f.Confidence),
		Certainty: sure(f.Confidence), Routes: listOf(f.Routes), Probes: []string{}, Of: f.Of,
		Evidence: []jsonEvidence{}, Fix: listOf(f.Fix),
	}
	for _, id := range f.Probes {
		j.Probes = append(j.Probes, string(id))
	}
	for _, e := range f.Evidence {
		x := jsonEvidence{Probe: string(e.Probe), Field: e.Field, jsonRaw: rawOf(e.Raw)}
		if p := run.Probe(e.Probe); p != nil {
			x.Seed = p.Seed
		}
		j.Evidence = append(j.Evidence, x)
	}
	return j
}

// codesOf names the findings that concern a probe.
func codesOf(findings []seedtest.Finding, id seedtest.ProbeID) []string {
	codes := []string{}
	for _, f := range findings {
		if slices.Contains(f.Probes, id) {
			codes = append(codes, f.Code)
		}
	}
	return codes
}
