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

type refHops struct {
	File string
	Hops []struct {
		Raw    string
		Agreed map[string]any
	}
}

// TestCorpusHops holds every Received field of the corpus against what other parsers agree on.
func TestCorpusHops(t *testing.T) {
	dir := corpusDir(t)
	count := newTally()
	fields := 0
	for _, ref := range readLines[refHops](t, filepath.Join(dir, "ref", "received.jsonl")) {
		a := corpusMessage(t, dir, ref.File)
		if len(a.Hops) != len(ref.Hops) {
			t.Errorf("%s: %d hops, want %d, one for every Received field", ref.File, len(a.Hops),
				len(ref.Hops))
			continue
		}
		fields += len(a.Hops)
		for i, want := range ref.Hops {
			got := a.Hops[len(a.Hops)-1-i]
			if got.Header != i || squeeze(latin(got.Raw)) != squeeze(want.Raw) {
				t.Errorf("%s: hop %d is not\n\t%s\nbut\n\t%s", ref.File, i, want.Raw, latin(got.Raw))
			}
			values := hopFields(got)
			for field, v := range want.Agreed {
				count.add(t, field, values[field], plain(fmt.Sprintf("%.0f", v), v), want.Raw)
			}
		}
	}
	fmt.Printf("Received fields read: %d\n", fields)
	if all, _ := count.print("hops"); all < 97 {
		t.Errorf("%.2f %% of the agreed hop fields are right, want at least 97", all)
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

// hopFields writes a hop in the way of the reference: names in lower case, addresses plain.
func hopFields(h seedtest.Hop) map[string]string {
	m := map[string]string{
		"helo": h.From.HELO, "rdns": h.From.RDNS, "by": h.By.Name, "with": h.With, "id": h.ID,
	}
	if h.From.IP.IsValid() {
		m["from_ip"] = h.From.IP.String()
	}
	if len(h.For) > 0 {
		m["for"] = h.For[0]
	}
	if !h.Time.IsZero() {
		m["epoch"] = fmt.Sprint(h.Time.Unix())
	}
	for k, v := range m {
		m[k] = plain(v, v)
	}
	return m
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

type labelled struct {
	Header   string
	Expected map[string]any
}

// TestCorpusLabels holds the parser against single Received fields that other projects labelled by
// hand for their own tests.
func TestCorpusLabels(t *testing.T) {
	dir := corpusDir(t)
	sets := map[string]map[string]string{ // file: label to field
		"received_spamassassin.json": {"ip": "from_ip", "rdns": "rdns", "helo": "helo", "by": "by",
			"id": "id"},
		"received_rspamd.json": {"real_ip": "from_ip", "by_hostname": "by"},
		"received_stalwart.json": {"from_ip": "from_ip", "by": "by", "with": "with", "id": "id",
			"for_": "for"},
	}
	count := newTally()
	for file, names := range sets {
		for _, l := range readJSON[[]labelled](t, filepath.Join(dir, "labelled", file)) {
			values := hopFields(readHop(squeeze(l.Header)))
			for label, field := range names {
				want := labelText(l.Expected[label])
				if field == "with" && !strings.Contains(strings.ToLower(l.Header), "with "+want) {
					continue // the label names the kind of protocol, not the word that stands there
				}
				if want != "" {
					count.add(t, field, values[field], want, l.Header)
				}
			}
		}
	}
	if all, _ := count.print("labelled hops"); all < 97 {
		t.Errorf("%.2f %% of the labelled hop fields are right, want at least 97", all)
	}
}

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

// labelText is a label in the way of hopFields. Names of Stalwart's come as {"Name": ...}.
func labelText(v any) string {
	if m, ok := v.(map[string]any); ok {
		for _, x := range m {
			v = x
		}
	}
	s, ok := v.(string)
	if !ok {
		return ""
	}
	if ip, ok := readIP(s); ok {
		return ip.String()
	}
	return plain("", strings.NewReplacer("!", "", "[", "", "]", "").Replace(s))
}
