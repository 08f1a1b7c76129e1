package diagnose

import (
	"slices"
	"strings"

	"seedtest"
)

// contaminated is the code by which an analysis says that the mailbox knows the sender.
const contaminated = "seed.contaminated"

// maxShown is how many probes are quoted for one remark.
const maxShown = 3

// remark is a finding about one seed.
type remark struct {
	seed string
	seedtest.Finding
}

// known says of each seed, once for what it shows, that its mailbox knows the sender. That explains
// no placement, and so is a remark; but whoever reads the placement has to know it.
func known(probes []observed) []seedtest.Finding {
	read := map[string]int{} // probes with a header, by seed
	var list []remark
	for i := range probes {
		o := &probes[i]
		if o.Analysis == nil {
			continue
		}
		read[o.Seed]++
		for _, f := range o.Analysis.Findings {
			if f.Code == contaminated {
				list = o.addKnown(list, f)
			}
		}
	}
	findings := make([]seedtest.Finding, len(list))
	for i, r := range list {
		r.Of = read[r.seed]
		r.Title = "seed " + r.seed + ", mail of " + strings.Join(r.Routes, ", ") + ": " + r.Title
		findings[i] = r.Finding
	}
	return findings
}

// addKnown adds what one probe shows to the remark about its seed.
func (o *observed) addKnown(list []remark, f seedtest.Finding) []remark {
	i := slices.IndexFunc(list, func(r remark) bool { return r.seed == o.Seed && r.Title == f.Title })
	if i < 0 {
		i = len(list)
		list = append(list, remark{o.Seed, seedtest.Finding{Code: contaminated,
			Severity: seedtest.SeverityInfo, Title: f.Title, Fix: f.Fix}})
	}
	r := &list[i]
	if !slices.Contains(r.Probes, o.ID) {
		r.Probes = append(r.Probes, o.ID)
	}
	if !slices.Contains(r.Routes, o.Route) {
		r.Routes = append(r.Routes, o.Route)
	}
	for _, e := range f.Evidence {
		if len(r.Evidence) < maxShown {
			e.Probe = o.ID
			r.Evidence = append(r.Evidence, e)
		}
	}
	return list
}
