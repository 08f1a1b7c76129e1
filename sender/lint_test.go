package sender

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/content"
)

// linted composes a message and lints it.
func linted(t *testing.T, m seedtest.Message, r seedtest.Route) []Remark {
	t.Helper()
	if r.Sender.From == "" {
		r.Sender = seedtest.Identity{From: "Ops <ops@example.org>", EnvelopeFrom: r.Sender.EnvelopeFrom}
	}
	c, err := Compose(Draft{Message: m, From: r.Sender, To: []string{"anna@example.net"},
		Token:  seedtest.MintToken(uuid.MustParse("019a8b7c-0000-7000-8000-00000000002a"), []byte("k")),
		Date:   time.Date(2026, 11, 21, 14, 2, 3, 0, time.UTC),
		Hazard: true})
	if err != nil {
		t.Fatal(err)
	}
	return Lint(c, r)
}

func rulesOf(list []Remark) (ids []string) {
	for _, r := range list {
		ids = append(ids, r.Rule)
	}
	return ids
}

func TestLintData(t *testing.T) {
	var ids []string
	for _, r := range lints().Rule {
		ids = append(ids, r.ID)
		if signs()[r.ID] == nil || r.Text == "" || r.Fix == "" || r.Source == "" ||
			!slices.Contains([]string{"refused", "warning", "note"}, r.Severity) {
			t.Errorf("rule %+v", r)
		}
	}
	if len(ids) != len(signs()) || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		t.Errorf("%d rules and %d signs", len(ids), len(signs()))
	}
}

// TestLintFindsWhatReceiversDislike: each rule speaks where it should, and not next to it.
func TestLintFindsWhatReceiversDislike(t *testing.T) {
	mx := seedtest.Route{Type: seedtest.RouteMX}
	key := func(domain string) []seedtest.DKIM { return []seedtest.DKIM{{Domain: domain, Selector: "s"}} }
	say := func(text string) seedtest.Message { return seedtest.Message{Subject: "Notes", Text: text} }
	page := func(html string) seedtest.Message {
		return seedtest.Message{Subject: "Notes", Text: "Hello", HTML: html}
	}
	file := func(name string) seedtest.Message {
		return seedtest.Message{Subject: "Notes", Text: "Hello", Attachments: []seedtest.Attachment{
			{Name: name, Type: "application/octet-stream", Data: []byte("a")}}}
	}
	subject := func(s string) seedtest.Message { return seedtest.Message{Subject: s, Text: "Hello"} }
	with := func(name, value string) seedtest.Message {
		m := say("Hello")
		m.Headers = []seedtest.Header{{Name: name, Value: value}}
		return m
	}
	from := func(envelope string) seedtest.Route {
		return seedtest.Route{Type: seedtest.RouteSMTP, Sender: seedtest.Identity{EnvelopeFrom: envelope}}
	}
	long := "<p>" + strings.Repeat("many words ", 20) + "</p>"
	for _, c := range []struct {
		rule      string
		bad, good seedtest.Message
		by, other seedtest.Route
	}{
		{"spf-unaligned", say("a"), say("a"), from("b@esp.example.com"), from("b@bounce.example.org")},
		{"dkim-unaligned", say("a"), say("a"), seedtest.Route{DKIM: key("esp.example.com")},
			seedtest.Route{DKIM: key("mail.example.org")}},
		{"unsigned", say("a"), say("a"), mx, seedtest.Route{Type: seedtest.RouteMX,
			DKIM: key("example.org")}},
		{"one-click-unsigned", with("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), say("a"),
			mx, mx},
		{"no-unsubscribe", with("Precedence", "bulk"), with("Precedence", "first-class"),
			seedtest.Route{}, seedtest.Route{}},
		{rule: "subject-empty", bad: subject(""), good: subject("a")},
		{rule: "subject-capitals", bad: subject("YOUR INVOICE"), good: subject("Your INVOICE")},
		{rule: "subject-capitals", bad: subject("ВАШ СЧЁТ ГОТОВ"), good: subject("来週木曜日の入口について")},
		{rule: "subject-reply", bad: subject("Re: notes"), good: subject("Regarding: notes")},
		{rule: "variable", bad: say("Hello {{first_name}}"), good: say("Hello {{to}} {{ }")},
		{rule: "html-only", bad: seedtest.Message{Subject: "a", HTML: "<p>a"}, good: page("<p>a")},
		{rule: "html-large", bad: page(strings.Repeat(long, 500)), good: page(long)},
		{rule: "html-active", bad: page(`<form action="/">`), good: page("<format>")},
		{rule: "images-only", bad: page(`<img src="a.png"><p>Look!</p>`),
			good: page(`<img src="a.png">` + long)},
		{rule: "link-mismatch",
			bad:  page(`<a class=x href="https://evil.example.com/a"><b>www.example.org</b></a>`),
			good: page(`<a href="https://news.example.org/a">www.example.org</a> <a href="https://a.example.com">here</a>`)},
		{rule: "link-address", bad: say("see http://192.0.2.1/a"), good: say("see http://example.org/192.0.2.1")},
		{rule: "link-address", bad: page(`<a href='http://[2001:db8::1]/'>a</a>`), good: page("[2001:db8::1]")},
		{rule: "link-shortener", bad: say("https://bit.ly/abc"), good: say("https://orbit.ly.example/abc")},
		{rule: "link-bare", bad: say("see www.example.org/a"), good: say("see https://www.example.org/a")},
		{rule: "file-refused", bad: file("setup.EXE"), good: file("exe.pdf")},
		{rule: "file-active", bad: file("invoice.docm"), good: file("invoice.docx")},
		{rule: "hazard", bad: seedtest.Message{Subject: "a", GTUBE: true}, good: say("a")},
	} {
		if got := rulesOf(linted(t, c.bad, c.by)); !slices.Contains(got, c.rule) {
			t.Errorf("%s: not found in %+v, only %v", c.rule, c.bad, got)
		}
		if got := rulesOf(linted(t, c.good, c.other)); slices.Contains(got, c.rule) {
			t.Errorf("%s: found in %+v", c.rule, c.good)
		}
	}
}

// TestLintRefusesWhatNoServerTakes: such messages are written by others, as Compose writes none.
func TestLintRefusesWhatNoServerTakes(t *testing.T) {
	head := "Date: Sat, 21 Nov 2026 14:02:03 +0000\r\nFrom: a@example.org\r\nTo: b@example.net\r\n" +
		"Message-ID: <a@example.org>\r\n"
	for rule, text := range map[string]string{
		"long-line":   head + "Subject: a\r\n\r\n" + strings.Repeat("a", 999) + "\r\n",
		"raw-8bit":    head + "Subject: a\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n",
		"field-count": head + "Subject: a\r\nSubject: b\r\n\r\nHello\r\n",
	} {
		got := Lint(seedtest.Composed{Data: []byte(text)}, seedtest.Route{})
		if len(got) == 0 || got[0].Rule != rule || got[0].Severity != SeverityRefused {
			t.Errorf("%s: remarks %v", rule, got)
		}
	}
	good := head + "Subject: a\r\n\r\n" + strings.Repeat("a", 998) + "\r\n"
	if got := Lint(seedtest.Composed{Data: []byte(good)}, seedtest.Route{}); len(got) > 0 {
		t.Errorf("remarks %v of a good message", got)
	}
}

// TestLintHasNothingAgainstBuiltInTexts, but for what is asked for.
func TestLintHasNothingAgainstBuiltInTexts(t *testing.T) {
	for _, x := range content.All() {
		for _, v := range content.Variants() {
			m := content.Prepare([]seedtest.Message{{Content: x.Name, Matrix: "x", Variant: v}}, 1)[0]
			got := rulesOf(linted(t, m, seedtest.Route{Type: seedtest.RouteSMTP}))
			if v == content.VariantHTMLOnly {
				got = slices.DeleteFunc(got, func(id string) bool { return id == "html-only" })
			}
			if len(got) > 0 {
				t.Errorf("%s as %s: %v", x.Name, v, got)
			}
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add([]byte("Subject: a\r\nContent-Type: text/html\r\n\r\n<a href=http://a>b</a><img>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range Lint(seedtest.Composed{Data: data}, seedtest.Route{}) {
			if len(r.Evidence) > 400 || strings.Contains(r.Evidence, "\n") {
				t.Fatalf("evidence %q", r.Evidence)
			}
		}
	})
}
