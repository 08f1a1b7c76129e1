package main

import (
	"slices"
	"strings"
	"testing"

	"seedtest"
	"seedtest/inbox"
	"seedtest/provider"
)

// TestJunkNamesOfPresetsAreKnown: what a preset calls junk is junk at a server of which nothing is
// known, too. A quarantine is junk only where the preset says so.
func TestJunkNamesOfPresetsAreKnown(t *testing.T) {
	names := provider.Silent().JunkNames
	for _, p := range provider.All() {
		names = append(names, p.Junk...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 50 {
		t.Fatalf("the presets have %d names of junk, want at least 50", len(names))
	}
	for _, name := range names {
		delim := '/'
		if strings.HasPrefix(name, "INBOX.") {
			delim = '.'
		}
		role := inbox.Roles([]inbox.Listed{{Name: name, Delim: delim}}, seedtest.Seed{})[0].Role
		if want := strings.ToLower(name) != "quarantaine"; (role == seedtest.RoleJunk) != want {
			t.Errorf("Roles of %q without a preset: %q, want junk %t", name, role, want)
		}
	}
}
