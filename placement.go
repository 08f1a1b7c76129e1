package seedtest

// Placement is where a probe ended, as far as may be said (rule 13).
type Placement string

// The placements. docs/semantics.md defines each.
const (
	Inbox    Placement = "inbox"
	Category Placement = "category"
	Junk     Placement = "junk"
	Other    Placement = "other"
	Refused  Placement = "refused"
	Deferred Placement = "deferred"
	Bounced  Placement = "bounced"
	Unsent   Placement = "unsent"
	Overdue  Placement = "overdue"
	Missing  Placement = "missing"
	InDoubt  Placement = "in_doubt"
	Blind    Placement = "blind"
	Pending  Placement = "pending"
)

// Placements lists every placement in the order of reports.
func Placements() []Placement {
	return []Placement{Inbox, Category, Junk, Other, Refused, Bounced, Deferred, Overdue, Missing,
		InDoubt, Blind, Unsent, Pending}
}

// Seen reports whether the placement rests on a sighting.
func (p Placement) Seen() bool {
	return p == Inbox || p == Category || p == Junk || p == Other
}

// Arrived reports whether the message reached a mailbox its owner reads: inbox or category.
func (p Placement) Arrived() bool { return p == Inbox || p == Category }

// Verdict is what a run or an expectation came to.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)
