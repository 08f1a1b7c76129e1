//go:build campaign

package campaign

import (
	"strings"
	"time"

	"seedtest"
)

// settled reports whether nothing can change any more in what is said of a run.
func (d *days) settled(r *dayRun) bool {
	run := seedtest.Fold(r.log.all, time.Now())
	for _, p := range run.Probes {
		if p.Placements.Settled == nil && time.Since(p.Expected) < daysSuite.Missing+daysSuite.Follow+
			2*time.Hour {
			return false
		}
	}
	return true
}

// judge holds what is said of a run against what happened.
func (d *days) judge(r *dayRun) {
	run := seedtest.Fold(r.log.all, seedtest.AsOf(r.log.all))
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range run.Probes {
		roles := d.world.Roles(p.Seed)
		hidden := d.hid(r, run, &p) || d.passedBy(r, run, &p) || leftUnread(p, d.truth[p.Token], roles)
		if why := d.against(p, roles, hidden); why != "" {
			d.counts["wrong"]++
			d.t.Errorf("%s at %s: %s (%s): %s; truth %v", p.Seed, p.Expected, p.Placements.Current,
				p.Why, why, d.truth[p.Token])
		}
		d.counts[string(p.Placements.Current)]++
		if p.Placements.Current == seedtest.Blind {
			d.counts[d.blindBy(r, run, &p)]++
		}
		if p.Placements.Settled == nil {
			d.counts["unsettled"]++
		}
	}
	for _, f := range run.Faults {
		to := seedtest.AsOf(r.log.all)
		if f.To != nil {
			to = *f.To
		}
		if f.Kind == seedtest.FaultVanished || ourTurn(f, to) {
			continue // the fate of a message, or what other runs did
		}
		if !d.explained(r, f.Seed, f.From, to) {
			d.t.Errorf("%s: %s from %s to %s, which nothing caused: %s", f.Seed, f.Kind, f.From, to, f.What)
		}
	}
}

// ourTurn reports whether a fault is that runs of other processes signed in just before, and says so.
func ourTurn(f seedtest.FaultState, to time.Time) bool {
	return f.Kind == seedtest.FaultConnect && to.Sub(f.From) < 3*time.Minute &&
		strings.Contains(f.What, "between two sign-ins of an account")
}

// blindBy names what excuses that a probe is blind.
func (d *days) blindBy(r *dayRun, run seedtest.Run, p *seedtest.Probe) string {
	switch {
	case p.Expected.IsZero():
		return "blind: not sent"
	case d.passedBy(r, run, p):
		return "blind: mail of another run left unread"
	case leftUnread(*p, d.truth[p.Token], d.world.Roles(p.Seed)):
		return "blind: it left unread"
	}
	return "blind: a fault, or no process"
}

// hid reports whether something could keep a probe from being seen at one of the moments that
// matter: when it was to be sent, its deadline, the end of its window, and the limit from which on
// it is missing.
func (d *days) hid(r *dayRun, run seedtest.Run, p *seedtest.Probe) bool {
	for _, f := range run.Faults {
		if f.Kind == seedtest.FaultBaseline && f.Seed == p.Seed && p.Expected.IsZero() &&
			d.explained(r, f.Seed, f.From, f.At) {
			return true
		}
	}
	for _, at := range []time.Time{p.Deadline, p.FollowEnd, p.Expected.Add(daysSuite.Missing)} {
		if !at.IsZero() && d.explained(r, p.Seed, at, at.Add(seedtest.ProofGrace)) {
			return true
		}
	}
	return false
}

// passedBy reports whether a probe is blind because a message of another run came to a mailbox and
// left it unread while this one was awaited: nobody can tell that it was not this one (rule 6). The
// caller holds the lock.
func (d *days) passedBy(r *dayRun, run seedtest.Run, p *seedtest.Probe) bool {
	if !strings.Contains(p.Why, "vanished unread") {
		return false
	}
	for _, f := range run.Faults {
		if f.Kind == seedtest.FaultVanished && f.Seed == p.Seed && d.left(r, f, p.Token) {
			return true
		}
	}
	return false
}

// left reports whether another message than one came to the mailbox of a fault, or to one that it
// is a view over, after a run had begun, and left it before the fault was noted.
func (d *days) left(r *dayRun, f seedtest.FaultState, but seedtest.Token) bool {
	view := d.world.Roles(f.Seed)[f.Mailbox] == seedtest.RoleAll
	for token, stays := range d.truth {
		if token == but || d.seedOf[token] != f.Seed {
			continue
		}
		for i := range len(stays) - 1 {
			if (view || stays[i].mailbox == f.Mailbox) && stays[i].at.After(r.begun) &&
				!stays[i+1].at.After(f.At) {
				return true
			}
		}
	}
	return false
}

// explained reports whether a fault, or that no process worked the run, accounts for trouble at a
// seed in some time.
func (d *days) explained(r *dayRun, seed string, from, to time.Time) bool {
	for _, s := range append(r.down, d.faults...) {
		if (s.seed == "" || s.seed == seed) && s.from.Before(to) && from.Before(s.to.Add(reach[d.how])) {
			return true
		}
	}
	return false
}
