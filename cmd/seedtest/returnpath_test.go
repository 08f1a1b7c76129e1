package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/inbox"
	"seedtest/lab"
)

// TestReturnPathThatCannotBeRead costs a fault, and nothing else.
func TestReturnPathThatCannotBeRead(t *testing.T) {
	for _, kind := range []lab.FaultKind{lab.IMAPRefuseLogin, lab.IMAPRefuseConnect, lab.IMAPStall} {
		t.Run(string(kind), func(t *testing.T) {
			b := returnBench(t, lab.Queue{})
			b.timeouts = inbox.Timeouts{Connect: 2 * time.Second, Command: 2 * time.Second}
			b.world.Inject(lab.Fault{Kind: kind, Party: lab.ReturnPath})
			got := b.soon(nil, "run", "good")
			run := b.agrees()
			if got.status != statusPass || run.Probes[0].Placements.Current != seedtest.Inbox {
				t.Errorf("exit status %d\n%s", got.status, got.stdout)
			}
			if len(run.Faults) != 1 || run.Faults[0].Kind != seedtest.FaultReports ||
				run.Faults[0].Route != "old" || run.Faults[0].Seed != "" {
				t.Errorf("faults %+v, want one of the return path", run.Faults)
			}
			if !strings.Contains(got.stdout, "delivery reports cannot be read") {
				t.Errorf("the report says nothing of it:\n%s", got.stdout)
			}
		})
	}
}

// TestReturnPathThatIsASeed: the same account may be both.
func TestReturnPathThatIsASeed(t *testing.T) {
	for _, most := range []int{0, 1} {
		t.Run(fmt.Sprint(most, " connections"), func(t *testing.T) {
			b := returnBenchOf(t, lab.Options{Random: 1, Queue: &lab.Queue{},
				Limits: map[string]lab.Limits{"strict": {Connections: most}}})
			b.configure(strictReturns)
			got := b.soon(nil, "run", "good")
			run := b.agrees()
			if p := run.Probes[0]; got.status != statusPass || p.Placements.Current != seedtest.Inbox ||
				most == 0 && len(run.Faults) > 0 {
				t.Errorf("exit status %d, %s, faults %+v\n%s", got.status, p.Placements.Current, run.Faults,
					got.stdout)
			}
		})
	}
}

// strictReturns makes the account of strict-a the return path of main.
func strictReturns(text string) string {
	_, seed, _ := strings.Cut(text, "[seed.strict-a]\n")
	seed, _, _ = strings.Cut(seed, "\n\n")
	_, seed, _ = strings.Cut(seed, "own = true\n")
	before, rest, _ := strings.Cut(text, "[sender.main.mailbox]\n")
	_, rest, _ = strings.Cut(rest, "\n\n")
	text = before + "[sender.main.mailbox]\nown = true\n" + seed + "\n\n" + rest
	return strings.Replace(text, `"bounces@example.org"`, `"strict-a@strict.example"`, 1)
}

// TestReturnPathKeepsItsSecret scans what commands say and store for the password of the account.
func TestReturnPathKeepsItsSecret(t *testing.T) {
	b := returnBench(t, lab.Queue{})
	secret, err := os.ReadFile(filepath.Join(filepath.Dir(b.config()), "return-path"))
	if err != nil || len(secret) < 6 {
		t.Fatalf("a secret of %d octets (%v)", len(secret), err)
	}
	var left strings.Builder
	for _, args := range [][]string{{"check", "main", "--verbose"}, {"run", "returned", "--verbose"},
		{"check", "main", "--format", "json"}, {"show", "last", "gmail-a", "--verbose"}} {
		got := b.soon(nil, args...)
		left.WriteString(got.stdout + got.stderr)
	}
	b.world.Inject(lab.Fault{Kind: lab.IMAPRefuseLogin, Party: lab.ReturnPath})
	got := b.soon(nil, "run", "good", "--verbose")
	left.WriteString(got.stdout + got.stderr)
	files, err := filepath.Glob(b.db + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no store at %s (%v)", b.db, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		left.Write(data)
	}
	if !strings.Contains(left.String(), "delivery reports cannot be read") {
		t.Fatal("what the commands left does not tell of the return path")
	}
	for form, text := range encoded("bounces@example.org", strings.TrimSpace(string(secret))) {
		if strings.Contains(left.String(), text) {
			t.Errorf("the secret of the return path was left behind (%s)", form)
		}
	}
}

// TestCheckReturnPath: check signs in to it, and tells whose bounces nobody reads.
func TestCheckReturnPath(t *testing.T) {
	b := returnBench(t, lab.Queue{})
	got := b.run(t.Context(), nil, "check", "main", "other")
	for _, words := range []string{"ok    sender main", "Junk (by special-use)", "strategy",
		"note  sender other", "nobody reads what comes back to notices@example.com",
		"[sender.other.mailbox]"} {
		if !strings.Contains(got.stdout, words) {
			t.Errorf("check says no %q:\n%s", words, got.stdout)
		}
	}
	if got.status != statusPass {
		t.Errorf("exit status %d", got.status)
	}
	b.world.Inject(lab.Fault{Kind: lab.IMAPRefuseLogin, Party: lab.ReturnPath})
	got = b.run(t.Context(), nil, "check", "main")
	if got.status != statusNothing || !strings.Contains(got.stdout, "FAIL  sender main") ||
		!strings.Contains(got.stdout, "hint: ") {
		t.Errorf("exit status %d\n%s", got.status, got.stdout)
	}
	obey(t, "check", "check", b.run(t.Context(), nil, "check", "main", "other", "--format", "json").stdout)
}
