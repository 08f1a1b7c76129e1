package report

import (
	"slices"
	"strings"

	"seedtest"
)

// mostFilters is how many filters the summary quotes.
const mostFilters = 2

// filtered says what spam filters thought, those of the provider first.
func filtered(stamps []seedtest.Stamp) string {
	var said []string
	for _, s := range opinions(stamps) {
		said = append(said, opinion(s))
	}
	return strings.Join(said, "; ")
}

// opinions are the stamps with a verdict that are quoted: of the provider's filters or, where those
// have none, of others; one of a filter that says the same in several, the one with a score.
func opinions(stamps []seedtest.Stamp) []seedtest.Stamp {
	for _, trusted := range []bool{true, false} {
		var list []seedtest.Stamp
		for _, s := range stamps {
			if s.Trusted != trusted || s.Verdict == "" {
				continue
			}
			at := slices.IndexFunc(list, func(x seedtest.Stamp) bool {
				return x.Family == s.Family && x.Verdict == s.Verdict
			})
			switch {
			case at >= 0 && finite(list[at].Score) == nil:
				list[at] = s
			case at < 0 && len(list) < mostFilters:
				list = append(list, s)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

func opinion(s seedtest.Stamp) string {
	text := s.Family + " says " + verdictWord(s.Verdict) + inBrackets(scoreWords(s))
	if !s.Trusted {
		text += ", not believed"
	}
	return text
}
