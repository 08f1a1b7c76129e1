package main

import (
	"strings"
	"testing"
)

// TestDemo runs the demo as a newcomer would, and holds its object against the schema.
func TestDemo(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = b.dir + "/demo.db"
	got := b.run(t.Context(), nil, "demo", "--random", "7", "--format", "json")
	if got.status != statusPass || !strings.Contains(got.stderr, "TRUTH  27 of 27 verdicts agree") {
		t.Fatalf("exit status %d\n%s", got.status, got.stderr)
	}
	obey(t, "run", "demo", got.stdout)
	text := b.run(t.Context(), nil, "show", "last")
	for _, word := range []string{"inbox", "promotions", "JUNK", "REFUSED", "MISSING", "BLIND",
		"203.0.113.9 is not in example.org's SPF", "FIX example.org TXT: put ip4:203.0.113.9"} {
		if !strings.Contains(text.stdout, word) {
			t.Errorf("the report does not say %q:\n%s", word, text.stdout)
		}
	}
}

// TestDemoWithQueue: what the same providers refuse behind relays with a queue has bounced.
func TestDemoWithQueue(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = b.dir + "/demo.db"
	got := b.run(t.Context(), nil, "demo", "--random", "7", "--queue", "--format", "json")
	if got.status != statusPass || !strings.Contains(got.stderr, "TRUTH  27 of 27 verdicts agree") ||
		!strings.Contains(got.stderr, "seedtest demo --random 7 --queue makes the same one") {
		t.Fatalf("exit status %d\n%s", got.status, got.stderr)
	}
	obey(t, "run", "demo", got.stdout)
	text := b.run(t.Context(), nil, "show", "last")
	for _, words := range []string{"BOUNCED 5.7.26, by report", "certain: 7 of 7 say",
		"203.0.113.9 is not in example.org's SPF"} {
		if !strings.Contains(text.stdout, words) {
			t.Errorf("the report does not say %q:\n%s", words, text.stdout)
		}
	}
}
