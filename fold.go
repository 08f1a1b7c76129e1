package seedtest

import (
	"fmt"
	"slices"
	"time"
)

// ProofGrace is how long after a probe's deadline proof of its absence is sought (rule 15).
const ProofGrace = 60 * time.Second

// Fold reads the facts of one run, in the order they were stored, and says what they come to at
// asOf (rule 2). It never fails: a fact that fits nothing is noted.
func Fold(facts []Fact, asOf time.Time) Run {
	f := NewFolder()
	for _, x := range facts {
		f.Add(x)
	}
	return f.Run(asOf)
}

// AsOf is the moment at which a stored run is judged: its last fact, which is the closing one
// unless the run was broken off or followed afterwards (rule 2).
func AsOf(facts []Fact) time.Time {
	var last time.Time
	for _, x := range facts {
		if x.At.After(last) {
			last = x.At
		}
	}
	return last
}

// Folder folds facts as they happen. It is not safe for concurrent use.
type Folder struct {
	run        Run
	byProbe    map[ProbeID]int
	byDispatch map[DispatchID][]int
	bySeed     map[string][]int
	faultsAt   map[string][]int // by seed, "" for those of routes
	byToken    map[Token]DispatchID
	seeds      map[string]int
	rounds     map[string][]Round
	looks      map[string]looks // by seed
	canaries   map[Token]Canary
	returns    map[string]*Baseline // of return paths, by route
	resumed    time.Time            // when sending was last taken up again
}

// NewFolder returns a Folder without facts.
func NewFolder() *Folder {
	return &Folder{
		byProbe:    map[ProbeID]int{},
		byDispatch: map[DispatchID][]int{},
		bySeed:     map[string][]int{},
		faultsAt:   map[string][]int{},
		byToken:    map[Token]DispatchID{},
		seeds:      map[string]int{},
		rounds:     map[string][]Round{},
		looks:      map[string]looks{},
		canaries:   map[Token]Canary{},
		returns:    map[string]*Baseline{},
	}
}

// Run says what the facts so far come to at asOf. The result shares no memory that Add changes.
func (f *Folder) Run(asOf time.Time) Run {
	r := f.run
	r.AsOf = asOf
	r.Seeds = append([]SeedState(nil), f.run.Seeds...)
	r.Faults = append([]FaultState(nil), f.run.Faults...)
	r.Notes = append([]Note(nil), f.run.Notes...)
	r.Probes = make([]Probe, len(f.run.Probes))
	for i := range f.run.Probes {
		r.Probes[i] = f.judged(i, asOf)
		r.Notes = append(r.Notes, notesOf(&r.Probes[i])...)
	}
	if f.run.Closed != nil {
		r.Notes = append(r.Notes, f.notesOfCanaries()...)
	}
	return r
}

// ProbesAt says what the facts so far come to for one seed's probes at asOf.
func (f *Folder) ProbesAt(seed string, asOf time.Time) []Probe {
	probes := make([]Probe, 0, len(f.bySeed[seed]))
	for _, i := range f.bySeed[seed] {
		probes = append(probes, f.judged(i, asOf))
	}
	return probes
}

// Known reports whether a token names a dispatch or canary of this run.
func (f *Folder) Known(t Token) bool {
	_, dispatch := f.byToken[t]
	return dispatch || f.isCanary(t)
}

// Probe returns what is known of a probe without placing it, or nil. The caller does not change it.
func (f *Folder) Probe(id ProbeID) *Probe {
	if i, ok := f.byProbe[id]; ok {
		return &f.run.Probes[i]
	}
	return nil
}

// ReturnPath returns the baseline of the account that a route's delivery reports come to, or nil.
func (f *Folder) ReturnPath(route string) *Baseline { return f.returns[route] }

// LastFault returns the last trouble at a seed, or nil.
func (f *Folder) LastFault(seed string) *FaultState {
	at := f.faultsAt[seed]
	if len(at) == 0 {
		return nil
	}
	x := f.run.Faults[at[len(at)-1]]
	return &x
}

// Seed returns what is known of a seed, and false if the run has none of that name.
func (f *Folder) Seed(name string) (SeedState, bool) {
	i, ok := f.seeds[name]
	if !ok {
		return SeedState{}, false
	}
	return f.run.Seeds[i], true
}

// judged returns a copy of probe i with its placement at asOf.
func (f *Folder) judged(i int, asOf time.Time) Probe {
	p := f.run.Probes[i]
	p.Attempts = append([]AttemptState(nil), p.Attempts...)
	p.Sightings = append([]Seen(nil), p.Sightings...)
	f.place(&p, asOf)
	return p
}

// Add takes the next fact.
func (f *Folder) Add(x Fact) {
	switch b := x.Body.(type) {
	case Opened:
		f.open(b, x.At)
	case Planned:
		f.plan(b)
	case Listing, Baseline, Round, Fault, Canary, Spent, Looked:
		f.addSeedFact(x)
	case Attempt, Submission, Limit:
		f.addWayOut(x)
	case Relayed:
		f.each(b.Dispatch, b.Probe, func(p *Probe) { p.further(b) })
	case Bounce:
		b.Read = x.At
		f.bounce(b)
	case Sighting:
		f.sight(b, x.At)
	case Gone:
		f.gone(b, x.At)
	case Closed:
		f.run.Closed, f.run.Ended = &b, &x.At
	case Resumed:
		f.resume(b, x.At)
	}
}

// resume takes up the run again. What was held back or had no baseline may be sent now; a process
// that only follows sends nothing.
func (f *Folder) resume(b Resumed, at time.Time) {
	f.run.Closed, f.run.Ended = nil, nil
	f.handedBefore()
	if b.Purpose != PurposeResume {
		return
	}
	f.resumed = at
	for i := range f.run.Probes {
		f.run.Probes[i].Limit = nil
	}
}

func (f *Folder) open(b Opened, at time.Time) {
	if f.run.Opened.Run != "" {
		f.note("opened-twice", "", "", "a second opening fact was ignored")
		return
	}
	f.run.Opened, f.run.Started = b, at
	for i, s := range b.Seeds {
		f.run.Seeds = append(f.run.Seeds, SeedState{Seed: s, Sick: s.Sick})
		f.seeds[s.Name] = i
	}
}

func (f *Folder) plan(b Planned) {
	if _, ok := f.byDispatch[b.Dispatch]; ok {
		return // the same plan, written again by a process that resumed
	}
	f.byToken[b.Token] = b.Dispatch
	f.byDispatch[b.Dispatch] = []int{}
	control := f.run.Route(b.Route).Control
	for _, pp := range b.Probes {
		i := len(f.run.Probes)
		f.run.Probes = append(f.run.Probes, Probe{
			ID: pp.Probe, Dispatch: b.Dispatch, Token: b.Token, MessageID: b.MessageID,
			Route: b.Route, Seed: pp.Seed, Message: b.Message, Control: control,
			Counted: !control && !f.sick(pp.Seed),
		})
		f.byProbe[pp.Probe] = i
		f.byDispatch[b.Dispatch] = append(f.byDispatch[b.Dispatch], i)
		f.bySeed[pp.Seed] = append(f.bySeed[pp.Seed], i)
	}
}

func (f *Folder) sick(seed string) bool {
	i, ok := f.seeds[seed]
	return ok && f.run.Seeds[i].Sick != ""
}

// addSeedFact takes a fact about what the harness did at a seed.
func (f *Folder) addSeedFact(x Fact) {
	switch b := x.Body.(type) {
	case Listing:
		f.seed(b.Seed, func(s *SeedState) { s.Mailboxes = b.Mailboxes })
	case Baseline:
		if b.Route != "" && f.returns[b.Route] == nil {
			f.returns[b.Route] = &b
		}
		f.seed(b.Seed, func(s *SeedState) {
			if s.Baseline == nil {
				s.Baseline, s.BaseAt = &b, x.At
			}
		})
	case Round:
		f.rounds[b.Seed] = append(f.rounds[b.Seed], b)
		f.seed(b.Seed, func(s *SeedState) { s.LastRound = &b })
		f.round(b)
	case Looked:
		f.look(b)
	case Fault:
		f.fault(b, x.At)
	case Canary:
		f.canaries[b.Token] = b
	case Spent:
		f.seed(b.Seed, func(s *SeedState) {
			b.SignIns, b.Commands = b.SignIns+s.Spent.SignIns, b.Commands+s.Spent.Commands
			s.Spent = b
		})
	}
}

// fault adds a trouble, or ends the one that it repeats with an end.
func (f *Folder) fault(b Fault, at time.Time) {
	for _, i := range slices.Backward(f.faultsAt[b.Seed]) {
		g := &f.run.Faults[i]
		same := g.Route == b.Route && g.Kind == b.Kind && g.Mailbox == b.Mailbox
		if same && g.To == nil && g.From.Equal(b.From) {
			g.To, g.Final = b.To, g.Final || b.Final
			return
		}
	}
	f.faultsAt[b.Seed] = append(f.faultsAt[b.Seed], len(f.run.Faults))
	f.run.Faults = append(f.run.Faults, FaultState{Fault: b, At: at})
}

// addWayOut takes a fact about the way out of a dispatch.
func (f *Folder) addWayOut(x Fact) {
	switch b := x.Body.(type) {
	case Attempt:
		at := x.At
		f.each(b.Dispatch, "", func(p *Probe) {
			p.Limit = nil
			p.Attempts = append(p.Attempts, AttemptState{Number: b.Number, At: &at})
			if p.Accepted.IsZero() && !f.external(p) {
				p.Expected = at
			}
		})
	case Submission:
		f.each(b.Dispatch, "", func(p *Probe) { p.answer(b.of(p.ID), x.At) })
	case Limit:
		f.each(b.Dispatch, "", func(p *Probe) { p.Limit = &b })
	}
}

// answer joins a submission to its attempt, and says from when the deadline counts (rule 14).
func (p *Probe) answer(s Submission, at time.Time) {
	n := len(p.Attempts) - 1
	if n >= 0 && p.Attempts[n].Number == s.Number {
		p.Attempts[n].Submission, p.Attempts[n].Answered = &s, at
	} else {
		p.Attempts = append(p.Attempts, AttemptState{Number: s.Number, Submission: &s, Answered: at})
	}
	switch {
	case s.Outcome == OutcomeAccepted && p.Accepted.IsZero():
		p.Accepted = at
		if n := len(s.Stages); n > 0 && s.Stages[n-1].Stage == StageFinal {
			p.Accepted = s.Stages[n-1].At
		}
		p.Expected = p.Accepted
	case s.Outcome == OutcomeHanded:
		p.Expected = at
		if n >= 0 && !s.Said && p.Attempts[n].At != nil {
			p.Expected = *p.Attempts[n].At
		}
	case s.Outcome != OutcomeInDoubt && p.Accepted.IsZero():
		p.Expected = time.Time{}
	}
}

// sight adds a copy of a message to the probe of the seed it was seen at (rule 9).
func (f *Folder) sight(b Sighting, at time.Time) {
	if b.Canary || f.isCanary(b.Token) {
		return
	}
	dispatch, ok := f.byToken[b.Token]
	if !ok {
		f.note("unknown-tag", "", b.Seed, "a tag of no message of this run was seen in "+b.Mailbox)
		return
	}
	for _, i := range f.byDispatch[dispatch] {
		if f.run.Probes[i].Seed == b.Seed {
			b.Absent = f.absent(&f.run.Probes[i], b)
			f.run.Probes[i].see(b, at)
			return
		}
	}
	first := f.run.Probes[f.byDispatch[dispatch][0]]
	f.note("forwarded", first.ID, b.Seed, fmt.Sprintf(
		"the message for %s was also seen at %s in %s", first.Seed, b.Seed, b.Mailbox))
}

// see adds a copy that is not known yet. A copy that was gone and is back is no longer gone; by
// hand it has no number, and may be another.
func (p *Probe) see(b Sighting, at time.Time) {
	for i := range p.Sightings {
		s := &p.Sightings[i]
		if sameCopy(s.Sighting, b.Mailbox, b.UIDValidity, b.UID) && !(b.ByHand && s.Gone != nil) {
			s.Gone, s.GoneAt, s.Last = nil, time.Time{}, later(s.Last, at)
			s.reclass(b, at)
			if b.ByHand && b.HeaderSum != "" { // the source was shown later
				p.Sightings[i].HeaderSum, p.Sightings[i].Carriers = b.HeaderSum, b.Carriers
			}
			return
		}
	}
	if !p.putThere(b) {
		p.Sightings = append(p.Sightings, Seen{Sighting: b, At: at, Last: at})
	}
}

// reclass takes the class that a copy has now. That it cannot be read now says nothing.
func (s *Seen) reclass(b Sighting, at time.Time) {
	known := s.Class != "" && s.Class != classUnknown
	if b.Class == "" || b.Class == s.Class || known && b.Class == classUnknown {
		return
	}
	if known && !b.ByHand {
		after := later(b.ClassAfter, s.At)
		if n := len(s.Classes); n > 0 {
			after = later(after, s.Classes[n-1].At)
		}
		s.Classes = append(slices.Clip(s.Classes), ClassChange{From: s.Class, To: b.Class,
			After: after, At: at})
	}
	s.Class = b.Class
}

// putThere reports whether we ourselves moved a message to where it is seen now: that says nothing
// of where its provider put it.
func (p *Probe) putThere(b Sighting) bool {
	return slices.ContainsFunc(p.Sightings, func(s Seen) bool {
		return s.byUs() && s.Gone.MovedTo == b.Mailbox
	})
}

// cleaned returns when we removed the first copy of the message, zero if we removed none.
func (p *Probe) cleaned() time.Time {
	var first time.Time
	for _, s := range p.Sightings {
		if s.byUs() && (first.IsZero() || s.Gone.LastSeen.Before(first)) {
			first = s.Gone.LastSeen
		}
	}
	return first
}

// gone marks a copy that is no longer there. The first word of that holds, except that who cleans
// removes what was there.
func (f *Folder) gone(b Gone, at time.Time) {
	for _, i := range f.bySeed[b.Seed] {
		p := &f.run.Probes[i]
		if p.Token != b.Token {
			continue
		}
		for k := range p.Sightings {
			s := &p.Sightings[k]
			if sameCopy(s.Sighting, b.Mailbox, b.UIDValidity, b.UID) {
				s.goes(b, at)
			}
		}
	}
}

// goes notes that a copy is gone. One that we moved may be removed for good later; then it left its
// place when it was moved all the same.
func (s *Seen) goes(b Gone, at time.Time) {
	switch {
	case s.Gone == nil, b.ByUs && !s.byUs():
		if s.Gone, s.GoneAt = &b, at; !s.ByHand && !b.LastSeen.IsZero() {
			s.Last = b.LastSeen
		}
	case b.ByUs && s.Gone.MovedTo != "" && b.MovedTo == "":
		b.LastSeen = s.Gone.LastSeen
		s.Gone = &b
	}
}

func sameCopy(s Sighting, mailbox string, validity, uid uint32) bool {
	return s.Mailbox == mailbox && s.UIDValidity == validity && s.UID == uid
}

// each calls do for the probes of a dispatch, or for the one that is named.
func (f *Folder) each(dispatch DispatchID, probe ProbeID, do func(*Probe)) {
	for _, i := range f.byDispatch[dispatch] {
		if p := &f.run.Probes[i]; probe == "" || p.ID == probe {
			do(p)
		}
	}
}

func (f *Folder) seed(name string, do func(*SeedState)) {
	if i, ok := f.seeds[name]; ok {
		do(&f.run.Seeds[i])
	}
}

func (f *Folder) note(code string, probe ProbeID, seed, text string) {
	f.run.Notes = append(f.run.Notes, Note{Code: code, Probe: probe, Seed: seed, Text: text})
}
