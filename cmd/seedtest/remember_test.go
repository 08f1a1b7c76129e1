package main

import (
	"strings"
	"testing"

	"seedtest/lab"
)

// A refused sign-in is not tried again by the next process, until a check shows that it was mended.
func TestRunsMindARefusalUntilACheckSucceeds(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		text = strings.Replace(text, "[provider.gmail-like]\n",
			"[provider.gmail-like]\nhabits = { login_every = \"1ms\" }\n", 1)
		at := strings.Index(text, "[seed.gmail-a]")
		return text[:at] + strings.Replace(text[at:], "own = true", "own = false", 1) + `
[suite.minding]
routes = ["old"]
seeds = ["gmail-a"]
deadline = "1h"
baseline_timeout = "5s"
`
	})
	const words = "Your account was hibernated"
	run := func() told { return b.run(t.Context(), nil, "run", "minding", "--detach") }
	lift := b.world.Inject(lab.Fault{Kind: lab.IMAPRefuseLogin, Party: "gmail-a",
		Detail: "[AUTHENTICATIONFAILED] " + words})
	if got := run(); !strings.Contains(got.stdout, words) {
		t.Fatalf("run = %d: %s%s, want the refusal", got.status, got.stdout, got.stderr)
	}
	lift()
	if got := run(); !strings.Contains(got.stderr, words+" (sign-ins refused in a row: 1)") {
		t.Errorf("the next run = %d: %s%s, want the refusal of the one before", got.status, got.stdout,
			got.stderr)
	}
	if got := b.run(t.Context(), nil, "check", "gmail-a"); !strings.Contains(got.stdout, "ok") {
		t.Errorf("check = %d: %s%s, want that it tries", got.status, got.stdout, got.stderr)
	}
	if got := run(); !strings.Contains(got.stderr, "gmail-a by old: accepted") {
		t.Errorf("the run after it = %d: %s%s, want one that is let in", got.status, got.stdout,
			got.stderr)
	}
}
