package analyze

import (
	"net/netip"
	"strings"

	"seedtest"
	"seedtest/header"
)

// boundaryHop is the source of an origin that every provider with a known edge has.
const boundaryHop = "Received[boundary]"

// findOrigin finds the address that connected to the provider, in the places that its preset names,
// best first. Only what the provider itself wrote counts. The sources are
//
//	Received[boundary]                     the Received field of the edge
//	Received-SPF:client-ip                 a pair of Received-SPF
//	Authentication-Results:smtp.remote-ip  a property of a result
//	Authentication-Results:sender IP is    the words before the address in a comment, so too
//	Authentication-Results:spf designates  those of Google's comment to spf
//	X-Forefront-Antispam-Report:CIP        a key of a stamp
//	X-Sender-IP                            a field's whole value
func findOrigin(h header.Header, a *seedtest.Analysis, r region,
	trust seedtest.Trust) *seedtest.Origin {
	sources := trust.OriginFrom
	if len(sources) == 0 && r.edge >= 0 {
		sources = []string{boundaryHop}
	}
	for _, source := range sources {
		ip, why := originFrom(source, h, a, r)
		if !ip.IsValid() {
			continue
		}
		o := &seedtest.Origin{IP: ip, Hop: -1, Why: why}
		for i := range a.Hops {
			if hop := &a.Hops[i]; hop.Trusted && hop.From.IP == ip {
				o.Hop = i
				break
			}
		}
		return o
	}
	return nil
}

func originFrom(source string, h header.Header, a *seedtest.Analysis,
	r region) (netip.Addr, string) {
	field, what, _ := strings.Cut(source, ":")
	switch {
	case source == boundaryHop:
		if r.edge >= 0 && !a.Hops[r.edge].From.IP.IsLoopback() {
			hop := &a.Hops[r.edge]
			return hop.From.IP, "Received: the client that " + hop.By.Name + ", the provider's edge, saw"
		}
	case strings.EqualFold(field, results):
		return fromResults(a.Authentication, what)
	case strings.EqualFold(field, "Received-SPF"):
		return fromSPF(a.ReceivedSPF, what)
	case what != "":
		return fromStamp(a.Stamps, field, what)
	default:
		return fromField(h, field, a, r)
	}
	return netip.Addr{}, ""
}

// fromResults looks for a property of that name or, if it is no name, for its words in a comment.
func fromResults(fields []seedtest.AuthField, what string) (netip.Addr, string) {
	for _, f := range fields {
		if !f.Trusted || f.Instance != 0 {
			continue
		}
		for _, r := range f.Results {
			for _, p := range r.Properties {
				if p.Type+"."+p.Name == what {
					if ip, ok := readIP(p.Value); ok {
						return ip, f.Field + ": " + what + " of " + r.Method
					}
				}
			}
			for _, c := range r.Comments {
				if ip := afterWords(c, strings.TrimPrefix(what, r.Method+" ")); ip.IsValid() {
					return ip, f.Field + ": the comment to " + r.Method
				}
			}
		}
	}
	return netip.Addr{}, ""
}

// afterWords reads the address behind some words of a comment.
func afterWords(comment, words string) netip.Addr {
	if words == "designates" {
		return designated(comment)
	}
	i := strings.Index(comment, words)
	if i < 0 || !strings.Contains(words, " ") {
		return netip.Addr{}
	}
	return firstIP(comment[i+len(words):])
}

// designated reads the address in the comment that Google and others write to spf: "domain of a@b
// designates 192.0.2.1 as permitted sender", "does not designate 192.0.2.1", "192.0.2.1 is neither
// permitted nor denied". The names in front of it are the sender's, so the last such words count.
func designated(comment string) netip.Addr {
	for _, words := range [...]string{" designates ", " does not designate "} {
		if i := strings.LastIndex(comment, words); i >= 0 {
			return firstIP(comment[i+len(words):])
		}
	}
	if before, _, ok := strings.Cut(comment, " is neither "); ok {
		return firstIP(before[strings.LastIndexByte(before, ' ')+1:])
	}
	return netip.Addr{}
}

func firstIP(s string) netip.Addr {
	for word := range strings.FieldsSeq(s) {
		ip, _ := readIP(strings.TrimRight(word, ")"))
		return ip
	}
	return netip.Addr{}
}

func fromSPF(fields []seedtest.ReceivedSPF, key string) (netip.Addr, string) {
	for _, f := range fields {
		if !f.Trusted {
			continue
		}
		for _, p := range f.Pairs {
			if p.Name == key {
				ip, _ := readIP(p.Value)
				return ip, "Received-SPF: " + key
			}
		}
	}
	return netip.Addr{}, ""
}

func fromStamp(stamps []seedtest.Stamp, field, key string) (netip.Addr, string) {
	for i := range stamps {
		s := &stamps[i]
		if s.Trusted && strings.EqualFold(s.Field, field) {
			if ip, ok := readIP(s.Value(key)); ok {
				return ip, s.Field + ": " + key
			}
		}
	}
	return netip.Addr{}, ""
}

// fromField reads a field that holds the address alone. It counts within the provider's region, or
// elsewhere if it says what the edge saw: a sender may bring along one that says otherwise.
func fromField(h header.Header, name string, a *seedtest.Analysis, r region) (netip.Addr, string) {
	for i, f := range h.Fields {
		if len(f.Name) != len(name) || !strings.EqualFold(f.Name, name) {
			continue
		}
		ip, ok := readIP(f.Value)
		if ok && (r.holds(i) || r.edge >= 0 && ip == a.Hops[r.edge].From.IP) {
			return ip, name
		}
	}
	return netip.Addr{}, ""
}
