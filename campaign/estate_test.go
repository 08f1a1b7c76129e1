//go:build campaign

package campaign

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/lab"
)

// estate is what lies in the mailboxes of all seeds, and lay there since a world began. Whoever
// changes something looks before and after: what differs before was not us, and mail of others must
// not differ then.
type estate struct {
	world   *lab.World
	stays   map[string][]*stay // by seed, in the order in which they came
	others  map[string][]lab.Letter
	touched []string // how mail of others was changed by nobody here
}

// bulk is a mailbox that counts as inbox; receipts is one to which a rule files.
const bulk, receipts = "Bulk", "Receipts"

// audit compares the mail of others at a seed with what was there when something was last done.
func (e *estate) audit(seed string) {
	now := othersIn(e.world.Letters(seed))
	for _, why := range differs(e.others[seed], now) {
		e.touched = append(e.touched, seed+": "+why)
	}
	e.note(seed)
}

// note takes down where everything lies at a seed now.
func (e *estate) note(seed string) {
	now, letters := time.Now(), e.world.Letters(seed)
	e.others[seed] = othersIn(letters)
	for _, s := range e.stays[seed] {
		if s.to.IsZero() && !slices.ContainsFunc(letters, s.holds) {
			s.to = now
		}
	}
	for _, l := range letters {
		if !slices.ContainsFunc(e.stays[seed], func(x *stay) bool { return x.to.IsZero() && x.holds(l) }) {
			e.stays[seed] = append(e.stays[seed], stayOf(l, now))
		}
	}
}

func stayOf(l lab.Letter, now time.Time) *stay {
	x := &stay{letter: l.ID, token: tokenIn(l.Raw), mailbox: l.Mailbox, role: l.Role, class: l.Class,
		validity: l.UIDValidity, uid: l.UID, from: now}
	if l.Mailbox == bulk {
		x.role, x.class = seedtest.RoleInboxLike, "bulk"
	}
	return x
}

func (x *stay) holds(l lab.Letter) bool {
	return x.letter == l.ID && x.mailbox == l.Mailbox && x.validity == l.UIDValidity && x.uid == l.UID
}

// tokenIn returns the token of a message of ours, "" for mail of others.
func tokenIn(raw []byte) seedtest.Token {
	_, rest, ok := bytes.Cut(raw, []byte("Message-ID: <"))
	token, _, ours := bytes.Cut(rest, []byte("@example.net>"))
	if !ok || !ours {
		return ""
	}
	return seedtest.Token(token)
}

// foreign is a message of others.
func foreign(n int) []byte {
	return fmt.Appendf(nil, "Message-ID: <%d@elsewhere.example>\r\nSubject: private\r\n\r\nx\r\n", n)
}

func othersIn(letters []lab.Letter) []lab.Letter {
	return slices.DeleteFunc(slices.Clone(letters), func(l lab.Letter) bool {
		return !bytes.Contains(l.Raw, []byte("@elsewhere.example>"))
	})
}

// differs says how mail of others is another than before: there, where it lies, its number and its
// flags.
func differs(before, after []lab.Letter) []string {
	var why []string
	is := func(a lab.Letter) func(lab.Letter) bool {
		return func(b lab.Letter) bool { return a.ID == b.ID && a.Mailbox == b.Mailbox }
	}
	for _, a := range before {
		i := slices.IndexFunc(after, is(a))
		if i < 0 {
			why = append(why, fmt.Sprintf("UID %d of %s is gone", a.UID, a.Mailbox))
			continue
		}
		b := after[i]
		if a.UID != b.UID || a.UIDValidity != b.UIDValidity || a.Class != b.Class ||
			!bytes.Equal(a.Raw, b.Raw) {
			why = append(why, fmt.Sprintf("UID %d of %s is another", a.UID, a.Mailbox))
		}
		if !slices.Equal(a.Flags, b.Flags) {
			why = append(why, fmt.Sprintf("UID %d of %s had the flags %v and has %v", a.UID, a.Mailbox,
				a.Flags, b.Flags))
		}
	}
	for _, b := range after {
		if !slices.ContainsFunc(before, is(b)) {
			why = append(why, fmt.Sprintf("UID %d of %s came", b.UID, b.Mailbox))
		}
	}
	return why
}

// ours are the stays of a message at a seed.
func (e *estate) ours(seed string, token seedtest.Token) []stay {
	var list []stay
	for _, s := range e.stays[seed] {
		if s.token == token {
			list = append(list, *s)
		}
	}
	return list
}

// canariesLeft counts the canaries that still lie at a seed.
func (e *estate) canariesLeft(seed string) int {
	n := 0
	for _, l := range e.world.Letters(seed) {
		if strings.Contains(string(l.Raw), "seedtest canary") {
			n++
		}
	}
	return n
}
