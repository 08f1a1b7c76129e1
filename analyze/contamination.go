package analyze

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"seedtest"
)

//go:embed contamination.toml
var contaminationData string

// mark is one entry of contamination.toml, whose head explains the keys.
type mark struct {
	Field  string
	Key    string
	Values []string
	Parts  bool
	Means  string
	Status string
	Source string
}

var contaminationMarks = sync.OnceValue(func() []mark {
	marks, err := readMarks()
	if err != nil {
		panic("analyze: contamination: " + err.Error()) // embedded: a test reads it
	}
	return marks
})

func readMarks() ([]mark, error) {
	var file struct {
		Schema int
		Mark   []mark
	}
	_, err := toml.Decode(contaminationData, &file)
	return file.Mark, err
}

// contaminated says where the provider stamped that the mailbox knows the sender: such a seed does
// not show what a stranger's mail would meet.
func contaminated(stamps []seedtest.Stamp) []seedtest.Finding {
	var list []seedtest.Finding
	for i := range stamps {
		s := &stamps[i]
		if !s.Trusted {
			continue
		}
		marks := contaminationMarks()
		for j := range marks {
			if m := &marks[j]; len(m.Field) == len(s.Field) && m.isOn(s) {
				list = append(list, contamination(s, m))
			}
		}
	}
	return list
}

func (m *mark) isOn(s *seedtest.Stamp) bool {
	if !strings.EqualFold(m.Field, s.Field) {
		return false
	}
	value := tagValue(s.Values, m.Key)
	if !m.Parts {
		return foldedIn(m.Values, value)
	}
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ' ' }) {
		if foldedIn(m.Values, part) {
			return true
		}
	}
	return false
}

func foldedIn(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
}

func contamination(s *seedtest.Stamp, m *mark) seedtest.Finding {
	how := ""
	if m.Status == "guess" {
		how = ", if the stamp means what it seems to"
	}
	return seedtest.Finding{
		Code: "seed.contaminated", Severity: seedtest.SeverityWarning,
		Title:    "the mailbox knows the sender: " + m.Means + how,
		Evidence: []seedtest.Evidence{{Field: s.Field, Raw: shortened(s.Raw)}},
		Fix: []string{"take the sender out of the mailbox's lists, contacts and rules, or use another " +
			"seed: this one does not show what a stranger's mail would meet"},
	}
}
