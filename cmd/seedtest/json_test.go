package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"seedtest/inbox"
)

// TestJSONIsHarmless holds that names which a server made up drive no terminal on which the JSON of
// a check or of cleaning is printed.
func TestJSONIsHarmless(t *testing.T) {
	const name = "A\u202eB\u009bC\u200b"
	var out bytes.Buffer
	a := &app{stdout: &out, format: "json"}
	work := []cleanWork{{seed: "gmail-a", copies: []*runCopy{{recorded: inbox.Copy{Mailbox: name}}}}}
	if err := a.writeCleaned(work, nil, true); err != nil {
		t.Fatal(err)
	}
	found := []checked{{Kind: "seed", Name: "gmail-a", Error: name}}
	if err := writeChecksJSON(&out, found, false); err != nil {
		t.Fatal(err)
	}
	bad := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if s := out.String(); strings.IndexFunc(s, bad) >= 0 || strings.Count(s, `\u202e`) < 2 {
		t.Errorf("this is printed: %q", s)
	}
}
