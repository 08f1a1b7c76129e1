package seedtest_test

import (
	"strings"
	"testing"

	"seedtest"
)

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[2Jb\r\nc": "a [2Jb c", "\xffx\u202ey": "x y", "  a   b ": "a b",
		strings.Repeat("é", 30): strings.Repeat("é", 20) + "...",
	} {
		if got := seedtest.OneLine(in, 20); got != want {
			t.Errorf("seedtest.OneLine(%q) = %q, want %q", in, got, want)
		}
	}
}
