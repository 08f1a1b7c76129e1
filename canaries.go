package seedtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// isCanary reports whether a token is the tag of a canary (rule 12).
func (f *Folder) isCanary(t Token) bool {
	_, ok := f.canaries[t]
	return ok
}

// Canaries returns the canaries at a seed, the removed ones too, in the order of their tags.
func (f *Folder) Canaries(seed string) []Canary {
	var list []Canary
	for _, c := range f.canaries {
		if c.Seed == seed {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Canary) int { return cmp.Compare(a.Token, b.Token) })
	return list
}

// notesOfCanaries tells of canaries that still lie in a mailbox.
func (f *Folder) notesOfCanaries() []Note {
	var notes []Note
	for _, s := range f.run.Seeds {
		for _, c := range f.Canaries(s.Seed.Name) {
			if c.UID > 0 && !c.Removed {
				notes = append(notes, Note{Code: "canary-left", Seed: c.Seed, Text: strings.TrimSuffix(
					fmt.Sprintf("a canary of ours lies in %s, UID %d: %s", c.Mailbox, c.UID, c.Why), ": ")})
			}
		}
	}
	return notes
}
