package analyze

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedtest"
)

// answer is one field of one Received value: what is read, and what is wanted.
type answer struct {
	header, field string // the header by its hash
	got, want     string
	raw           string
}

// ruling is a line of testdata/adjudication.jsonl: who is right where the analysis and the corpus
// differ. The header is named by the first 12 hexadecimal digits of the SHA-256 of its value, each
// run of blanks as one.
type ruling struct {
	Header, Field   string
	Ours, Reference string
	Right           string // ours, reference or neither
	Why             string
}

// answers is what has been scored, by table.
type answers map[string][]answer

func (a answers) add(table, raw, field, got, want string) {
	raw = squeeze(latin(raw))
	sum := sha256.Sum256([]byte(raw))
	a[table] = append(a[table], answer{hex.EncodeToString(sum[:])[:12], field, got, want, raw})
}

// hopScore says how good a field must be, in percent of the values of agreed and majority.
var hopScore = map[string]struct{ right, wrong float64 }{
	"from_ip": {99.5, 0.2}, "by": {99.8, 0.2}, "helo": {99.8, 0.2}, "with": {99.8, 0.2},
	"id": {99.8, 0.2}, "for": {99.8, 0.2}, "epoch": {99.8, 0.2},
	// In two of 783 values of the corpus, the reference takes the word EHLO for a name.
	"rdns": {99.5, 0.3},
}

const (
	judgedRight = 99.8 // after the rulings, of each field
	judgedWrong = 0.05
)

type refHops struct {
	File string
	Hops []struct {
		Raw              string
		Agreed, Majority map[string]any
	}
}

// TestCorpusHops holds every Received field of the corpus against what other parsers agree on and
// what projects labelled by hand, before and after the rulings on the differences.
func TestCorpusHops(t *testing.T) {
	dir := corpusDir(t)
	all := answers{}
	readReference(t, dir, all)
	readLabels(t, dir, all)
	tables := slices.Sorted(maps.Keys(all))
	pooled := newTally()
	for _, table := range tables {
		count := newTally()
		for _, a := range all[table] {
			count.add(t, a.field, a.got, a.want, a.header+" "+a.raw)
			if !strings.HasPrefix(table, "labels") {
				pooled.count(a)
			}
		}
		count.print("hops, " + table)
	}
	for field, limit := range hopScore {
		pooled.require(t, field, limit.right, limit.wrong)
	}
	judged := applyRulings(t, all)
	judged.print("hops, after rulings")
	for field := range hopScore {
		judged.require(t, field, judgedRight, judgedWrong)
	}
}

// count notes an answer without a word.
func (c tally) count(a answer) {
	switch {
	case a.got == a.want:
		c.right[a.field]++
	case a.got == "":
		c.absent[a.field]++
	default:
		c.wrong[a.field]++
	}
}

func (c tally) require(t *testing.T, field string, right, wrong float64) {
	t.Helper()
	n := float64(c.right[field] + c.wrong[field] + c.absent[field])
	r, w := 100*float64(c.right[field])/n, 100*float64(c.wrong[field])/n
	if !(r >= right) || !(w <= wrong) {
		t.Errorf("%s: %.2f %% right and %.2f %% wrong, want at least %.2f and at most %.2f", field, r,
			w, right, wrong)
	}
}

// applyRulings scores everything again: where a ruling says that the analysis is right it is, and
// where it says that neither side is, nothing is scored. A ruling on a header of the corpus that no
// difference needs fails.
func applyRulings(t *testing.T, all answers) tally {
	rulings := readLines[ruling](t, "testdata/adjudication.jsonl")
	headers, needed := map[string]bool{}, make([]bool, len(rulings))
	judged := newTally()
	for _, list := range all {
		for _, a := range list {
			headers[a.header] = true
			right := ""
			if i := slices.IndexFunc(rulings, a.ruledBy); i >= 0 {
				needed[i], right = true, rulings[i].Right
			}
			switch right {
			case "ours":
				a.got = a.want
			case "neither":
				continue
			}
			judged.count(a)
		}
	}
	for i, r := range rulings {
		if headers[r.Header] && !needed[i] {
			t.Errorf("adjudication.jsonl:%d: nothing differs there any more", i+1)
		}
		if r.Right != "ours" && r.Right != "reference" && r.Right != "neither" || r.Why == "" {
			t.Errorf("adjudication.jsonl:%d: it must say who is right, and why", i+1)
		}
	}
	return judged
}

// ruledBy reports whether a ruling is about an answer.
func (a answer) ruledBy(r ruling) bool {
	return a.got != a.want && r.Header == a.header && r.Field == a.field && r.Ours == a.got &&
		r.Reference == a.want
}

func readReference(t *testing.T, dir string, all answers) {
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
				all.add("agreed", got.Raw, field, values[field], plain(fmt.Sprintf("%.0f", v), v))
			}
			for field, v := range want.Majority {
				all.add("majority", got.Raw, field, values[field], plain(fmt.Sprintf("%.0f", v), v))
			}
		}
	}
	fmt.Printf("Received fields read: %d\n", fields)
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

type labelled struct {
	Header   string
	Expected map[string]any
}

// labelSets gives the files of labels, and which field each label is about.
var labelSets = map[string]map[string]string{
	"spamassassin": {"ip": "from_ip", "rdns": "rdns", "helo": "helo", "by": "by", "id": "id"},
	"rspamd":       {"real_ip": "from_ip", "by_hostname": "by"},
	"stalwart": {"from_ip": "from_ip", "by": "by", "with": "with", "id": "id",
		"for_": "for"},
}

// readLabels reads single Received fields that other projects labelled by hand for their tests.
func readLabels(t *testing.T, dir string, all answers) {
	for name, labels := range labelSets {
		file := filepath.Join(dir, "labelled", "received_"+name+".json")
		for _, l := range readJSON[[]labelled](t, file) {
			values := hopFields(readHop(squeeze(l.Header)))
			for label, field := range labels {
				want := labelText(l.Expected[label])
				if field == "with" && !strings.Contains(strings.ToLower(l.Header), "with "+want) {
					continue // the label names the kind of protocol, not the word that stands there
				}
				if want != "" {
					all.add("labels of "+name, l.Header, field, values[field], want)
				}
			}
		}
	}
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
