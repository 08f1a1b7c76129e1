package provider

import (
	"regexp"
	"strings"
)

// ForServer returns the ids of the presets that a server's own words fit: the hosted ones whose
// host it is, else those of server software by its ID reply (RFC 2971), else by its greeting.
// Several systems greet alike; the most general one, whose id stands in the words, comes first.
func ForServer(host, greeting, id string) []string {
	var hosted, byID, byGreeting []string
	for _, name := range IDs() {
		p, _ := Details(name)
		switch {
		case p.serves(host):
			hosted = append(hosted, name)
		case namedIn(p.IDName, id):
			byID = append(byID, name)
		case matchesAny(p.Greeting, greeting):
			byGreeting = append(byGreeting, name)
		}
	}
	for _, found := range [][]string{hosted, byID, byGreeting} {
		if len(found) > 0 {
			return generalFirst(found, greeting+" "+id)
		}
	}
	return nil
}

// serves reports whether a host is one of a hosted provider's.
func (p Preset) serves(host string) bool {
	if p.Kind != "hosted" || p.Access == "bridge" { // a bridge is at this machine, as others are
		return false
	}
	for _, s := range append([]Server{p.IMAP}, p.IMAP.Alt...) {
		if host != "" && strings.EqualFold(s.Host, host) {
			return true
		}
	}
	return false
}

// namedIn reports whether what a server calls itself begins with one of some names.
func namedIn(names []string, id string) bool {
	for _, n := range names {
		if rest, ok := strings.CutPrefix(strings.ToLower(id), strings.ToLower(n)); ok &&
			(rest == "" || rest[0] == ' ' || rest[0] == '/') {
			return true
		}
	}
	return false
}

func matchesAny(patterns []string, text string) bool {
	for _, p := range patterns {
		if regexp.MustCompile(p).MatchString(text) {
			return true
		}
	}
	return false
}

// generalFirst puts the presets first whose id stands in the words.
func generalFirst(ids []string, words string) []string {
	var first, rest []string
	for _, id := range ids {
		if strings.Contains(strings.ToLower(words), id) {
			first = append(first, id)
		} else {
			rest = append(rest, id)
		}
	}
	return append(first, rest...)
}
