package analyze

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"seedtest"
	"seedtest/header"
)

//go:embed stamps.toml
var stampData string

// stampForm is how one field of a spam filter is read.
type stampForm struct {
	Family    string
	Field     string
	Form      string // pairs, status, word, number, bar, rspamd or text
	Bar       string
	Key       string
	First     bool // the verdict is the key of the first pair
	Spam      []string
	Ham       []string
	Unsure    []string
	SpamFrom  *float64 `toml:"spam_from"`
	HamBelow  *float64 `toml:"ham_below"`
	Score     *string
	Threshold *string
	RemovedBy string `toml:"removed_by"`
	Source    string
}

// stampForms gives the forms by the name of the field in lower case.
var stampForms = sync.OnceValue(func() map[string]*stampForm {
	forms, err := readForms(stampData)
	if err != nil {
		panic("analyze: stamps.toml: " + err.Error()) // embedded: a test reads it
	}
	return forms
})

func readForms(data string) (map[string]*stampForm, error) {
	var file struct {
		Schema int
		Stamp  []*stampForm
	}
	if _, err := toml.Decode(data, &file); err != nil {
		return nil, err
	}
	forms := make(map[string]*stampForm, len(file.Stamp))
	for _, f := range file.Stamp {
		forms[strings.ToLower(f.Field)] = f
	}
	return forms, nil
}

// maxValues is how many values of one stamp are kept apart; the raw text has them all.
const maxValues = 200

// read reads one value. The word in front, or the number, is the value named "".
func (f *stampForm) read(value string) seedtest.Stamp {
	s := seedtest.Stamp{Family: f.Family, Raw: value, Values: map[string]string{}}
	switch f.Form {
	case "pairs":
		f.pairs(&s)
	case "status":
		readStatus(&s)
	case "rspamd":
		readRspamd(&s)
	case "bar":
		n := len(value) - len(strings.TrimLeft(value, f.Bar))
		s.Values[""] = strconv.Itoa(n)
	case "word", "number":
		if word, _, _ := strings.Cut(strings.TrimSpace(value), " "); word != "" {
			s.Values[""] = strings.TrimRight(word, ",;")
		}
	}
	s.Score = number(s.Values, f.Score)
	s.Threshold = number(s.Values, f.Threshold)
	s.Verdict = f.verdict(s.Values[f.Key])
	return s
}

// pairs reads KEY:value;KEY:value.
func (f *stampForm) pairs(s *seedtest.Stamp) {
	for part := range strings.SplitSeq(s.Raw, ";") {
		key, value, ok := strings.Cut(part, ":")
		if key = strings.TrimSpace(key); key == "" || !ok || len(s.Values) >= maxValues {
			continue
		}
		if f.First && len(s.Values) == 0 {
			s.Values[""] = key
		}
		s.Values[key] = strings.TrimSpace(value)
	}
}

// readStatus reads "Yes, score=5.1 required=5.0 tests=A,B". Older versions write hits= for score=.
func readStatus(s *seedtest.Stamp) {
	word, rest, _ := strings.Cut(strings.TrimSpace(s.Raw), ",")
	if strings.Contains(word, "=") {
		word, rest = "", s.Raw
	}
	s.Values[""] = strings.TrimSpace(word)
	scan := header.NewScanner(rest, "=")
	last := ""
	for t := scan.Next(); t.Kind != header.KindEnd; t = scan.Next() {
		switch {
		case t.Kind == header.KindSpecial:
		case scan.Rest() != "" && scan.Rest()[0] == '=':
			last = strings.ToLower(strings.TrimRight(t.Text, ","))
		case last != "" && len(s.Values) < maxValues:
			if old := s.Values[last]; old == "" || strings.HasSuffix(old, ",") { // a folded list
				s.Values[last] = old + t.Text
			}
		}
	}
	if hits, ok := s.Values["hits"]; ok && s.Values["score"] == "" {
		s.Values["score"] = hits
	}
	for key, value := range s.Values {
		s.Values[key] = strings.TrimRight(value, ",")
	}
}

// readRspamd reads "default: False [1.20 / 15.00]; SYMBOL(0.10)[...]; ...".
func readRspamd(s *seedtest.Stamp) {
	head, symbols, _ := strings.Cut(s.Raw, ";")
	_, verdict, _ := strings.Cut(head, ":")
	word, numbers, _ := strings.Cut(strings.TrimSpace(verdict), "[")
	s.Values[""] = strings.TrimSpace(word)
	score, required, _ := strings.Cut(strings.TrimRight(numbers, "] "), "/")
	s.Values["score"], s.Values["required"] = strings.TrimSpace(score), strings.TrimSpace(required)
	for part := range strings.SplitSeq(symbols, ";") {
		name, rest, ok := strings.Cut(strings.TrimSpace(part), "(")
		if weight, _, closed := strings.Cut(rest, ")"); ok && closed && len(s.Values) < maxValues {
			s.Values[name] = weight
		}
	}
}

// number reads one of the values as a number, if a key is given and it is one.
func number(values map[string]string, key *string) *float64 {
	if key == nil {
		return nil
	}
	n, err := strconv.ParseFloat(strings.TrimRight(values[*key], ",;"), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil
	}
	return &n
}

func (f *stampForm) verdict(value string) string {
	holds := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, value) })
	}
	switch {
	case value == "":
		return ""
	case holds(f.Spam):
		return "spam"
	case holds(f.Ham):
		return "ham"
	case holds(f.Unsure):
		return "unsure"
	}
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return ""
	case f.SpamFrom != nil && n >= *f.SpamFrom:
		return "spam"
	case f.HamBelow != nil && n < *f.HamBelow:
		return "ham"
	}
	return ""
}
