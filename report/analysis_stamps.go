package report

import (
	"strings"

	"seedtest"
)

// stampReading is what one spam filter noted.
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

// Believed says whether the word of a field counts.
func (s stampReading) Believed() string { return yesNo(s.Trusted) }

func (n names) stamp(s seedtest.Stamp) stampReading {
	r := stampReading{Family: n.say(s.Family), Field: n.say(s.Field), Trusted: s.Trusted,
		Verdict: n.say(stampWords(s)), Says: n.each(s.Says), Values: n.say(valueWords(s.Values)),
		Status: n.say(s.Status), Raw: n.say(s.Raw)}
	if r.Values == "" {
		r.Values, r.Bare = r.Raw, true
	}
	return r
}

// words says what a stamp means, as far as that is known.
func (s stampReading) words() string {
	text := joined("; ", append([]string{s.Verdict}, s.Says...)...)
	switch {
	case text == "":
		return "its meaning is not known"
	case s.Status == "guess" && len(s.Says) > 0:
		return text + " (a guess)"
	}
	return text
}

// stampWords says a filter's verdict and its score.
func stampWords(s seedtest.Stamp) string {
	text := verdictWord(s.Verdict)
	if score := scoreWords(s); score != "" {
		text += " score " + score
	}
	return strings.TrimSpace(text)
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
