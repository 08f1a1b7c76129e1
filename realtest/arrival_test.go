//go:build real

package realtest

import (
	"slices"
	"strings"
	"testing"
)

// arrived demands that a probe was seen where it lies on disk, in that mailbox and no other.
func arrived(t *testing.T, d *dovecot, p probe, placement, mailbox string) {
	t.Helper()
	if p.Placement.First != placement || p.Placement.Current != placement {
		t.Errorf("%s by %s: placed in %s, now %s (%s), want %s", p.Seed, p.Route,
			p.Placement.First, p.Placement.Current, p.Placement.Why, placement)
	}
	if len(p.Sightings) != 1 || p.Sightings[0].Mailbox != mailbox || p.Sightings[0].UID == 0 {
		t.Errorf("%s by %s: sightings %+v, want one in %s", p.Seed, p.Route, p.Sightings, mailbox)
	}
	for _, s := range p.Sightings {
		if s.Gone != nil {
			t.Errorf("%s by %s: gone from %s, and nobody moved it", p.Seed, p.Route, s.Mailbox)
		}
		if len(s.Carriers) < 2 {
			t.Errorf("%s by %s: carriers %v, want all of the header", p.Seed, p.Route, s.Carriers)
		}
	}
	onDisk(t, d, p, mailbox)
	if p.Latency.Notice == nil || *p.Latency.Notice < 0 {
		t.Errorf("%s by %s: notice_s %v, want how long it took", p.Seed, p.Route, p.Latency.Notice)
	}
}

// onDisk demands that the message lies in these mailboxes, as Dovecot wrote them.
func onDisk(t *testing.T, d *dovecot, p probe, mailboxes ...string) {
	t.Helper()
	id := strings.Trim(p.MessageID, "<>")
	if id == "" {
		t.Fatalf("%s by %s: the report has no Message-ID", p.Seed, p.Route)
	}
	found, err := d.mailboxes(p.Address, id)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found, mailboxes) {
		t.Errorf("%s by %s: on disk the message lies in %v, want %v", p.Seed, p.Route, found, mailboxes)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	r := runSuite(t, "inbox", 0)
	if r.Verdict != "pass" || len(r.Probes) != 2 || len(r.Faults) != 0 {
		t.Fatalf("verdict %s, %d probes, faults %v, want pass, 2 and none",
			r.Verdict, len(r.Probes), r.Faults)
	}
	for _, p := range r.Probes {
		arrived(t, site.main, p, "inbox", "INBOX")
		s := p.Submission
		if s.Outcome != "accepted" || s.Reply.Code != 250 || s.Attempts != 1 {
			t.Errorf("%s: %s %v after %d attempts, want accepted, 250, 1",
				p.Route, s.Outcome, s.Reply, s.Attempts)
		}
		if s.TLS == nil || s.TLS.Version != "TLS 1.3" || !s.TLS.Verified {
			t.Errorf("%s: TLS %+v, want 1.3 and verified", p.Route, s.TLS)
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

func TestJunkBySieve(t *testing.T) {
	t.Parallel()
	r := runSuite(t, "junk", 3)
	if r.Verdict != "fail" {
		t.Errorf("verdict %s, want fail", r.Verdict)
	}
	arrived(t, site.main, r.one(t), "junk", "Junk")
}

func TestGreylistedThenAccepted(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "greylisted", 0).one(t)
	arrived(t, site.main, p, "inbox", "INBOX")
	if p.Submission.Attempts < 2 {
		t.Errorf("%d attempts, want more than one", p.Submission.Attempts)
	}
	refused := 0
	for _, line := range site.mx.log.since(0) {
		if strings.Contains(line, "<"+p.Address+">") && strings.Contains(line, "Greylisted") {
			refused++
		}
	}
	if refused != p.Submission.Attempts-1 {
		t.Errorf("the mx put it off %d times, and the report has %d attempts",
			refused, p.Submission.Attempts)
	}
}
