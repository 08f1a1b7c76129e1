package analyze

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// addARC puts one field of an ARC set (RFC 8617 section 4) where it belongs. Of two fields that
// claim the same place the upper one stays.
func addARC(sets []seedtest.ARCSet, name, value string) []seedtest.ARCSet {
	n, err := strconv.Atoi(tag(value, "i"))
	if err != nil || n < 0 {
		n = 0
	}
	i := slices.IndexFunc(sets, func(s seedtest.ARCSet) bool { return s.Instance == n })
	if i < 0 {
		sets = append(sets, seedtest.ARCSet{Instance: n})
		i = len(sets) - 1
	}
	switch set := &sets[i]; name {
	case "arc-seal":
		if set.Seal == "" {
			set.Validation = strings.ToLower(tag(value, "cv"))
		}
		setOnce(&set.Seal, value)
	case "arc-message-signature":
		setOnce(&set.Message, value)
	default:
		setOnce(&set.Results, value)
	}
	return sets
}

// sortARC orders sets by instance, the first sealer's first.
func sortARC(sets []seedtest.ARCSet) {
	slices.SortStableFunc(sets, func(a, b seedtest.ARCSet) int {
		return cmp.Compare(a.Instance, b.Instance)
	})
}

// tag returns the value of a tag in a list of tags (RFC 6376 section 3.2).
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		if key, value, ok := strings.Cut(part, "="); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
