package analyze

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// TestStampData holds the data to its own rules.
func TestStampData(t *testing.T) {
	families, unread, err := readFamilies()
	if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) {
		t.Fatalf("%v: there is no such key:\n%s", err, strict.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(unread.Words) == 0 || len(unread.Not) == 0 {
		t.Errorf("unread.toml: %+v says too little", unread)
	}
	names := map[string]bool{}
	for _, family := range families {
		if family.Name == "" || family.About == "" || len(family.Field) == 0 || names[family.Name] {
			t.Errorf("family %q lacks name, about or fields, or is there twice", family.Name)
		}
		names[family.Name] = true
		for _, f := range family.Field {
			if name := strings.ToLower(f.Name); names[name] {
				t.Errorf("%s is there twice", f.Name)
			}
			names[strings.ToLower(f.Name)] = true
			for _, problem := range f.problems() {
				t.Errorf("%s %s: %s", family.Name, f.Name, problem)
			}
		}
	}
}

// TestContributing holds the example in CONTRIBUTING.md: its entry reads its sample as it says.
func TestContributing(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### A spam filter's header")
	families, err := decodeFamilies([]byte(fenced(t, section, "toml")), &unreadRule{})
	if err != nil || len(families) != 1 || len(families[0].Field) != 1 {
		t.Fatalf("the entry has %d families, %v", len(families), err)
	}
	form := families[0].Field[0]
	for _, problem := range form.problems() {
		t.Errorf("%s: %s", form.Name, problem)
	}
	field, rest, _ := strings.Cut(fenced(t, section, "stamp"), "\n")
	want := map[string][]string{}
	for line := range strings.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "> "), " ")
		want[key] = append(want[key], value)
	}
	_, value, _ := strings.Cut(field, ": ")
	if got := describeStamp(form.one(value)); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the sample gives\n%q, want\n%q", got, want)
	}
}

// fenced returns the text of the first fenced block of a kind.
func fenced(t *testing.T, text, kind string) string {
	t.Helper()
	_, text, begun := strings.Cut(text, "```"+kind+"\n")
	text, _, ended := strings.Cut(text, "```")
	if !begun || !ended {
		t.Fatalf("no block of %s", kind)
	}
	return text
}

// problems names the rules that an entry breaks.
func (f *stampForm) problems() []string {
	rules := []struct {
		broken bool
		text   string
	}{
		{f.Name == "" || f.About == "" || f.Source == "", "name, about or source is missing"},
		{strings.Count(f.Name, "*") > 1, "more than one star"},
		{strings.Contains(f.Name, "*") && !strings.HasPrefix(f.Name, "X-"), "a star without X-"},
		{!slices.Contains([]string{"documented", "observed", "guess"}, f.Status), "unknown status"},
		{f.Status == "documented" && !strings.Contains(f.Source, "https://") &&
			!strings.Contains(f.Source, "RFC "), "documented, but the source is no page"},
		{f.Status == "guess" && f.hasVerdict(), "a guess gives a verdict"},
		{f.Status == "guess" && len(f.Means) > 0, "a guess is told as a meaning"},
		{!slices.Contains([]string{formText, formOpaque, formWord, formNumber, formBar, formPairs,
			formStatus, formRspamd, formPattern}, f.Form), "unknown form"},
		{(f.Form == formBar) != (f.Bar != ""), "bar without its form, or its form without a bar"},
		{(f.Form == formPattern) != (len(f.Patterns) > 0), "patterns without their form, or it alone"},
		{f.Form != formPairs && (f.Separator+f.Assign != "" || f.First), "only pairs are parted so"},
		{f.Decode != "" && f.Decode != "base64", "unknown decode"},
		{(len(f.Score) > 0) != (f.Worse != ""), "a score needs worse, and worse a score"},
		{f.Worse != "" && f.Worse != "high" && f.Worse != "low", "worse is neither high nor low"},
		{(f.Least == nil) != (f.Most == nil), "least without most"},
		{f.Least != nil && *f.Least >= *f.Most, "least is not below most"},
		{f.Present != "" && f.Present != "spam" && f.Present != "ham", "unknown verdict in present"},
		{(f.Form == formText || f.Form == formOpaque) && (f.Present == "" && f.hasVerdict() ||
			len(f.Score)+len(f.Threshold)+len(f.Means) > 0), "no value is read that this rests on"},
		{f.RemovedBy != "" && match(f.RemovedBy, false) == nil, "removed_by is no pattern"},
	}
	var list []string
	for _, rule := range rules {
		if rule.broken {
			list = append(list, rule.text)
		}
	}
	return append(list, f.unreachable()...)
}

// unreachable names what an entry says of values that its form never yields.
func (f *stampForm) unreachable() []string {
	var list []string
	keys := slices.Concat(f.Score, f.Threshold, slices.Collect(maps.Keys(f.Means)))
	if len(f.Spam)+len(f.Ham)+len(f.Unsure) > 0 {
		keys = append(keys, f.Key)
	}
	for _, key := range keys {
		if !f.yields(key) {
			list = append(list, "no value is named "+strconv.Quote(key))
		}
	}
	word := f.Form == formWord || f.Form == formNumber || f.Form == formStatus
	for key, means := range f.Means {
		for value, text := range means {
			if word && key == "" && strings.Contains(value, " ") && !strings.Contains(value, " to ") {
				list = append(list, "no first word is "+strconv.Quote(value))
			}
			if text == "" || strings.HasSuffix(text, ".") || strings.Count(text, "{}") > 1 {
				list = append(list, strconv.Quote(text)+" is no phrase")
			}
		}
	}
	return list
}

// yields reports whether the form can yield a value of that name.
func (f *stampForm) yields(key string) bool {
	switch f.Form {
	case formWord, formNumber, formBar:
		return key == ""
	case formStatus:
		return key == strings.ToLower(key)
	case formRspamd:
		return true
	case formPattern:
		return slices.ContainsFunc(f.patterns, func(p pattern) bool {
			return slices.ContainsFunc(p, func(part patternPart) bool {
				return part.gap && part.name == key
			})
		})
	}
	return f.Form == formPairs
}
