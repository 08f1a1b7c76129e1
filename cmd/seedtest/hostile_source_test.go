package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedtest"
)

// TestHostileSourcesInPlace pastes the sources of messages that somebody else wrote.
func TestHostileSourcesInPlace(t *testing.T) {
	t.Parallel()
	b, _ := handBench(t)
	p := b.handProbes()["old"]
	tag := "Message-ID: <" + p.MessageID + ">\r\nSubject: Your weekly notice " + p.Reference + "\r\n"
	for name, c := range map[string]struct {
		source string
		words  string // of a refusal; empty: it is taken
	}{
		"drives a terminal":    {evilHeader + tag + "\r\n\x1b[2J", ""},
		"dates":                {evilDates + tag + "\r\n", ""},
		"long line":            {tag + "X-Long: " + strings.Repeat("z", 3<<20) + "\r\n\r\n", ""},
		"many fields":          {tag + strings.Repeat("Received: from x\r\n", 100_000) + "\r\n", ""},
		"nested comments":      {tag + "Received: " + strings.Repeat("(", 200_000) + "\r\n\r\n", ""},
		"tag behind too much":  {strings.Repeat("X: y\r\n", 50_000) + tag + "\r\n", "carries no tag"},
		"tags of others":       {forged(0, 5000) + "\r\n", "carries no tag"},
		"no header":            {"\r\n\r\n\r\n", "carries no tag"},
		"a picture":            {strings.Repeat("\x89PNG\r\n\x1a\n\x00", 1000), "carries no tag"},
		"longer than any mail": {tag + strings.Repeat("\r\n", 17<<20), "longer than"},
	} {
		path := filepath.Join(b.dir, "source")
		if err := os.WriteFile(path, []byte(c.source), 0o600); err != nil {
			t.Fatal(err)
		}
		var got told
		if n := growth(func() {
			got = b.run(t.Context(), nil, "place", "last", "gmail-a/old", "other:\x1b[2J\u202eevil",
				"--source", path)
		}); n > mostOfRun {
			t.Errorf("%s: the heap grew by %d MB, want at most %d", name, n>>20, mostOfRun>>20)
		}
		b.unharmed(got)
		want := map[bool]int{true: statusPass, false: statusUsage}[c.words == ""]
		if got.status != want || !strings.Contains(got.stderr, c.words) {
			t.Errorf("%s: exit status %d, want %d; says %s, want %q", name, got.status, want,
				got.stderr, c.words)
		}
		if c.words == "" {
			b.shows("gmail-a/old")
		}
	}
}

// forged are header fields with tags that name nothing, numbered.
func forged(from, to int) string {
	var text strings.Builder
	for i := from; i < to; i++ {
		tag := strings.NewReplacer("0", "z", "1", "y", "8", "x", "9", "w").Replace(fmt.Sprintf("%0*d",
			seedtest.TokenLen, i))
		fmt.Fprintf(&text, "Message-ID: <%s@example.org>\r\nX-Entity-Ref-ID: %[1]s\r\n", tag)
	}
	return text.String()
}
