package diagnose

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"seedtest"
)

// mostConfident is the confidence that nothing goes beyond.
const mostConfident = 0.97

// contradicted is the most that a universal cause gets when most of those who could say it do not.
const contradicted = 0.45

// replyGroup is the group of evidence that replies belong to.
const replyGroup = "reply"

// hit is one rule that holds for one probe.
type hit struct {
	cause      string
	group      string
	confidence float64
	evidence   []seedtest.Evidence
	rule       *rule // nil for a reply
}

// hits returns what every counted probe points to, by the probe's place in the list.
func (b *book) hits(probes []observed) [][]hit {
	all := make([][]hit, len(probes))
	for i := range probes {
		o := &probes[i]
		if !o.Counted {
			continue // control routes are contrast, sick seeds are no evidence (rule 17)
		}
		for k := range b.rules {
			if r := &b.rules[k]; r.holds(o.seen) {
				all[i] = append(all[i], hit{r.Cause, r.Group, r.Confidence, quoted(r, o), r})
			}
		}
		all[i] = append(all[i], b.replyHits(o)...)
	}
	return all
}

// quoted collects what a rule rests on.
func quoted(r *rule, o *observed) []seedtest.Evidence {
	var list []seedtest.Evidence
	for _, c := range r.When {
		for _, e := range o.seen[c.word].evidence {
			if !slices.Contains(list, e) {
				list = append(list, e)
			}
		}
	}
	return list
}

// replyHits looks up the unfriendly replies about a probe. A refusal that no rule knows is said.
func (b *book) replyHits(o *observed) []hit {
	var list []hit
	answers := o.answers()
	for _, a := range answers {
		if p := b.reply(a.Reply); p != nil {
			e := seedtest.Evidence{Probe: o.ID, Field: a.field, Raw: replyText(a.Reply)}
			list = append(list, hit{p.Cause, replyGroup, p.Confidence, []seedtest.Evidence{e}, nil})
		}
	}
	if len(list) == 0 && len(answers) > 0 && turnedAway(o.Placements.Current) {
		a := answers[len(answers)-1]
		e := seedtest.Evidence{Probe: o.ID, Field: a.field, Raw: replyText(a.Reply)}
		list = append(list, hit{"reply.unknown", replyGroup, 0.5, []seedtest.Evidence{e}, nil})
	}
	return list
}

func turnedAway(p seedtest.Placement) bool {
	return p == seedtest.Refused || p == seedtest.Bounced || p == seedtest.Deferred
}

// found is a finding on its way to being one.
type found struct {
	seedtest.Finding
	fill map[string]string
	by   map[seedtest.ProbeID]string // the route of each probe
}

// key is what one finding of a cause speaks of.
type key struct{ cause, route, provider, seed string }

func (b *book) keyOf(id string, o *observed) key {
	k := key{cause: id}
	switch b.causes[id].Per {
	case perRoute:
		k.route = o.Route
	case perProvider:
		k.route, k.provider = o.Route, o.provider
	case perSeed:
		k.seed = o.Seed
	}
	return k
}

// join gathers the hits of all probes into findings.
func (b *book) join(all [][]hit, probes []observed) []found {
	members := map[key][]int{} // indexes of probes
	var keys []key
	for i, hits := range all {
		for _, h := range hits {
			k := b.keyOf(h.cause, &probes[i])
			if _, ok := members[k]; !ok {
				keys = append(keys, k)
			}
			if n := len(members[k]); n == 0 || members[k][n-1] != i {
				members[k] = append(members[k], i)
			}
		}
	}
	var list []found
	for _, k := range keys {
		list = append(list, b.finding(k, members[k], all, probes))
	}
	return merged(list)
}

// finding makes one finding of the probes that show a cause.
func (b *book) finding(k key, members []int, all [][]hit, probes []observed) found {
	c := b.causes[k.cause]
	f := found{Finding: seedtest.Finding{Code: c.ID, Severity: c.Severity},
		by: map[seedtest.ProbeID]string{}}
	voices := map[string]map[string]float64{} // provider, group
	for _, i := range members {
		o := &probes[i]
		f.Probes = append(f.Probes, o.ID)
		f.by[o.ID] = o.Route
		if !slices.Contains(f.Routes, o.Route) {
			f.Routes = append(f.Routes, o.Route)
		}
		if voices[o.provider] == nil {
			voices[o.provider] = map[string]float64{}
		}
		for _, h := range all[i] {
			if h.cause == k.cause {
				voices[o.provider][h.group] = max(voices[o.provider][h.group], h.confidence)
				f.Evidence = add(f.Evidence, h.evidence)
			}
		}
	}
	f.Of = b.of(k, all, probes)
	f.Confidence = joinVoices(voices)
	if c.Universal && 2*len(f.Probes) < f.Of {
		f.Confidence = min(f.Confidence, contradicted)
	}
	f.fill = commonest(members, probes)
	f.Title = c.title(f.fill)
	f.Fix = c.steps(f.fill)
	return f
}

func add(list, more []seedtest.Evidence) []seedtest.Evidence {
	for _, e := range more {
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// joinVoices joins groups within a provider, and the two strongest of independent providers.
func joinVoices(voices map[string]map[string]float64) float64 {
	var each []float64
	for _, groups := range voices {
		doubt := 1.0
		for _, name := range slices.Sorted(maps.Keys(groups)) {
			doubt *= 1 - groups[name]
		}
		each = append(each, 1-doubt)
	}
	slices.SortFunc(each, func(x, y float64) int { return cmp.Compare(y, x) })
	doubt := 1.0
	for _, c := range each[:min(2, len(each))] {
		doubt *= 1 - c
	}
	return min(math.Round((1-doubt)*1000)/1000, mostConfident)
}

// of counts the probes that could have shown a cause: those it was found in, and those of which
// every word of one of its rules is known.
func (b *book) of(k key, all [][]hit, probes []observed) int {
	n := 0
	for i := range probes {
		o := &probes[i]
		if !o.Counted || b.keyOf(k.cause, o) != k {
			continue
		}
		shown := slices.ContainsFunc(all[i], func(h hit) bool { return h.cause == k.cause })
		if shown || b.could(k.cause, all, o) {
			n++
		}
	}
	return n
}

// could reports whether a probe that does not show a cause had a voice: every word is known of a
// rule that other probes show it by, or its submission was answered where they show it by a reply.
func (b *book) could(cause string, all [][]hit, o *observed) bool {
	for _, hits := range all {
		for _, h := range hits {
			if h.cause != cause {
				continue
			}
			_, answered := o.seen["smtp.code"]
			if h.rule == nil && answered || h.rule != nil && h.rule.could(o.seen) {
				return true
			}
		}
	}
	return false
}

// commonest fills each template word with the value that most of the probes give.
func commonest(members []int, probes []observed) map[string]string {
	votes := map[string]map[string]int{}
	for _, i := range members {
		for word, value := range probes[i].fill {
			if votes[word] == nil {
				votes[word] = map[string]int{}
			}
			votes[word][value]++
		}
	}
	fill := map[string]string{}
	for word, values := range votes {
		for _, v := range slices.Sorted(maps.Keys(values)) {
			if values[v] > values[fill[word]] {
				fill[word] = v
			}
		}
	}
	return fill
}

// merged joins findings that say the same of different routes.
func merged(list []found) []found {
	var out []found
	for _, f := range list {
		i := slices.IndexFunc(out, func(x found) bool {
			return x.Code == f.Code && x.Title == f.Title && slices.Equal(x.Fix, f.Fix)
		})
		if i < 0 {
			out = append(out, f)
			continue
		}
		x := &out[i]
		for _, r := range f.Routes {
			if !slices.Contains(x.Routes, r) {
				x.Routes = append(x.Routes, r)
			}
		}
		x.Probes = append(x.Probes, f.Probes...)
		maps.Copy(x.by, f.by)
		x.Evidence = add(x.Evidence, f.Evidence)
		x.Of += f.Of
		x.Confidence = max(x.Confidence, f.Confidence)
	}
	return out
}
