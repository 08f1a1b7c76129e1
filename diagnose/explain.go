package diagnose

import (
	"slices"
	"strings"

	"seedtest"
)

// withoutExplained drops a cause where causes that explain it were found, likely at least, for
// every probe that shows it. A probe that nothing else spoke of stays, with what it said, in the
// cause that explains it.
func (b *book) withoutExplained(list []found) []found {
	dropped := make([]bool, len(list))
	for i, f := range list {
		dropped[i] = !slices.ContainsFunc(f.Probes, func(p seedtest.ProbeID) bool {
			return b.explains(list, nil, f, p) < 0
		})
	}
	var out []found
	for i, f := range list {
		if !dropped[i] {
			continue
		}
		for _, p := range f.Probes {
			if n := b.explains(list, dropped, f, p); n >= 0 {
				list[n].take(f, p)
			}
		}
	}
	for i, f := range list {
		if !dropped[i] {
			out = append(out, f)
		}
	}
	return out
}

// explains returns the index of a finding, none of those without, that explains what a probe shows
// in f, or -1.
func (b *book) explains(list []found, without []bool, f found, p seedtest.ProbeID) int {
	for _, wide := range []bool{false, true} {
		for n, x := range list {
			if without != nil && without[n] || x.Confidence < 0.5 ||
				!slices.Contains(b.causes[f.Code].ExplainedBy, x.Code) {
				continue
			}
			if slices.Contains(x.Probes, p) || wide && b.speaksFor(x, f, p) {
				return n
			}
		}
	}
	return -1
}

// speaksFor reports whether x says of a whole route what f says, less precisely, of one probe: x
// holds everywhere if it holds at all, and both are of one layer.
func (b *book) speaksFor(x, f found, p seedtest.ProbeID) bool {
	layer, _, _ := strings.Cut(x.Code, ".")
	return b.causes[x.Code].Universal && strings.HasPrefix(f.Code, layer+".") &&
		slices.Contains(x.Routes, f.by[p])
}

// take adds a probe of an explained finding, if it is not there yet.
func (f *found) take(other found, p seedtest.ProbeID) {
	if slices.Contains(f.Probes, p) {
		return
	}
	f.Probes = append(f.Probes, p)
	f.Of++
	f.by[p] = other.by[p]
	for _, e := range other.Evidence {
		if e.Probe == p {
			f.Evidence = append(f.Evidence, e)
		}
	}
}
