package seedtest

import (
	"fmt"
	"slices"
	"time"
)

// UnsentBy says why a message never left. Rule 18 blames the route for UnsentRoute only.
type UnsentBy string

// The reasons.
const (
	UnsentRoute     UnsentBy = "route"
	UnsentLimit     UnsentBy = "limit"
	UnsentCancelled UnsentBy = "cancelled"
)

// place says where the probe is at asOf (rules 13 to 16). It fills Deadline, Proof, Placements,
// Late, Terminal, UnsentBy and Why.
func (f *Folder) place(p *Probe, asOf time.Time) {
	suite := f.run.Opened.Suite
	if !p.Expected.IsZero() {
		p.Deadline = p.Expected.Add(suite.Deadline)
	}
	p.Proof = f.proof(p)
	if i := f.decide(p); i >= 0 {
		p.decided = i + 1
		f.placeSeen(p, i, asOf)
		return
	}
	now, why := f.placeUnseen(p, asOf)
	p.Placements = ProbePlaces{First: now, Current: now}
	p.Why = why + p.lastReport(now)
	p.Terminal = now != Pending || f.byHand(p.Seed) && !p.Expected.IsZero()
	if now == InDoubt && !f.byHand(p.Seed) {
		p.Terminal = p.Proof != nil || f.graceOver(p, asOf)
	}
	if p.Terminal && (!open(now) || !asOf.Before(p.Expected.Add(suite.Missing+ProofGrace))) {
		p.Placements.Settled = &now
	}
}

// decide returns the index of the copy that decides the current placement, -1 if none may. A view
// decides only after a complete round: until then a mailbox of its own may hold the message as well
// (rule 10).
func (f *Folder) decide(p *Probe) int {
	i := decisive(p.Sightings)
	if i < 0 || filed(p.Sightings[i].Sighting) || f.lookedAt(p) {
		return i
	}
	return lastFiled(p.Sightings)
}

// open reports whether an unseen placement may still be corrected by a sighting (rule 15).
func open(p Placement) bool {
	return p == Overdue || p == InDoubt || p == Blind || p == Pending
}

// placeSeen places a probe whose decisive copy is i (rules 10, 11 and 16).
func (f *Folder) placeSeen(p *Probe, i int, asOf time.Time) {
	s := p.Sightings[i]
	now := placementOf(s.Sighting)
	first := p.Sightings[firstCopy(p.Sightings)]
	first = first.classedAt(first.At)
	p.Placements = ProbePlaces{First: placementOf(first.Sighting), Current: now, Class: classOf(s.Sighting)}
	p.FollowEnd = first.At.Add(f.run.Opened.Suite.Follow)
	cleaned := p.cleaned()
	early := !cleaned.IsZero() && !f.lookedBetween(p, p.FollowEnd, cleaned)
	if !asOf.Before(p.FollowEnd) && !early {
		p.Placements.Settled = f.settled(p)
	}
	p.Late = f.late(p, first.At)
	p.Terminal = true
	p.Why = whySeen(s)
	if early {
		p.Why += ", before anybody had looked at the end of its follow window"
	}
	if seed := f.run.Seed(p.Seed); seed != nil && p.Placements.Class == classUnknown {
		if why := seed.Seed.Provider.WhyNoClass(); why != "" {
			p.Why += "; " + why
		}
	}
}

// settled is where a message lay at the first complete look after its follow window, whatever
// happened to it since; nil if there was none.
func (f *Folder) settled(p *Probe) *Placement {
	i := slices.IndexFunc(f.rounds[p.Seed], func(r Round) bool {
		return r.speaksOf(p) && proves(r, p.FollowEnd)
	})
	if i < 0 {
		return nil
	}
	then := *p
	then.Sightings = asSeenAt(p.Sightings, f.rounds[p.Seed][i].Ended)
	if i := f.decide(&then); i >= 0 {
		place := placementOf(then.Sightings[i].Sighting)
		return &place
	}
	return nil
}

// lookedAt reports whether everything at a probe's seed was read since copies left, and when the
// last one came or since: without that, nobody knows whether a message still lies where it was last
// seen. The round that saw a copy come read the others too.
func (f *Folder) lookedAt(p *Probe) bool {
	came, left := lastChange(p.Sightings)
	return slices.ContainsFunc(f.rounds[p.Seed], func(r Round) bool {
		return r.speaksOf(p) && proves(r, left) && !r.Ended.Before(came)
	})
}

// lookedBetween reports whether everything at a probe's seed was read within a time.
func (f *Folder) lookedBetween(p *Probe, from, to time.Time) bool {
	return slices.ContainsFunc(f.rounds[p.Seed], func(r Round) bool {
		return r.speaksOf(p) && proves(r, from) && !r.Ended.After(to)
	})
}

// speaksOf reports whether a round tells of a probe. The owner's word is about one message.
func (r Round) speaksOf(p *Probe) bool { return r.Token == "" || r.Token == p.Token }

// byHand reports whether a seed's owner says where a message lies.
func (f *Folder) byHand(seed string) bool {
	i, ok := f.seeds[seed]
	return ok && f.run.Seeds[i].Seed.ByHand
}

// late says whether the message came after its deadline: true only on proof, nil if nobody could
// see at the deadline or looked soon after it (rule 14).
func (f *Folder) late(p *Probe, seen time.Time) *bool {
	late := false
	if p.Deadline.IsZero() || !seen.After(p.Deadline) {
		return &late
	}
	if f.byHand(p.Seed) {
		return nil // the word came late; the message may have been there
	}
	if p.Proof != nil && !p.Proof.Ended.After(seen) {
		if f.vanished(p) != nil {
			return nil // a copy of it may have come and gone unread before
		}
		late = true
		return &late
	}
	for _, i := range f.faultsAt[p.Seed] {
		x := &f.run.Faults[i]
		if !x.From.After(p.Deadline) && (x.To == nil || x.To.After(p.Deadline)) {
			return nil
		}
	}
	soon := p.Deadline.Add(ProofGrace)
	if seen.After(soon) && !slices.ContainsFunc(f.rounds[p.Seed], func(r Round) bool {
		return proves(r, p.Deadline) && !r.Begun.After(soon)
	}) {
		return nil
	}
	return &late
}

// placeUnseen places a probe that no mailbox has shown (rule 13).
func (f *Folder) placeUnseen(p *Probe, asOf time.Time) (Placement, string) {
	if i := firstCopy(p.Sightings); i >= 0 {
		return f.placeViewed(p, p.Sightings[i], asOf)
	}
	if why := f.bounced(p); why != "" {
		return Bounced, why
	}
	if x := f.unprepared(p); x != nil && !p.Expected.IsZero() {
		return Blind, "sent for others' sake, and nobody could have seen it here: " + x.What
	}
	sub := p.Submission()
	switch {
	case !p.Accepted.IsZero():
		return f.placeAccepted(p, asOf)
	case f.external(p) && p.handed():
		return f.placeHanded(p, asOf)
	case !p.Expected.IsZero():
		return f.placeInDoubt(p, asOf)
	case sub != nil && sub.Outcome != OutcomeUnsent && sub.RetryAt == nil:
		return placeFailed(p, sub)
	case p.Limit != nil:
		p.UnsentBy = UnsentLimit
		return Unsent, p.Limit.What
	case f.baselineFault(p.Seed) != nil:
		return Blind, "not sent, because nobody could have seen it: " + f.baselineFault(p.Seed).What
	case f.brokenOff():
		p.UnsentBy = UnsentCancelled
		return Unsent, "the run was cancelled before the message could leave" + lastWord(sub)
	case sub != nil && sub.Outcome == OutcomeUnsent && sub.RetryAt == nil:
		p.UnsentBy = UnsentRoute
		return Unsent, wordsOf(sub)
	case sub != nil:
		return Pending, "to be tried again" + lastWord(sub)
	}
	return Pending, "not sent yet"
}

// placeViewed places a probe that only a view over other mailboxes has shown: it arrived, and where
// is not known (rule 10).
func (f *Folder) placeViewed(p *Probe, s Seen, asOf time.Time) (Placement, string) {
	why := "seen in " + s.Mailbox + ", which shows what other mailboxes hold"
	if f.graceOver(p, asOf) {
		return Blind, why + "; no complete look tells which" + f.lastTrouble(p.Seed)
	}
	return Pending, why + "; a complete look is to tell which"
}

// placeFailed places a probe whose last attempt was answered, and not accepted (rule 5).
func placeFailed(p *Probe, sub *Submission) (Placement, string) {
	switch sub.Outcome {
	case OutcomeRefused:
		return Refused, wordsOf(sub)
	case OutcomeDeferred:
		return Deferred, wordsOf(sub)
	}
	p.UnsentBy = UnsentRoute
	return Unsent, wordsOf(sub)
}

// placeAccepted places a probe that was accepted and is not seen (rules 6, 13 and 15).
func (f *Folder) placeAccepted(p *Probe, asOf time.Time) (Placement, string) {
	vanished := f.vanished(p)
	switch {
	case f.byHand(p.Seed) && p.Proof == nil:
		return f.placeUnsaid(p, asOf)
	case asOf.Before(p.Deadline):
		return Pending, p.taken() + ", not seen yet"
	case p.Proof != nil && vanished == nil:
		return f.placeAbsent(p)
	case vanished != nil && p.Proof != nil:
		return Blind, vanished.What
	case f.graceOver(p, asOf):
		return Blind, f.whyBlind(p)
	}
	return Pending, p.taken() + ", not seen by the deadline; proof of absence is sought"
}

// placeUnsaid places a probe whose owner has not said where it lies.
func (f *Folder) placeUnsaid(p *Probe, asOf time.Time) (Placement, string) {
	if asOf.Before(p.Expected.Add(f.run.Opened.Suite.Missing)) {
		return Pending, p.taken() + "; to be looked up by hand: its owner has not said yet where it lies"
	}
	return Blind, p.taken() + "; nobody looked it up by hand"
}

// placeAbsent places a probe of whose absence there is proof.
func (f *Folder) placeAbsent(p *Probe) (Placement, string) {
	limit := p.Expected.Add(f.run.Opened.Suite.Missing)
	place, last := Overdue, p.Proof
	for _, r := range f.rounds[p.Seed] {
		if r.speaksOf(p) && proves(r, limit) {
			place, last = Missing, &r
			break
		}
	}
	if last.ByHand {
		return place, fmt.Sprintf("%s; its owner found it nowhere %s after %s (by hand)",
			p.taken(), words(last.Begun.Sub(p.Expected)), p.since())
	}
	why := fmt.Sprintf("%s, and absent from %d mailboxes read %s after %s",
		p.taken(), readable(last), words(last.Begun.Sub(p.Expected)), p.since())
	if s := f.run.Seed(p.Seed); s != nil && s.Seed.Provider.Quarantine {
		why += "; or quarantined, which IMAP cannot show here"
	}
	if last.Canary != nil && last.Canary.Seen {
		why += "; a canary was seen by the same reading"
	}
	return place, why
}

// placeInDoubt places a probe whose content left and was not answered (rules 5 and 13).
func (f *Folder) placeInDoubt(p *Probe, asOf time.Time) (Placement, string) {
	what := "the content was sent and no answer came"
	if sub := p.Submission(); sub != nil && sub.Outcome == OutcomeInDoubt && sub.Error != "" {
		what += ": " + sub.Error
	}
	if asOf.Before(p.Deadline) {
		return Pending, what
	}
	if by := p.hadIt(); by != "" {
		return InDoubt, what + "; by the " + by + " the relay had taken it"
	}
	return InDoubt, what + "; it may or may not have been accepted, and is never sent again"
}

// proof returns the first complete round at or after the deadline that lacked the message.
func (f *Folder) proof(p *Probe) *Round {
	if p.Deadline.IsZero() {
		return nil
	}
	for _, r := range f.rounds[p.Seed] {
		if !r.speaksOf(p) || !proves(r, p.Deadline) {
			continue
		}
		if i := firstCopy(p.Sightings); i >= 0 && !p.Sightings[i].At.After(r.Ended) {
			return nil
		}
		return &r
	}
	return nil
}

func proves(r Round, from time.Time) bool { return r.Complete && !r.Begun.Before(from) }

// graceOver reports whether proof is no longer sought (rule 15).
func (f *Folder) graceOver(p *Probe, asOf time.Time) bool {
	closed := f.run.Ended != nil && !f.run.Ended.Before(p.Deadline)
	return closed || !asOf.Before(p.Deadline.Add(ProofGrace))
}

// vanished returns the trouble by which mail that could have been this one went unread (rule 6): it
// had not ended when the message was first tried.
func (f *Folder) vanished(p *Probe) *FaultState {
	since := p.Expected
	if len(p.Attempts) > 0 && p.Attempts[0].At != nil {
		since = *p.Attempts[0].At
	}
	for _, i := range f.faultsAt[p.Seed] {
		if x := &f.run.Faults[i]; x.Kind == FaultVanished && !x.end().Before(since) {
			return x
		}
	}
	return nil
}

// end is when a trouble was over, or was recorded.
func (x *FaultState) end() time.Time {
	if x.To != nil {
		return *x.To
	}
	return x.At
}

// baselineFault returns the fault by which a seed has no baseline (rule 8).
func (f *Folder) baselineFault(seed string) *FaultState {
	for _, i := range f.faultsAt[seed] {
		if x := &f.run.Faults[i]; x.Kind == FaultBaseline && !x.At.Before(f.resumed) {
			return x
		}
	}
	return nil
}

// brokenOff reports whether work on the run ended before it was done.
func (f *Folder) brokenOff() bool {
	c := f.run.Closed
	return c != nil && (c.Reason == ClosedCancelled || c.Reason == ClosedFailed)
}

// whyBlind quotes the last trouble at the seed.
func (f *Folder) whyBlind(p *Probe) string {
	return p.taken() + ", and no complete look at or after the deadline" + f.lastTrouble(p.Seed)
}

// lastTrouble quotes the last trouble at a seed, after a colon.
func (f *Folder) lastTrouble(seed string) string {
	if x := f.LastFault(seed); x != nil {
		return ": " + x.What
	}
	if s := f.run.Seed(seed); s != nil && s.LastRound != nil && s.LastRound.Why != "" {
		return ": " + s.LastRound.Why
	}
	return ""
}
