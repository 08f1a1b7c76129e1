package sender

import (
	"strings"
	"testing"
	"unicode"
)

// TestQueueIDsOfTheField gives every rule its own example, through all the rules before it.
func TestQueueIDsOfTheField(t *testing.T) {
	rules := queueIDRules()
	if len(rules) < 10 {
		t.Fatalf("queueids.toml gives %d rules", len(rules))
	}
	for _, r := range rules {
		if r.Server == "" || r.Source == "" || r.re.NumSubexp() != 1 {
			t.Errorf("rule %q: wants a server, a source and one group", r.Pattern)
		}
		if got := queueID(r.Example); r.ID == "" || got != r.ID {
			t.Errorf("queueID(%q) = %q, want %q of %s", r.Example, got, r.ID, r.Server)
		}
	}
}

// TestQueueIDIsNotGuessed shows replies that name no message.
func TestQueueIDIsNotGuessed(t *testing.T) {
	for _, text := range []string{
		"", "OK", "OK: queued", "ok dirdel", "Message accepted for delivery", "Great success",
		"Message received", "OK message accepted for delivery", "Queued (0.108 seconds)",
	} {
		if got := queueID(text); got != "" {
			t.Errorf("queueID(%q) = %q, want none", text, got)
		}
	}
}

// FuzzQueueID: whatever a server says, an id is a word of its reply.
func FuzzQueueID(f *testing.F) {
	for _, r := range queueIDRules() {
		f.Add(r.Example)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = printable(text) // as it is kept
		id := queueID(text)
		if len(id) > maxQueueID || !strings.Contains(text, id) ||
			strings.ContainsFunc(id, unicode.IsSpace) {
			t.Fatalf("queueID(%q) = %q", text, id)
		}
	})
}
