package report

import (
	"cmp"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// side is one route with its probes: a column of the report.
type side struct {
	route  seedtest.Route
	probes []seedtest.Probe
}

// sides divides the probes by route, in the order of the suite, control routes apart.
func sides(r seedtest.Run) (judged, control []side) {
	index := map[string]int{}
	var all []side
	at := func(name string) *side {
		i, ok := index[name]
		if !ok {
			i = len(all)
			index[name] = i
			all = append(all, side{route: r.Route(name)})
		}
		return &all[i]
	}
	for _, name := range r.Opened.Suite.Routes {
		at(name)
	}
	for _, p := range r.Probes {
		s := at(p.Route)
		s.probes = append(s.probes, p)
	}
	for _, s := range all {
		switch {
		case len(s.probes) == 0:
		case s.route.Control:
			control = append(control, s)
		default:
			judged = append(judged, s)
		}
	}
	return judged, control
}

// title is the route's name in capitals, as the report says it.
func (s side) title() string { return strings.ToUpper(clean(s.route.Name)) }

// tally counts the probes that count: arrived and known.
func (s side) tally() (arrived, known int) {
	for _, p := range s.probes {
		if p.Counted && isKnown(p) {
			known++
			if p.Placements.Current.Arrived() {
				arrived++
			}
		}
	}
	return arrived, known
}

// isKnown reports whether a probe's placement says something of the route (rule 18).
func isKnown(p seedtest.Probe) bool {
	switch p.Placements.Current {
	case seedtest.Blind, seedtest.InDoubt, seedtest.Pending, "":
		return false
	case seedtest.Unsent:
		return p.UnsentBy == seedtest.UnsentRoute
	}
	return true
}

// address is the one that most providers saw, or that we handed the mail to.
func (s side) address() string {
	votes := map[string]int{}
	for _, p := range s.probes {
		if a := p.Analysis; a != nil && a.Origin != nil && a.Origin.IP.IsValid() {
			votes[a.Origin.IP.Unmap().String()]++
		}
	}
	if len(votes) == 0 {
		for _, p := range s.probes {
			if sub := p.Submission(); sub != nil {
				if to, err := netip.ParseAddrPort(sub.Remote); err == nil {
					votes[to.Addr().Unmap().String()]++
				}
			}
		}
	}
	return most(votes)
}

// most returns what has the most votes; of equals the first in order.
func most(votes map[string]int) string {
	best := ""
	for _, v := range slices.Sorted(maps.Keys(votes)) {
		if votes[v] > votes[best] {
			best = v
		}
	}
	return best
}

// heading is name, host and address of the route.
func (s side) heading() string {
	host := clean(s.route.Server.Host)
	if _, err := netip.ParseAddr(host); err != nil {
		host, _, _ = strings.Cut(host, ".")
	}
	address := s.address()
	if address == host {
		address = ""
	}
	return strings.Join(strings.Fields(s.title()+" "+host+" "+address), " ")
}

// methods are the authentication methods of the auth line, in order.
func methods() []string { return []string{"spf", "dkim", "dmarc"} }

// auth says what the providers themselves say of each method: "spf pass", "spf FAIL", or
// "spf pass 3, FAIL 2"; and that none does, where headers were read.
func (s side) auth() string {
	var said []string
	read := false
	for _, m := range methods() {
		votes := map[string]int{}
		for _, p := range s.probes {
			if p.Analysis == nil {
				continue
			}
			read = true
			if r, ok := p.Analysis.Result(m); ok {
				votes[r.Result]++
			}
		}
		if len(votes) > 0 {
			said = append(said, m+" "+votesWords(votes))
		}
	}
	if read && len(said) == 0 {
		return "no provider says"
	}
	return strings.Join(said, "  ")
}

// votesWords says results, pass first and all others in capitals, with their numbers where they
// differ.
func votesWords(votes map[string]int) string {
	results := byVotes(votes)
	if i := slices.Index(results, "pass"); i > 0 {
		results = append([]string{"pass"}, slices.Delete(results, i, i+1)...)
	}
	var said []string
	for _, r := range results {
		word := clean(r)
		if r != "pass" {
			word = strings.ToUpper(word)
		}
		if len(results) > 1 {
			word += " " + strconv.Itoa(votes[r])
		}
		said = append(said, word)
	}
	return strings.Join(said, ", ")
}

// byVotes orders what was said, the most frequent first.
func byVotes(votes map[string]int) []string {
	return slices.SortedFunc(maps.Keys(votes), func(a, b string) int {
		return cmp.Or(cmp.Compare(votes[b], votes[a]), cmp.Compare(a, b))
	})
}

// hops says how many Received fields the messages carry, and how they were handed over.
func (s side) hops() string {
	low, high := 0, 0
	tls := map[string]int{}
	for _, p := range s.probes {
		if p.Analysis == nil || len(p.Analysis.Hops) == 0 {
			continue
		}
		n := len(p.Analysis.Hops)
		if low == 0 || n < low {
			low = n
		}
		high = max(high, n)
		if h := originHop(p.Analysis); h != nil {
			tls[hopTLS(*h)]++
		}
	}
	if high == 0 {
		return ""
	}
	text := plural(high, "hop", "hops")
	if low != high {
		text = strconv.Itoa(low) + "-" + text
	}
	delete(tls, "") // nothing is said of it
	for _, t := range byVotes(tls) {
		text += ", " + t
		if len(tls) > 1 {
			text += " (" + strconv.Itoa(tls[t]) + ")"
		}
	}
	return text
}

// tlsForms are the ways in which servers write a version: TLSv1.3, TLS1_3, TLS 1.3.
var tlsForms = regexp.MustCompile(`(?i)^TLS ?v?([0-9])[._]([0-9])$`)

// tlsName writes versions of TLS alike, whoever wrote them.
func tlsName(version string) string {
	return tlsForms.ReplaceAllString(clean(version), "TLS $1.$2")
}

func hopTLS(h seedtest.Hop) string {
	switch {
	case h.TLS != nil && h.TLS.Version != "":
		return tlsName(h.TLS.Version)
	case h.TLS != nil, slices.Contains([]string{"esmtps", "esmtpsa", "smtps", "lmtps"}, h.With):
		return "TLS"
	case h.With != "":
		return "PLAIN"
	}
	return ""
}

// originHop returns the trusted hop at which the provider took the message, or nil.
func originHop(a *seedtest.Analysis) *seedtest.Hop {
	if a == nil || a.Origin == nil {
		return nil
	}
	if i := a.Origin.Hop; i >= 0 && i < len(a.Hops) {
		return &a.Hops[i]
	}
	return nil
}

// greeting says the names that the route's server is known by.
func (s side) greeting() string {
	helo, rdns := map[string]int{}, map[string]int{}
	for _, p := range s.probes {
		if h := originHop(p.Analysis); h != nil {
			helo[h.From.HELO]++
			rdns[h.From.RDNS]++
		}
	}
	delete(helo, "") // who writes none says nothing of it
	delete(rdns, "")
	h, d := clean(most(helo)), clean(most(rdns))
	switch {
	case h == "" || d == "" || strings.EqualFold(h, d):
		return cmp.Or(h, d)
	case d == "unknown":
		return h + ", PTR FAIL"
	}
	return h + ", PTR " + d
}
