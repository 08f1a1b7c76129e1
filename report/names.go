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
	key := strings.ToLower(s.Address)
	if key == "" || n.byAddr[key] != "" {
		return
	}
	n.byAddr[key] = s.Name
	*addresses = append(*addresses, regexp.QuoteMeta(s.Address))
}

// say returns a text clean, and without the addresses of seeds.
func (n names) say(s string) string {
	if n.re != nil {
		s = n.re.ReplaceAllStringFunc(s, func(a string) string { return n.byAddr[strings.ToLower(a)] })
	}
	return clean(s)
}
