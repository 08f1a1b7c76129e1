package analyze

import (
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// meaning is what the values of one key mean.
type meaning struct {
	key      string
	sayings  []saying
	anything saying // of a value that none of the others knows
}

// saying is what one value means: a word, the beginning of one, or numbers from one to another.
type saying struct {
	value    string
	isRange  bool
	from, to float64
	text     string // whole, unless it says the value where {} stands
	gap      int    // where {} stood, or -1
}

// newMeanings makes the meanings of a form ready to be looked up.
func newMeanings(f *stampForm) []meaning {
	list := make([]meaning, 0, len(f.Means))
	for key, words := range f.Means {
		m := meaning{key: key, anything: saying{gap: -1}}
		for value, text := range words {
			s := newSaying(f, key, value, text)
			if value == "*" {
				m.anything = s
				continue
			}
			m.sayings = append(m.sayings, s)
		}
		slices.SortFunc(m.sayings, func(a, b saying) int { // the longer beginning counts first
			if d := len(b.value) - len(a.value); d != 0 {
				return d
			}
			return strings.Compare(a.value, b.value)
		})
		list = append(list, m)
	}
	return list
}

// newSaying adds to a text what it rests on, unless the text says the value itself.
func newSaying(f *stampForm, key, value, text string) saying {
	s := saying{value: value, gap: strings.Index(text, "{}")}
	if from, to, ok := strings.Cut(value, " to "); ok {
		var err1, err2 error
		s.from, err1 = strconv.ParseFloat(from, 64)
		s.to, err2 = strconv.ParseFloat(to, 64)
		s.isRange = err1 == nil && err2 == nil
	}
	if s.gap >= 0 {
		s.text = text[:s.gap] + text[s.gap+len("{}"):]
		return s
	}
	exact := !s.isRange && !strings.HasSuffix(value, "*")
	s.text = text
	switch {
	case exact && key != "":
		s.text += " (" + key + or(f.Assign, "=") + value + ")"
	case exact:
		s.text += " (" + value + ")"
	case key != "": // the value is known when it is seen
		s.text += " (" + key + or(f.Assign, "=") + ")"
		s.gap = len(s.text) - 1
	default:
		s.text += " ()"
		s.gap = len(s.text) - 1
	}
	return s
}

func (s *saying) fits(value string) bool {
	if s.isRange {
		n, ok := frontNumber(value)
		return ok && s.from <= n && n <= s.to
	}
	return matchesWord(s.value, value)
}

// The bounds of what is said: bytes of one value, and sentences of one stamp.
const (
	maxSaid    = 200
	maxSayings = 40
)

func (s *saying) say(value string) string {
	if s.gap < 0 {
		return s.text
	}
	return s.text[:s.gap] + value[:min(len(value), maxSaid)] + s.text[s.gap:]
}

// says adds to a list, in words, what a stamp means.
func (f *stampForm) says(list []string, values []seedtest.Property, score,
	threshold string) []string {
	for i := range values {
		text := f.meaningOf(&values[i])
		if text != "" && len(list) < maxSayings && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	if text := f.scoreSays(score, threshold); text != "" {
		list = append(list, text)
	}
	return list
}

func (f *stampForm) meaningOf(v *seedtest.Property) string {
	if v.Value == "" {
		return ""
	}
	for i := range f.meanings {
		m := &f.meanings[i]
		if m.key != v.Name {
			continue
		}
		for j := range m.sayings {
			if m.sayings[j].fits(v.Value) {
				return m.sayings[j].say(v.Value)
			}
		}
		return m.anything.say(v.Value)
	}
	return ""
}

// scoreSays tells a score with what it is measured by: "score 7.3, spam from 5", "score 12, from 0
// to 100, higher is worse".
func (f *stampForm) scoreSays(score, threshold string) string {
	switch {
	case score == "" || f.Means[f.Score[0]] != nil:
		return "" // no score, or what it means is said already
	case threshold == "":
		return "score " + score + f.scale
	case f.Worse == "high":
		return "score " + score + ", " + or(f.Limit, "spam from") + " " + threshold
	}
	return "score " + score + ", threshold " + threshold + f.scale
}

// scaleWords tells between which numbers a score lies, and which are the bad ones.
func (f *stampForm) scaleWords() string {
	var text string
	if f.Least != nil && f.Most != nil {
		text = ", from " + shortNumber(*f.Least) + " to " + shortNumber(*f.Most)
	}
	switch f.Worse {
	case "high":
		text += ", higher is worse"
	case "low":
		text += ", lower is worse"
	}
	return text
}

func shortNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
