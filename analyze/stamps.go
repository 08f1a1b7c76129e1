package analyze

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"seedtest"
	"seedtest/header"
)

//go:embed stamps/*.toml
var stampFiles embed.FS

// stampFamily is what one filter or provider writes. Its source and status hold for each field that
// has none of its own.
type stampFamily struct {
	Name   string
	About  string
	Source string
	Status string
	Field  []*stampForm
}

// stampForm is how one field is read. stamps/README.md explains the keys.
type stampForm struct {
	Name      string
	About     string
	Form      string
	Decode    string
	Trim      string
	Separator string
	Assign    string
	Bar       string
	Minus     string
	Zero      string
	Patterns  []string
	First     bool // the word in front is the key of the first pair
	Key       string
	Present   string
	Spam      []string
	Ham       []string
	Unsure    []string
	SpamFrom  *float64 `toml:"spam_from"`
	HamBelow  *float64 `toml:"ham_below"`
	Score     []string
	Threshold []string
	Limit     string // what the threshold is for
	Worse     string
	Least     *float64
	Most      *float64
	Means     map[string]map[string]string
	Source    string
	Status    string
	RemovedBy string `toml:"removed_by"`

	family   string
	about    []string // what it says where no value says anything
	scale    string
	patterns []pattern
	meanings []meaning
}

// stampTable gives the forms of all families, decoded when the first message is read.
var stampTable = sync.OnceValue(func() *stampIndex {
	families, unread, err := readFamilies()
	if err != nil {
		panic("analyze: stamps: " + err.Error()) // embedded: a test reads it
	}
	return newStampIndex(families, unread)
})

// readFamilies decodes the data files.
func readFamilies() ([]stampFamily, unreadRule, error) {
	var families []stampFamily
	var unread unreadRule
	entries, err := stampFiles.ReadDir("stamps")
	if err != nil {
		return nil, unread, err
	}
	for _, entry := range entries {
		data, err := stampFiles.ReadFile("stamps/" + entry.Name())
		if err != nil {
			return nil, unread, err
		}
		list, err := decodeFamilies(data, &unread)
		if err != nil {
			return nil, unread, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		families = append(families, list...)
	}
	return families, unread, nil
}

// decodeFamilies decodes one data file, and into unread the rule for names if it is there.
func decodeFamilies(data []byte, unread *unreadRule) ([]stampFamily, error) {
	file := struct {
		Schema int
		Family []stampFamily
		Unread *unreadRule
	}{Unread: unread}
	decoder := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	for i := range file.Family {
		file.Family[i].prepare()
	}
	return file.Family, nil
}

// prepare hands the family's words down to its fields, and makes of their patterns and meanings
// what is quick to compare.
func (family *stampFamily) prepare() {
	for _, f := range family.Field {
		f.family = family.Name
		f.Source = or(f.Source, family.Source)
		f.Status = or(f.Status, family.Status)
		if f.Form == formPairs {
			f.Separator, f.Assign = or(f.Separator, ";"), or(f.Assign, ":")
		}
		for _, p := range f.Patterns {
			f.patterns = append(f.patterns, newPattern(p))
		}
		f.meanings = newMeanings(f)
		f.about, f.scale = []string{f.About}, f.scaleWords()
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// maxStamps is how many stamps of one message are read. No way of mail puts on so many; the rest
// is listed as unread.
const maxStamps = 2000

// stamp reads a filter's opinion.
func (r *reader) stamp(position int, f *header.Field, form *stampForm) {
	if len(r.a.Stamps) >= maxStamps {
		r.unread(position, f)
		return
	}
	r.a.Stamps = append(r.a.Stamps, seedtest.Stamp{Field: f.Name, Position: position})
	r.filter.read(form, f.Value, &r.a.Stamps[len(r.a.Stamps)-1])
}

// unread lists a field that by its name holds a filter's opinion.
func (r *reader) unread(position int, f *header.Field) {
	r.a.Unread = append(r.a.Unread,
		seedtest.UnreadField{Field: f.Name, Position: position, Raw: f.Value})
}

// stampReader reads stamps, with memory that it uses again for what it keeps nothing of.
type stampReader struct {
	values  []seedtest.Property
	says    []string
	kept    chunk[seedtest.Property]
	texts   chunk[string]
	numbers chunk[float64]
}

// read reads one value.
func (r *stampReader) read(f *stampForm, value string, s *seedtest.Stamp) {
	s.Family, s.Status, s.Raw = f.family, f.Status, value
	text := value
	if f.Decode == "base64" {
		decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			decoded = nil
		}
		text = string(decoded)
	}
	if f.Trim != "" {
		text = strings.Trim(text, f.Trim)
	}
	r.values = f.values(r.values[:0], text)
	s.Values = r.kept.copyOf(r.values)
	var score, threshold string
	score, s.Score = r.firstNumber(s.Values, f.Score)
	threshold, s.Threshold = r.firstNumber(s.Values, f.Threshold)
	s.Verdict = f.verdict(tagValue(s.Values, f.Key))
	r.says = f.says(r.says[:0], s.Values, score, threshold)
	if s.Says = r.texts.copyOf(r.says); s.Says == nil {
		s.Says = f.about
	}
}

// firstNumber returns the first of some values that begins with a number, as it is written and as
// it counts.
func (r *stampReader) firstNumber(values []seedtest.Property, keys []string) (string,
	*float64) {
	for _, key := range keys {
		value := tagValue(values, key)
		if n, ok := frontNumber(value); ok {
			return value[:numberEnd(value)], &r.numbers.one(n)[0]
		}
	}
	return "", nil
}

// frontNumber reads the number with which a text begins: 5.1 of "5.1/8 (spam)", or of "5,1".
func frontNumber(s string) (float64, bool) {
	word := s[:numberEnd(s)]
	if strings.IndexByte(word, ',') >= 0 {
		word = strings.Replace(word, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(word, 64)
	return n, err == nil
}

// numberEnd returns where the number ends with which a text begins. It has no exponent, so that
// what is longer than any score is none. Servers of some countries write a comma for the point.
func numberEnd(s string) int {
	end, whole := 0, true
	for end < len(s) && end < 32 {
		c := s[end]
		comma := c == ',' && whole && end > 0 && end+1 < len(s) && isDigit(s[end+1])
		if !comma && strings.IndexByte("+-.0123456789", c) < 0 {
			break
		}
		whole = whole && c != '.' && !comma
		end++
	}
	return end
}

// verdict says what the filter thinks, as far as the form knows it of the value.
func (f *stampForm) verdict(value string) string {
	switch {
	case f.Present != "":
		return f.Present
	case value == "":
		return ""
	case holds(f.Spam, value):
		return "spam"
	case holds(f.Ham, value):
		return "ham"
	case holds(f.Unsure, value):
		return "unsure"
	case f.SpamFrom == nil && f.HamBelow == nil:
		return ""
	}
	n, ok := frontNumber(value)
	switch {
	case !ok:
		return ""
	case f.SpamFrom != nil && n >= *f.SpamFrom:
		return "spam"
	case f.HamBelow != nil && n < *f.HamBelow:
		return "ham"
	}
	return ""
}

// holds reports whether a value is in a list, where "spam*" stands for all that begin so.
func holds(list []string, value string) bool {
	for _, want := range list {
		if matchesWord(want, value) {
			return true
		}
	}
	return false
}

func matchesWord(want, value string) bool {
	if begin, ok := strings.CutSuffix(want, "*"); ok {
		return hasPrefix(value, begin)
	}
	return len(want) == len(value) && strings.EqualFold(want, value)
}
