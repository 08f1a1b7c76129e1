//go:build real

package realtest

import (
	"slices"
	"strings"
	"testing"
)

// TestRelayed goes to INBOX by a relay that wants a password, over STARTTLS and implicit TLS.
func TestRelayed(t *testing.T) {
	t.Parallel()
	r := runSuite(t, "dovecot-relayed", 0)
	if r.Verdict != "pass" || len(r.Probes) != 2 || len(r.Faults) != 0 {
		t.Fatalf("verdict %s, %d probes, faults %v, want pass, 2 and none",
			r.Verdict, len(r.Probes), r.Faults)
	}
	for _, p := range r.Probes {
		p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
		s := p.Submission
		if s.Outcome != "accepted" || s.Reply.Code != 250 || s.Attempts != 1 {
			t.Errorf("%s: %s %v after %d attempts, want accepted, 250, 1",
				p.Route, s.Outcome, s.Reply, s.Attempts)
		}
		if s.TLS == nil || s.TLS.Version != "TLS 1.3" || !s.TLS.Verified {
			t.Errorf("%s: TLS %+v, want 1.3 and verified", p.Route, s.TLS)
		}
		for _, want := range []string{"PIPELINING", "ENHANCEDSTATUSCODES", "AUTH PLAIN"} {
			if !slices.Contains(s.Extensions, want) {
				t.Errorf("%s: extensions %q, want %s among them", p.Route, s.Extensions, want)
			}
		}
		site.delivered(t, p)
	}
}

// delivered demands that the relay's own log knows the probe by its queue id, and that the
// headers' oldest hop is the relay's.
func (w *world) delivered(t *testing.T, p probe) {
	t.Helper()
	wanted := p.Submission.QueueID + ": to=<" + p.Address + ">"
	sent := func(line string) bool {
		return strings.Contains(line, wanted) && strings.Contains(line, "status=sent")
	}
	if p.Submission.QueueID == "" || !slices.ContainsFunc(w.relay.log.since(0), sent) {
		t.Errorf("%s: the relay's log has no delivery of %q", p.Route, wanted)
	}
	if p.Analysis == nil || len(p.Analysis.Hops) != 3 {
		t.Fatalf("%s: analysis %+v, want three hops: relay, mx, Dovecot", p.Route, p.Analysis)
	}
	hop := p.Analysis.Hops[0]
	id := p.Submission.QueueID
	if hop.By.Name != "relay.example.org" || hop.With != "esmtpsa" || hop.ID != id {
		t.Errorf("%s: oldest hop %+v, want the relay's, by esmtpsa, with id %s", p.Route, hop, id)
	}
}

// TestRelayGreylists: the relay itself lets a message in when it comes again unchanged.
func TestRelayGreylists(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "dovecot-relay-greylists", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	site.delivered(t, p)
	if n := site.relay.greylisted(p); n == 0 || n != p.Submission.Attempts-1 {
		t.Errorf("the relay put it off %d times, and the report has %d attempts", n, p.Submission.Attempts)
	}
}

// TestRelayRefuses: the relay's own refusal, and no second try.
func TestRelayRefuses(t *testing.T) {
	t.Parallel()
	r := runSuite(t, "dovecot-relay-refuses", 3)
	if len(r.Probes) != 2 {
		t.Errorf("%d probes, want 2", len(r.Probes))
	}
	for _, p := range r.Probes {
		s := p.Submission
		if s.Outcome != "refused" || s.Stage != "rcpt" || s.Reply.Code != 554 || s.Attempts != 1 ||
			p.Placement.Current != "refused" {
			t.Errorf("%s: submission %+v, placement %s, want refused at rcpt by a 554 once", p.Route, s,
				p.Placement.Current)
		}
	}
}

// greylisted is how often a server has put a message's recipient off.
func (p *postfix) greylisted(x probe) int {
	n := 0
	for _, line := range p.log.since(0) {
		if strings.Contains(line, "<"+x.Address+">") && strings.Contains(line, "Greylisted") {
			n++
		}
	}
	return n
}

func TestGreylistedThenAccepted(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "dovecot-greylisted", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	if p.Submission.Attempts < 2 {
		t.Errorf("%d attempts, want more than one", p.Submission.Attempts)
	}
	if n := site.mx.greylisted(p); n != p.Submission.Attempts-1 {
		t.Errorf("the mx put it off %d times, and the report has %d attempts", n, p.Submission.Attempts)
	}
}
