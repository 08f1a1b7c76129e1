package analyze

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"seedtest"
	"seedtest/header"
)

// region is the part of a header that the receiving provider wrote: the fields above the first one
// that came from outside, and those that the edge wrote directly below its own Received field.
// Whoever sent the message wrote everything else, and may have written it to look like the
// provider's.
type region struct {
	end  int // fields at positions below end are the provider's
	edge int // index in the hops of the field that the edge wrote, -1 if unknown
}

// boundary finds the region by the provider's marker, else by the name of its edge.
func boundary(h header.Header, hops []seedtest.Hop, received []int, trust seedtest.Trust) region {
	if trust.BoundaryMarker != "" {
		for i, f := range h.Fields {
			if strings.EqualFold(f.Name, trust.BoundaryMarker) {
				return region{end: i, edge: lastAbove(hops, received, i)}
			}
		}
	}
	edge := edgeHop(hops, match(trust.BoundaryBy, false))
	if edge < 0 {
		return region{edge: -1}
	}
	end := received[hops[edge].Header] + 1
	if trust.ResultsBelow {
		return region{end: end, edge: edge} // such an edge writes nothing here
	}
	for end < len(h.Fields) && isEdgeField(h.Fields[end].Name) {
		end++
	}
	return region{end: end, edge: edge}
}

// isEdgeField reports whether an edge writes a field of that name below its own Received field.
func isEdgeField(name string) bool {
	name = strings.ToLower(name)
	return name == results || name == "received-spf" || strings.HasPrefix(name, "arc-")
}

// lastAbove returns the lowest hop whose field stands above a position, or -1.
func lastAbove(hops []seedtest.Hop, received []int, position int) int {
	for i, h := range hops { // the oldest, and so the lowest, comes first
		if received[h.Header] < position {
			return i
		}
	}
	return -1
}

// edgeHop returns the topmost hop that a server of the provider wrote about a client from outside
// or, if there is none, the topmost that one wrote at all.
func edgeHop(hops []seedtest.Hop, own *regexp.Regexp) int {
	if own == nil {
		return -1
	}
	first := -1
	for i := len(hops) - 1; i >= 0; i-- {
		if !own.MatchString(hops[i].By.Name) {
			continue
		}
		if first < 0 {
			first = i
		}
		if !isInside(hops[i].From, own) {
			return i
		}
	}
	return first
}

// isInside reports whether a client is the provider itself, as far as its servers saw: the
// greeting, which anybody may choose, counts only for addresses that nobody outside has.
func isInside(c seedtest.HopFrom, own *regexp.Regexp) bool {
	private := !c.IP.IsValid() || c.IP.IsPrivate() || c.IP.IsLinkLocalUnicast()
	switch {
	case c.IP.IsLoopback():
		return true
	case c.IP.IsValid() && c.RDNS != "" && own.MatchString(c.RDNS) && !isLiteral(c.RDNS):
		return true
	}
	return private && (c.HELO == "" || own.MatchString(c.HELO))
}

func isLiteral(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// believe marks what the provider itself wrote. Without a word about whom to trust nothing is.
func believe(h header.Header, a *seedtest.Analysis, received []int, trust seedtest.Trust) region {
	r := boundary(h, a.Hops, received, trust)
	for i := range a.Hops {
		a.Hops[i].Trusted = r.edge >= 0 && i >= r.edge
	}
	believeResults(a.Authentication, r, trust)
	for i := range a.ReceivedSPF {
		if trust.ReceivedSPF && a.ReceivedSPF[i].Position < r.end {
			a.ReceivedSPF[i].Trusted = true
			break
		}
	}
	believeStamps(a, r)
	return r
}

// believeStamps marks the stamps within the provider's region, and those elsewhere of which its
// edge removes the copies that come from outside.
func believeStamps(a *seedtest.Analysis, r region) {
	for i := range a.Stamps {
		s := &a.Stamps[i]
		s.Trusted = s.Position < r.end
		if form := stampTable().find(s.Field); !s.Trusted && r.edge >= 0 && form != nil {
			re := match(form.RemovedBy, false)
			s.Trusted = re != nil && re.MatchString(a.Hops[r.edge].By.Name)
		}
	}
}

// believeResults marks the fields of results that the provider wrote: those in its region that bear
// its authserv-id or, where it writes none, none. A provider whose boundary is not known is
// believed by its authserv-id, and one that writes its results below the sender's fields
// (results_below) for the lowest field that bears it. No field is believed that states a method
// which a believed one above it has stated: a copy that the sender brought along would otherwise
// outvote the provider.
func believeResults(fields []seedtest.AuthField, r region, trust seedtest.Trust) {
	own := authserv(trust)
	known := trust.BoundaryBy != "" || trust.BoundaryMarker != ""
	stated := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		if !own(f) || known && f.Position >= r.end || !known && f.AuthservID == "" {
			continue
		}
		believeOnce(f, stated)
	}
	if !trust.ResultsBelow || !known {
		return
	}
	for i := len(fields) - 1; i >= 0; i-- {
		if f := &fields[i]; own(f) && f.Position >= r.end && f.Instance == 0 {
			believeOnce(f, stated)
			return
		}
	}
}

// believeOnce believes a field unless it states again what was stated before.
func believeOnce(f *seedtest.AuthField, stated map[string]bool) {
	if f.Instance == 0 {
		for _, r := range f.Results {
			if stated[r.Method] {
				f.Problems = append(f.Problems,
					"not believed: it states "+r.Method+" again, as a field above it does")
				return
			}
		}
		for _, r := range f.Results {
			stated[r.Method] = true
		}
	}
	f.Trusted = true
}

// authserv returns what tells the provider's own fields by their authserv-id.
func authserv(trust seedtest.Trust) func(*seedtest.AuthField) bool {
	patterns := make([]*regexp.Regexp, 0, len(trust.AuthservIDs))
	for _, p := range trust.AuthservIDs {
		patterns = append(patterns, match(p, true))
	}
	return func(f *seedtest.AuthField) bool {
		name := strings.ToLower(f.Field)
		if name != results && name != "arc-"+results {
			return false // what a forwarder kept of others' results
		}
		if f.AuthservID == "" {
			return trust.NoAuthservID && name == results
		}
		id := strings.TrimSuffix(f.AuthservID, ".")
		return slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool {
			return re != nil && re.MatchString(id)
		})
	}
}

// compiled remembers patterns, which cost more to compile than a message to read. It forgets them
// all when there are more than a handful of providers can have.
var compiled struct {
	sync.Mutex
	patterns map[string]*regexp.Regexp
}

const maxCompiled = 512

// match compiles a pattern of a provider's, to be compared without case, and whole if so told. A
// pattern that is empty or no RE2 gives nil, and so trusts nothing.
func match(pattern string, whole bool) *regexp.Regexp {
	if pattern == "" {
		return nil
	}
	if pattern = "(?i:" + pattern + ")"; whole {
		pattern = "^" + pattern + "$"
	}
	compiled.Lock()
	defer compiled.Unlock()
	re, ok := compiled.patterns[pattern]
	if !ok {
		re, _ = regexp.Compile(pattern)
		if compiled.patterns == nil || len(compiled.patterns) >= maxCompiled {
			compiled.patterns = map[string]*regexp.Regexp{}
		}
		compiled.patterns[pattern] = re
	}
	return re
}
