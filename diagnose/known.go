package diagnose

import (
	"slices"

	"seedtest"
)

// contaminated is the code by which an analysis says that the mailbox knows the sender.
const contaminated = "seed.contaminated"

// maxShown is how many probes are quoted for one remark.
const maxShown = 3

// known says of each seed, once for what it shows, that its mailbox knows the sender. That explains
// no placement, and so is a remark; but whoever reads the placement has to know it.
func known(probes []observed) []seedtest.Finding {
	read := map[string]int{} // probes with a header, by seed
	for _, o := range probes {
		if o.Analysis != nil {
			read[o.Seed]++
		}
	}
	var list []seedtest.Finding
	for _, o := range probes {
		if o.Analysis == nil {
			continue
		}
		for _, f := range o.Analysis.Findings {
			if f.Code == contaminated {
				list = o.addKnown(list, f, read[o.Seed])
			}
		}
	}
	return list
}

// addKnown adds what one probe shows to the remark about its seed, of whose probes so many were
// read.
func (o *observed) addKnown(list []seedtest.Finding, f seedtest.Finding,
	read int) []seedtest.Finding {
	title := "seed " + o.Seed + ": " + f.Title
	i := slices.IndexFunc(list, func(x seedtest.Finding) bool { return x.Title == title })
	if i < 0 {
		i = len(list)
		list = append(list, seedtest.Finding{Code: contaminated, Severity: seedtest.SeverityInfo,
			Title: title, Fix: f.Fix, Of: read})
	}
	x := &list[i]
	if !slices.Contains(x.Probes, o.ID) {
		x.Probes = append(x.Probes, o.ID)
	}
	if !slices.Contains(x.Routes, o.Route) {
		x.Routes = append(x.Routes, o.Route)
	}
	for _, e := range f.Evidence {
		if len(x.Evidence) < maxShown {
			e.Probe = o.ID
			x.Evidence = append(x.Evidence, e)
		}
	}
	return list
}
