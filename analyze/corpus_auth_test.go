package analyze

import (
	"fmt"
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

// TestCorpusAuth holds every Authentication-Results field of the corpus, ARC's too, against what
// other parsers agree on.
func TestCorpusAuth(t *testing.T) {
	dir := corpusDir(t)
	count := newTally()
	byFile := map[string][]refAuth{}
	refs := readLines[refAuth](t, filepath.Join(dir, "ref", "authres.jsonl"))
	for _, r := range refs {
		byFile[r.File] = append(byFile[r.File], r)
	}
	for file, want := range byFile {
		a := corpusMessage(t, dir, file)
		if len(a.Authentication) < len(want) {
			t.Errorf("%s: %d fields of results, want at least %d", file, len(a.Authentication), len(want))
		}
		for _, w := range want {
			i := slices.IndexFunc(a.Authentication, func(f seedtest.AuthField) bool {
				return squeeze(latin(f.Raw)) == squeeze(w.Raw)
			})
			if i < 0 {
				t.Errorf("%s: no field of results is %q", file, w.Raw)
				continue
			}
			countAuth(t, count, a.Authentication[i], w)
		}
	}
	fmt.Printf("Authentication-Results fields read: %d\n", len(refs))
	if all, _ := count.print("authentication results"); all < 99 {
		t.Errorf("%.2f %% of the agreed authentication results are right, want at least 99", all)
	}
}

func countAuth(t *testing.T, count tally, got seedtest.AuthField, want refAuth) {
	t.Helper()
	if want.NoAuthservID {
		want.AuthservID = ""
	}
	if want.AuthservID != "" || want.NoAuthservID && got.AuthservID != "" {
		count.add(t, "authserv-id", plain("", got.AuthservID), plain("", want.AuthservID), want.Raw)
	}
	var results []string
	properties := map[string][]string{}
	for _, r := range got.Results {
		word := r.Method + "=" + r.Result
		results = append(results, word)
		for _, p := range r.Properties {
			properties[word] = append(properties[word], plain("", p.Type+"."+p.Name+"="+p.Value))
		}
	}
	slices.Sort(results)
	if want.AgreedResults != nil {
		var words []string
		for _, r := range want.AgreedResults {
			words = append(words, strings.Join(r, "="))
		}
		slices.Sort(words)
		count.add(t, "results", strings.Join(results, " "), strings.Join(words, " "), want.Raw)
	}
	for _, r := range want.Agreed {
		word := fmt.Sprint(r[0], "=", r[1])
		for _, p := range r[2].([]any) {
			answer := ""
			if w := plain("", p); slices.Contains(properties[word], w) {
				answer = w
			}
			count.add(t, "properties", answer, plain("", p), want.Raw)
		}
	}
}
