package analyze

import (
	"fmt"
	"net/netip"
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
	for _, value := range nearlyOrdinary {
		sameHop(t, value+"; Mon, 21 Sep 2026 10:00:00 +0000")
		sameHop(t, value+"; 21 Sep 2026 10:00:00 -0000")
	}
}

// nearlyOrdinary are values in which one thing counts that stands in few others.
var nearlyOrdinary = []string{
	"from a (192.0.2.1) by b with SMTP",
	"from a (192.0.2.1) by b id 1",
	"from a (192.0.2.1) by b (c) with SMTP",
	"from a(192.0.2.1) by b with SMTP",
	"from a by b (from c [192.0.2.1]) with SMTP",
	"by b (from c [192.0.2.1]) with SMTP",
	"by b with SMTP for c@d,e@f",
	"by b with SMTP for c@d (user=e)",
	"by b with SMTP for c@d for e@f",
	"by b id 1 (user=c) with SMTP (user=d)",
	"by b with SMTP (user=c) id 1 (user=d)",
	"by b id 1 (TLS1.3:A_BCDEF:256) with SMTP (TLS1.2:G_HIJKL:128)",
	"by b id 1 (TLS1.3:A_BCDEF:256) with SMTP tls G_HIJKL",
	"by b with ESMTP/TLS/A_BCDEF id 1",
	"by b with SMTP, id 1",
	"by b with Microsoft SMTP (c) Server id 1",
	"by b via c  d",
	`by b with C (d \( e) ESMTP) id 1`,
	`by b (c) with SMTP id 1 \`,
	"by b with SMTP)",
	"by b (c (d) with SMTP",
	"by . with SMTP",
	"from by b",
	"by b with SMTP id",
	"by b " + strings.Repeat("(c) ", hopTokens) + "with SMTP",
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

// TestOrdinaryComments holds that an ordinary comment about a client is read as any is.
func TestOrdinaryComments(t *testing.T) {
	var read client
	for _, text := range []string{"using [192.0.2.1]", "Postfix [192.0.2.1]", "TLS.example.org [::1]"} {
		if read.readComment(text); read != (client{}) {
			t.Errorf("readComment(%q) = %+v, want nothing", text, read)
		}
	}
	words := []string{"a.example.org", "a.example.org.", "unknown", "HELO", "Not", "verified",
		"account", "b", "-", "b:c", "d=e", "[192.0.2.1]", "192.0.2.2", "[2001:db8::1]",
		"2001:db8::2", "[IPv6:2001:db8::3]", "192.0.2.1.abc", "[192.0.2.1]:25", "[unknown]", "f@g",
		"h[192.0.2.3]", "[fe80::1%eth0]", "[]", "[", "]", ""}
	for _, first := range words {
		sameComment(t, first)
		for _, second := range words {
			sameComment(t, first+" "+second)
			for _, third := range words {
				sameComment(t, first+" "+second+" "+third)
			}
		}
	}
}

func sameComment(t *testing.T, text string) {
	t.Helper()
	for _, start := range []client{{}, {rdns: "x"}, {helo: "x", greeted: true},
		{ip: netip.MustParseAddr("192.0.2.9"), rank: rankBracket, comment: true}} {
		got, want := start, start
		if !got.ordinaryComment(text) {
			continue
		}
		if want.readWords(text); got != want {
			t.Errorf("ordinaryComment(%q) leads to %+v, readWords to %+v", text, got, want)
		}
	}
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
