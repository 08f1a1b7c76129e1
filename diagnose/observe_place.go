package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// place observes where the probe ended.
func (o *observed) place(run seedtest.Run) {
	now := o.Placements.Current
	if now == "" {
		return
	}
	field := "placement"
	if o.Proof != nil && !now.Seen() {
		field = "round"
	}
	o.see("place.state", string(now), field, o.Why)
	if o.Placements.First != "" && o.Placements.First != now {
		o.see("place.moved", string(o.Placements.First), "sightings", o.trail())
	}
	if o.Late != nil {
		o.see("place.late", strconv.FormatBool(*o.Late), field, o.Why)
	}
	if n := o.copies(); n > 0 {
		o.see("place.copies", strconv.Itoa(n), "sightings", o.trail())
	}
	if now == seedtest.Blind {
		o.fault(run)
	}
}

// copies counts the copies that lie in mailboxes of their own, not in views over others.
func (o *observed) copies() int {
	views := []seedtest.Role{seedtest.RoleAll, seedtest.RoleFlagged, seedtest.RoleImportant,
		seedtest.RoleSent, seedtest.RoleDrafts}
	n := 0
	for _, s := range o.Sightings {
		if (s.Gone == nil || s.Gone.ByUs) && !slices.Contains(views, s.Role) {
			n++
		}
	}
	return n
}

// trail names every copy with the time it was seen.
func (o *observed) trail() string {
	var list []string
	for _, s := range o.Sightings {
		text := fmt.Sprintf("%s UID %d %s", s.Mailbox, s.UID, s.At.UTC().Format("15:04:05"))
		switch {
		case s.Gone != nil && s.Gone.ByUs:
			text += " (removed by us)"
		case s.Gone != nil:
			text += " (gone)"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// faultRank orders the seed's troubles: what explains blindness best comes first.
var faultRank = []seedtest.FaultKind{seedtest.FaultLogin, seedtest.FaultConnect,
	seedtest.FaultThrottled, seedtest.FaultVanished, seedtest.FaultMailbox, seedtest.FaultLost,
	seedtest.FaultBaseline}

// fault observes the trouble that made the probe blind.
func (o *observed) fault(run seedtest.Run) {
	best, at := -1, len(faultRank)
	for i, f := range run.Faults {
		if f.Seed != o.Seed {
			continue
		}
		if k := slices.Index(faultRank, f.Kind); k >= 0 && k < at {
			best, at = i, k
		}
	}
	if best >= 0 {
		f := run.Faults[best]
		o.see("imap.fault", string(f.Kind), "fault", f.What)
		state := o.seen["place.state"]
		state.evidence = nil // the fault itself says more
		o.seen["place.state"] = state
	}
}

// contrast observes what needs more than one probe: the control route and the other routes at the
// same seed.
func contrast(run seedtest.Run, list []observed) {
	for i := range list {
		o := &list[i]
		if o.Control {
			continue
		}
		o.see("place.control", controlAt(o.Seed, list), "", "")
		if others, arrived := othersAt(o, list); others > 0 && !o.Placements.Current.Arrived() {
			if arrived == others {
				o.see("scope.route", "this", "", "")
			} else if arrived == 0 {
				o.see("scope.route", "all", "", "")
			}
		}
		o.signedElsewhere(list)
	}
	reverseNames(list)
	sameWayOut(list)
}

// sameWayOut gives probes without a header the address and greeting of their route, where the
// receivers of its other probes all saw the same.
func sameWayOut(list []observed) {
	ways := map[string]map[string]*observed{} // by route and address
	for i := range list {
		o := &list[i]
		if ip := o.fill["ip"]; ip != "" {
			if ways[o.Route] == nil {
				ways[o.Route] = map[string]*observed{}
			}
			ways[o.Route][ip] = o
		}
	}
	for i := range list {
		o := &list[i]
		if o.fill["ip"] != "" || len(ways[o.Route]) != 1 {
			continue
		}
		for _, x := range ways[o.Route] {
			for _, word := range []string{"ip", "mechanism", "helo"} {
				o.put(word, x.fill[word])
			}
		}
	}
}

// controlAt says what the control route came to at a seed.
func controlAt(seed string, list []observed) string {
	result := "none"
	for _, o := range list {
		if o.Seed != seed || !o.Control {
			continue
		}
		switch o.Placements.Current {
		case seedtest.Inbox, seedtest.Category:
			return "arrived"
		case seedtest.Junk, seedtest.Other, seedtest.Missing, seedtest.Overdue,
			seedtest.Refused, seedtest.Bounced, seedtest.Deferred:
			result = "failed"
		}
	}
	return result
}

// othersAt counts the same message's probes by other counted routes at the same seed, as far as
// their placement is known, and those that arrived.
func othersAt(o *observed, list []observed) (others, arrived int) {
	for _, x := range list {
		if x.Control || x.Seed != o.Seed || x.Message != o.Message || x.Route == o.Route {
			continue
		}
		switch x.Placements.Current {
		case seedtest.Blind, seedtest.InDoubt, seedtest.Pending, seedtest.Unsent, "":
			continue
		}
		others++
		if x.Placements.Current.Arrived() {
			arrived++
		}
	}
	return others, arrived
}

// short says a duration as people read it.
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + short(-d)
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds()+0.5)) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes()+0.5)) + " min"
	}
	return strconv.Itoa(int(d.Hours()+0.5)) + " h"
}
