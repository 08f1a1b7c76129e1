package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"seedtest/lab"
)

// canarySuite has a round at each seed when its messages settle.
const canarySuite = `
[suite.canaries]
routes = ["old"]
seeds = ["gmail-a", "outlook-a", "strict-a", "greylist-a", "local-a"]
deadline = "2s"
missing = "3s"
follow = "2s"
retry = ["1500ms", "2s", "4s"]
`

// TestRule12CanariesAtEachServer lets rounds begin with canaries at servers with labels, with and
// without LITERAL+: each is seen, none is left or taken for a message of the run, and no letter of
// the owner's is touched.
func TestRule12CanariesAtEachServer(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.ReplaceAll(text, "\naddress = ", "\ncanary = true\naddress = ") + canarySuite
	})
	seeds := []string{"gmail-a", "outlook-a", "strict-a", "greylist-a", "local-a"}
	before := map[string][]lab.Letter{}
	for _, seed := range seeds {
		if err := b.world.Deliver(seed, "INBOX", []byte("Subject: of the owner\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if seed != "gmail-a" { // where the server expunges by itself what is marked
			b.world.Flag(seed, b.world.Letters(seed)[0], `\Deleted`)
		}
		before[seed] = b.world.Letters(seed)
	}
	if got := b.run(t.Context(), nil, "run", "canaries", "--follow"); got.status != statusPass {
		t.Fatalf("exit status %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	run := b.newest()
	for _, seed := range seeds {
		r := run.Seed(seed).LastRound
		if r == nil || !r.Complete || r.Canary == nil || r.Canary.Appended == nil || !r.Canary.Seen {
			t.Errorf("%s: the last round is %+v; want it complete, with a canary that it saw", seed, r)
		}
		left := b.world.Letters(seed)
		if slices.ContainsFunc(left, func(l lab.Letter) bool {
			return bytes.Contains(l.Raw, []byte("seedtest canary"))
		}) {
			t.Errorf("%s: a canary is left", seed)
		}
		for _, l := range before[seed] {
			if !slices.ContainsFunc(left, func(x lab.Letter) bool {
				return x.ID == l.ID && x.Mailbox == l.Mailbox && x.UID == l.UID &&
					slices.Equal(x.Flags, l.Flags)
			}) {
				t.Errorf("%s: a letter of the owner's in %s was touched", seed, l.Mailbox)
			}
		}
	}
	if len(run.Notes) > 0 || len(run.Probes) != len(seeds) {
		t.Errorf("notes %+v, %d probes; want none, and %d", run.Notes, len(run.Probes), len(seeds))
	}
	for _, p := range run.Probes {
		if len(p.Moves()) > 0 || p.Placements.Settled == nil {
			t.Errorf("%s: moves %+v, settled %v", p.Seed, p.Moves(), p.Placements.Settled)
		}
	}
}
