package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// trait is one thing that two ways to the same seed may differ in.
type trait struct {
	name  string
	value func(o *observed) string // empty: not known
}

// traits are told in this order.
var traits = []trait{
	{"address", func(o *observed) string { return o.fill["ip"] }},
	{"HELO", func(o *observed) string { return o.fill["helo"] }},
	{"reverse name", reverseName},
	{"hops", hopCount},
	{"TLS at the handover", handover},
	{"spf", func(o *observed) string { return o.seen["ar.spf"].value }},
	{"dkim", func(o *observed) string { return o.seen["ar.dkim"].value }},
	{"dmarc", func(o *observed) string { return o.seen["ar.dmarc"].value }},
}

func reverseName(o *observed) string {
	if o.seen["egress.ptr"].value == "none" {
		return "none that leads back"
	}
	return o.fill["rdns"]
}

func hopCount(o *observed) string {
	if o.Analysis == nil || len(o.Analysis.Hops) == 0 {
		return ""
	}
	return strconv.Itoa(len(o.Analysis.Hops))
}

func handover(o *observed) string {
	h := originHop(o.Analysis)
	switch {
	case h == nil:
		return ""
	case h.TLS != nil && h.TLS.Version != "":
		return h.TLS.Version
	case h.TLS != nil || strings.HasSuffix(h.With, "s") || strings.HasSuffix(h.With, "sa"):
		return "yes"
	case h.With != "":
		return "no"
	}
	return ""
}

// changes compares the first counted route with each of the others, seed by seed. The order is that
// of the suite, whatever took its turn first.
func (b *book) changes(run seedtest.Run, probes []observed) []seedtest.Finding {
	var routes []string
	for _, r := range run.Opened.Routes {
		by := func(o observed) bool { return o.Route == r.Name }
		if !r.Control && slices.ContainsFunc(probes, by) {
			routes = append(routes, r.Name)
		}
	}
	var list []seedtest.Finding
	for i := 1; i < len(routes); i++ {
		if f := b.change(routes[0], routes[i], probes); f != nil {
			list = append(list, *f)
		}
	}
	return list
}

// pair is the same message at the same seed by two routes, both with a header.
type pair struct{ base, other *observed }

func pairs(base, other string, probes []observed) []pair {
	var list []pair
	for i := range probes {
		x := &probes[i]
		if x.Route != base || x.Analysis == nil {
			continue
		}
		for k := range probes {
			y := &probes[k]
			if y.Route == other && y.Seed == x.Seed && y.Message == x.Message && y.Analysis != nil {
				list = append(list, pair{x, y})
				break
			}
		}
	}
	return list
}

// change says in what a route differs from the base, or nil if nothing is known or differs.
func (b *book) change(base, other string, probes []observed) *seedtest.Finding {
	both := pairs(base, other, probes)
	c := b.causes["route.changed"]
	f := seedtest.Finding{Code: c.ID, Severity: c.Severity, Of: len(both),
		Routes: []string{base, other}}
	var said []string
	for _, t := range traits {
		text, in := difference(t, both)
		if text == "" {
			continue
		}
		said = append(said, text)
		for _, p := range in {
			if !slices.Contains(f.Probes, p.other.ID) {
				f.Probes = append(f.Probes, p.other.ID)
			}
		}
		f.Evidence = add(f.Evidence, traces(in[0]))
	}
	if len(said) == 0 {
		return nil
	}
	fill := map[string]string{"route": other, "base": base, "changes": strings.Join(said, ", ")}
	f.Title, f.Fix = c.title(fill), c.steps(fill)
	return &f
}

// difference says in what the pairs differ, by the values that most of them show, and which do.
func difference(t trait, both []pair) (string, []pair) {
	in := map[string][]pair{}
	var order []string
	for _, p := range both {
		was, is := t.value(p.base), t.value(p.other)
		if was == "" || is == "" || was == is {
			continue
		}
		text := fmt.Sprintf("%s %s, not %s", t.name, is, was)
		if len(in[text]) == 0 {
			order = append(order, text)
		}
		in[text] = append(in[text], p)
	}
	best := ""
	for _, text := range order {
		if len(in[text]) > len(in[best]) {
			best = text
		}
	}
	return best, in[best]
}

// traces quotes the provider's own Received field for both ways.
func traces(p pair) []seedtest.Evidence {
	var list []seedtest.Evidence
	for _, o := range []*observed{p.base, p.other} {
		if h := originHop(o.Analysis); h != nil {
			list = append(list, seedtest.Evidence{Probe: o.ID, Field: "Received", Raw: h.Raw})
		}
	}
	return list
}
