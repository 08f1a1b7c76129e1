package main

import (
	"regexp"
	"strings"
	"sync"

	"seedtest"
	"seedtest/provider"
)

// edge is how the servers that take mail for a provider call themselves.
type edge struct {
	id string
	by *regexp.Regexp
}

// edges are those of the presets that say it by a name.
var edges = sync.OnceValue(func() []edge {
	var list []edge
	for _, p := range provider.All() {
		if p.Trust.BoundaryBy == "" {
			continue
		}
		if by, err := regexp.Compile("(?i)" + p.Trust.BoundaryBy); err == nil {
			list = append(list, edge{p.ID, by})
		}
	}
	return list
})

// nearTop is how many hops from the top may be within the provider that holds the message.
const nearTop = 4

// looksLike is the id of the provider whose server one of the topmost hops claims to be, or "".
// That is a hint for whoever knows where the message was found, and no reason to believe: anybody
// can write such a field.
func looksLike(a seedtest.Analysis) string {
	for i := len(a.Hops) - 1; i >= max(0, len(a.Hops)-nearTop); i-- {
		by := a.Hops[i].By.Name
		if !strings.ContainsAny(by, "abcdefghijklmnopqrstuvwxyz") {
			continue
		}
		for _, e := range edges() {
			if e.by.MatchString(by) {
				return e.id
			}
		}
	}
	return ""
}
