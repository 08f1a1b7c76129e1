package analyze

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

type refAuth struct {
	File, Name, Raw string
	NoAuthservID    bool       `json:"no_authserv_id"`
	AuthservID      string     `json:"authserv_id"`
	Agreed          [][]any    // method, result, properties
	AgreedResults   [][]string `json:"agreed_results"` // method, result
}

// authAnswer is one value of one field of results, with all that the other parsers agree on.
type authAnswer struct {
	hash, field, got, want, raw string
}

// authWanted is how good the reading must be, in percent, after the rulings.
const authWanted = 99.9

// TestCorpusAuth holds every Authentication-Results field of the corpus, ARC's too, against what
// other parsers agree on: before and after the rulings of testdata/adjudication_auth.txt.
func TestCorpusAuth(t *testing.T) {
	dir := corpusDir(t)
	byFile := map[string][]refAuth{}
	refs := readLines[refAuth](t, filepath.Join(dir, "ref", "authres.jsonl"))
	for _, r := range refs {
		byFile[r.File] = append(byFile[r.File], r)
	}
	var answers []authAnswer
	for file, want := range byFile {
		a := corpusMessage(t, dir, file)
		for _, w := range want {
			i := slices.IndexFunc(a.Authentication, func(f seedtest.AuthField) bool {
				return squeeze(latin(f.Raw)) == squeeze(w.Raw)
			})
			if i < 0 {
				t.Errorf("%s: no field of results is %q", file, w.Raw)
				continue
			}
			answers = append(answers, compareAuth(a.Authentication[i], w)...)
		}
	}
	fmt.Printf("Authentication-Results fields read: %d\n", len(refs))
	before := newTally()
	for _, a := range answers {
		before.add(t, a.field, a.got, a.want, a.hash+" "+a.raw)
	}
	before.print("authentication results")
	after := ruleAuth(t, answers)
	if _, least := after.print("the same after rulings"); least < authWanted {
		t.Errorf("of one field %.2f %% are right, want at least %.1f", least, authWanted)
	}
}

// compareAuth returns every value of a field that the other parsers agree on.
func compareAuth(got seedtest.AuthField, want refAuth) []authAnswer {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(squeeze(want.Raw))))[:12]
	var answers []authAnswer
	add := func(field, got, want, raw string) {
		answers = append(answers, authAnswer{sum, field, got, want, raw})
	}
	switch {
	case want.NoAuthservID:
		add("authserv-id", got.AuthservID, "", want.Raw)
	case want.AuthservID != "":
		add("authserv-id", plain("", got.AuthservID), plain("", want.AuthservID), want.Raw)
	}
	words, properties := resultWords(got)
	if want.AgreedResults != nil {
		var agreed []string
		for _, r := range want.AgreedResults {
			agreed = append(agreed, strings.Join(r, "="))
		}
		slices.Sort(agreed)
		slices.Sort(words)
		add("results", strings.Join(words, " "), strings.Join(agreed, " "), want.Raw)
	}
	for _, r := range want.Agreed {
		for _, p := range r[2].([]any) {
			p, answer := plain("", p), ""
			if slices.Contains(properties[fmt.Sprint(r[0], "=", r[1])], p) {
				answer = p
			}
			add("properties", answer, p, want.Raw)
		}
	}
	return answers
}

// resultWords writes results as the reference does, and their properties by result.
func resultWords(f seedtest.AuthField) (words []string, properties map[string][]string) {
	properties = map[string][]string{}
	for _, r := range f.Results {
		word := r.Method + "=" + r.Result
		words = append(words, word)
		for _, p := range r.Properties {
			properties[word] = append(properties[word], plain("", p.Type+"."+p.Name+"="+p.Value))
		}
	}
	return words, properties
}

// ruleAuth scores answers once more: where a ruling says that the analysis is right, it is. A line
// of the rulings is the first 12 hexadecimal digits of the SHA-256 of the field's value (each run
// of blanks as one), what differs, who is right (ours or reference), and why. A ruling on a field
// that is read and differs no more fails.
func ruleAuth(t *testing.T, answers []authAnswer) tally {
	const file = "testdata/adjudication_auth.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rulings := map[string]string{} // who is right, by hash and field
	for line := range strings.Lines(string(text)) {
		cells := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if cells[0] == "" || cells[0] == "#" {
			continue
		}
		if len(cells) != 4 || cells[2] != "ours" && cells[2] != "reference" {
			t.Fatalf("%s: %q is no ruling: hash, field, ours or reference, why", file, line)
		}
		rulings[cells[0]+" "+cells[1]] = cells[2]
	}
	after := newTally()
	seen, differs := map[string]bool{}, map[string]bool{}
	for _, a := range answers {
		key := a.hash + " " + a.field
		seen[key] = true
		differs[key] = differs[key] || a.got != a.want
		if rulings[key] == "ours" {
			a.got = a.want
		}
		after.add(t, a.field, a.got, a.want, a.hash)
	}
	for key := range rulings {
		if !seen[key] {
			fmt.Printf("%s: %s is not in this corpus\n", file, key)
		} else if !differs[key] {
			t.Errorf("%s: %s is read as the reference reads it: the line must go", file, key)
		}
	}
	return after
}
