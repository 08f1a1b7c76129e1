package sender_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"seedtest"
	"seedtest/content"
	"seedtest/sender"
)

// copies are drafts of one message that differ in all that a Composer fills in.
func copies(m seedtest.Message) (list []sender.Draft) {
	for i, to := range [][]string{{"anna@example.net"}, {"b@EXAMPLE.com"},
		{strings.Repeat("c", 64) + "@" + strings.Repeat("long.", 10) + "example", "d@[192.0.2.7]"},
		{"c=41d@example.net"}} {
		d := draft()
		d.Message, d.To, d.Date = m, to, date.Add(time.Duration(i)*time.Hour)
		d.Token = seedtest.MintToken(uuid.UUID{byte(i)}, []byte("a key"))
		d.From.EnvelopeFrom = []string{"", "bounces+{tag}@example.org", "b@example.org", ""}[i]
		list = append(list, d)
	}
	return list
}

// odd are messages that a Composer might get wrong.
var odd = map[string]seedtest.Message{
	"variables":             {Text: "{{ref}} {{date}} {{to}} {{from}} {{domain}}", Subject: "{{ref}} of {{to}}"},
	"reference":             {Subject: "Order {ref} is packed", Text: "Your order {{ref}}"},
	"reference, UTF8":       {Subject: "Übersicht {ref} " + strings.Repeat("ü", 80), Text: "ü"},
	"long lines":            {Subject: strings.Repeat("word ", 40), Text: strings.Repeat("ü", 300)},
	"dots":                  {Text: ".\n.."},
	"stand-in":              {Text: "w3xqzw3xqz xqzw3xqzw3 k7vyj4k7vy Wed, 03 Feb 1971 04:05:06 +0700"},
	"stand-in's to":         {Text: "To: <w3xqz@gap.invalid>"},
	"to in a line":          {Text: "To: <{{to}}>"},
	"to in a line, encoded": {Text: "To: <{{to}}>\nü"},
	"to in a subject":       {Subject: "{{ref}} To: <{{to}}>", Text: "a"},
	"to in a header":        {Headers: []seedtest.Header{{Name: "X-Original-To", Value: "<{{to}}>"}}},
	"header": {Headers: []seedtest.Header{{Name: "List-Unsubscribe",
		Value: "<mailto:u@example.org?subject={{ref}}>"}, {Name: "X-Campaign", Value: "Frühling"}}},
	"html":       {Text: "a", HTML: "<p>b</p>"},
	"attachment": {Text: "a", Attachments: []seedtest.Attachment{{Name: "a", Type: "text/csv", Data: []byte("b")}}},
	"template":   {Template: []byte("Subject: a\n\nb {{ref}}\n")},
	"gtube":      {GTUBE: true},
	"eicar":      {EICAR: true},
	"NUL":        {Text: "\x00"},
}

func TestComposerComposesAsComposeDoes(t *testing.T) {
	for _, text := range content.All() {
		odd["content "+text.Name] = seedtest.Message{Subject: text.Subject, Text: text.Text}
	}
	for _, v := range content.Variants() {
		m := seedtest.Message{Subject: "Order", Text: "Packed.\n", Variant: v, Link: "https://example.org/"}
		odd["variant "+v] = content.Prepare([]seedtest.Message{m}, 1)[0]
	}
	keys := newKeys(t)[1:] // whose signatures of equal texts are equal
	all := &sender.Composer{}
	for name, m := range odd {
		for hazard := range 2 {
			for i, d := range copies(m) { // all of them have one name
				d.Hazard = hazard == 1
				if i == 1 {
					d.Keys = keys
				}
				same(t, fmt.Sprint(name, " ", i), all, d)
				same(t, fmt.Sprint(name, " ", i, " again"), all, d)
			}
		}
	}
	for name, c := range uncomposable {
		d := draft()
		c.change(&d)
		same(t, name, all, draft())
		same(t, name, all, d)
	}
}

// TestComposerSeesChangedHeaders, also where they are changed in place.
func TestComposerSeesChangedHeaders(t *testing.T) {
	d, c := draft(), &sender.Composer{}
	d.Message.Headers = []seedtest.Header{{Name: "X-A", Value: "one"}}
	same(t, "one", c, d)
	d.Message.Headers[0].Value = "two"
	same(t, "two", c, d)
}

func same(t *testing.T, name string, c *sender.Composer, d sender.Draft) {
	t.Helper()
	want, err := sender.Compose(d)
	got, gotErr := c.Compose(d)
	if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(gotErr) {
		t.Errorf("%s: errors %v and %v (-Compose +Composer):\n%s", name, err, gotErr, diff)
	}
}

// TestComposerFillsIn: text with a header is composed once, in whatever language.
func TestComposerFillsIn(t *testing.T) {
	m := seedtest.Message{Name: "a", Subject: "Grüße {{ref}}", Text: "Grüße\n" + strings.Repeat("ü", 100),
		Headers: []seedtest.Header{{Name: "List-Unsubscribe", Value: "<https://example.org/u>"}}}
	d := draft()
	d.Message = m
	c := &sender.Composer{}
	whole := testing.AllocsPerRun(10, func() { _, _ = sender.Compose(d) })
	filled := testing.AllocsPerRun(10, func() { _, _ = c.Compose(d) })
	if filled > whole/4 {
		t.Errorf("a copy takes %.0f allocations, to compose it takes %.0f", filled, whole)
	}
}
