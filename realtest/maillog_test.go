//go:build real

package realtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// relayed is a next hop's answer in a report.
type relayed struct {
	Remote, Outcome, Source, Said, Line string
	Via                                 string
	QueueID                             string `json:"queue_id"`
	NextID                              string `json:"next_queue_id"`
	Reply                               *struct {
		Code           int
		Enhanced, Text string
	}
	TLS *struct{ Version, Trust string }
}

// logRounds is how many messages each route relays to each account, so that a rate means something.
const logRounds = 5

// TestNextHopIsKnown holds what the program says of the next hop, by the logs of Postfix and Exim,
// against the mx's own log: it is known for all but one in twenty of the messages that the two relayed.
func TestNextHopIsKnown(t *testing.T) {
	t.Parallel()
	all, known := 0, 0
	for range logRounds {
		for _, h := range site.hosts {
			for _, p := range runSuite(t, h.Name+"-logged", 0).Probes {
				p.arrived(t, h, "inbox", seen{"INBOX", false})
				all++
				if nextHopIsKnown(t, p) {
					known++
				}
			}
		}
	}
	t.Logf("the next hop is known for %d of %d relayed messages", known, all)
	if all != logRounds*3*len(site.hosts) || known*20 < all*19 {
		t.Errorf("the next hop is known for %d of %d messages, want 95 in a hundred", known, all)
	}
}

// nextHopIsKnown reports whether the last answer about a message is the mx's: its reply names the
// queue id under which the mx logged the message, and the encryption is on record.
func nextHopIsKnown(t *testing.T, p probe) bool {
	t.Helper()
	if len(p.Relayed) == 0 {
		return false
	}
	r := p.Relayed[len(p.Relayed)-1]
	if r.Outcome != "accepted" || r.Source != "log" || r.Reply == nil || r.Reply.Code != 250 ||
		r.QueueID != p.Submission.QueueID || !strings.Contains(r.Remote, fmt.Sprint(site.mx.MX)) &&
		p.Route != "exim" {
		t.Errorf("%s by %s: the relay said %+v", p.Seed, p.Route, r)
	}
	if r.TLS == nil || r.TLS.Version == "" || r.TLS.Trust == "" {
		t.Errorf("%s by %s: no TLS in %q", p.Seed, p.Route, r.Line)
	}
	wanted := r.NextID + ": message-id=<" + p.MessageID + ">"
	if r.NextID != "" && site.mx.log.has(wanted) {
		return true
	}
	t.Errorf("%s by %s: the mx did not log %q", p.Seed, p.Route, wanted)
	return false
}

// TestNextHopDefers: what the mx put off at first is on record with its words, and arrives.
func TestNextHopDefers(t *testing.T) {
	t.Parallel()
	defer site.relay.keepFlushing(t)()
	deferred := 0 // a message that comes seconds after another is let in at once
	for _, p := range runSuite(t, "dovecot-logged-busy", 0).Probes {
		var told []string
		for _, r := range p.Relayed {
			told = append(told, r.Outcome)
		}
		n := len(told)
		if n == 0 || told[n-1] != "accepted" {
			t.Errorf("%s by %s: %v, want it accepted in the end", p.Seed, p.Route, told)
			continue
		}
		if n == 1 {
			continue
		}
		deferred++
		if r := p.Relayed[0].Reply; r == nil || r.Code != 450 || !strings.Contains(r.Text, "Greylisted") {
			t.Errorf("%s by %s: the mx's words are %+v", p.Seed, p.Route, p.Relayed[0])
		}
	}
	if deferred == 0 {
		t.Error("nothing was deferred")
	}
}

// TestNextHopRefuses: what the mx refused is bounced, in its words, long before the deadline.
func TestNextHopRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range runSuite(t, "dovecot-logged-refused", 3).Probes {
		n := len(p.Relayed)
		if p.Placement.Current != "bounced" || n == 0 {
			t.Errorf("%s by %s: %s (%s), %d answers, want bounced", p.Seed, p.Route,
				p.Placement.Current, p.Placement.Why, n)
			continue
		}
		if r := p.Relayed[n-1]; r.Outcome != "refused" || r.Reply == nil || r.Reply.Code != 554 {
			t.Errorf("%s by %s: %+v, want 554", p.Seed, p.Route, r)
		}
	}
}

// TestOldLog reads the relay's log into a run that had none, twice.
func TestOldLog(t *testing.T) {
	t.Parallel()
	store := filepath.Join(t.TempDir(), "seedtest.db")
	run := beginWith(t, store, "run", "cyrus-logged", "--format", "json").report(t, 0)
	again := beginWith(t, store, "maillog", "last", site.path("relay", "mail.log"))
	if status := again.end(t); status != 0 || !strings.Contains(again.stderr.String(), "new: 0 answers") {
		t.Errorf("exit status %d, said %q: what was read during the run is not new", status, &again.stderr)
	}
	shown := beginWith(t, store, "show", "last", "cyrus-logged/exim")
	if shown.end(t); !strings.Contains(shown.stdout.String(), "accepted by 127.0.0.1") {
		t.Errorf("the story of the probe does not tell the next hop:\n%s", &shown.stdout)
	}
	if len(run.Probes) != 3 {
		t.Errorf("%d probes, want 3", len(run.Probes))
	}
}
