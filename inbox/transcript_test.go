package inbox

import (
	"fmt"
	"testing"
)

// However much was said, the last lines stand in their order.
func TestTranscriptKeepsTheLastLines(t *testing.T) {
	for _, said := range []int{0, 1, dialogLines, dialogLines + 1, 3*dialogLines - 1} {
		var kept transcript
		for i := range said {
			kept.add(fmt.Sprint(i))
		}
		lines := kept.all()
		if want := min(said, dialogLines); len(lines) != want {
			t.Errorf("%d lines kept of %d, want %d", len(lines), said, want)
		}
		for i, line := range lines {
			if want := fmt.Sprint(said - len(lines) + i); line != want {
				t.Errorf("of %d lines, number %d of those kept is %q, want %q", said, i, line, want)
			}
		}
	}
}

// A pool of certificates takes more memory than all else of a session.
func TestSeedsShareTrust(t *testing.T) {
	w := New(Options{})
	if first, again := w.trusted([]byte("a")), w.trusted([]byte("a")); first != again {
		t.Error("two seeds with the same CA have two pools")
	}
	if w.trusted([]byte("a")) == w.trusted([]byte("b")) {
		t.Error("seeds with different CAs share a pool")
	}
	if w.trusted(nil) != nil {
		t.Error("a seed without a CA does not trust what the system does")
	}
}
