package content_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"seedtest"
	"seedtest/content"
)

func TestTextsAreNeutral(t *testing.T) {
	const languages = "de en es fr it ja nl pl pt ru"
	per := map[string]int{}
	said := map[string]string{}
	for _, x := range content.All() {
		per[x.Kind+"-"+x.Language]++
		if !slices.Contains(strings.Fields(languages), x.Language) {
			t.Errorf("%s: language %q", x.Name, x.Language)
		}
		if other := said[x.Subject]; other != "" {
			t.Errorf("%s has the subject of %s", x.Name, other)
		}
		said[x.Subject] = x.Name
		if x.Subject == "" || strings.TrimSpace(x.Text) == "" || !utf8.ValidString(x.Text) {
			t.Errorf("%s: subject %q, text %q", x.Name, x.Subject, x.Text)
		}
		// Words by which a filter, or a person, would take it for something else.
		words := regexp.MustCompile(`(?i)test|seed|probe|https?:|www\.|@|[0-9€$%!]{2}|\{`)
		if found := words.FindString(x.Subject + "\n" + x.Text); found != "" {
			t.Errorf("%s says %q", x.Name, found)
		}
		for line := range strings.Lines(x.Text) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 76 {
				t.Errorf("%s: a line of %d characters", x.Name, n)
			}
		}
	}
	if want := 2 * len(strings.Fields(languages)); len(per) != want {
		t.Errorf("%d names, want %d", len(per), want)
	}
	for name, n := range per {
		if n < 3 {
			t.Errorf("%s has %d wordings, want 3", name, n)
		}
	}
}

func TestTextsAreInTheirScript(t *testing.T) {
	scripts := map[string]*unicode.RangeTable{"ru": unicode.Cyrillic, "ja": unicode.Hiragana}
	for _, x := range content.All() {
		want, ok := scripts[x.Language]
		if !ok {
			want = unicode.Latin
		}
		if !strings.ContainsFunc(x.Text, func(r rune) bool { return unicode.Is(want, r) }) {
			t.Errorf("%s is in another script", x.Name)
		}
	}
}

func TestPrepareDrawsByTheRunsRandomSeed(t *testing.T) {
	m := []seedtest.Message{{Name: "a", Content: "notice-de"}}
	seen := map[string]bool{}
	for random := range uint64(64) {
		got := content.Prepare(m, random)
		if diff := cmp.Diff(got, content.Prepare(m, random)); diff != "" {
			t.Fatalf("Prepare(%d) twice:\n%s", random, diff)
		}
		if !strings.HasPrefix(got[0].Content, "notice-de-") || got[0].Text == "" ||
			got[0].Subject == "" {
			t.Fatalf("Prepare(%d) = %+v", random, got[0])
		}
		seen[got[0].Content] = true
	}
	if len(seen) != 3 {
		t.Errorf("64 runs drew %v, want all 3 wordings", seen)
	}
	if m[0].Text != "" {
		t.Error("Prepare changed what it was given")
	}
	for _, c := range []struct {
		name string
		want bool
	}{{"any", true}, {"notice", true}, {"notice-de-2", true}, {"notice-de-4", false},
		{"not", false}, {"", false}, {"notice-d", false}} {
		if got := content.Known(c.name); got != c.want {
			t.Errorf("Known(%q) = %v", c.name, got)
		}
	}
}

func variant(v string) seedtest.Message {
	return seedtest.Message{Name: "x/" + v, Matrix: "x", Variant: v, Content: "meeting-en",
		Headers: []seedtest.Header{{Name: "X-Team", Value: "ops"}}}
}

func TestVariantsDifferInOneThing(t *testing.T) {
	var list []seedtest.Message
	for _, v := range append(content.Variants(), "header:X-Mailer=Example 1.0 = a") {
		list = append(list, variant(v))
	}
	got := content.Prepare(list, 7)
	plain := got[0]
	if plain.HTML != "" || len(plain.Attachments) != 0 || plain.Text == "" {
		t.Fatalf("plain: %+v", plain)
	}
	first, _, _ := strings.Cut(plain.Text, "\n")
	for _, m := range got {
		if m.Content != plain.Content || m.Subject != plain.Subject {
			t.Errorf("%s says %s, the base %s", m.Name, m.Content, plain.Content)
		}
	}
	if m := got[1]; m.Text != plain.Text || !strings.Contains(m.HTML, "<p>"+first) {
		t.Errorf("html: text %q, html %q", m.Text, m.HTML)
	}
	if m := got[2]; m.Text != "" || m.HTML != got[1].HTML {
		t.Errorf("html-only: text %q, html %q", m.Text, m.HTML)
	}
	if m := got[3]; m.Text != plain.Text+"\nhttps://{{domain}}/\n" {
		t.Errorf("link: %q", m.Text)
	}
	if m := got[4]; m.Text != plain.Text || len(m.Attachments) != 1 ||
		!strings.HasPrefix(string(m.Attachments[0].Data), "%PDF-") {
		t.Errorf("attachment: %+v", m.Attachments)
	}
	want := []seedtest.Header{{Name: "X-Team", Value: "ops"},
		{Name: "X-Mailer", Value: "Example 1.0 = a"}}
	if diff := cmp.Diff(want, got[5].Headers); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestVariantsTakeWhatTheMessageBrings(t *testing.T) {
	m := seedtest.Message{Name: "x/html", Matrix: "x", Subject: "A < B", Text: "one\n\n<two>\n",
		HTML: "<b>own</b>", Link: "https://example.org/a",
		Attachments: []seedtest.Attachment{{Name: "a.txt", Type: "text/plain", Data: []byte("a")}}}
	with := func(v string) seedtest.Message {
		m.Variant = v
		return content.Prepare([]seedtest.Message{m}, 1)[0]
	}
	if got := with("html"); got.HTML != m.HTML || got.Attachments != nil {
		t.Errorf("html: %+v", got)
	}
	if got := with("attachment"); got.HTML != "" || got.Attachments[0].Name != "a.txt" {
		t.Errorf("attachment: %+v", got)
	}
	if got := with("link"); !strings.HasSuffix(got.Text, "\n\nhttps://example.org/a\n") {
		t.Errorf("link: %q", got.Text)
	}
	m.HTML = ""
	if got := with("html").HTML; !strings.Contains(got, "<title>A &lt; B</title>") ||
		!strings.Contains(got, "<p>one</p>\n<p>&lt;two&gt;</p>") {
		t.Errorf("html of the text: %q", got)
	}
}
