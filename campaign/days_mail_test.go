//go:build campaign

package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// mails are a sender whose messages meet fates, and the truth about them.
type mails struct {
	*fates
	draw  *rand.Rand
	truth map[seedtest.Token][]place
}

// place is where a message lay from a moment on; no mailbox: it was removed.
type place struct {
	at      time.Time
	mailbox string
}

// Send accepts a message and begins its fate.
func (m *mails) Send(ctx context.Context, c seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	if err := commit(ctx); err != nil {
		return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Stage: seedtest.StageBody}
	}
	m.tasks.Go(func() { m.meet(c, drawFor(daysWorld, c.EnvelopeID)) })
	return seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal}
}

// meet delivers a message, or not, and has it moved or removed later.
func (m *mails) meet(c seedtest.Composed, draw *rand.Rand) {
	if draw.IntN(6) == 0 {
		return // dropped
	}
	seed, _, _ := strings.Cut(c.To[0], "@")
	places := placesOf(m.world.Roles(seed))
	wait := time.Duration(draw.Int64N(int64(16 * time.Minute)))
	if draw.IntN(5) == 0 {
		wait *= 20 // after the deadline
	}
	if !m.rest(wait) {
		return
	}
	token, at := seedtest.Token(c.EnvelopeID), places[draw.IntN(len(places))]
	m.happen(token, at, func() bool { return m.world.Deliver(seed, at, c.Data) == nil })
	for range draw.IntN(3) {
		if !m.rest(time.Duration(draw.Int64N(1 + int64(time.Millisecond)<<draw.IntN(22)))) {
			return
		}
		to := places[draw.IntN(len(places))]
		l, ok := lying(m.world, seed, at, c.Data)
		switch {
		case !ok:
			return
		case draw.IntN(6) == 0:
			m.happen(token, "", func() bool { return m.world.Remove(seed, l) })
			return
		case to != at && m.happen(token, to, func() bool { return m.world.Move(seed, l, to) }):
			at = to
		}
	}
}

// happen does something to a message and notes it if it was done.
func (m *mails) happen(token seedtest.Token, mailbox string, do func() bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	ok := do()
	if ok {
		m.truth[token] = append(m.truth[token], place{time.Now(), mailbox})
	}
	return ok
}

// leftUnread reports whether a message left a mailbox before it was read there. Nobody can tell
// that it was not another that is awaited (rule 6). A view over all mailboxes may lose it too.
func leftUnread(p seedtest.Probe, stays []place, roles map[string]seedtest.Role) bool {
	for _, role := range roles {
		if role == seedtest.RoleAll && len(stays) > 1 {
			return true
		}
	}
	lain, read, left := map[string]int{}, map[string]int{}, map[string]bool{}
	for i, x := range stays {
		lain[x.mailbox]++
		left[x.mailbox] = left[x.mailbox] || i < len(stays)-1
	}
	for _, s := range p.Sightings {
		read[s.Mailbox]++
	}
	for mailbox := range left {
		if left[mailbox] && read[mailbox] < lain[mailbox] {
			return true
		}
	}
	return false
}

// against says why what was said of a probe is wrong; empty if it is not.
func (m *mails) against(p seedtest.Probe, roles map[string]seedtest.Role, hidden bool) string {
	stays := m.truth[p.Token]
	for _, s := range p.Sightings {
		if !slices.ContainsFunc(stays, func(x place) bool {
			return x.mailbox == s.Mailbox && !x.at.After(s.At)
		}) && s.Role != seedtest.RoleAll {
			return "it never was in " + s.Mailbox
		}
	}
	switch p.Placements.Current {
	case seedtest.Overdue:
		// It may have come after that, when nobody could look any more.
		if len(stays) > 0 && !(hidden && stays[0].at.After(p.Proof.Begun)) {
			return "it came"
		}
		return ""
	case seedtest.Missing:
		if len(stays) > 0 {
			return "it came"
		}
		return ""
	case seedtest.Blind:
		if !hidden {
			return "nothing hid it"
		}
		return ""
	case seedtest.Inbox, seedtest.Category, seedtest.Junk, seedtest.Other:
	default:
		return "nothing of the kind happens here"
	}
	if p.Placements.Settled == nil {
		if hidden {
			return ""
		}
		return "it did not settle"
	}
	return settledAgainst(p, stays, roles)
}

// settledAgainst holds a settled placement against where the message lay when its window ended.
func settledAgainst(p seedtest.Probe, stays []place, roles map[string]seedtest.Role) string {
	last := ""
	for _, s := range stays {
		if !s.at.After(p.FollowEnd) {
			last = s.mailbox
		}
	}
	want := seedtest.Other
	switch roles[last] {
	case seedtest.RoleInbox:
		want = seedtest.Inbox
	case seedtest.RoleJunk:
		want = seedtest.Junk
	}
	if last != "" && *p.Placements.Settled != want &&
		!(want == seedtest.Inbox && *p.Placements.Settled == seedtest.Category) {
		return fmt.Sprintf("it settled as %s and lay in %s", *p.Placements.Settled, last)
	}
	return ""
}
