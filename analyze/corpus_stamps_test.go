package analyze

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seedtest"
)

type refStamps struct {
	File      string
	Placement map[string]any
	Stamps    []struct {
		Name, Raw string
		Parsed    map[string]any
	}
}

// stampsAdjudicated are answers of the reference, which plain regular expressions made, that are
// wrong: the field, what the reference says, and why the header does not say that.
var stampsAdjudicated = []struct{ field, raw, key, why string }{
	{"x-spam", "high DOUBLE_CAPSWORD", "spam", "a word that is neither yes nor no is no verdict"},
	{"x-spam", "undefined", "spam", "a word that is neither yes nor no is no verdict"},
	{"x-spam-level", "+++", "level", "a bar may be drawn with other characters than stars"},
	{"x-spam-level", "1078", "level", "a number is no bar, so that its length says nothing"},
}

// TestCorpusStamps holds every field of a spam filter in the corpus against what plain regular
// expressions read from it, and every statement of a placement. None may be passed over.
func TestCorpusStamps(t *testing.T) {
	dir := corpusDir(t)
	count, placed := newTally(), newTally()
	fields, unread := 0, 0
	for _, ref := range readLines[refStamps](t, filepath.Join(dir, "ref", "stamps.jsonl")) {
		a := corpusMessage(t, dir, ref.File)
		used := map[int]bool{}
		for _, want := range ref.Stamps {
			fields++
			s, listed := corpusStamp(a, want.Name, want.Raw, used)
			if listed {
				unread++
			}
			if s == nil && !listed && !readAsResults(a, want.Name) {
				t.Errorf("%s: %s is neither read nor listed as unread: %s", ref.File, want.Name, want.Raw)
				continue
			}
			for key, value := range want.Parsed {
				if isAdjudicated(want.Name, want.Raw, key) {
					continue
				}
				got := ""
				if s != nil {
					got = stampAnswer(s, key)
				}
				count.add(t, strings.ToLower(want.Name), got, stampText(value),
					key+" of "+want.Name+": "+want.Raw)
			}
		}
		for key, value := range ref.Placement {
			placed.add(t, key, placementAnswer(a, key), stampText(value), ref.File)
		}
	}
	fmt.Printf("stamps read: %d, listed as unread: %d\n", fields-unread, unread)
	all, _ := count.print("stamps")
	both, _ := placed.print("placement")
	if min(all, both) < 99.5 {
		t.Errorf("%.2f %% of the values and %.2f %% of the placements are right, want at least 99.5",
			all, both)
	}
}

// corpusStamp finds what was read of a field of the reference, or whether it is listed as unread.
func corpusStamp(a seedtest.Analysis, name, raw string, used map[int]bool) (*seedtest.Stamp, bool) {
	for i := range a.Stamps {
		s := &a.Stamps[i]
		if strings.EqualFold(s.Field, name) && squeeze(latin(s.Raw)) == squeeze(raw) &&
			!used[s.Position] {
			used[s.Position] = true
			return s, false
		}
	}
	for _, f := range a.Unread {
		if strings.EqualFold(f.Field, name) && squeeze(latin(f.Raw)) == squeeze(raw) {
			return nil, true
		}
	}
	return nil, false
}

// readAsResults reports whether a field of the reference was read as authentication results.
func readAsResults(a seedtest.Analysis, name string) bool {
	return slices.ContainsFunc(a.Authentication, func(f seedtest.AuthField) bool {
		return strings.EqualFold(f.Field, name)
	})
}

func isAdjudicated(name, raw, key string) bool {
	for _, a := range stampsAdjudicated {
		if strings.EqualFold(a.field, name) && strings.HasPrefix(raw, a.raw) && a.key == key {
			return true
		}
	}
	return false
}

// stampAnswer is what was read for a key of the reference.
func stampAnswer(s *seedtest.Stamp, key string) string {
	value, ok := stampValue(s, key)
	switch {
	case key == "spam":
		return map[string]string{"spam": "true", "ham": "false"}[s.Verdict]
	case key == "tests":
		return testNames(value)
	case ok:
		return stampText(value)
	case s.Score != nil: // score, level or scl
		return shortNumber(*s.Score)
	}
	return ""
}

// stampValue is the last value of a key, as a table of a regular expression's matches keeps it.
func stampValue(s *seedtest.Stamp, key string) (string, bool) {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if v := s.Values[i]; v.Name == key {
			return v.Value, true
		}
	}
	return "", false
}

// testNames takes what each test gave off a list of tests.
func testNames(tests string) string {
	var names []string
	for test := range strings.SplitSeq(tests, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(test), "=")
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

// stampText writes values of the reference and of ours alike; an empty one is shown, so that it
// is not taken for none.
func stampText(v any) string {
	switch v := v.(type) {
	case []any:
		var list []string
		for _, x := range v {
			list = append(list, fmt.Sprint(x))
		}
		return strings.Join(list, ",")
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return shortNumber(n)
		}
		if v == "" {
			return "(empty)"
		}
		return squeeze(latin(v))
	case float64:
		return shortNumber(v)
	}
	return fmt.Sprint(v)
}

// placementAnswer is what was read of a filter's own placement.
func placementAnswer(a seedtest.Analysis, key string) string {
	field, name, _ := strings.Cut(key, "_")
	switch {
	case key == "x_spam_flag":
		field, name = "X-Spam-Flag", "spam"
	case key == "x_spam_status":
		field, name = "X-Spam-Status", "spam"
	case key == "gmx_antispam":
		field, name = "X-GMX-Antispam", ""
	case key == "yahoo":
		field, name = "X-YahooFilteredBulk", "bulk"
	case key == "scl":
		field, name = "X-MS-Exchange-Organization-SCL", "scl"
	case field == "forefront":
		field = "X-Forefront-Antispam-Report"
	case field == "microsoft":
		field = "X-Microsoft-Antispam-Mailbox-Delivery"
	}
	for i := range a.Stamps {
		s := &a.Stamps[i]
		if !strings.EqualFold(s.Field, field) {
			continue
		}
		switch {
		case key == "microsoft":
			return map[string]string{"I": "inbox", "J": "junk", "C": "custom"}[s.Value("dest")]
		case name == "bulk":
			return map[string]string{"spam": "bulk"}[s.Verdict]
		}
		if answer := stampAnswer(s, name); answer != "" {
			return answer
		}
	}
	return ""
}
