package analyze

import (
	"slices"
	"strings"

	"seedtest"
)

// Whose word counts is decided in two steps, and a field must pass both. It must stand where the
// provider writes (region.go), and it must be of a kind that the provider writes, results under one
// of its authserv-ids. Neither is enough alone: the sender controls every byte below the boundary,
// and a forwarder's own provider may be the same one.
//
// What this cannot tell: results directly below the Received field of a server of which it is not
// known what it writes there, if they state a method that the server itself left out; what a sender
// made the provider write, such as an address that reads like a result; and a filter that hands
// mail back to the edge from a proxy in front of it, as both have private addresses. Behind a proxy
// that hides its clients, a sender can write a hop of the edge's and more.

// believe marks what the provider itself wrote. Without a word about whom to trust nothing is.
func believe(h head, a *seedtest.Analysis, trust seedtest.Trust) region {
	r := boundary(h, a.Hops, trust)
	for i := range a.Hops {
		a.Hops[i].Trusted = r.edge >= 0 && i >= r.edge
	}
	if r.known {
		believeResults(a.Authentication, r, trust)
	} else {
		believeAlone(a.Authentication, h.received, trust)
	}
	if trust.ReceivedSPF {
		believeSPF(a, r)
	}
	believeStamps(a, r)
	return r
}

// believeSPF marks the topmost Received-SPF of the region. One below the boundary must be about
// this delivery: it names the client that the edge saw, and says what the results say of SPF.
func believeSPF(a *seedtest.Analysis, r region) {
	for i := range a.ReceivedSPF {
		f := &a.ReceivedSPF[i]
		if f.Position >= r.end {
			return
		}
		spf, stated := a.Result("spf")
		agrees := !stated || spf.Result == strings.ToLower(f.Result)
		if f.Position < r.top || agrees && aboutClient(f, a.Hops[r.edge]) {
			f.Trusted = true
			return
		}
	}
}

func aboutClient(f *seedtest.ReceivedSPF, edge seedtest.Hop) bool {
	for _, p := range f.Pairs {
		if p.Name == "client-ip" {
			ip, ok := readIP(p.Value)
			return !ok || !isPublic(edge.From.IP) || ip == edge.From.IP
		}
	}
	return true
}

// believeStamps marks the stamps within the provider's region, and those elsewhere of which its
// edge removes the copies that come from outside. Should one pass, the provider's own stands below
// it, at the end if any do.
func believeStamps(a *seedtest.Analysis, r region) {
	appended, from := false, 0
	for i := range a.Stamps {
		position := a.Stamps[i].Position
		a.Stamps[i].Trusted = r.holds(position)
		appended = appended || position >= r.tail
		if position >= r.last {
			from = r.last
		}
	}
	if r.edge < 0 || appended || !r.whole {
		return
	}
	by := a.Hops[r.edge].By.Name
	for i := range a.Stamps {
		s := &a.Stamps[i]
		if s.Trusted || s.Position < from {
			continue
		}
		form := stampTable().find(s.Field)
		if form == nil || form.RemovedBy == "" || !match(form.RemovedBy, false).matches(by) {
			continue
		}
		s.Trusted = lowest(a.Stamps[i:])
	}
}

// lowest reports whether no stamp of the same name follows the first.
func lowest(stamps []seedtest.Stamp) bool {
	for _, s := range stamps[1:] {
		if strings.EqualFold(s.Field, stamps[0].Field) {
			return false
		}
	}
	return true
}

// believeResults marks the fields of results within the provider's region that bear its authserv-id
// or, where it writes none, none. A provider writes them on one side of its edge's Received field,
// so that none below count where some stand above. Where only the kinds of the fields below are
// known, none is believed there that states a method which a believed one above it has stated: a
// copy that the sender brought along would otherwise outvote the provider. One that writes its
// results below the sender's fields (results_below) is believed for the lowest field if none stands
// on top.
func believeResults(fields []seedtest.AuthField, r region, trust seedtest.Trust) {
	found, above := false, false
	var said stated
	for i := range fields {
		f := &fields[i]
		if !r.holds(f.Position) || !isOwn(f, trust) {
			continue
		}
		inserted := r.top <= f.Position && f.Position < r.end
		if inserted && (above || r.loose && (f.Instance != 0 || said.again(f))) {
			continue
		}
		f.Trusted = true
		found = found || f.Instance == 0
		above = above || f.Instance == 0 && f.Position < r.top
	}
	if !trust.ResultsBelow || found || r.edge < 0 || !r.whole {
		return
	}
	for i := len(fields) - 1; i >= 0 && fields[i].Position >= r.end; i-- {
		if f := &fields[i]; f.Instance == 0 && isOwn(f, trust) {
			f.Trusted = true
			return
		}
	}
}

// believeAlone marks fields of results where nothing but an authserv-id is known: the topmost that
// bears it and what follows with no Received field between, which is as far as one server writes.
// No field is believed that states again what one above it has stated.
func believeAlone(fields []seedtest.AuthField, received []int, trust seedtest.Trust) {
	last := -1
	var said stated
	for i := range fields {
		f := &fields[i]
		if f.AuthservID == "" || !isOwn(f, trust) {
			continue
		}
		if last >= 0 && anyBetween(received, last, f.Position) {
			return
		}
		if last = f.Position; !said.again(f) {
			f.Trusted = true
		}
	}
}

// anyBetween reports whether one of the positions, which ascend, lies between two others.
func anyBetween(positions []int, from, to int) bool {
	i, _ := slices.BinarySearch(positions, from+1)
	return i < len(positions) && positions[i] < to
}

// stated holds the methods of which believed fields have spoken.
type stated map[string]bool

// again reports, and notes in the field, whether it states a method that was stated before. If not,
// its methods are from now on.
func (s *stated) again(f *seedtest.AuthField) bool {
	if f.Instance != 0 {
		return false
	}
	for _, r := range f.Results {
		if (*s)[r.Method] {
			f.Problems = append(f.Problems,
				"not believed: it states "+r.Method+" again, as a field above it does")
			return true
		}
	}
	if *s == nil {
		*s = stated{}
	}
	for _, r := range f.Results {
		(*s)[r.Method] = true
	}
	return false
}

// isOwn reports whether a field bears one of the provider's authserv-ids.
func isOwn(f *seedtest.AuthField, trust seedtest.Trust) bool {
	if f.AuthservID != "" && len(trust.AuthservIDs) == 0 {
		return false
	}
	if !strings.EqualFold(f.Field, results) && !strings.EqualFold(f.Field, "arc-"+results) {
		return false // what a forwarder kept of others' results
	}
	if f.AuthservID == "" {
		return trust.NoAuthservID && len(f.Field) == len(results)
	}
	return hasID(trust.AuthservIDs, f.AuthservID)
}

// hasID compares a name with patterns of authserv-ids. Ours are in ASCII, and letters that only
// look or fold like those of ASCII are others.
func hasID(patterns []string, id string) bool {
	id = strings.TrimSuffix(id, ".")
	if id == "" || !onlyASCII(id) {
		return false
	}
	for _, p := range patterns {
		if match(p, true).matches(id) {
			return true
		}
	}
	return false
}

func onlyASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
