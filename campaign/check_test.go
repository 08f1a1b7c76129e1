//go:build campaign

package campaign

import (
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// outcome is what a run says of one message, beside what happened to it. Its times are the world's,
// whatever the clock of the run showed.
type outcome struct {
	own   bool
	said  seedtest.ProbePlaces
	late  *bool
	sent  bool // its content left
	reply bool // and an answer to it is on record

	sights []sight // in the order in which they were recorded
	stays  []stay  // of its letters, in the order in which they came
	unread bool    // mail that could have been this left before it was read (rule 6)
	hushed bool    // the server does not tell how many messages came: what left unread leaves no trace

	seeing  []during // when looks could see what lies at the seed
	proving []during // when rounds could
	end     time.Time

	// When a baseline was to be had, absence to be proved at the deadline and at the missing limit,
	// and the place to be settled: by each process that lived then.
	bases, deadlines, limits, closings []during

	// The first complete rounds at or after these moments by the run's clock; nil: there was none.
	absent, missing, settling *during

	proved []during // every complete round

	due during // the deadline, by the clock of the one or the other process
}

// during is a time from one moment to another.
type during struct{ from, to time.Time }

// sight is a copy that the run says it saw.
type sight struct {
	mailbox       string
	role          seedtest.Role
	class         string
	validity, uid uint32
	at            time.Time
	last          time.Time // it was known to be there, if it is gone
	goneAt        time.Time // zero: it is there
}

// stay is a time in which a letter lay in a mailbox under one number.
type stay struct {
	letter        uint64
	token         seedtest.Token // empty: mail of others
	mailbox       string
	role          seedtest.Role
	class         string
	validity, uid uint32
	from, to      time.Time // to zero: it lies there still
}

// answering is how long a server may take to answer all that one look asks, and a run to sign in.
const answering = 30 * time.Second

// check says what is wrong with what a run says of a message; nothing if all of it is true and as
// exact as could be.
func (o *outcome) check() []string {
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	o.checkSights(fail)
	o.checkMissed(fail)
	o.checkLate(fail)
	switch o.said.Current {
	case seedtest.Inbox, seedtest.Category, seedtest.Junk, seedtest.Other:
		o.checkSeen(fail)
	case seedtest.Missing, seedtest.Overdue:
		o.checkAbsent(fail)
	case seedtest.Blind:
		o.checkBlind(fail)
	case seedtest.InDoubt:
		if !o.sent || o.reply {
			fail("there was no doubt: sent %t, answered %t", o.sent, o.reply)
		}
	default:
		fail("nothing of the kind happens here")
	}
	return wrong
}

type failing func(format string, args ...any)

// checkSights demands that each copy that was seen lay there, and was gone when it was said to be.
func (o *outcome) checkSights(fail failing) {
	for _, s := range o.sights {
		i := slices.IndexFunc(o.stays, s.is)
		if i < 0 {
			fail("it never was in %s with UID %d", s.mailbox, s.uid)
			continue
		}
		x := o.stays[i]
		switch {
		case s.at.Before(x.from):
			fail("it was seen in %s before it came", s.mailbox)
		case !x.to.IsZero() && s.at.After(x.to.Add(answering)):
			fail("it was seen in %s after it had left", s.mailbox)
		case s.role != x.role:
			fail("%s is %q, not %q", s.mailbox, x.role, s.role)
		case s.class == "unknown" && x.role == seedtest.RoleInbox:
			if o.surely(x.until(o.end, during{s.at, o.end}), sideGap(o.own)) {
				fail("nothing hid its class")
			}
		case s.class != x.class && x.role == seedtest.RoleInbox:
			fail("its class is %q, not %q", x.class, s.class)
		}
		o.checkGone(s, x, fail)
	}
}

func (o *outcome) checkGone(s sight, x stay, fail failing) {
	left := !x.to.IsZero()
	switch {
	case !s.goneAt.IsZero() && (!left || s.goneAt.Before(x.to)):
		fail("it had not left %s when it was called gone", s.mailbox)
	case !s.goneAt.IsZero() && s.last.After(x.to):
		fail("it had left %s when it is said to have been there", s.mailbox)
	case s.goneAt.IsZero() && left && o.surely(during{x.to, o.end}, sideGap(o.own)):
		fail("it left %s, and nobody noticed", s.mailbox)
	}
}

// checkMissed demands that each place in which the message lay while somebody surely looked was
// seen. It is so that blindness is only excused where a fault hid this very message.
func (o *outcome) checkMissed(fail failing) {
	for _, x := range o.stays {
		seen := slices.ContainsFunc(o.sights, func(s sight) bool { return s.is(x) })
		if !seen && x.read() && o.surely(x.until(o.end, during{x.from, o.end}), x.gap(o.own)) {
			fail("it lay in %s, and nobody saw it", x.mailbox)
		}
	}
}

// surely reports whether somebody surely looked within a time, if looks are so far apart.
func (o *outcome) surely(d during, gap time.Duration) bool {
	return slices.ContainsFunc(o.seeing, func(v during) bool {
		return earlier(v.to, d.to).Sub(latest(v.from, d.from)) >= gap
	})
}

// cover reports whether one of some times holds all of another.
func cover(times []during, d during) bool {
	return slices.ContainsFunc(times, func(v during) bool { return v.holds(d) })
}

// provable reports whether nothing hid the seed in one of the times in which proof was sought.
func (o *outcome) provable(windows []during) bool {
	return slices.ContainsFunc(windows, func(w during) bool { return cover(o.proving, w) })
}

// checkAbsent demands that what is called missing or overdue had never come when that was proved.
func (o *outcome) checkAbsent(fail failing) {
	proof := o.missing
	if o.said.Current == seedtest.Overdue {
		proof = o.absent
		if o.missing != nil || o.provable(o.limits) {
			fail("nothing kept it from being called missing")
		}
	}
	if proof == nil {
		fail("no complete round proves it")
		return
	}
	for _, x := range o.stays {
		left := !x.to.IsZero() && x.to.Before(proof.from) // or else checkMissed
		if x.from.Before(proof.from) && x.read() && !(left && o.hushed) {
			fail("it came to %s before its absence was proved", x.mailbox)
		}
	}
	o.checkSettledUnseen(fail)
}

// checkBlind demands that something hid the message, or kept it from being sent.
func (o *outcome) checkBlind(fail failing) {
	switch {
	case !o.sent:
		if o.provable(o.bases) {
			fail("nothing kept the seed from having a baseline")
		}
	case o.unread:
	case o.provable(o.deadlines):
		fail("nothing hid it at its deadline")
	case o.provable(o.limits):
		fail("nothing hid it at the missing limit")
	}
	o.checkSettledUnseen(fail)
}

func (o *outcome) checkSettledUnseen(fail failing) {
	if now := o.said.Settled; o.sent && (now == nil || *now != o.said.Current) {
		fail("it settled as %v", placed(now))
	}
}

// checkSeen holds the first, current and settled placement against where the message lay.
func (o *outcome) checkSeen(fail failing) {
	if len(o.sights) == 0 {
		fail("it was not seen")
		return
	}
	if may := o.firsts(); !slices.Contains(may, o.said.First) {
		fail("it was first seen as %v", may)
	}
	may := o.over(during{o.lastLooked(), o.end})
	if o.behindView() {
		may = append(may, o.lastSeenAs(o.end)...)
	}
	if !slices.Contains(may, o.said.Current) {
		fail("it lies as %v", may)
	}
	switch now := o.said.Settled; {
	case now == nil:
		if o.provable(o.closings) {
			fail("nothing kept it from settling")
		}
	case o.settling == nil:
		fail("no complete round settles it")
	default:
		if may := o.over(*o.settling); !slices.Contains(may, *now) {
			fail("it settled as %s, and lay as %v", *now, may)
		}
	}
}

// firsts are the placements of the copies that were seen first: those in mailboxes of their own, if
// there are any.
func (o *outcome) firsts() []seedtest.Placement {
	var may []seedtest.Placement
	var first time.Time
	for _, views := range []bool{false, true} {
		for _, s := range o.sights {
			i := slices.IndexFunc(o.stays, s.is)
			if i < 0 || o.stays[i].view() != views || len(may) > 0 && !s.at.Equal(first) {
				continue
			}
			may, first = append(may, o.placement(o.stays[i])), s.at
		}
		if len(may) > 0 {
			break
		}
	}
	return may
}

// lastLooked is from when on changes may not have been seen any more: the last moment that lies a
// whole gap of looks before the end of a time in which looks could see.
func (o *outcome) lastLooked() time.Time {
	gap := sideGap(o.own)
	for _, v := range slices.Backward(o.seeing) {
		if v.to.Sub(v.from) >= gap {
			return v.to.Add(-gap)
		}
	}
	return time.Time{}
}

// behindView reports whether a message is left in a view only, and no complete round said so since
// (rule 10).
func (o *outcome) behindView() bool {
	var left time.Time
	for _, x := range o.stays {
		if x.to.IsZero() && x.read() && !x.view() {
			return false
		}
		left = latest(left, x.to)
	}
	return !slices.ContainsFunc(o.proved, func(d during) bool { return !d.from.Before(left) })
}

// over lists the placements that were true at some moment of a time.
func (o *outcome) over(d during) []seedtest.Placement {
	moments := []time.Time{d.from, d.from.Add(-1)} // what ended then may just have been there
	for _, x := range o.stays {
		for _, at := range []time.Time{x.from, x.to} {
			if !at.Before(d.from) && !at.After(d.to) {
				moments = append(moments, at)
			}
		}
	}
	var may []seedtest.Placement
	for _, at := range moments {
		may = append(may, o.placementsAt(at)...)
	}
	slices.Sort(may)
	return slices.Compact(may)
}

// placementsAt is what its owner would say of the message at a moment: by the best of the mailboxes
// that hold it. One that is nowhere counts as lying where it was seen last; between two looks
// nobody can tell which of two places was the last.
func (o *outcome) placementsAt(at time.Time) []seedtest.Placement {
	best, rank := seedtest.Placement(""), len(ranks)+1
	for _, x := range o.stays {
		if x.from.After(at) || !x.to.IsZero() && !x.to.After(at) || !x.read() {
			continue
		}
		now := slices.Index(ranks, o.placement(x))
		if x.view() {
			now = len(ranks)
		}
		if now < rank {
			best, rank = o.placement(x), now
		}
	}
	if best != "" {
		return []seedtest.Placement{best}
	}
	return o.lastSeenAs(at)
}

// ranks order placements: the first decides (rule 10).
var ranks = []seedtest.Placement{seedtest.Inbox, seedtest.Category, seedtest.Junk, seedtest.Other}

func (o *outcome) lastSeenAs(at time.Time) []seedtest.Placement {
	var last time.Time
	var left []stay
	for _, x := range o.stays {
		seen := slices.ContainsFunc(o.sights, func(s sight) bool { return s.is(x) })
		if seen && !x.to.IsZero() && !x.to.After(at) {
			left, last = append(left, x), latest(last, x.to)
		}
	}
	var may []seedtest.Placement
	for _, x := range left {
		if last.Sub(x.to) <= sideGap(o.own) {
			may = append(may, o.placement(x))
		}
	}
	return may
}

// placement is what may be said of the message in a mailbox: where its class could not be read, that
// it was in the inbox (rule 11). Whether it could be read is checked with the sight.
func (o *outcome) placement(x stay) seedtest.Placement {
	unknown := slices.ContainsFunc(o.sights, func(s sight) bool { return s.is(x) && s.class == "unknown" })
	if unknown && x.role == seedtest.RoleInbox {
		return seedtest.Inbox
	}
	return x.placement()
}

// checkLate holds whether it came late against when it came.
func (o *outcome) checkLate(fail failing) {
	if len(o.stays) == 0 || !o.said.Current.Seen() {
		return
	}
	came := o.stays[0].from
	trace := !o.hushed || slices.ContainsFunc(o.sights, func(s sight) bool { return s.is(o.stays[0]) })
	switch {
	case o.late == nil:
		if len(o.sights) > 0 && o.provable(o.deadlines) && !o.unread {
			fail("nothing hid whether it was late")
		}
	case *o.late && !came.After(o.due.from) && trace:
		fail("it was not late")
	case !*o.late && came.After(o.due.to.Add(seedtest.ProofGrace+answering)):
		fail("it was late")
	}
}

// is reports whether a copy that was seen is the letter of a stay.
func (s sight) is(x stay) bool {
	return s.mailbox == x.mailbox && s.validity == x.validity && s.uid == x.uid
}

// read reports whether a look reads the mailbox, to say where a message lies.
func (x stay) read() bool {
	switch x.role {
	case seedtest.RoleSent, seedtest.RoleDrafts, seedtest.RoleFlagged, seedtest.RoleImportant:
		return false
	}
	return true
}

// view reports whether the mailbox shows what others hold.
func (x stay) view() bool { return x.role == seedtest.RoleAll }

// placement is what its owner would say of a message there.
func (x stay) placement() seedtest.Placement {
	switch {
	case x.role == seedtest.RoleInbox && (x.class == "" || x.class == "primary"):
		return seedtest.Inbox
	case x.role == seedtest.RoleInbox, x.role == seedtest.RoleInboxLike:
		return seedtest.Category
	case x.role == seedtest.RoleJunk:
		return seedtest.Junk
	}
	return seedtest.Other
}

// until ends a time when the stay does.
func (x stay) until(end time.Time, d during) during {
	if !x.to.IsZero() {
		end = earlier(end, x.to)
	}
	return during{d.from, earlier(d.to, end)}
}

func placed(p *seedtest.Placement) seedtest.Placement {
	if p == nil {
		return "nothing"
	}
	return *p
}
