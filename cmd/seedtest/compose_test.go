package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/content"
)

// TestRule05StoredRunComposesTheSameBytes: a later process that takes a run up has only its facts,
// and sends what the first attempt sent, whatever the message is made of.
func TestRule05StoredRunComposesTheSameBytes(t *testing.T) {
	file := seedtest.Attachment{Name: "a.bin", Type: "application/octet-stream",
		Data: []byte{0, 255, '\r', '\n', 10}}
	o := seedtest.Opened{
		Routes: []seedtest.Route{{Name: "new", Hazard: true,
			Sender: seedtest.Identity{From: "Ops <ops@example.org>"}}},
		Seeds: []seedtest.Seed{{Name: "a", Address: "anna@example.net"}},
		Messages: content.Prepare([]seedtest.Message{
			{Name: "page", Subject: "Grüße {{date}}", Text: "a", HTML: "<p>\u2028b</p>",
				Attachments: []seedtest.Attachment{file}},
			{Name: "file", Template: []byte("Subject: a\r\nX-A: b\n" +
				"Content-Type: text/plain; charset=iso-8859-1\n\n\xe4 {{ref}}\n")},
			{Name: "m/attachment", Matrix: "m", Variant: "attachment", Content: "any"},
			{Name: "filters", Content: "any", GTUBE: true, EICAR: true},
		}, 42)}
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var stored seedtest.Opened
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	token := seedtest.MintToken(uuid.MustParse("019a8b7c-0000-7000-8000-00000000002a"), []byte("k"))
	for _, m := range o.Messages {
		p := seedtest.Planned{Token: token, Route: "new", Message: m.Name,
			Date: time.Date(2026, 11, 21, 14, 2, 3, 0, time.UTC), Probes: []seedtest.PlannedProbe{{Seed: "a"}}}
		first, err := composer(nil)(o, p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := composer(nil)(stored, p)
		if err != nil || !bytes.Equal(first.Data, again.Data) {
			t.Errorf("%s: composed anew %v\n%s\nwant\n%s", m.Name, err, again.Data, first.Data)
		}
	}
}

// TestMatrixIsSentAndTold: every variant arrives with its tag in all carriers, and the report names
// it; what cannot be sent ends the run before it begins.
func TestMatrixIsSentAndTold(t *testing.T) {
	b := newBench(t)
	real := "From: x@example.com\nSubject: Invoice\nContent-Type: text/html\n\n<p>Hello {{to}}\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(b.config()), "real.eml"), []byte(real), 0o600); err != nil {
		t.Fatal(err)
	}
	gtube := "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
	b.configure(func(text string) string {
		return text + `
[message.kinds]
content = "notice-ja"
matrix = ["plain", "html", "link", "attachment", "header:X-Mailer=Example 1"]
[message.real]
file = "real.eml"
[message.hidden]
subject = "Notes"
text = "` + gtube + `"
[suite.kinds]
routes = ["old"]
seeds = ["local-a"]
messages = ["kinds", "real"]
deadline = "20s"
[suite.hidden]
routes = ["old"]
seeds = ["local-a"]
messages = ["hidden"]
`
	})
	got := b.run(t.Context(), nil, "run", "kinds")
	if got.status == statusUsage {
		t.Fatal(got.stderr)
	}
	run := b.newest()
	var names []string
	for _, p := range run.Probes {
		names = append(names, p.Message)
		seen := p.Decisive()
		if seen == nil || len(seen.Carriers) != 3 {
			t.Errorf("%s: %s, seen %+v, want it with 3 carriers\n%s", p.Message, p.Placements.Current, seen,
				got.stderr)
		}
	}
	want := []string{"kinds/plain", "kinds/html", "kinds/link", "kinds/attachment", "kinds/X-Mailer", "real"}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("sent %v, want %v", names, want)
	}
	first := run.Opened.Messages[0]
	if !strings.HasPrefix(first.Content, "notice-ja-") || run.Opened.Messages[1].Content != first.Content {
		t.Errorf("contents %q and %q", first.Content, run.Opened.Messages[1].Content)
	}
	text := b.run(t.Context(), nil, "show", "last", "--verbose").stdout
	if !strings.Contains(text, "kinds/html") {
		t.Errorf("the report does not name the variant:\n%s", text)
	}
	one := b.run(t.Context(), nil, "show", "last", "local-a/old/kinds/html").stdout
	if !strings.Contains(one, "kinds/html") || strings.Contains(one, "(lost") {
		t.Errorf("one probe by its message:\n%s", one)
	}
	refused := b.run(t.Context(), nil, "run", "hidden")
	if refused.status != statusUsage || !strings.Contains(refused.stderr, "does not say gtube = true") ||
		b.newest().Opened.Run != run.Opened.Run {
		t.Errorf("a hidden GTUBE: status %d, %s", refused.status, refused.stderr)
	}
}

func TestUnfitIsWhatNoServerTakes(t *testing.T) {
	head := "Date: Sat, 21 Nov 2026 14:02:03 +0000\r\nFrom: a@example.org\r\nTo: b@example.net\r\n" +
		"Subject: LOOK AT THIS\r\nMessage-ID: <a@example.org>\r\n\r\n"
	for body, want := range map[string]string{"Hello\r\n": "", "Gr\xfc\xdfe\r\n": "8-bit",
		strings.Repeat("a", 999) + "\r\n": "998"} {
		err := unfit(seedtest.Composed{Data: []byte(head + body)}, seedtest.Route{Name: "new"})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("unfit(%.20q) = %v, want %q", body, err, want)
		}
	}
}
