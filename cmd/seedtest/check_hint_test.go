package main

import (
	"strings"
	"testing"

	"seedtest"
	"seedtest/diagnose"
	"seedtest/inbox"
	"seedtest/provider"
)

func TestSeedHint(t *testing.T) {
	junk := inbox.Check{Mailboxes: []seedtest.Mailbox{{Name: "Junk", Role: seedtest.RoleJunk}}}
	for _, x := range []struct {
		provider string
		check    inbox.Check
		want     []string // none: no hint
	}{
		{"gmail", junk, nil},
		{"gmail", inbox.Check{Trouble: &seedtest.Fault{}}, nil},
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

// TestRefusedSeedsAreToldOfTheirProvider holds what is advised of a trouble against what is known
// of the provider's habits, by what the seed signs in by.
func TestRefusedSeedsAreToldOfTheirProvider(t *testing.T) {
	const login, connect = seedtest.FaultLogin, seedtest.FaultConnect
	for _, x := range []struct {
		provider string
		kind     seedtest.FaultKind
		by       seedtest.LoginBy
		want     []string
		lacks    string
	}{
		{"gmail", login, seedtest.ByPassword, []string{"2-step", "apppasswords"}, "seedtest login"},
		{"gmail", login, seedtest.ByConsent, []string{"seedtest login"}, "app password"},
		{"gmail", seedtest.FaultLost, seedtest.ByPassword, nil, "2-step"},
		{"yandex", login, seedtest.ByPassword, []string{"IMAP switched off"}, ""},
		{"yandex", login, seedtest.ByToken, []string{"IMAP switched off", "the token"}, "app password"},
		{"mailru", login, seedtest.ByPassword, []string{"2-step-auth/passwords/ (unverified)"}, ""},
		{"yahoo", login, seedtest.ByPassword, []string{"yahoo.com/account/security;"}, "unverified"},
		{"netease", login, seedtest.ByPassword, []string{"IMAP switched off", "sign in too often"}, ""},
		{"exchange", connect, seedtest.ByPassword, []string{"does not start its IMAP service"}, ""},
		{"proton", connect, seedtest.ByPassword, []string{"certificate of its own"}, ""},
	} {
		p, ok := provider.ByID(x.provider)
		if !ok {
			t.Fatalf("there is no preset %q", x.provider)
		}
		seed := seedtest.Seed{Name: "s", Provider: p, Login: seedtest.Login{By: x.by}}
		s, _ := diagnose.Trouble(seed, seedtest.Fault{Kind: x.kind, What: "words that nobody knows"})
		got := strings.Join(s.Advice, "; ")
		for _, want := range x.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s, %s by %s: advice %q, want %q in it", x.provider, x.kind, x.by, got, want)
			}
		}
		if x.lacks != "" && strings.Contains(got, x.lacks) {
			t.Errorf("%s, %s by %s: advice %q, want no %q", x.provider, x.kind, x.by, got, x.lacks)
		}
	}
}
