package analyze

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

// corpusVariable names the environment variable that says where a corpus of real mail is, with what
// other parsers agree on in ref/. None of it is part of this project.
const corpusVariable = "SEEDTEST_CORPUS"

func corpusDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(corpusVariable)
	if dir == "" {
		t.Skip(corpusVariable + " is not set: no corpus of real mail to read")
	}
	return dir
}

// readLines decodes a file of JSON lines.
func readLines[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var list []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, v)
	}
	if err := lines.Err(); err != nil || len(list) == 0 {
		t.Fatalf("%s: %d lines, %v", path, len(list), err)
	}
	return list
}

// tally counts answers by field.
type tally struct {
	right, wrong, absent map[string]int
}

func newTally() tally {
	return tally{map[string]int{}, map[string]int{}, map[string]int{}}
}

func (c tally) add(t *testing.T, field, got, want, where string) {
	t.Helper()
	switch {
	case got == want:
		c.right[field]++
	case got == "":
		c.absent[field]++
		t.Logf("absent %-8s want %q\n\t%s", field, want, where)
	default:
		c.wrong[field]++
		t.Logf("wrong  %-8s got %q, want %q\n\t%s", field, got, want, where)
	}
}

// print writes the table and returns the share of right answers, of all fields and the least.
func (c tally) print(title string) (all, least float64) {
	fmt.Printf("%-24s %7s %7s %7s %8s\n", title, "right", "wrong", "absent", "right %")
	fields := map[string]bool{}
	for _, m := range []map[string]int{c.right, c.wrong, c.absent} {
		for f := range m {
			fields[f] = true
		}
	}
	least = 100
	var right, wrong, absent int
	for _, f := range slices.Sorted(mapKeys(fields)) {
		r, w, a := c.right[f], c.wrong[f], c.absent[f]
		right, wrong, absent = right+r, wrong+w, absent+a
		share := 100 * float64(r) / float64(r+w+a)
		least = min(least, share)
		fmt.Printf("%-24s %7d %7d %7d %8.2f\n", f, r, w, a, share)
	}
	all = 100 * float64(right) / float64(max(right+wrong+absent, 1))
	fmt.Printf("%-24s %7d %7d %7d %8.2f\n\n", "all", right, wrong, absent, all)
	return all, least
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func corpusMessage(t *testing.T, dir, file string) seedtest.Analysis {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "messages", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return Message(raw, file, seedtest.Trust{})
}

// plain is how values are compared: numbers as they are, text in lower case without a final dot.
func plain(number string, v any) string {
	s, ok := v.(string)
	if !ok {
		return number
	}
	return latin(strings.TrimSuffix(strings.ToLower(s), "."))
}

// latin shows bytes as the reference does: those from 128 on as U+0080 to U+00FF.
func latin(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func readJSON[T any](t *testing.T, path string) T {
	t.Helper()
	var v T
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}
