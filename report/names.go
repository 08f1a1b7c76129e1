package report

import (
	"regexp"
	"slices"
	"strings"

	"seedtest"
)

// names keeps seed addresses out of what is published: a seed address that is known is a burnt one.
type names struct {
	re     *regexp.Regexp // nil: nothing to hide
	byAddr map[string]string
}

// namesOf prepares to write seeds' names in the place of their addresses, unless the style asks
// for the addresses.
func namesOf(r seedtest.Run, s Style) names {
	n := names{byAddr: map[string]string{}}
	if s.Addresses {
		return n
	}
	var addresses []string
	for _, x := range r.Opened.Seeds {
		n.add(&addresses, x)
	}
	for _, x := range r.Seeds {
		n.add(&addresses, x.Seed)
	}
	slices.SortFunc(addresses, func(a, b string) int { return len(b) - len(a) })
	if len(addresses) > 0 {
		n.re = regexp.MustCompile("(?i)" + strings.Join(addresses, "|"))
	}
	return n
}

func (n names) add(addresses *[]string, s seedtest.Seed) {
	plain := strings.ToValidUTF8(s.Address, "\ufffd") // a pattern has to be UTF-8
	key := strings.ToLower(plain)
	if key == "" || n.byAddr[key] != "" {
		return
	}
	n.byAddr[key] = s.Name
	*addresses = append(*addresses, strings.ReplaceAll(regexp.QuoteMeta(plain), "@", "[@=]"))
}

// say returns a text clean, and without the addresses of seeds, also where a return path has
// packed one as local=domain.
func (n names) say(s string) string {
	if n.re != nil {
		s = n.re.ReplaceAllStringFunc(s, n.nameOf)
	}
	return clean(s)
}

func (n names) nameOf(address string) string {
	key := strings.ToLower(address)
	if name, ok := n.byAddr[key]; ok {
		return name
	}
	at := max(strings.LastIndexByte(key, '='), 0)
	if name, ok := n.byAddr[key[:at]+"@"+key[min(at+1, len(key)):]]; ok {
		return name
	}
	return "(seed)"
}
