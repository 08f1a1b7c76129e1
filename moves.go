package seedtest

import (
	"slices"
	"time"
)

// MoveKind says what became of a copy of a message.
type MoveKind string

// The kinds of moves.
const (
	Moved    MoveKind = "moved"    // it left one mailbox for another, or was put back with a new UID
	Copied   MoveKind = "copied"   // a further copy lies in a mailbox, and the others stayed
	Removed  MoveKind = "removed"  // it left a mailbox, and is in no other
	Returned MoveKind = "returned" // it was in no mailbox, and is in one again
	Resorted MoveKind = "resorted" // it stayed in its mailbox, and has another class there
)

// Move is a change of where a message lies after it had come (rule 16). It happened at or after
// After, when it was last known not to have, and at or before Before, when it was seen to have.
type Move struct {
	Kind     MoveKind
	From     string // the mailbox; empty for Returned
	FromRole Role
	To       string // the mailbox; empty for Removed
	ToRole   Role
	After    time.Time
	Before   time.Time
	ByUs     bool    // "seedtest clean" did it
	Class    string  // of Resorted: within the mailbox, now
	OldClass string  // of Resorted: and before
	Stamps   []Stamp // that its provider left as it did it, if the caller attached those of the copies
}

// Moves returns the later moves of a probe's message in the order in which they were seen. They
// are told of mailboxes that hold mail of their own, and of a view over others (Gmail's All Mail)
// while it alone shows the message. What we removed ourselves is told as ours, and counts as lying
// where it was for all that follows; a mailbox with a new UIDVALIDITY counts as the one it was.
func (p Probe) Moves() []Move {
	var copies []Seen
	for _, s := range p.Sightings {
		if filed(s.Sighting) {
			copies = append(copies, s)
		}
	}
	copies = byTime(append(copies, archived(byTime(copies), viewsOf(p.Sightings))...))
	heirs := heirsOf(copies)
	moves := append(departures(copies, heirs), arrivals(copies, heirs)...)
	moves = append(moves, resorts(copies)...)
	slices.SortStableFunc(moves, func(a, b Move) int { return a.Before.Compare(b.Before) })
	return moves
}

func byTime(copies []Seen) []Seen {
	slices.SortStableFunc(copies, func(a, b Seen) int { return a.At.Compare(b.At) })
	return copies
}

// viewsOf returns the copies in the view that shows all mail, or else in the first view.
func viewsOf(seen []Seen) []Seen {
	var views []Seen
	name := ""
	for _, s := range seen {
		if rank(s.Sighting) > 0 && !filed(s.Sighting) && (name == "" || s.Role == RoleAll) {
			name = s.Mailbox
		}
	}
	for _, s := range seen {
		if s.Mailbox == name {
			views = append(views, s)
		}
	}
	return views
}

// archived makes a copy of each time in which a view alone showed a message.
func archived(copies, views []Seen) []Seen {
	var list []Seen
	heirs := heirsOf(copies)
	for _, v := range views {
		end, last := v.At, v.Absent
		for i, s := range copies {
			// What the view showed first may be this very copy, unless that was missed afterwards.
			same := end.Equal(v.At) && s.Absent.Before(v.At)
			if s.At.After(end) && !same {
				list = append(list, v.alone(end, last, &copies[i])...)
			}
			until := s.GoneAt
			if h, ok := heirs[i]; ok {
				until = copies[h].At
			}
			if s.there() {
				until = forever
			}
			if until.After(end) {
				end, last = until, s.Last
			}
		}
		if end.Before(forever) {
			list = append(list, v.alone(end, last, nil)...)
		}
	}
	return list
}

var forever = time.Unix(1<<40, 0)

// alone is a view as a copy from the time on at which the last copy elsewhere was gone, which was
// last known to be there before; next is the copy that followed, nil if none did. There is none if
// the view is not known to have shown the message then.
func (s Seen) alone(from, last time.Time, next *Seen) []Seen {
	if !s.there() && s.Last.Before(from) {
		return nil
	}
	s.At, s.Absent = later(from, s.At), later(last, s.Absent)
	if next != nil && !next.At.After(s.At) {
		return nil
	}
	if next != nil && (s.there() || !s.GoneAt.Before(next.At)) {
		last := next.Absent
		if !s.there() && s.Last.Before(last) { // it may have lain elsewhere, unseen, in between
			last = s.Last
		}
		s.Last, s.Gone, s.GoneAt = later(s.At, last), &Gone{}, next.At
	}
	return []Seen{s}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// heirsOf says which copy each one that left its mailbox became, by their places: the first that
// was seen when the other was not known in its place any more, and whose own mailbox was not
// looked at in vain once the other was gone.
func heirsOf(copies []Seen) map[int]int {
	var left []int
	for i, s := range copies {
		if !s.there() {
			left = append(left, i)
		}
	}
	slices.SortStableFunc(left, func(a, b int) int { return copies[a].Last.Compare(copies[b].Last) })
	heirs, taken := map[int]int{}, map[int]bool{}
	for _, i := range left {
		if k := heirOf(copies[i], copies, taken); k >= 0 {
			heirs[i], taken[k] = k, true
		}
	}
	return heirs
}

// heirOf returns the place of the copy that one became, -1 if there is none.
func heirOf(s Seen, copies []Seen, taken map[int]bool) int {
	// It was asked for before it was recorded as seen, and may be last known to be there then.
	from, _ := slices.BinarySearchFunc(copies, later(s.Last, s.At), func(x Seen, last time.Time) int {
		if x.At.After(last) {
			return 1
		}
		return -1
	})
	for i := from; i < len(copies); i++ { // by time
		if !taken[i] && copies[i].Absent.Before(s.GoneAt) {
			return i
		}
	}
	return -1
}

// renumbered reports whether a copy is another one in the same mailbox with a new UIDVALIDITY.
func renumbered(s, by Seen) bool {
	return s.Mailbox == by.Mailbox && s.UIDValidity != by.UIDValidity
}

// departures are the moves of copies that left their mailbox.
func departures(copies []Seen, heirs map[int]int) []Move {
	var moves []Move
	for i, s := range copies {
		m := Move{Kind: Removed, From: s.Mailbox, FromRole: s.Role, After: s.Last, Before: s.GoneAt}
		h, ok := heirs[i]
		switch {
		case s.byUs():
			if m.ByUs, m.To = true, s.Gone.MovedTo; m.To != "" {
				m.Kind = Moved
			}
		case s.there(), ok && renumbered(s, copies[h]):
			continue
		case ok:
			m.Kind, m.To, m.ToRole = Moved, copies[h].Mailbox, copies[h].Role
			m.Stamps = copies[h].stampedSince(s)
		}
		moves = append(moves, m)
	}
	return moves
}

// resorts are the changes of class within mailboxes.
func resorts(copies []Seen) []Move {
	var moves []Move
	for _, s := range copies {
		for _, c := range s.Classes {
			moves = append(moves, Move{Kind: Resorted, From: s.Mailbox, FromRole: s.Role,
				To: s.Mailbox, ToRole: s.Role, OldClass: c.From, Class: c.To, After: c.After,
				Before: c.At})
		}
	}
	return moves
}

// arrivals are the copies that no other one became, after the first. One whose mailbox was not
// looked at without it since the message came may have come with it.
func arrivals(copies []Seen, heirs map[int]int) []Move {
	became := map[int]bool{}
	for _, k := range heirs {
		became[k] = true
	}
	var moves []Move
	for i, s := range copies {
		if i == 0 || became[i] || s.Absent.Before(copies[0].At) {
			continue
		}
		m := Move{Kind: Returned, To: s.Mailbox, ToRole: s.Role, After: s.Absent, Before: s.At}
		for _, x := range copies[:i] {
			if x.At.Before(s.At) && (x.there() || !x.Last.Before(s.Absent)) {
				m.Kind, m.From, m.FromRole = Copied, x.Mailbox, x.Role
				m.Stamps = s.stampedSince(x)
				break
			}
		}
		moves = append(moves, m)
	}
	return moves
}

// stampedSince returns the stamps of a copy, of those whose word counts, that another did not have.
// Who sent the message has no hand in them: it was delivered before.
func (s Seen) stampedSince(before Seen) []Stamp {
	var list []Stamp
	for _, x := range s.Stamps {
		if x.Trusted && !slices.ContainsFunc(before.Stamps, func(y Stamp) bool {
			return y.Field == x.Field && y.Raw == x.Raw
		}) {
			list = append(list, x)
		}
	}
	return list
}
