//go:build campaign

package campaign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seedtest"
)

// checker holds what was told of later moves against what happened.
//
// A state of a message is *observable* if somebody looked at all mailboxes while it lasted: a
// process that watches looks at least once in a gap (10 s at servers of ours, 15 min at others,
// unless the pace says otherwise, and what a sign-in takes), one that looks once does so before it
// ends. The state in which a message came needs two looks where a copy appears next: the first only
// shows that it came. A change from one observable state to the next has to be told, with from and
// to, and its moment within the interval; and close around it where a process watched all the time.
// Changes to and from states that nobody could see are counted apart: of them only what differs
// between the observable states around them has to be told. Nothing may be told that did not
// happen.
type checker struct {
	random uint64
	draw   *rand.Rand
	hands  *hands
	opened seedtest.Opened
	spans  []span
	facts  []seedtest.Fact
}

func (c *checker) check(t *testing.T) tally {
	run := seedtest.Fold(c.facts, seedtest.AsOf(c.facts))
	all, says := tally{}, reported(t, run)
	for _, p := range run.Probes {
		o := &observed{checker: c, probe: p, seed: *run.Seed(p.Seed), told: says[p.ID],
			roles: c.hands.world.Roles(p.Seed)}
		o.spans = lit(c.spans, c.hands.dark[o.seed.Seed.Provider.ID])
		if story := c.hands.tales[p.Token]; story != nil {
			o.states = story.states
		}
		found := o.against()
		all.add(found)
		for _, why := range o.wrong {
			t.Errorf("REPLAY=%d: %s (%s): %s\ntruth %v\ntold %v\nwatched %v, window to %s", c.random,
				p.Seed, o.way(), why, o.states, o.lines(), o.spans, clock(p.FollowEnd))
		}
	}
	return all
}

func clock(t time.Time) string { return t.UTC().Format("2 15:04:05.000") }

func (s state) String() string { return fmt.Sprintf("\n  %s %q", clock(s.from), s.boxes) }

func (s span) String() string {
	return fmt.Sprintf("\n  %s to %s, brief %t", clock(s.from), clock(s.to), s.brief)
}

// lines writes the moves, one a line.
func (o *observed) lines() string {
	text := ""
	for _, m := range o.moves {
		text += fmt.Sprintf("\n  %s %q > %q, %s to %s", m.Kind, m.From, m.To, clock(m.After),
			clock(m.Before))
	}
	return text
}

// observed is one probe with its truth.
type observed struct {
	*checker
	probe  seedtest.Probe
	seed   seedtest.SeedState
	states []state
	told
	roles map[string]seedtest.Role
	spans []span // in which somebody watched, and no fault kept it from looking
	wrong []string
}

func (o *observed) fail(format string, args ...any) {
	o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
}

// gap is the longest time between two looks at all mailboxes of the seed.
func (o *observed) gap() time.Duration {
	const signIn = 15 * time.Second
	switch s := o.seed.Seed; {
	case s.Pace.SweepEvery > 0:
		return s.Pace.SweepEvery + signIn
	case s.Own:
		return 10*time.Second + signIn
	}
	return 15*time.Minute + 2*time.Minute
}

// against compares, and counts.
func (o *observed) against() tally {
	found := tally{kinds: map[seedtest.MoveKind]int{}, widths: map[string][]time.Duration{}}
	free := *o // of faults
	free.spans = o.checker.spans
	last := -1
	for i := range o.states {
		within := i > 0 && o.states[i].from.Before(o.probe.FollowEnd)
		if within {
			found.injected++
			if free.observable(i-1) && free.observable(i) && !(o.observable(i-1) && o.observable(i)) {
				found.excused++
			}
		}
		if !o.observable(i) || last < 0 && len(o.states[i].boxes) == 0 {
			continue // nobody saw it, or not yet
		}
		switch told := true; {
		case last == i-1 && last >= 0 && within:
			found.observable++
			if told = o.demand(last, i); told {
				found.told++
			}
		case last >= 0 && within:
			o.demand(last, i)
		}
		last = i
	}
	o.invented()
	o.settles()
	if o.probe.FollowEnd.IsZero() && last >= 0 && len(o.states[last].boxes) > 0 {
		o.fail("it was not seen")
	}
	for _, m := range o.moves {
		found.kinds[m.Kind]++
		how := o.way()
		found.widths[how] = append(found.widths[how], m.Before.Sub(m.After))
	}
	return found
}

// way says how the seed was watched.
func (o *observed) way() string {
	how := "gentle"
	if o.seed.Seed.Own {
		how = "own"
	}
	if slices.Contains(o.seed.Seed.Provider.Quirks, "no-idle") {
		how += " without IDLE"
	}
	return fmt.Sprintf("%s at %s, gap %s", how, o.seed.Seed.Provider.ID, o.gap())
}

// until is when a state ended, or the window did.
func (o *observed) until(i int) time.Time {
	end := o.probe.FollowEnd
	if i+1 < len(o.states) && (end.IsZero() || o.states[i+1].from.Before(end)) {
		return o.states[i+1].from
	}
	return end
}

// observable reports whether somebody surely looked while a state lasted.
func (o *observed) observable(i int) bool {
	looks, from, to := 0, o.states[i].from, o.until(i)
	for _, s := range o.spans {
		switch {
		case s.brief && !s.from.Before(from) && !s.to.After(to):
			looks++
		case !s.brief:
			looks += max(0, int(earlier(s.to, to).Sub(latest(s.from, from))/o.gap()))
		}
	}
	if i == 0 && len(o.states) > 1 && len(o.states[1].boxes) > len(o.states[0].boxes) {
		looks--
	}
	return looks > 0
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// demand reports whether what changed from one observable state to another is told.
func (o *observed) demand(i, k int) bool {
	left, entered := less(o.states[i].boxes, o.states[k].boxes), less(o.states[k].boxes,
		o.states[i].boxes)
	told, direct := true, k == i+1
	tells := func(what string, fits func(seedtest.Move) bool) {
		n := slices.IndexFunc(o.moves, func(m seedtest.Move) bool {
			return fits(m) && o.timely(m, i, k)
		})
		if n < 0 {
			o.fail("not told: %s at %s", what, clock(o.states[k].from))
			told = false
			return
		}
		if direct {
			o.close(o.moves[n], k)
		}
	}
	if direct && len(left) == 1 && len(entered) == 1 {
		tells("moved "+left[0]+" to "+entered[0], func(m seedtest.Move) bool {
			return m.Kind == seedtest.Moved && m.From == left[0] && m.To == entered[0]
		})
		return told
	}
	for _, x := range left {
		tells("left "+x, func(m seedtest.Move) bool {
			return m.From == x && m.Kind != seedtest.Copied && (!direct || len(entered) > 0 ||
				m.Kind == seedtest.Removed)
		})
	}
	for _, x := range entered {
		tells("came to "+x, func(m seedtest.Move) bool {
			return m.To == x && (!direct || len(left) > 0 ||
				m.Kind == map[bool]seedtest.MoveKind{true: seedtest.Returned,
					false: seedtest.Copied}[len(o.states[i].boxes) == 0])
		})
	}
	return told
}

// timely reports whether a move's interval holds the moment of a change between two states.
func (o *observed) timely(m seedtest.Move, i, k int) bool {
	return slices.ContainsFunc(o.states[i+1:k+1], func(s state) bool { return holds(m, s.from) })
}

func holds(m seedtest.Move, at time.Time) bool { return !at.Before(m.After) && !at.After(m.Before) }

// close demands that an interval is not wider than the looks around a change allow.
func (o *observed) close(m seedtest.Move, k int) {
	at, gap := o.states[k].from, o.gap()
	for _, s := range o.spans {
		watched := !s.brief && at.Sub(latest(s.from, o.states[k-1].from)) >= 2*gap &&
			earlier(s.to, o.until(k)).Sub(at) >= gap
		if watched && (at.Sub(m.After) > gap || m.Before.Sub(at) > gap) {
			o.fail("%s at %s is told between %s and %s, wider than the looks", m.Kind, clock(at),
				clock(m.After), clock(m.Before))
		}
	}
}

// less returns what is in a and not in b.
func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}

// settles holds the settled placement against where the message lay when its window closed, or
// from there on to the first complete look after it, where no process looked before.
func (o *observed) settles() {
	if o.probe.FollowEnd.IsZero() {
		return
	}
	end := o.probe.FollowEnd
	for _, f := range o.facts {
		if r, ok := f.Body.(seedtest.Round); ok && r.Seed == o.probe.Seed && r.Complete &&
			!r.Begun.Before(o.probe.FollowEnd) {
			end = r.Ended
			break
		}
	}
	var may []seedtest.Placement
	for i, s := range o.states {
		if !s.from.After(end) && (i+1 == len(o.states) || o.states[i+1].from.After(o.probe.FollowEnd)) {
			may = append(may, o.placements(i)...)
		}
	}
	switch now := o.settled; {
	case now == nil:
		o.fail("it did not settle")
	case !slices.Contains(may, *now):
		o.fail("settled as %s, want one of %v", *now, may)
	}
}

// placements are what a state may be taken for. A message that is nowhere counts as lying where
// it was seen last: in the last observable state, or in one of the short ones after it.
func (o *observed) placements(i int) []seedtest.Placement {
	if len(o.states[i].boxes) > 0 {
		return []seedtest.Placement{o.placement(i)}
	}
	var may []seedtest.Placement
	for i--; i >= 0; i-- {
		if len(o.states[i].boxes) > 0 {
			may = append(may, o.placement(i))
			if o.observable(i) {
				break
			}
		}
	}
	return may
}

func (o *observed) placement(i int) seedtest.Placement {
	best := seedtest.Other
	for _, x := range o.states[i].boxes {
		switch o.roles[x] {
		case seedtest.RoleInbox:
			return seedtest.Inbox
		case seedtest.RoleJunk:
			best = seedtest.Junk
		}
	}
	return best
}
