package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// Disagreement is a verdict that what really happened does not bear out.
type Disagreement struct {
	Probe seedtest.ProbeID
	Route string
	Seed  string
	Said  seedtest.Placement
	Why   string // why it may not be said
	Truth Truth
}

// String says it in one line.
func (d Disagreement) String() string {
	events := make([]string, len(d.Truth.Events))
	for i, e := range d.Truth.Events {
		events[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.At.Format("15:04:05.000"), e.What,
			e.Mailbox, firstLine(e.Detail)))
	}
	return fmt.Sprintf("probe %s, %s by %s: %s: %s; what happened: %s", d.Probe, d.Seed, d.Route,
		d.Said, d.Why, strings.Join(events, "; "))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Disagreements holds every verdict of a run against the truth. A verdict has to say all that could
// be known: where a message lies, that it was refused, or that it is in no mailbox. Only a fault of
// the seed's IMAP server excuses blindness, only one of the relay excuses doubt.
func (w *World) Disagreements(r seedtest.Run) []Disagreement {
	all := w.Truth()
	var wrong []Disagreement
	for _, p := range r.Probes {
		s := w.story(p)
		s.Truth = truthAbout(p, all)
		if why := s.against(p, r.AsOf); why != "" {
			wrong = append(wrong, Disagreement{Probe: p.ID, Route: p.Route, Seed: p.Seed,
				Said: p.Placements.Current, Why: why, Truth: s.Truth})
		}
	}
	return wrong
}

// truthAbout joins what happened to a probe's message. A relay that never saw the content knows the
// message by its ENVID only.
func truthAbout(p seedtest.Probe, all []Truth) Truth {
	t := Truth{MessageID: p.MessageID, Route: p.Route, Seed: p.Seed}
	for _, x := range all {
		same := x.MessageID == p.MessageID || x.MessageID == "" && x.EnvelopeID == string(p.Token)
		if x.Seed == p.Seed && same {
			t.Events = append(t.Events, x.Events...)
		}
	}
	slices.SortStableFunc(t.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	return t
}

// story is a truth with what is needed to hold a verdict against it.
type story struct {
	Truth
	roles   map[string]seedtest.Role // of the seed's mailboxes
	hidden  bool                     // a fault could keep the seed's mailboxes from being read
	cut     bool                     // a fault could keep the relay's answer from coming
	trouble bool                     // a fault could keep the relay from taking mail at all
	unread  bool                     // a fault could keep reports of its bounce from being read
}

// story says which faults concern a probe.
func (w *World) story(p seedtest.Probe) story {
	s := story{roles: map[string]seedtest.Role{}}
	provider := ""
	for _, x := range w.seeds {
		if x.name != p.Seed {
			continue
		}
		provider = x.provider.id()
		s.hidden = x.provider.style.noLogin != ""
		for _, b := range x.provider.style.boxes {
			s.roles[b.name] = b.role
		}
	}
	for _, f := range w.faults.history() {
		atSeed := f.Party == "" || f.Party == p.Seed || f.Party == provider
		atRoute := f.Party == "" || f.Party == p.Route
		s.hidden = s.hidden || atSeed && hides(f)
		s.unread = s.unread || (f.Party == "" || f.Party == ReturnPath) && hides(f)
		s.cut = s.cut || atRoute && cuts(f)
		s.trouble = s.trouble || atRoute && strings.HasPrefix(string(f.Kind), "smtp-")
	}
	return s
}

// hides reports whether a fault can keep a mailbox from being read for as long as a run looks. Of a
// renumbered mailbox nobody can tell what was removed before.
func hides(f Fault) bool {
	switch f.Kind {
	case IMAPSlow, IMAPUIDLast:
		return false
	}
	return strings.HasPrefix(string(f.Kind), "imap-")
}

func cuts(f Fault) bool {
	switch f.Kind {
	case SMTPDropAfterFinal, SMTPDropBeforeFinal, SMTPDropLost:
		return true
	}
	return false
}

// against says why a verdict may not be said; empty if it may.
func (s story) against(p seedtest.Probe, asOf time.Time) string {
	switch said := p.Placements.Current; said {
	case seedtest.Refused:
		return unless(s.has(Refused) && !s.Accepted(), "the relay did not refuse it")
	case seedtest.Deferred:
		return unless(s.has(Deferred) && !s.Accepted(), "the relay did not put it off")
	case seedtest.Unsent:
		return unless(s.trouble && !s.Accepted(), "nothing kept it from leaving")
	case seedtest.Missing, seedtest.Overdue:
		told := s.has(Bounced) && !s.unread
		return unless(s.Accepted() && !s.filed() && !told, "it was not taken, lies in a mailbox, or bounced")
	case seedtest.InDoubt:
		unanswered := s.cut || brokenOff(p)
		return unless(unanswered && (s.hidden || !s.filed()), "there was an answer, or it could be seen")
	case seedtest.Blind:
		return unless(s.hidden, "nothing kept the mailboxes from being read")
	case seedtest.Bounced:
		return unless(s.has(Bounced) && !s.filed(), "it did not bounce")
	case seedtest.Pending:
		return "nothing of the kind happens here"
	}
	return s.againstSeen(p, asOf)
}

func unless(holds bool, why string) string {
	if holds {
		return ""
	}
	return why
}

// brokenOff reports whether an attempt has no submission, because the process died.
func brokenOff(p seedtest.Probe) bool {
	return slices.ContainsFunc(p.Attempts, func(a seedtest.AttemptState) bool {
		return a.Submission == nil
	})
}

// filed reports whether a mailbox holds the message.
func (s story) filed() bool { _, _, ok := s.Where(); return ok }

// unknownClass is said of a message in an inbox with classes whose class could not be read.
const unknownClass = "unknown"

// apart is how far the clocks of the run and of the world may be from each other.
const apart = 50 * time.Millisecond

// againstSeen holds sightings against deliveries and moves.
func (s story) againstSeen(p seedtest.Probe, asOf time.Time) string {
	for _, x := range p.Sightings {
		if x.Role != seedtest.RoleAll && !s.wasIn(x.Mailbox) {
			return "it never was in " + x.Mailbox
		}
	}
	looked := p.Sightings[0].At
	if p.Placements.Settled != nil {
		looked = p.FollowEnd
	}
	if p.Placements.Class == unknownClass {
		return unless(s.hidden && s.filed(), "nothing kept its class from being read")
	}
	if !slices.Contains(s.between(looked.Add(-apart), asOf.Add(apart)), p.Placements.Current) {
		return "it lay elsewhere when it was looked at last"
	}
	if !slices.Contains(s.between(time.Time{}, p.Sightings[0].At.Add(apart)), p.Placements.First) {
		return "it first lay elsewhere"
	}
	if _, class, _ := s.Where(); p.Placements.Current == seedtest.Category && class != p.Placements.Class {
		return fmt.Sprintf("its class is %q, not %q", class, p.Placements.Class)
	}
	return ""
}

func (s story) wasIn(mailbox string) bool {
	return slices.ContainsFunc(s.Events, func(e Event) bool {
		return (e.What == Delivered || e.What == Moved) && e.Mailbox == mailbox
	})
}

// between lists the placements that were true at some time between two.
func (s story) between(from, to time.Time) []seedtest.Placement {
	var list []seedtest.Placement
	for _, e := range s.Events {
		if e.What != Delivered && e.What != Moved || e.At.After(to) {
			continue
		}
		if e.At.Before(from) {
			list = list[:0]
		}
		list = append(list, s.placement(e))
	}
	return list
}

// placement is what its owner would say of a message that lies there.
func (s story) placement(e Event) seedtest.Placement {
	switch s.roles[e.Mailbox] {
	case seedtest.RoleInbox:
		if e.Class != "" && e.Class != defaultClass {
			return seedtest.Category
		}
		return seedtest.Inbox
	case seedtest.RoleInboxLike:
		return seedtest.Category
	case seedtest.RoleJunk:
		return seedtest.Junk
	}
	return seedtest.Other
}
