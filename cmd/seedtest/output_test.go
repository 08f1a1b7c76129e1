package main

import (
	"bytes"
	"testing"
)

// What a server said must not drive a terminal, turn text around or pass for a line of ours.
func TestSayIsHarmless(t *testing.T) {
	var out bytes.Buffer
	a := &app{stderr: &out}
	a.say("  %s", "Spam\x1b[2J \u202etxt\u2066 100% sure\r\nadded [seed.x]")
	want := `  Spam\x1b[2J \u{202e}txt\u{2066} 100% sure added [seed.x]` + "\n"
	if got := out.String(); got != want {
		t.Errorf("say wrote %q, want %q", got, want)
	}
}
