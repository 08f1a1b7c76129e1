//go:build campaign

package campaign

import (
	"slices"
	"time"

	"seedtest"
)

// invented looks for moves that did not happen: each has to have left and entered mailboxes that
// the message really left and entered, each once, in its interval. What was entered may have been
// seen a look later than what was left, or have been there for less than a look before.
func (o *observed) invented() {
	leavings, enterings := o.crossings()
	for _, m := range o.moves {
		when := "between " + clock(m.After) + " and " + clock(m.Before)
		if m.From != "" && m.Kind != seedtest.Copied && !take(leavings, m.From, func(x crossing) bool {
			return holds(m, x.at) && (m.Kind == seedtest.Moved || x.brief ||
				len(x.entered()) < len(x.left()))
		}) {
			o.fail("told and not so: %s, left %s %s", m.Kind, m.From, when)
		}
		if m.To != "" && !take(enterings, m.To, func(x crossing) bool {
			switch m.Kind {
			case seedtest.Moved:
				return !x.at.After(o.lookAfter(m.Before)) && !x.at.Before(o.lookBefore(m.After))
			case seedtest.Copied:
				return !x.came && holds(m, x.at) && (x.brief || slices.Contains(x.before, m.From) &&
					slices.Contains(x.after, m.From))
			}
			return !x.came && holds(m, x.at) && (x.brief || len(x.before) == 0)
		}) {
			o.fail("told and not so: %s, came to %s %s", m.Kind, m.To, when)
		}
	}
}

// lookAfter is when somebody had surely looked after a time; the far future if nobody did.
func (o *observed) lookAfter(at time.Time) time.Time {
	first := time.Unix(1<<40, 0)
	for _, s := range o.spans {
		by := s.to
		if !s.brief {
			by = latest(s.from, at).Add(o.gap())
		}
		if !by.After(s.to) && (!s.brief || !s.from.Before(at)) {
			first = earlier(first, by)
		}
	}
	return first
}

// lookBefore is when somebody had surely looked for the last time before a time; long ago if nobody
// did.
func (o *observed) lookBefore(at time.Time) time.Time {
	last := time.Time{}
	for _, s := range o.spans {
		by := s.from
		if !s.brief {
			by = earlier(s.to, at).Add(-o.gap())
		}
		if !by.Before(s.from) && (!s.brief || !s.to.After(at)) {
			last = latest(last, by)
		}
	}
	return last
}

// crossing is a moment at which a message left or entered a mailbox, and where it lay before and
// after it.
type crossing struct {
	at            time.Time
	before, after []string
	brief         bool // nobody surely looked just before it, or just after it
	came          bool // with it the message came, which is no move, unless nobody could know
}

func (x crossing) entered() []string { return less(x.after, x.before) }

func (x crossing) left() []string { return less(x.before, x.after) }

// crossings are those of each mailbox. A view shows a message also while it lies elsewhere: where
// nobody could see that, the view may be told of instead.
func (o *observed) crossings() (leavings, enterings map[string][]crossing) {
	leavings, enterings = map[string][]crossing{}, map[string][]crossing{}
	view, shown := o.view(), false // by the view, and unseen elsewhere
	for i, s := range o.states {
		x := crossing{at: s.from, after: s.boxes, brief: !o.observable(i), came: i == 0}
		if i > 0 {
			x.before, x.brief = o.states[i-1].boxes, x.brief || !o.observable(i-1)
		}
		for _, box := range x.left() {
			leavings[box] = append(leavings[box], x)
		}
		behind := view != "" && !o.observable(i) && o.under(s.boxes)
		if shown && !slices.Contains(x.left(), view) {
			leavings[view] = append(leavings[view], x)
		}
		if behind && i > 0 {
			enterings[view] = append(enterings[view], x)
		}
		for _, box := range x.entered() {
			enterings[box] = append(enterings[box], x)
		}
		shown = behind || slices.Contains(s.boxes, view)
	}
	return leavings, enterings
}

// view is the mailbox that shows what others hold; empty if there is none.
func (o *observed) view() string {
	for name, role := range o.roles {
		if role == seedtest.RoleAll {
			return name
		}
	}
	return ""
}

// under reports whether a view shows what lies in some mailboxes.
func (o *observed) under(boxes []string) bool {
	return slices.ContainsFunc(boxes, func(box string) bool {
		role := o.roles[box]
		return role != seedtest.RoleAll && role != seedtest.RoleJunk && role != seedtest.RoleTrash
	})
}

// take removes the first crossing that fits.
func take(crossings map[string][]crossing, mailbox string, fits func(crossing) bool) bool {
	i := slices.IndexFunc(crossings[mailbox], fits)
	if i >= 0 {
		crossings[mailbox] = slices.Delete(crossings[mailbox], i, i+1)
	}
	return i >= 0
}
