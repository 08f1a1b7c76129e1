package verify

import (
	"net/netip"
	"strings"

	"seedtest"
	"seedtest/header"
)

// nullSender is how the null reverse-path is written.
const nullSender = "<>"

// envelope puts together what SPF is asked about, from the options and from what the receiving
// provider recorded. If something is missing, why says so.
func envelope(h header.Header, a seedtest.Analysis, o Options) (q SPFQuery, why string) {
	q = SPFQuery{IP: o.IP, HELO: o.HELO, Receiver: o.Receiver, Now: o.Now}
	if q.HELO == "" {
		q.HELO = recordedHELO(a)
	}
	sender := o.MailFrom
	if sender == "" {
		sender = recordedSender(h, a)
	}
	if sender != nullSender {
		q.MailFrom = sender
	}
	if !q.IP.IsValid() && a.Origin != nil {
		q.IP = a.Origin.IP.Unmap()
		if !isPublic(q.IP) {
			return q, q.IP.String() + ", from which the message came, is no public address"
		}
	}
	switch {
	case !q.IP.IsValid():
		return q, "the address from which the message came is not recorded by whom it can be believed"
	case sender == "":
		return q, "the envelope's sender is not recorded by whom it can be believed"
	case sender == nullSender && q.HELO == "":
		return q, "the envelope has no sender, and the client's name is not recorded"
	}
	return q, ""
}

// sharedNAT is the space between a network provider and its customers (RFC 6598), which clusters of
// servers use within themselves too.
var sharedNAT = netip.MustParsePrefix("100.64.0.0/10")

// isPublic reports whether an address can be that of a client on the Internet.
func isPublic(ip netip.Addr) bool {
	return ip.IsValid() && ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedNAT.Contains(ip)
}

// recordedHELO is the name that the client gave to the provider's edge.
func recordedHELO(a seedtest.Analysis) string {
	if a.Origin != nil && a.Origin.Hop >= 0 && a.Origin.Hop < len(a.Hops) {
		if name := a.Hops[a.Origin.Hop].From.HELO; name != "" {
			return name
		}
	}
	if f, ok := believedSPF(a); ok {
		if name := pair(f.Pairs, "helo"); name != "" {
			return name
		}
	}
	if r, ok := a.Result("spf"); ok {
		return property(r, "smtp", "helo")
	}
	return ""
}

// recordedSender is the envelope's sender as the provider recorded it: in its result for SPF, in
// Received-SPF, in the Return-Path above its edge. A result that names the domain only is completed
// by the others. Empty means that nothing is recorded.
func recordedSender(h header.Header, a seedtest.Analysis) string {
	var candidates []string
	if r, ok := a.Result("spf"); ok {
		candidates = append(candidates, resultSender(r))
		if candidates[0] == "" && property(r, "smtp", "helo") != "" {
			return nullSender // it was the name that was evaluated
		}
	}
	if f, ok := believedSPF(a); ok {
		candidates = append(candidates, pair(f.Pairs, "envelope-from"))
		if strings.EqualFold(pair(f.Pairs, "identity"), "helo") {
			return nullSender
		}
	}
	candidates = append(candidates, returnPath(h, a))
	best := ""
	for _, c := range candidates {
		if c == nullSender && best == "" {
			return c
		}
		c = strings.Trim(c, "<> \"")
		fuller := domainOf(c) == domainOf(best) && localOf(best) == "" && localOf(c) != ""
		if best == "" || fuller {
			best = c
		}
	}
	return best
}

// resultSender is the sender that a result for SPF names: RFC 8601 calls it smtp.mailfrom, RFC 7001
// and what came before smtp.mail, and some smtp.envelope-from.
func resultSender(r seedtest.AuthResult) string {
	for _, name := range [...]string{"mailfrom", "mail", "envelope-from"} {
		if from := property(r, "smtp", name); from != "" {
			return from
		}
	}
	return ""
}

// returnPath is the value of the Return-Path that the provider wrote: it stands above the Received
// field of its edge.
func returnPath(h header.Header, a seedtest.Analysis) string {
	edge := -1
	for _, hop := range a.Hops {
		if hop.Trusted {
			edge = max(edge, hop.Header)
		}
	}
	path := ""
	for _, f := range h.Fields {
		switch {
		case edge < 0:
			return ""
		case strings.EqualFold(f.Name, "Return-Path") && path == "":
			path = f.Value
		case strings.EqualFold(f.Name, "Received"):
			if edge--; edge < 0 {
				return path
			}
		}
	}
	return ""
}

// believedSPF is the first Received-SPF field that the provider wrote.
func believedSPF(a seedtest.Analysis) (seedtest.ReceivedSPF, bool) {
	for _, f := range a.ReceivedSPF {
		if f.Trusted {
			return f, true
		}
	}
	return seedtest.ReceivedSPF{}, false
}

func pair(pairs []seedtest.Property, name string) string {
	for _, p := range pairs {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// property is the value of a ptype.property, or "".
func property(r seedtest.AuthResult, ptype, name string) string {
	for _, p := range r.Properties {
		if p.Type == ptype && p.Name == name {
			return p.Value
		}
	}
	return ""
}

// domainOf is the domain of an address, or of a domain that stands alone, to be compared.
func domainOf(address string) string {
	return cleanDomain(address[strings.LastIndexByte(address, '@')+1:])
}

func localOf(address string) string { return address[:max(strings.LastIndexByte(address, '@'), 0)] }
