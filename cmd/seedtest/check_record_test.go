package main

import (
	"bytes"
	"strings"
	"testing"

	"seedtest/sender"
)

// TestCheckTellsTheRecord: what a server offers, its reverse name, and what is worth knowing of it.
func TestCheckTellsTheRecord(t *testing.T) {
	c := checked{Kind: "route", Name: "old", OK: true, Route: &sender.Check{OK: true, Remote: "192.0.2.1:587",
		RemoteName: "mx1.example.net", Extensions: []string{"SIZE 1000", "DSN"},
		Remarks: []string{"its greeting came late; wait"}}}
	text := strings.Join(c.lines(false), "\n")
	for _, want := range []string{"note  route old", "192.0.2.1:587 (mx1.example.net) in", "SIZE 1000, DSN",
		"note       its greeting came late; wait"} {
		if !strings.Contains(text, want) {
			t.Errorf("check says no %q:\n%s", want, text)
		}
	}
	var out bytes.Buffer
	if err := writeChecksJSON(&out, []checked{c}, false); err != nil {
		t.Fatal(err)
	}
	obey(t, "check", "check", out.String())
	for _, want := range []string{`"remote_name": "mx1.example.net"`, `"its greeting came late; wait"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check says no %s:\n%s", want, out.String())
		}
	}
}
