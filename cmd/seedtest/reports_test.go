package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedtest"
	"seedtest/lab"
)

// returnSuites wait long enough that only a report can end a run in time.
const returnSuites = `
[suite.returned]
routes = ["new"]
seeds = ["gmail-a"]
deadline = "1h"

[suite.delayed]
routes = ["old"]
seeds = ["greylist-a"]
deadline = "1h"

[suite.dropped]
routes = ["new"]
seeds = ["silent-a"]
deadline = "4s"
missing = "4s"

[suite.mixed]
routes = ["old", "new", "control"]
seeds = ["gmail-a", "strict-a", "greylist-a"]
retry = ["1500ms", "2s"]
deadline = "1h"
`

// returnBench is a bench whose relays of example.org take mail into a queue, and report.
func returnBench(t *testing.T, q lab.Queue) *bench {
	t.Helper()
	return returnBenchOf(t, lab.Options{Random: 1, Queue: &q})
}

func returnBenchOf(t *testing.T, o lab.Options) *bench {
	t.Helper()
	b := newBenchOf(t, o)
	f, err := os.OpenFile(b.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(returnSuites); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// soon runs the program and fails the test if it waits for a deadline.
func (b *bench) soon(heard func(string), args ...string) told {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	defer cancel()
	got := b.run(ctx, heard, args...)
	if ctx.Err() != nil {
		b.t.Fatalf("%v waited for its deadline:\n%s%s", args, got.stdout, got.stderr)
	}
	return got
}

// agrees holds the newest run against what happened in the world.
func (b *bench) agrees() seedtest.Run {
	b.t.Helper()
	run := b.newest()
	for _, d := range b.world.Disagreements(run) {
		b.t.Error(d)
	}
	return run
}

// TestBounceEndsTheWait: mail that a relay took and the next hop refused is bounced within moments,
// wherever the report is filed, and its words are told.
func TestBounceEndsTheWait(t *testing.T) {
	for _, junk := range []bool{false, true} {
		t.Run(fmt.Sprintf("junk %v", junk), func(t *testing.T) {
			b := returnBench(t, lab.Queue{Junk: junk})
			got := b.soon(nil, "run", "returned")
			p := b.agrees().Probes[0]
			if got.status != statusFail || p.Placements.Current != seedtest.Bounced || len(p.Bounces) != 1 {
				t.Fatalf("exit status %d, %s, bounces %+v\n%s", got.status, p.Placements.Current, p.Bounces,
					got.stdout)
			}
			shown := b.run(t.Context(), nil, "show", "last", "gmail-a")
			for _, words := range []string{"550", "sender is unauthenticated", "mail2.example.org"} {
				if !strings.Contains(shown.stdout, words) {
					t.Errorf("show tells nothing of %q:\n%s", words, shown.stdout)
				}
			}
			for _, l := range b.world.Letters(lab.ReturnPath) {
				if len(l.Flags) > 0 || (l.Role == seedtest.RoleJunk) != junk {
					t.Errorf("a report lies in %s with flags %v", l.Mailbox, l.Flags)
				}
			}
		})
	}
}

// TestBounceInSpiteOfTrouble: a return path's server may have the habits and troubles of a seed's.
func TestBounceInSpiteOfTrouble(t *testing.T) {
	for _, f := range []lab.Fault{
		{Kind: lab.IMAPEmptyFetch}, {Kind: lab.IMAPUIDLast}, {Kind: lab.IMAPMuteIdle},
		{Kind: lab.IMAPUIDNext}, {Kind: lab.IMAPUIDValidity, After: 12}, {Kind: lab.IMAPDrop, After: 20},
		{Kind: lab.IMAPBye, After: 20}, {Kind: lab.IMAPRefuseLogin, For: time.Second},
		{Kind: lab.IMAPRefuseConnect, For: time.Second}, {Kind: lab.IMAPSlow, Detail: "100ms"},
	} {
		t.Run(string(f.Kind), func(t *testing.T) {
			t.Parallel()
			f.Party = lab.ReturnPath
			b := returnBench(t, lab.Queue{})
			b.world.Inject(f)
			got := b.soon(nil, "run", "returned")
			if p := b.agrees().Probes[0]; got.status != statusFail || len(p.Bounces) != 1 {
				t.Errorf("exit status %d, %s, bounces %+v\n%s", got.status, p.Placements.Current, p.Bounces,
					got.stdout)
			}
		})
	}
}

// TestDelayedIsNoBounce: a report that says delayed is told, and the message is awaited until it
// comes; that it was handed on is the next hop's word.
func TestDelayedIsNoBounce(t *testing.T) {
	b := returnBench(t, lab.Queue{})
	got := b.soon(nil, "run", "delayed")
	p := b.agrees().Probes[0]
	if got.status != statusPass || p.Placements.Current != seedtest.Inbox {
		t.Fatalf("exit status %d, %s\n%s", got.status, p.Placements.Current, got.stdout)
	}
	if len(p.Bounces) != 1 || p.Bounces[0].Action != "delayed" {
		t.Errorf("reports %+v, want one of a delay", p.Bounces)
	}
	if len(p.Relayed) != 1 || p.Relayed[0].Source != seedtest.SourceReport {
		t.Errorf("next hop's answers %+v, want one, by report", p.Relayed)
	}
	shown := b.run(t.Context(), nil, "show", "last", "greylist-a")
	for _, words := range []string{"delayed", "Greylisting in action"} {
		if !strings.Contains(shown.stdout, words) {
			t.Errorf("show tells nothing of %q:\n%s", words, shown.stdout)
		}
	}
}

// TestReportsOfManyRoutes: routes that share a return path, and one that has none, do not mix.
func TestReportsOfManyRoutes(t *testing.T) {
	b := returnBench(t, lab.Queue{})
	b.soon(nil, "run", "mixed")
	run := b.agrees()
	for _, p := range run.Probes {
		want := seedtest.Placement("")
		switch {
		case p.Route == "new" && p.Seed == "gmail-a":
			want = seedtest.Bounced
		case p.Route == "old":
			want = seedtest.Inbox
		}
		if want != "" && p.Placements.Current != want {
			t.Errorf("%s at %s: %s, want %s", p.Route, p.Seed, p.Placements.Current, want)
		}
		if p.Route == "control" && len(p.Bounces)+len(p.Relayed) > 0 {
			t.Errorf("of the control route came %+v %+v", p.Bounces, p.Relayed)
		}
	}
	if len(run.Faults) > 0 {
		t.Errorf("faults %+v", run.Faults)
	}
}

// TestBounceIsFoundOnResume: what came back while nobody looked is found by who goes on, whether the
// first process could look into the account or not.
func TestBounceIsFoundOnResume(t *testing.T) {
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprintf("refused %v", refused), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var sent atomic.Bool
			b := returnBenchOf(t, lab.Options{Queue: &lab.Queue{}, Before: func(seed, _ string) {
				if seed == lab.ReturnPath && sent.Load() {
					<-ctx.Done() // nothing is answered while the first process lives
				}
			}})
			lift := func() {}
			if refused {
				lift = b.world.Inject(lab.Fault{Kind: lab.IMAPRefuseLogin, Party: lab.ReturnPath})
			}
			b.run(ctx, func(line string) {
				if strings.Contains(line, "attempt") || strings.Contains(line, "accepted") {
					sent.Store(true)
				}
				if strings.Contains(line, "accepted") {
					cancel()
				}
			}, "run", "returned", "--verbose")
			if p := b.newest().Probes[0]; len(p.Bounces) > 0 || p.Accepted.IsZero() {
				t.Fatalf("the first process came to %+v", p)
			}
			lift()
			got := b.soon(nil, "resume")
			if p := b.agrees().Probes[0]; got.status != statusFail || len(p.Bounces) != 1 {
				t.Errorf("exit status %d, %s\n%s", got.status, p.Placements.Current, got.stdout)
			}
		})
	}
}

// TestOnlyReportsOfOursCount: what anybody may send to a return path changes nothing. Who knows a
// message's tag may report what it likes about it.
func TestOnlyReportsOfOursCount(t *testing.T) {
	for name, x := range map[string]struct {
		come func(id string) []string
		want seedtest.Placement
	}{
		"strangers'": {strangeReports, seedtest.Missing},
		"ours":       {func(id string) []string { return []string{reportAbout(id)} }, seedtest.Bounced},
	} {
		t.Run(name, func(t *testing.T) {
			b := returnBench(t, lab.Queue{})
			var once sync.Once
			b.run(t.Context(), func(line string) {
				if !strings.Contains(line, "accepted") {
					return
				}
				once.Do(func() {
					for _, raw := range x.come(b.world.Truth()[0].MessageID) {
						if err := b.world.Deliver(lab.ReturnPath, "INBOX", []byte(raw)); err != nil {
							t.Error(err)
						}
					}
				})
			}, "run", "dropped")
			p := b.newest().Probes[0]
			if p.Placements.Current != x.want || (len(p.Bounces) > 0) != (x.want == seedtest.Bounced) {
				t.Errorf("%s, bounces %+v, want %s", p.Placements.Current, p.Bounces, x.want)
			}
		})
	}
}

// reportAbout is a delivery report about the message of an id.
func reportAbout(id string) string {
	return "From: MAILER-DAEMON@mx.silent.example\nTo: bounces@example.org\nSubject: Undelivered Mail\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nIt came back.\n--b\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; mx.silent.example\n\nFinal-Recipient: rfc822; silent-a@silent.example\n" +
		"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n--b\n" +
		"Content-Type: text/rfc822-headers\n\nMessage-ID: <" + id + ">\n--b--\n"
}

// strangeReports are messages that are no delivery reports about the message of an id.
func strangeReports(id string) []string {
	reply := "From: silent-a@silent.example\nTo: bounces@example.org\nReferences: <" + id + ">\n"
	return []string{
		reportAbout("1234@example.org"),
		reportAbout(strings.Map(next, id)),
		reply + "Auto-Submitted: auto-replied\nSubject: Out of office\n\nI am away until Monday.\n",
		reply + "Subject: Undelivered Mail Returned to Sender\n\nIs this yours? 550 5.1.1 no such user\n",
	}
}

// next is the letter or digit that follows another: a tag so changed is none.
func next(r rune) rune {
	const all = "0123456789abcdefghijklmnopqrstuvwxyz0"
	if i := strings.IndexRune(all, r); i >= 0 {
		return rune(all[i+1])
	}
	return r
}
