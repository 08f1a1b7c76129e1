package report

import (
	"slices"
	"strings"

	"seedtest"
)

// filterReading is the stamps of one filter.
type filterReading struct {
	Family  string
	Trusted bool
	Stamps  []stampReading
}

// Believed says whether the word of a filter counts.
func (f filterReading) Believed() string { return believed(f.Trusted) }

// stampReading is what one spam filter noted in one field.
type stampReading struct {
	Family  string
	Field   string
	Trusted bool
	Verdict string // and score
	Says    []string
	Values  string
	Bare    bool   // no values were read: Values is the field as it stands
	Status  string // how the meaning is known
	Raw     string
}

// filters sorts the stamps: those that are worth reading by filter, the believed first; and apart
// from that those that tell people less.
func (n names) filters(stamps []seedtest.Stamp) (list []filterReading, folded []stampReading) {
	at := map[filterKey]int{}
	for _, trusted := range []bool{true, false} {
		for _, s := range stamps {
			if s.Trusted != trusted {
				continue
			}
			r := n.stamp(s)
			if !worthReading(s) {
				folded = append(folded, r)
				continue
			}
			key := filterKey{s.Family, trusted}
			i, ok := at[key]
			if !ok {
				i = len(list)
				at[key] = i
				list = append(list, filterReading{Family: r.Family, Trusted: trusted})
			}
			list[i].Stamps = append(list[i].Stamps, r)
		}
	}
	for i := range list { // what a filter came to stands before its remarks
		slices.SortStableFunc(list[i].Stamps, func(x, y stampReading) int { return x.rank() - y.rank() })
	}
	slices.SortStableFunc(list, func(x, y filterReading) int { return x.rank() - y.rank() })
	return list, folded
}

type filterKey struct {
	family  string
	trusted bool
}

func (f filterReading) rank() int {
	if !f.Trusted {
		return 2 + f.Stamps[0].rank()
	}
	return f.Stamps[0].rank()
}

func (s stampReading) rank() int {
	if s.Verdict != "" {
		return 0
	}
	return 1
}

// worthReading says whether a stamp tells people anything: a verdict or a score and, of those that
// are believed, also a value whose meaning is known.
func worthReading(s seedtest.Stamp) bool {
	return s.Verdict != "" || finite(s.Score) != nil || s.Trusted && meansSomething(s)
}

// meansSomething says whether a sentence is about a value and not only about the field. The former
// quotes what it rests on.
func meansSomething(s seedtest.Stamp) bool {
	for _, text := range s.Says {
		for _, v := range s.Values {
			if v.Value != "" && strings.Contains(text, v.Value) {
				return true
			}
		}
	}
	return false
}

func (n names) stamp(s seedtest.Stamp) stampReading {
	r := stampReading{Family: n.say(s.Family), Field: n.say(s.Field), Trusted: s.Trusted,
		Verdict: n.say(stampWords(s)), Says: n.each(s.Says), Values: n.say(valueWords(s.Values)),
		Status: n.say(s.Status), Raw: n.say(s.Raw)}
	if r.Values == "" {
		r.Values, r.Bare = r.Raw, true
	}
	return r
}

// Means says what a stamp means, as far as that is known.
func (s stampReading) Means() string {
	text := strings.Join(s.Says, "; ")
	switch {
	case text == "" && s.Verdict == "":
		return "its meaning is not known"
	case s.Status == "guess" && text != "":
		return text + " (a guess)"
	}
	return text
}

// words says a stamp in one text.
func (s stampReading) words() string { return joined("; ", s.Verdict, s.Means()) }

// stampWords says a filter's verdict and its score, unless a sentence says the score with more.
func stampWords(s seedtest.Stamp) string {
	score := labelOf("score ", scoreWords(s))
	if slices.ContainsFunc(s.Says, func(t string) bool { return strings.HasPrefix(t, "score ") }) {
		score = ""
	}
	return joined(" ", verdictWord(s.Verdict), score)
}

// verdictWord writes ham small and everything else in capitals.
func verdictWord(verdict string) string {
	if verdict == "ham" {
		return verdict
	}
	return strings.ToUpper(verdict)
}

func scoreWords(s seedtest.Stamp) string {
	score := finite(s.Score)
	if score == nil {
		return ""
	}
	text := number(*score)
	if t := finite(s.Threshold); t != nil {
		text += " of " + number(*t)
	}
	return text
}

func valueWords(values []seedtest.Property) string {
	var said []string
	for _, v := range values {
		said = append(said, strings.TrimPrefix(v.Name+"="+v.Value, "=")) // some are a bare value
	}
	return strings.Join(said, "  ")
}

// fieldNames are the names of the fields of some stamps, each once.
func fieldNames(list []stampReading) string {
	var said []string
	for _, s := range list {
		if !slices.ContainsFunc(said, func(t string) bool { return strings.EqualFold(t, s.Field) }) {
			said = append(said, s.Field)
		}
	}
	return strings.Join(said, ", ")
}
