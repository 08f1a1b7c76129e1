//go:build real

package realtest

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// eachHost runs a test at each of some servers, at once with others.
func eachHost(t *testing.T, hosts []*host, name string, test func(*testing.T, *host)) {
	t.Helper()
	for _, h := range hosts {
		t.Run(h.Name+"/"+name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// left demands that a message lies in these mailboxes and nowhere else, unread, and that the
// owner's own mail is as it was.
func (o *owner) left(letters []string, p probe, mailboxes ...string) {
	o.t.Helper()
	found := o.where(p.MessageID)
	if !slices.Equal(found, mailboxes) {
		o.t.Errorf("%s by %s: its owner sees it in %v, want %v", p.Seed, p.Route, found, mailboxes)
	}
	for _, name := range found {
		for _, words := range o.flags(p.MessageID, name) {
			if words != "" {
				o.t.Errorf("%s by %s: in %s it has the flags %s, want none", p.Seed, p.Route, name, words)
			}
		}
	}
	if now := o.letters(); len(now) == 0 || !slices.Equal(now, letters) {
		o.t.Errorf("%s: the owner's own mail is\n%q\nand was\n%q", p.Seed, now, letters)
	}
}

// seen is where a message was seen, and whether it went from there.
type seen struct {
	mailbox string
	gone    bool
}

// placement is what becomes of a message, and what the program has to say of it.
type placement struct {
	suite     string
	at        string              // the only server with such an account; "": all
	prepare   func(*owner)        // before the run
	act       func(*owner, probe) // when it was seen; the program follows it until it settles
	later     bool                // another process follows it than the one that has seen it
	status    int                 // of the program
	placement string              // where it was first
	sightings []seen
	note      string            // the only one; "": none
	found     string            // how its mailbox is known for what it is; "": not held against
	how       map[string]string // the strategy on record, by server; nil: status
}

var placements = []placement{
	{suite: "inbox", placement: "inbox", sightings: []seen{{"INBOX", false}}},
	{suite: "junk", status: 3, placement: "junk", sightings: []seen{{"Junk", false}}},
	{suite: "flagged", at: "cyrus", status: 3, placement: "junk", sightings: []seen{{"Bulk", false}},
		found:   "special-use",
		prepare: func(o *owner) { o.do(`CREATE %q (USE (\Junk))`, o.host.mailbox("Bulk")) }},
	{suite: "other", status: 3, placement: "other", sightings: []seen{{"Lists", false}}},
	{suite: "moved", status: 3, placement: "inbox", sightings: []seen{{"INBOX", true}, {"Junk", false}},
		note: "moved", act: junked},
	{suite: "moved-later", status: 3, placement: "inbox", later: true,
		sightings: []seen{{"INBOX", true}, {"Junk", false}}, note: "moved", act: junked},
	{suite: "duplicate", placement: "inbox", sightings: []seen{{"INBOX", false}, {"INBOX", false}},
		note: "duplicate", act: func(*owner, probe) {}},
	{suite: "pushed", placement: "inbox", sightings: []seen{{"INBOX", false}},
		how: map[string]string{"dovecot": "notify", "cyrus": "idle"}},
	{suite: "pushed-junk", at: "dovecot", status: 3, placement: "junk",
		sightings: []seen{{"Junk", false}}, how: map[string]string{"dovecot": "notify"}},
}

// TestPlacement sends a message to each account, and holds what the program says of it against
// what the owner sees.
func TestPlacement(t *testing.T) {
	t.Parallel()
	for _, x := range placements {
		hosts := slices.DeleteFunc(slices.Clone(site.hosts), func(h *host) bool {
			return x.at != "" && x.at != h.Name
		})
		eachHost(t, hosts, x.suite, func(t *testing.T, h *host) { x.check(t, h) })
	}
}

func (x placement) check(t *testing.T, h *host) {
	o := h.owner(t, x.suite)
	o.furnish()
	if x.prepare != nil {
		x.prepare(o)
	}
	letters := o.letters()
	run := begin(t, x.command(h)...)
	r := x.report(t, o, run)
	if len(r.Faults) > 0 {
		t.Errorf("faults %v, want none", r.Faults)
	}
	p := r.one(t)
	p.arrived(t, h, x.placement, x.sightings...)
	o.left(letters, p, x.lies(h)...)
	for _, m := range r.Seeds[0].Mailboxes {
		if m.Name == p.Sightings[0].Mailbox && x.found != "" && m.FoundBy != x.found {
			t.Errorf("%s is known by %s, want by %s", m.Name, m.FoundBy, x.found)
		}
	}
	var notes []string
	if x.note != "" {
		notes = append(notes, x.note)
	}
	if codes := r.codes(); !slices.Equal(codes, notes) {
		t.Errorf("notes %v, want %v", codes, notes)
	}
	how, want := run.strategy(t), cmp.Or(x.how[h.Name], "status")
	if spent := r.Seeds[0].Spent.SignIns; how != want || !x.later && spent != 1 {
		t.Errorf("strategy %s and %d sign-ins, want %s and one", how, spent, want)
	}
}

// command is that of the run.
func (x placement) command(h *host) []string {
	args := []string{"run", h.Name + "-" + x.suite, "--format", "json"}
	if x.act != nil && !x.later {
		args = append(args, "--follow")
	}
	return args
}

// report returns the last report of the message, when its owner has acted on it and it has settled.
func (x placement) report(t *testing.T, o *owner, run *program) report {
	t.Helper()
	if x.act == nil {
		return run.report(t, x.status)
	}
	var p probe
	if x.later {
		p = run.report(t, 0).one(t)
		run = beginWith(t, run.store, "follow", "last", "--wait", "--format", "json")
	} else {
		p = run.sighted(t)
	}
	begun := time.Now().Truncate(time.Millisecond) // as the report says times
	x.act(o, p)
	ended := time.Now()
	r := run.report(t, x.status)
	for i, s := range r.one(t).Sightings {
		if s.Gone == nil {
			continue
		}
		if next := r.Probes[0].Sightings[i+1]; s.Gone.After(ended) || next.Seen.Before(begun) {
			t.Errorf("it was last seen in %s at %s and first in %s at %s, and moved from %s to %s",
				s.Mailbox, s.Gone, next.Mailbox, next.Seen, begun, ended)
		}
	}
	if settled := r.Probes[0].Placement.Settled; settled == nil {
		t.Error("nothing has settled")
	} else if *settled != r.Probes[0].Placement.Current {
		t.Errorf("settled in %s, and it lies in %s", *settled, r.Probes[0].Placement.Current)
	}
	return r
}

// junked: the owner calls a message junk.
func junked(o *owner, p probe) { o.move(p.MessageID, "INBOX", "Junk") }

// lies names the mailboxes in which the message lies in the end.
func (x placement) lies(h *host) []string {
	var names []string
	for _, s := range x.sightings {
		if !s.gone {
			names = append(names, h.mailbox(s.mailbox))
		}
	}
	return names
}

// codes are those of a report's notes.
func (r report) codes() []string {
	var codes []string
	for _, n := range r.Notes {
		codes = append(codes, n.Code)
	}
	return codes
}

// arrived demands that a probe was seen in these mailboxes in this order, and that it is placed by
// the first of them and now by the first in which it still lies.
func (p probe) arrived(t *testing.T, h *host, placement string, wanted ...seen) {
	t.Helper()
	if p.Placement.First != placement {
		t.Errorf("%s by %s: placed in %s (%s), want %s", p.Seed, p.Route, p.Placement.First,
			p.Placement.Why, placement)
	}
	if len(p.Sightings) != len(wanted) {
		t.Fatalf("%s by %s: sightings %+v, want %+v", p.Seed, p.Route, p.Sightings, wanted)
	}
	for i, want := range wanted {
		s := p.Sightings[i]
		if s.Mailbox != h.mailbox(want.mailbox) || s.UID == 0 || (s.Gone != nil) != want.gone {
			t.Errorf("%s by %s: sighting %+v, want %+v", p.Seed, p.Route, s, want)
		}
		if len(s.Carriers) < 2 {
			t.Errorf("%s by %s: carriers %v, want all of the header", p.Seed, p.Route, s.Carriers)
		}
		if want.gone && (s.Gone.Before(s.Seen) || p.Sightings[i+1].Seen.Before(*s.Gone)) {
			t.Errorf("%s by %s: seen in %s at %s, last at %s, and then in %s at %s", p.Seed, p.Route,
				s.Mailbox, s.Seen, s.Gone, p.Sightings[i+1].Mailbox, p.Sightings[i+1].Seen)
		}
	}
	// A program may end when its message was seen already.
	if p.Latency.Notice == nil || *p.Latency.Notice < 0 && p.Route != "sendmail" {
		t.Errorf("%s by %s: notice_s %v, want how long it took", p.Seed, p.Route, p.Latency.Notice)
	}
}
