package main

import (
	"strings"
	"testing"

	"seedtest"
	"seedtest/inbox"
	"seedtest/provider"
)

func TestSeedHint(t *testing.T) {
	trouble := func(kind seedtest.FaultKind) inbox.Check {
		return inbox.Check{Trouble: &seedtest.Fault{Kind: kind}}
	}
	junk := inbox.Check{Mailboxes: []seedtest.Mailbox{{Name: "Junk", Role: seedtest.RoleJunk}}}
	for _, x := range []struct {
		provider string
		check    inbox.Check
		want     []string // none: no hint
	}{
		{"gmail", junk, nil},
		{"gmail", trouble(seedtest.FaultLogin), []string{"2-step"}},
		{"gmail", trouble(seedtest.FaultLost), nil},
		{"yandex", trouble(seedtest.FaultLogin), []string{"IMAP switched off"}},
		{"netease", trouble(seedtest.FaultLogin), []string{"IMAP switched off", "sign in too often"}},
		{"exchange", trouble(seedtest.FaultConnect), []string{"does not start its IMAP service"}},
		{"proton", trouble(seedtest.FaultConnect), []string{"certificate of its own"}},
		{"gmx", inbox.Check{}, []string{"no junk mailbox was found", "spam filter is on"}},
		{"dovecot", inbox.Check{}, []string{"no junk mailbox was found", "imap = { junk"}},
		{"outlook", junk, []string{"not observable by IMAP"}},
		{"axigen", junk, []string{"general knowledge"}},
	} {
		p, ok := provider.ByID(x.provider)
		if !ok {
			t.Fatalf("there is no preset %q", x.provider)
		}
		got := seedHint(seedtest.Seed{Provider: p}, x.check)
		if len(x.want) == 0 && got != "" {
			t.Errorf("%s: hint %q, want none", x.provider, got)
		}
		for _, want := range x.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: hint %q, want %q in it", x.provider, got, want)
			}
		}
	}
}
