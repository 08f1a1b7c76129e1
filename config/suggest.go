package config

import (
	"slices"
	"strings"
)

// Suggest is the remedy for a name that somebody typed and the configuration does not know: the
// nearest that it does, and all there are unless they are many.
func Suggest(got string, known []string) string { return oneOf(got, known) }

// oneOf is the remedy for a word that is not known: the nearest that is, and all there are unless
// they are many.
func oneOf(got string, known []string) string {
	if len(known) == 0 {
		return "there is none to name"
	}
	list := slices.Compact(slices.Sorted(slices.Values(known)))
	all := "known are " + strings.Join(list, ", ")
	near := nearest(got, list)
	switch {
	case near == "":
		return all
	case len(list) > 24:
		return "did you mean " + near + "?"
	}
	return "did you mean " + near + "? " + all
}

// nearest returns the known word that got is a likely slip of, or "".
func nearest(got string, known []string) string {
	best, least := "", (len(got)+1)/3+1
	for _, k := range known {
		if strings.EqualFold(k, got) {
			return k
		}
		if d := distance(strings.ToLower(got), k, least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into
// b; it stops counting at limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return min(last[len(b)], limit)
}
