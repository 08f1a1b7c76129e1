package main

import (
	"encoding/json"
	"strings"
	"testing"

	"seedtest/lab"
)

// cleanup is what "clean --format json" tells.
type cleanup struct {
	DryRun               bool `json:"dry_run"`
	Removed, Moved, Left int
	Messages             []struct{ Seed, Token, Mailbox, State, Why string }
}

// clean calls the command and holds what it prints against its schema.
func (b *bench) clean(args ...string) cleanup {
	b.t.Helper()
	got := b.run(b.t.Context(), nil, append(append([]string{"clean"}, args...), "--format", "json")...)
	if got.status != 0 {
		b.t.Fatalf("clean %q: status %d, %s", args, got.status, got.stderr)
	}
	obey(b.t, "clean", "clean", got.stdout)
	var c cleanup
	if err := json.Unmarshal([]byte(got.stdout), &c); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// tagged counts the letters at a seed that carry the tag of a message, by whether they do.
func (b *bench) tagged(seed string, c cleanup) (ours, others int) {
	for _, l := range b.world.Letters(seed) {
		own := false
		for _, m := range c.Messages {
			own = own || strings.Contains(string(l.Raw), m.Token)
		}
		if own {
			ours++
		} else {
			others++
		}
	}
	return ours, others
}

// At Gmail what is only expunged stays in All Mail.
func TestCleanAtGmailLeavesNothingOfOurs(t *testing.T) {
	b := newBench(t)
	letter := []byte("From: <x@example.net>\r\nMessage-ID: <x@example.net>\r\n\r\nhello\r\n")
	for range 2 {
		if err := b.world.Deliver("gmail-a", "INBOX", letter); err != nil {
			t.Fatal(err)
		}
	}
	b.world.Move("gmail-a", b.letter("gmail-a"), "[Gmail]/Trash")
	b.run(t.Context(), nil, "run", "pair")
	listed := b.clean("--dry-run", "--force")
	ours, others := b.tagged("gmail-a", listed)
	if !listed.DryRun || ours == 0 || others == 0 || listed.Removed > 0 {
		t.Fatalf("dry run %+v with %d messages of ours and %d of others", listed, ours, others)
	}
	done := b.clean("last", "--force", "--yes")
	if done.Removed != len(listed.Messages) || done.Left+done.Moved > 0 {
		t.Errorf("%+v, want all %d removed", done, len(listed.Messages))
	}
	for _, seed := range []string{"gmail-a", "strict-a"} {
		if n, _ := b.tagged(seed, listed); n > 0 {
			t.Errorf("%s: %d messages of ours are left: %+v", seed, n, b.world.Letters(seed))
		}
	}
	if _, n := b.tagged("gmail-a", listed); n != others {
		t.Errorf("gmail-a: %d messages of others, %d before", n, others)
	}
	if again := b.clean("--force", "--yes"); len(again.Messages) > 0 {
		t.Errorf("a second clean-up still sees %+v", again)
	}
	shown := b.run(t.Context(), nil, "show", "last", "--format", "json")
	if n := strings.Count(shown.stdout, "; removed by us"); n != 3 {
		t.Errorf("%d messages were shown as removed by us, want 3: %s", n, shown.stdout)
	}
}

// letter returns a letter that lies at a seed.
func (b *bench) letter(seed string) lab.Letter {
	b.t.Helper()
	all := b.world.Letters(seed)
	if len(all) == 0 {
		b.t.Fatalf("%s is empty", seed)
	}
	return all[0]
}

// What cannot be removed alone is left, and it says why.
func TestCleanWithoutUIDPLUSLeavesAll(t *testing.T) {
	b := newBench(t)
	b.configure(func(text string) string {
		return strings.Replace(text, "[provider.strict]\n", "[provider.strict]\nquirks = [\"no-uidplus\"]\n", 1)
	})
	b.run(t.Context(), nil, "run", "good")
	done := b.clean("last", "--force", "--yes")
	if done.Left != 1 || done.Removed > 0 || !strings.Contains(done.Messages[0].Why, "no UIDPLUS") {
		t.Errorf("%+v, want one that is left for want of UIDPLUS", done)
	}
	if l := b.letter("strict-a"); strings.Contains(strings.Join(l.Flags, " "), "Deleted") {
		t.Errorf("flags %q: what is left is not marked either", l.Flags)
	}
}
