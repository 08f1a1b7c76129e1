package seedtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Judgement is what a run came to (rules 18 to 21).
type Judgement struct {
	Verdict      Verdict
	Reasons      []string
	Expectations []Expectation
	Counts       []Count // by provider and route, in the order of the run
	Planned      int     // counted probes
	Judged       int     // counted probes whose placement is known
}

// Expectation is one demand and whether it held.
type Expectation struct {
	What   string // "placement", "inbox", "auth spf" or "delay", with its provider if it has one
	Wanted string
	Got    string
	Holds  Verdict
}

// Count is the placements of one provider's probes by one route. Control probes and probes at sick
// seeds are listed in counts of their own, which no verdict uses.
type Count struct {
	Provider string
	Route    string
	Counted  bool
	Probes   int // probes planned
	Unknown  int // probes of which nothing may be said
	By       map[Placement]int
}

// Known returns how many probes a rate is taken over: those whose placement is known.
func (c Count) Known() int { return c.Probes - c.Unknown }

// Arrived returns how many reached the inbox or a category.
func (c Count) Arrived() int { return c.By[Inbox] + c.By[Category] }

// Judge holds a run against what its suite expects (rules 18 to 21). Expectations about
// authentication read the Analysis that the caller attached to the probes.
func Judge(r Run) Judgement {
	j := Judgement{Counts: counts(r)}
	var counted []Probe
	for _, p := range r.Probes {
		if p.Counted {
			counted = append(counted, p)
			j.Planned++
			if verdictOf(p) != Unknown {
				j.Judged++
			}
		}
	}
	for _, g := range groups(r, counted) {
		j.Expectations = append(j.Expectations, g.judge()...)
	}
	j.Verdict = overall(j)
	for _, e := range j.Expectations {
		if e.Holds != Pass {
			j.Reasons = append(j.Reasons, fmt.Sprintf("%s: wanted %s, got %s", e.What, e.Wanted, e.Got))
		}
	}
	if j.Planned == 0 {
		j.Reasons = append(j.Reasons, "no probe counts: only control probes or sick seeds")
	}
	return j
}

// ExitStatus is the exit status of a run that was judged (rule 20). Trouble of usage, status 2, is
// not for a judgement to say.
func (j Judgement) ExitStatus() int {
	switch {
	case j.Judged == 0 && !j.waiting():
		return 1
	case j.Verdict == Fail:
		return 3
	case j.Verdict == Unknown:
		return 4
	}
	return 0
}

// waiting reports whether counted probes are pending: then nothing is judged yet, but may be.
func (j Judgement) waiting() bool {
	return slices.ContainsFunc(j.Counts, func(c Count) bool { return c.Counted && c.By[Pending] > 0 })
}

func overall(j Judgement) Verdict {
	v := Pass
	for _, e := range j.Expectations {
		switch {
		case e.Holds == Fail:
			return Fail
		case e.Holds == Unknown:
			v = Unknown
		}
	}
	if j.Planned == 0 {
		return Unknown
	}
	return v
}

// verdictOf is what a probe's current placement means without expectations (rule 18).
func verdictOf(p Probe) Verdict {
	switch p.Placements.Current {
	case Inbox, Category:
		return Pass
	case Blind, InDoubt, Pending:
		return Unknown
	case Unsent:
		if p.UnsentBy != UnsentRoute {
			return Unknown
		}
	}
	return Fail
}

func counts(r Run) []Count {
	var list []Count
	index := map[[3]string]int{}
	for _, p := range r.Probes {
		key := [3]string{p.Route, providerOf(r, p), fmt.Sprint(p.Counted)}
		i, ok := index[key]
		if !ok {
			i = len(list)
			index[key] = i
			list = append(list, Count{Provider: key[1], Route: p.Route, Counted: p.Counted,
				By: map[Placement]int{}})
		}
		list[i].Probes++
		list[i].By[p.Placements.Current]++
		if verdictOf(p) == Unknown {
			list[i].Unknown++
		}
	}
	return list
}

func providerOf(r Run, p Probe) string {
	if s := r.Seed(p.Seed); s != nil {
		return s.Seed.Provider.ID
	}
	return ""
}

// group is the counted probes that one Expect speaks of: a provider's, or all the others.
type group struct {
	name   string // provider id, empty for all the others
	expect Expect
	probes []Probe
}

// groups divides the counted probes: a provider with expectations of its own leaves the rest.
func groups(r Run, counted []Probe) []group {
	suite := r.Opened.Suite
	rest := group{expect: suite.Expect}
	var list []group
	for _, p := range counted {
		id := providerOf(r, p)
		e, own := suite.ExpectProvider[id]
		if !own {
			rest.probes = append(rest.probes, p)
			continue
		}
		i := slices.IndexFunc(list, func(g group) bool { return g.name == id })
		if i < 0 {
			i = len(list)
			list = append(list, group{name: id, expect: e})
		}
		list[i].probes = append(list[i].probes, p)
	}
	if len(rest.probes) > 0 {
		list = append([]group{rest}, list...)
	}
	return list
}

func (g group) judge() []Expectation {
	var list []Expectation
	add := func(what, wanted, got string, holds Verdict) {
		if g.name != "" {
			what += " at " + g.name
		}
		list = append(list, Expectation{What: what, Wanted: wanted, Got: got, Holds: holds})
	}
	if g.expect.Inbox != nil {
		got, holds := g.rate(*g.expect.Inbox)
		add("inbox", fmt.Sprintf("at least %.3g", *g.expect.Inbox), got, holds)
	} else {
		got, holds := g.placements()
		add("placement", "inbox or category", got, holds)
	}
	for _, method := range g.expect.Auth {
		got, holds := g.auth(method)
		add("auth "+method, "pass", got, holds)
	}
	if g.expect.Delay > 0 {
		got, holds := g.delay()
		add("delay", "at most "+g.expect.Delay.String(), got, holds)
	}
	return list
}

// verdict is a probe's verdict under this group's expectations about classes (rule 11).
func (g group) verdict(p Probe) Verdict {
	v := verdictOf(p)
	if v != Pass || len(g.expect.Class) == 0 {
		return v
	}
	class := p.Placements.Class
	switch {
	case class == classUnknown:
		return Unknown
	case class == "":
		class = classPrimary
	}
	if slices.Contains(g.expect.Class, class) {
		return Pass
	}
	return Fail
}

func (g group) tally() (pass, fail, unknown int) {
	for _, p := range g.probes {
		switch g.verdict(p) {
		case Pass:
			pass++
		case Fail:
			fail++
		default:
			unknown++
		}
	}
	return pass, fail, unknown
}

// placements judges without a rate: every probe has to arrive (rule 18).
func (g group) placements() (string, Verdict) {
	pass, fail, unknown := g.tally()
	got := fmt.Sprintf("%d of %d", pass, pass+fail)
	if unknown > 0 {
		got += fmt.Sprintf(", %d not known", unknown)
	}
	switch {
	case fail > 0:
		return got, Fail
	case unknown > 0:
		return got, Unknown
	}
	return got, Pass
}

// rate judges a minimum rate with every unknown counted both ways (rule 19).
func (g group) rate(least float64) (string, Verdict) {
	pass, fail, unknown := g.tally()
	known, all := pass+fail, pass+fail+unknown
	if known == 0 {
		return fmt.Sprintf("nothing known of %d", all), Unknown
	}
	got := fmt.Sprintf("%.3g (%d of %d", float64(pass)/float64(known), pass, known)
	if unknown > 0 {
		got += fmt.Sprintf(", %d not known", unknown)
	}
	got += ")"
	switch {
	case known < g.expect.MinSample:
		return fmt.Sprintf("%s, fewer than %d", got, g.expect.MinSample), Unknown
	case float64(pass) >= least*float64(all):
		return got, Pass
	case float64(pass+unknown) < least*float64(all):
		return got, Fail
	}
	return got, Unknown
}

// auth judges what trusted fields say of a method. A provider that says nothing has no voice.
func (g group) auth(method string) (string, Verdict) {
	said := map[string]int{}
	voices, failed := 0, false
	for _, p := range g.probes {
		if p.Analysis == nil || !p.Placements.Current.Seen() {
			continue
		}
		res, ok := p.Analysis.Result(method)
		if !ok {
			continue
		}
		said[res.Result]++
		voices++
		failed = failed || res.Result != "pass" && res.Result != "temperror"
	}
	switch {
	case voices == 0:
		return "no provider said", Unknown
	case failed:
		return tallyWords(said), Fail
	case said["pass"] < voices:
		return tallyWords(said), Unknown
	}
	return tallyWords(said), Pass
}

// delay judges the time from connect to first sighting of the probes that were seen.
func (g group) delay() (string, Verdict) {
	var worst time.Duration
	seen := 0
	for _, p := range g.probes {
		if d, ok := p.Total(); ok && p.Placements.Current.Seen() {
			seen++
			worst = max(worst, d)
		}
	}
	switch {
	case seen == 0:
		return "none seen", Unknown
	case worst > g.expect.Delay:
		return words(worst), Fail
	}
	return words(worst), Pass
}

// Total returns the time from the connect of the first attempt to the first sighting, and false if
// there was none.
func (p Probe) Total() (time.Duration, bool) {
	i := firstCopy(p.Sightings)
	if i < 0 || len(p.Attempts) == 0 || p.Sightings[i].ByHand {
		return 0, false // the owner's word says when somebody looked
	}
	begun := p.Attempts[0].At
	if s := p.Attempts[0].Submission; s != nil && !s.Begun.IsZero() {
		begun = &s.Begun
	}
	if begun == nil {
		return 0, false
	}
	return p.Sightings[i].At.Sub(*begun), true
}

func tallyWords(said map[string]int) string {
	var list []string
	for result, n := range said {
		list = append(list, fmt.Sprintf("%d %s", n, result))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
