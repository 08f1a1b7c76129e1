//go:build campaign

package campaign

import (
	"context"
	"slices"
	"sync"
	"time"

	"seedtest"
)

// journal is the log of a run, with the moments by the world's clock at which its facts were
// written: the clocks of its processes may be wrong.
type journal struct {
	mu    sync.Mutex
	all   []seedtest.Fact
	wrote []time.Time
}

// page is the journal as one process has it. One that was killed writes nothing any more.
type page struct {
	*journal
	life   context.Context
	killed bool
}

func (p page) Append(_ context.Context, _ seedtest.RunID, more ...seedtest.Fact) error {
	if p.killed && p.life.Err() != nil {
		return errDead
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range more {
		p.all, p.wrote = append(p.all, f), append(p.wrote, time.Now())
	}
	return nil
}

func (p page) AppendAttempt(ctx context.Context, r seedtest.RunID, f seedtest.Fact,
	_ seedtest.Dose) (*seedtest.Limit, error) {
	return nil, p.Append(ctx, r, f)
}

func (p page) Held(context.Context, seedtest.RunID, seedtest.Dose) (*seedtest.Limit, error) {
	return nil, nil
}

// process is one that worked the run.
type process struct {
	during
	facts  [2]int        // of the journal, the first and the one after the last
	ahead  time.Duration // what its clock showed beyond the world's
	killed bool
}

// testimony is what the facts of a run say of one seed, in the world's time.
type testimony struct {
	journal   *journal
	processes []process
	run       seedtest.Run
	owner     *owner
	mint      func() (seedtest.Token, error) // of canaries, whatever process appends them
}

// outcomeOf joins what a run says of a probe with what happened to its message.
func (t *testimony) outcomeOf(p seedtest.Probe) *outcome {
	seed := t.run.Seed(p.Seed).Seed
	veils := t.owner.veils[p.Seed]
	watched := t.watched(p.Seed)
	for i := range t.processes[1:] {
		gap := during{t.processes[i].to, t.processes[i+1].from}
		veils = append(slices.Clone(veils), veil{during: gap, kind: killing, rounds: true})
	}
	o := &outcome{own: seed.Own, said: p.Placements, late: p.Late, sent: !p.Expected.IsZero(),
		reply: answered(p), sights: t.sights(p), stays: t.owner.estate.ours(p.Seed, p.Token),
		hushed: t.owner.hushed[p.Seed], end: t.processes[len(t.processes)-1].to}
	o.seeing = unveiled(watched, veils, seed.Own)
	o.proving = unveiled(watched, slices.DeleteFunc(slices.Clone(veils), func(v veil) bool {
		return !v.rounds
	}), seed.Own)
	o.unread = t.owner.shaped[p.Seed] || t.leftUnread(p.Seed, o)
	t.windows(p, o)
	return o
}

func answered(p seedtest.Probe) bool {
	n := len(p.Attempts)
	return n > 0 && p.Attempts[n-1].Submission != nil &&
		p.Attempts[n-1].Submission.Outcome != seedtest.OutcomeInDoubt
}

// grace is how long proof is sought (rule 15). Proofs that are due soon after each other are put
// together, and what is sought at the very end of it may come too late.
const grace = seedtest.ProofGrace

// windows says when proofs were to be sought, and which rounds gave them.
func (t *testimony) windows(p seedtest.Probe, o *outcome) {
	suite := t.run.Opened.Suite
	limit := p.Expected.Add(suite.Missing)
	for _, x := range t.processes {
		if w := (during{x.from, x.from.Add(suite.BaselineTimeout)}); x.holds(w) {
			o.bases = append(o.bases, w)
		}
		if p.Expected.IsZero() {
			continue
		}
		window := func(at time.Time) during {
			at = at.Add(-x.ahead)
			return during{at, at.Add(grace)}
		}
		if w := window(p.Deadline); x.holds(w) {
			o.deadlines = append(o.deadlines, w)
		}
		if w := window(limit); x.holds(w) {
			o.limits = append(o.limits, w)
		}
		if p.FollowEnd.IsZero() {
			continue
		}
		w := window(p.FollowEnd)
		if w.from.Before(x.from) {
			w = during{x.from, x.from.Add(grace)}
		}
		if x.holds(w) {
			o.closings = append(o.closings, w)
		}
	}
	if p.Expected.IsZero() {
		return
	}
	for i, x := range t.processes {
		due := p.Deadline.Add(-x.ahead)
		if i == 0 {
			o.due = during{due, due}
		}
		o.due = during{earlier(o.due.from, due), latest(o.due.to, due)}
	}
	o.proved = t.rounds(p.Seed, time.Time{})
	o.absent = t.round(p.Seed, p.Deadline)
	o.missing = t.round(p.Seed, limit)
	if !p.FollowEnd.IsZero() {
		o.settling = t.round(p.Seed, p.FollowEnd)
	}
}

// holds reports whether a time lies in another.
func (d during) holds(x during) bool { return !x.from.Before(d.from) && !x.to.After(d.to) }

// ahead is by how much the clock of a fact was wrong.
func (t *testimony) ahead(i int) time.Duration { return t.journal.all[i].At.Sub(t.journal.wrote[i]) }

// round returns the first complete round at or after a time by the run's clock, in the world's
// time.
func (t *testimony) round(seed string, from time.Time) *during {
	if all := t.rounds(seed, from); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// rounds returns all of them.
func (t *testimony) rounds(seed string, from time.Time) []during {
	var all []during
	for i, f := range t.journal.all {
		if r, ok := f.Body.(seedtest.Round); ok && r.Seed == seed && r.Complete && !r.Begun.Before(from) {
			all = append(all, during{r.Begun.Add(-t.ahead(i)), r.Ended.Add(-t.ahead(i))})
		}
	}
	return all
}

// sights are the copies of a message that the facts tell of.
func (t *testimony) sights(p seedtest.Probe) []sight {
	var list []sight
	find := func(mailbox string, validity, uid uint32) int {
		return slices.IndexFunc(list, func(s sight) bool {
			return s.mailbox == mailbox && s.validity == validity && s.uid == uid
		})
	}
	for i, f := range t.journal.all {
		switch b := f.Body.(type) {
		case seedtest.Sighting:
			if b.Token != p.Token || b.Seed != p.Seed {
				continue
			}
			k := find(b.Mailbox, b.UIDValidity, b.UID)
			if k < 0 {
				list = append(list, sight{mailbox: b.Mailbox, role: b.Role, validity: b.UIDValidity,
					uid: b.UID, at: t.journal.wrote[i]})
				k = len(list) - 1
			}
			list[k].class, list[k].goneAt = b.Class, time.Time{}
		case seedtest.Gone:
			k := find(b.Mailbox, b.UIDValidity, b.UID)
			if b.Token == p.Token && b.Seed == p.Seed && k >= 0 {
				list[k].goneAt, list[k].last = t.journal.wrote[i], t.lastSeen(b.LastSeen)
			}
		}
	}
	return list
}

// lastSeen is when a copy was last seen, in the world's time. It may be an earlier process that saw
// it, by another clock.
func (t *testimony) lastSeen(at time.Time) time.Time {
	for _, x := range t.processes {
		if then := at.Add(-x.ahead); x.holds(during{then, then}) {
			return then
		}
	}
	return at.Add(-t.processes[0].ahead)
}

// watched says when processes watched a seed: until they recorded what that cost, or were killed
// while there was something left to wait for.
func (t *testimony) watched(seed string) []during {
	var list []during
	for _, x := range t.processes {
		end := time.Time{}
		for i := x.facts[0]; i < x.facts[1]; i++ {
			if b, ok := t.journal.all[i].Body.(seedtest.Spent); ok && b.Seed == seed {
				end = t.journal.wrote[i]
			}
		}
		if end.IsZero() && x.killed && t.open(seed, x) {
			end = x.to
		}
		if !end.IsZero() {
			list = append(list, during{x.from, end})
		}
	}
	return list
}

// open reports whether something was left to wait for at a seed when a process ended.
func (t *testimony) open(seed string, x process) bool {
	now := x.to.Add(x.ahead)
	run := seedtest.Fold(t.journal.all[:x.facts[1]], now)
	return slices.ContainsFunc(run.Probes, func(p seedtest.Probe) bool {
		closes := p.Expected.Add(run.Opened.Suite.Missing)
		if !p.FollowEnd.IsZero() {
			closes = p.FollowEnd
		}
		return p.Seed == seed && p.Placements.Settled == nil && !p.Expected.IsZero() &&
			now.Before(closes.Add(grace))
	})
}

// leftUnread reports whether mail that came to a seed after its baseline left before it was read
// there: nobody can tell that it was not another that is awaited (rule 6).
func (t *testimony) leftUnread(seed string, o *outcome) bool {
	for _, x := range t.owner.estate.stays[seed] {
		if x.to.IsZero() || !x.read() || x.from.Equal(t.owner.start) {
			continue
		}
		if x.token == "" {
			if !o.surely(during{x.from, x.to}, x.gap(o.own)) {
				return true
			}
			continue
		}
		for _, p := range t.run.Probes {
			if p.Token != x.token {
				continue
			}
			if !slices.ContainsFunc(t.sights(p), func(s sight) bool { return s.is(*x) }) {
				return true
			}
		}
	}
	return false
}
