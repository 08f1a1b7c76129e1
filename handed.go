package seedtest

import "time"

// external reports whether the user's own platform sends a probe.
func (f *Folder) external(p *Probe) bool { return f.run.Route(p.Route).Type == RouteExternal }

// handed reports whether the user has the message to send.
func (p *Probe) handed() bool {
	if len(p.Attempts) == 0 {
		return false
	}
	s := p.Attempts[len(p.Attempts)-1].Submission
	return s == nil || s.Outcome == OutcomeHanded
}

// said reports whether the user says that the message was sent.
func (p *Probe) said() bool {
	s := p.Submission()
	return s != nil && s.Said
}

// taken says in words on whose word a message is on its way.
func (p *Probe) taken() string {
	if p.said() {
		return "sent, as the user says"
	}
	return "accepted"
}

// since says in words from when its deadline counts.
func (p *Probe) since() string {
	if p.said() {
		return "that"
	}
	return "acceptance"
}

// handedBefore counts from the handing over where no process waits any more for the user's word.
func (f *Folder) handedBefore() {
	for i := range f.run.Probes {
		p := &f.run.Probes[i]
		if n := len(p.Attempts); f.external(p) && p.Expected.IsZero() && n > 0 && p.handed() {
			p.Expected = orZero(p.Attempts[n-1].At)
		}
	}
}

// placeHanded places a probe that the user was given to send and that is not seen (rule 13). That it
// did not come says nothing as long as nobody says that it was sent.
func (f *Folder) placeHanded(p *Probe, asOf time.Time) (Placement, string) {
	switch {
	case p.Expected.IsZero():
		return Pending, "handed to the user, who has not said yet that it was sent"
	case p.said():
		return f.placeAccepted(p, asOf)
	case asOf.Before(p.Deadline):
		return Pending, "handed to the user, not seen yet"
	}
	return InDoubt, "handed to the user and not seen; nobody said that it was sent"
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// unprepared returns the fault by which a seed had no baseline when a message left all the same,
// because another of its recipients could be seen. A baseline that came later may lie above the
// message, and then a round that lacks it proves nothing (rule 8).
func (f *Folder) unprepared(p *Probe) *FaultState {
	var left time.Time
	for _, a := range p.Attempts {
		if a.At != nil {
			left = *a.At
		}
	}
	s, ok := f.Seed(p.Seed)
	if !ok || left.IsZero() || s.Baseline != nil && !s.BaseAt.After(left) {
		return nil
	}
	for _, k := range f.faultsAt[p.Seed] {
		if x := &f.run.Faults[k]; x.Kind == FaultBaseline && !x.At.After(left) {
			return x
		}
	}
	return nil
}
