package analyze

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"seedtest"
)

// sameHop holds that the reader of ordinary values, where it takes a value for one, says what the
// reader of all values says. It reports whether it did.
func sameHop(t testing.TB, value string) bool {
	t.Helper()
	var r received
	got, want := seedtest.Hop{}, seedtest.Hop{}
	if strings.IndexByte(value, 0) >= 0 || !r.readOrdinary(value, &got) {
		return false
	}
	r.readAny(value, &want)
	if g, w := whole(got), whole(want); g != w {
		t.Errorf("%q\nthe reader of ordinary values says\n\t%s\nthat of all values\n\t%s", value, g, w)
	}
	return true
}

// whole writes all that is read of a hop, with what is empty in a way of its own.
func whole(h seedtest.Hop) string {
	tls := h.TLS
	h.TLS = nil
	return fmt.Sprintf("%#v %#v", h, tls)
}

// TestOrdinaryHops holds that both readers agree on what servers write, and that the fields of
// today's mail are taken for ordinary ones.
func TestOrdinaryHops(t *testing.T) {
	for _, f := range hopFieldsOfToday {
		if !sameHop(t, f.value) {
			t.Errorf("%s: %q is not taken for an ordinary value", f.name, f.value)
		}
	}
	for _, s := range samples(t, "received.txt") {
		sameHop(t, s.value)
	}
}

// TestOrdinaryTemplates is TestTemplates for both readers, with values in places that are not
// theirs.
func TestOrdinaryTemplates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom(templates).Draw(rt, "server").text
		for name, value := range draw(rt).values {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		words := strings.Split(text, " ")
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			from := rapid.IntRange(0, len(words)-1).Draw(rt, "word")
			to := rapid.IntRange(0, len(words)-1).Draw(rt, "place")
			words[to] = words[from]
		}
		sameHop(t, strings.Join(words, " "))
	})
}

// TestCorpusOrdinaryHops holds that both readers agree on each Received field of the corpus, and
// says how many are ordinary ones.
func TestCorpusOrdinaryHops(t *testing.T) {
	count, ordinary := 0, 0
	for _, ref := range readLines[refHops](t, filepath.Join(corpusDir(t), "ref", "received.jsonl")) {
		for _, hop := range ref.Hops {
			if count++; sameHop(t, hop.Raw) {
				ordinary++
			}
		}
	}
	fmt.Printf("ordinary Received fields: %d of %d\n", ordinary, count)
}

// FuzzOrdinaryHop holds that both readers agree on whatever the first one takes.
func FuzzOrdinaryHop(f *testing.F) {
	for _, s := range samples(f, "received.txt") {
		f.Add(s.value)
	}
	for _, s := range hopFieldsOfToday {
		f.Add(s.value)
	}
	f.Fuzz(func(t *testing.T, value string) { sameHop(t, value) })
}
