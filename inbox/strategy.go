package inbox

import (
	"fmt"
	"slices"
	"time"

	"seedtest"
)

// How is a way to learn of new mail.
type How string

// The ways. All but HowLooks keep the looks at their pace, and take whichever tells first.
const (
	HowStatus How = "status" // STATUS of INBOX, junk and the like in one write, in quick succession
	HowNotify How = "notify" // one NOTIFY within IDLE over INBOX, junk and the like, between looks
	HowIdle   How = "idle"   // IDLE on INBOX between looks
	HowLooks  How = "looks"  // nothing but the looks
)

// Strategy is how a seed is watched, and why so. It takes one session at every seed: at servers of
// others rule 23 allows one sign-in, and at ours asking is quicker than any push of a second one.
type Strategy struct {
	How How    `json:"how"`
	Why string `json:"why"`

	push How // what tells while there is time to wait: HowNotify, HowIdle or HowLooks
}

// grounds are what a strategy is chosen by.
type grounds struct {
	own    bool
	caps   map[string]bool
	quirks []string
	quick  []seedtest.Mailbox // those that the looks go to
	measured
}

// measured is what was seen of a server's pushes in earlier waits.
type measured struct {
	noIdle   string // why IDLE was given up; "" if it was not
	noNotify string // the same of NOTIFY
}

// choose chooses how a seed is watched.
func choose(g grounds) Strategy {
	push, why := choosePush(g)
	if !g.own {
		return Strategy{How: push, Why: why, push: push}
	}
	return Strategy{How: HowStatus, push: push,
		Why: "own server: asking INBOX and junk at once is quicker than any push; afterwards " +
			string(push) + ": " + why}
}

// choosePush chooses what tells between looks that are far apart.
func choosePush(g grounds) (How, string) {
	switch {
	case g.noIdle != "":
		return HowLooks, g.noIdle
	case slices.Contains(g.quirks, "no-idle"):
		return HowLooks, "the preset says that IDLE does not work here"
	case !g.caps["IDLE"]:
		return HowLooks, "the server has no IDLE"
	}
	why := whyNoNotify(g)
	if why == "" {
		return HowNotify, fmt.Sprintf("NOTIFY tells of %d mailboxes in one session", len(g.quick))
	}
	return HowIdle, "IDLE on INBOX beside the looks, because " + why
}

// whyNoNotify says why NOTIFY is not used, "" if it is.
func whyNoNotify(g grounds) string {
	switch {
	case !g.caps["NOTIFY"]:
		return "the server has no NOTIFY"
	case g.noNotify != "":
		return g.noNotify
	case len(g.quick) < 2:
		return "INBOX is the only mailbox to hear of"
	}
	for _, m := range g.quick {
		if !sayable(m.Name) {
			return "a mailbox has a name that NOTIFY cannot be asked for with certainty"
		}
	}
	return ""
}

// A push that has not come for lateAfter is late, and after maxLate of them a server's pushes are
// not waited for any more: they would keep a connection busy, and tell nothing.
const (
	lateAfter = 10 * time.Second
	maxLate   = 2
)

// waited is a wait in which the server told nothing.
type waited struct {
	by       How
	from, to time.Time
}

// missed reports whether a message came to a mailbox while the server was to push it, and long
// enough before the wait ended. A message's date is the server's: one outside of the wait says
// nothing, because its clock may be another.
func (w waited) missed(s seedtest.Sighting, role seedtest.Role) bool {
	heard := w.by == HowNotify || w.by == HowIdle && role == seedtest.RoleInbox
	return heard && s.InternalDate.After(w.from) && w.to.Sub(s.InternalDate) >= lateAfter
}
