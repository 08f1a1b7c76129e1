package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"seedtest"
)

// names keeps seed addresses out of what is published: a seed address that is known is a burnt one.
type names struct {
	re     *regexp.Regexp    // nil: nothing to hide
	byAddr map[string]string // by every spelling in lower case
}

// namesOf prepares to write seeds' names in the place of their addresses, unless the style asks
// for the addresses.
func namesOf(r seedtest.Run, s Style) names {
	n := names{byAddr: map[string]string{}}
	if s.Addresses {
		return n
	}
	for _, x := range r.Opened.Seeds {
		n.add(x)
	}
	for _, x := range r.Seeds {
		n.add(x.Seed)
		if x.Health != nil && x.Health.Moved != nil { // an address of before is one all the same
			n.add(seedtest.Seed{Name: x.Seed.Name, Address: x.Health.Moved.From})
		}
	}
	var patterns []string
	for spelling := range n.byAddr {
		patterns = append(patterns, whole(spelling))
	}
	slices.SortFunc(patterns, func(a, b string) int { // of two that begin alike the longer first
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	if len(patterns) > 0 {
		n.re = regexp.MustCompile("(?i)" + strings.Join(patterns, "|"))
	}
	return n
}

// add learns a seed's address and what return paths make of it: local=domain (VERP) and
// domain=local (SRS).
func (n names) add(s seedtest.Seed) {
	address := strings.ToLower(strings.ToValidUTF8(s.Address, "\ufffd")) // a pattern has to be UTF-8
	local, domain, ok := strings.Cut(address, "@")
	switch {
	case address == "":
		return
	case ok && local != "" && domain != "":
		n.byAddr[local+"="+domain] = s.Name
		n.byAddr[domain+"="+local] = s.Name
	}
	n.byAddr[address] = s.Name
}

// whole is a pattern for a text that does not begin or end within a word.
func whole(text string) string {
	pattern := regexp.QuoteMeta(text)
	if wordByte(text[0]) {
		pattern = `\b` + pattern
	}
	if wordByte(text[len(text)-1]) {
		pattern += `\b`
	}
	return pattern
}

// wordByte reports whether \b counts a character as part of a word.
func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// say returns a text clean, and without the addresses of seeds.
func (n names) say(s string) string {
	if n.re != nil {
		s = n.re.ReplaceAllStringFunc(s, n.nameOf)
	}
	return clean(s)
}

func (n names) nameOf(address string) string {
	if name, ok := n.byAddr[strings.ToLower(address)]; ok {
		return name
	}
	return "(seed)" // a spelling that folds to an address in another way than lower case
}
