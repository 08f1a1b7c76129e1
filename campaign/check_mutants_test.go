//go:build campaign

package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/lab"
)

var zero = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return zero.Add(d) }

func placing(p seedtest.Placement) seedtest.ProbePlaces {
	return seedtest.ProbePlaces{First: p, Current: p, Settled: &p}
}

// clear is an outcome at a seed that nothing hid for eight hours.
func clear(said seedtest.Placement) *outcome {
	day := []during{{after(0), after(8 * time.Hour)}}
	at := func(d time.Duration) *during { return &during{after(d), after(d)} }
	window := func(d time.Duration) []during { return []during{{after(d), after(d + grace)}} }
	no := false
	return &outcome{own: true, said: placing(said), late: &no, sent: true, reply: true,
		seeing: day, proving: day, end: after(8 * time.Hour), due: *at(15 * time.Minute),
		bases: window(0), deadlines: window(15 * time.Minute), limits: window(6 * time.Hour),
		absent: at(15 * time.Minute), missing: at(6 * time.Hour)}
}

// arrived is a message that came to INBOX, was moved to junk after an hour, and settled there.
func arrived() *outcome {
	o := clear(seedtest.Junk)
	o.said.First = seedtest.Inbox
	o.stays = []stay{
		{letter: 1, mailbox: "INBOX", role: seedtest.RoleInbox, validity: 7, uid: 3,
			from: after(time.Minute), to: after(time.Hour)},
		{letter: 1, mailbox: "Junk", role: seedtest.RoleJunk, validity: 8, uid: 5,
			from: after(time.Hour)},
	}
	o.sights = []sight{
		{mailbox: "INBOX", role: seedtest.RoleInbox, validity: 7, uid: 3, at: after(time.Minute),
			last: after(time.Hour - time.Second), goneAt: after(time.Hour + time.Second)},
		{mailbox: "Junk", role: seedtest.RoleJunk, validity: 8, uid: 5,
			at: after(time.Hour + time.Second)},
	}
	o.closings = []during{{after(121 * time.Minute), after(122 * time.Minute)}}
	o.settling = &during{after(121 * time.Minute), after(121 * time.Minute)}
	return o
}

// archived is one that its owner took out of INBOX, and that a view shows still.
func archived() *outcome {
	o, other := arrived(), seedtest.Other
	o.stays[1].mailbox, o.stays[1].role = "All Mail", seedtest.RoleAll
	o.sights[1].mailbox, o.sights[1].role = "All Mail", seedtest.RoleAll
	o.stays[1].from, o.sights[1].at = o.stays[0].from, o.sights[0].at
	o.said.Current, o.said.Settled = other, &other
	o.proved = []during{*o.settling}
	return o
}

// dark is a message that came and that nobody could see.
func dark() *outcome {
	o := clear(seedtest.Blind)
	o.stays = arrived().stays[:1]
	o.seeing, o.proving, o.absent, o.missing = nil, nil, nil, nil
	return o
}

// TestCheckerCatches feeds wrong verdicts to the checker, each kind of mistake once, beside right
// ones.
func TestCheckerCatches(t *testing.T) {
	yes := true
	inbox, other := seedtest.Inbox, seedtest.Other
	gone := func() *outcome { return clear(seedtest.Missing) }
	for _, m := range []struct {
		mistake string // what the checker says; empty: nothing is wrong
		of      func() *outcome
		make    func(*outcome)
	}{
		{"", arrived, func(*outcome) {}},
		{"", gone, func(*outcome) {}},
		{"", dark, func(*outcome) {}},
		{"", archived, func(*outcome) {}},
		{"", archived, func(o *outcome) { o.said.Current, o.proved = seedtest.Inbox, nil }},
		{"it lies as", archived, func(o *outcome) { o.said.Current = seedtest.Inbox }},
		{"it lies as", archived, func(o *outcome) { o.said.Current, o.proved = seedtest.Junk, nil }},
		{"it lies as", arrived, func(o *outcome) { o.said.Current = seedtest.Inbox }},
		{"it lies as", arrived, func(o *outcome) { o.said.Current = seedtest.Other }},
		{"it settled as", arrived, func(o *outcome) { o.said.Settled = &inbox }},
		{"it settled as", arrived, func(o *outcome) { o.said.Settled = &other }},
		{"nothing kept it from settling", arrived, func(o *outcome) { o.said.Settled = nil }},
		{"no complete round settles it", arrived, func(o *outcome) { o.settling = nil }},
		{"it was first seen as", arrived, func(o *outcome) { o.said.First = seedtest.Junk }},
		{"it was first seen as", arrived, func(o *outcome) { o.stays[0].role = seedtest.RoleTrash }},
		{`is "trash", not "inbox"`, arrived, func(o *outcome) { o.stays[0].role = seedtest.RoleTrash }},
		{"it lies as [category]", arrived, func(o *outcome) { // a category is no inbox
			o.stays[1].role, o.stays[1].class = seedtest.RoleInbox, "promotions"
			o.sights[1].role, o.sights[1].class = seedtest.RoleInbox, "promotions"
			o.said.Current = seedtest.Inbox
		}},
		{"its class is", arrived, func(o *outcome) { o.stays[0].class = "promotions" }},
		{"nothing hid its class", arrived, func(o *outcome) { o.sights[0].class = "unknown" }},
		{"it never was in Trash", arrived, func(o *outcome) { o.sights[1].mailbox = "Trash" }},
		{"it never was in Junk with UID 6", arrived, func(o *outcome) { o.sights[1].uid = 6 }},
		{"it never was in Junk", arrived, func(o *outcome) { o.sights[1].validity = 9 }},
		{"before it came", arrived, func(o *outcome) { o.sights[1].at = after(time.Hour - time.Second) }},
		{"after it had left", arrived, func(o *outcome) { o.sights[0].at = after(2 * time.Hour) }},
		{"and nobody saw it", arrived, func(o *outcome) { o.sights = o.sights[1:] }},
		{"and nobody saw it", arrived, func(o *outcome) { o.sights = o.sights[:1] }},
		{"it was not seen", arrived, func(o *outcome) { o.sights = nil }},
		{"and nobody noticed", arrived, func(o *outcome) { o.sights[0].goneAt = time.Time{} }},
		{"it had not left Junk", arrived, func(o *outcome) { o.sights[1].goneAt = after(2 * time.Hour) }},
		{"it had not left INBOX", arrived, func(o *outcome) {
			o.sights[0].goneAt = after(time.Hour - time.Second)
		}},
		{"it is said to have been there", arrived, func(o *outcome) {
			o.sights[0].last = after(time.Hour + time.Second)
		}},
		{"it was not late", arrived, func(o *outcome) { o.late = &yes }},
		{"it was late", arrived, func(o *outcome) {
			o.due = during{zero.Add(-time.Hour), zero.Add(-time.Hour)}
		}},
		{"nothing hid whether it was late", arrived, func(o *outcome) { o.late = nil }},
		{"it came to INBOX", gone, func(o *outcome) {
			o.stays = arrived().stays[:1]
			o.seeing = nil
		}},
		{"it came to INBOX", gone, func(o *outcome) { // between two looks
			o.stays = arrived().stays[:1]
			o.stays[0].to = o.stays[0].from.Add(time.Second)
		}},
		{"no complete round proves it", gone, func(o *outcome) { o.missing = nil }},
		{"it settled as nothing", gone, func(o *outcome) { o.said.Settled = nil }},
		{"nothing kept it from being called missing", gone, func(o *outcome) {
			o.said = placing(seedtest.Overdue)
		}},
		{"nothing kept it from being called missing", gone, func(o *outcome) {
			o.said, o.missing = placing(seedtest.Overdue), nil
		}},
		{"nothing hid it at its deadline", dark, func(o *outcome) { o.proving = o.deadlines }},
		{"nothing hid it at the missing limit", dark, func(o *outcome) { o.proving = o.limits }},
		{"and nobody saw it", dark, func(o *outcome) { o.seeing = clear("").seeing }},
		{"having a baseline", dark, func(o *outcome) {
			o.sent, o.proving = false, o.bases
		}},
		{"there was no doubt", dark, func(o *outcome) { o.said = placing(seedtest.InDoubt) }},
		{"nothing of the kind", dark, func(o *outcome) { o.said = placing(seedtest.Pending) }},
		{"nothing of the kind", dark, func(o *outcome) { o.said = placing(seedtest.Refused) }},
		{"nothing of the kind", dark, func(o *outcome) { o.said = placing(seedtest.Unsent) }},
	} {
		o := m.of()
		m.make(o)
		wrong := o.check()
		caught := slices.ContainsFunc(wrong, func(why string) bool {
			return strings.Contains(why, m.mistake)
		})
		if m.mistake == "" && len(wrong) > 0 || m.mistake != "" && !caught {
			t.Errorf("want %q of %s, got %q", m.mistake, o.said.Current, wrong)
		}
	}
}

// TestAuditCatches changes mail of others in each way in which a client could.
func TestAuditCatches(t *testing.T) {
	letters := func() []lab.Letter {
		return []lab.Letter{{ID: 1, Mailbox: "INBOX", UIDValidity: 7, UID: 3, Flags: []string{`\Seen`},
			Raw: foreign(1)}, {ID: 2, Mailbox: "INBOX", UIDValidity: 7, UID: 4, Raw: foreign(2)}}
	}
	for _, x := range []struct {
		want   string
		change func(l []lab.Letter) []lab.Letter
	}{
		{"", func(l []lab.Letter) []lab.Letter { return l }},
		{"UID 4 of INBOX is gone", func(l []lab.Letter) []lab.Letter { return l[:1] }},
		{"UID 3 of INBOX is gone", func(l []lab.Letter) []lab.Letter {
			l[0].Mailbox = "Trash"
			return l
		}},
		{"had the flags [] and has [", func(l []lab.Letter) []lab.Letter {
			l[1].Flags = []string{`\Seen`}
			return l
		}},
		{`had the flags [\Seen]`, func(l []lab.Letter) []lab.Letter {
			l[0].Flags = nil
			return l
		}},
		{"UID 3 of INBOX is another", func(l []lab.Letter) []lab.Letter {
			l[0].UID = 9
			return l
		}},
		{"UID 9 of Junk came", func(l []lab.Letter) []lab.Letter {
			return append(l, lab.Letter{ID: 3, Mailbox: "Junk", UID: 9, Raw: foreign(3)})
		}},
	} {
		got := strings.Join(differs(letters(), x.change(letters())), "; ")
		if x.want == "" && got != "" || !strings.Contains(got, x.want) {
			t.Errorf("want %q, got %q", x.want, got)
		}
	}
}

// TestVeils holds what is left of a day when faults are taken out.
func TestVeils(t *testing.T) {
	minute := func(a, b int) during {
		return during{after(time.Duration(a) * time.Minute), after(time.Duration(b) * time.Minute)}
	}
	hidden := func(kind trouble, a, b int) veil {
		return veil{during: minute(a, b), kind: kind, rounds: true}
	}
	for _, x := range []struct {
		what  string
		veils []veil
		own   bool
		want  []during
	}{
		{"nothing", nil, true, []during{minute(0, 100)}},
		{"a stall", []veil{hidden(stalled, 10, 20)}, true, []during{minute(0, 10), minute(22, 100)}},
		{"a stall at others", []veil{hidden(stalled, 10, 20)}, false,
			[]during{minute(0, 10), minute(29, 100)}},
		{"what grows", []veil{hidden(refusedLogin, 10, 20)}, false,
			[]during{minute(0, 10), minute(33, 100)}},
		{"two apart", []veil{hidden(stalled, 50, 60), hidden(stalled, 10, 20)}, true,
			[]during{minute(0, 10), minute(22, 50), minute(62, 100)}},
		{"one before the other is over", []veil{hidden(stalled, 10, 20), hidden(refusedLogin, 21, 30)},
			false, []during{minute(0, 10), minute(59, 100)}},
		{"all", []veil{hidden(stalled, 0, 99)}, true, nil},
	} {
		if got := unveiled([]during{minute(0, 100)}, x.veils, x.own); !slices.Equal(got, x.want) {
			t.Errorf("%s: got %v, want %v", x.what, got, x.want)
		}
	}
}
