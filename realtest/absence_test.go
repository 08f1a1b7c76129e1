//go:build real

package realtest

import (
	"slices"
	"testing"
)

func TestRefusedAtRCPT(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "refused", 3).one(t)
	s := p.Submission
	if p.Placement.Current != "refused" || s.Outcome != "refused" || s.Stage != "rcpt" {
		t.Errorf("placement %s, submission %s at %s, want refused at rcpt",
			p.Placement.Current, s.Outcome, s.Stage)
	}
	if s.Reply == nil || s.Reply.Code != 550 || s.Reply.Enhanced != "5.1.1" {
		t.Errorf("reply %+v, want 550 5.1.1", s.Reply)
	}
}

// missing demands that a probe was accepted, is nowhere on disk, and is missing with its proof.
func missing(t *testing.T, suite string) {
	t.Helper()
	p := runSuite(t, suite, 3).one(t)
	if p.Submission.Outcome != "accepted" || p.Placement.Current != "missing" {
		t.Errorf("submission %s, placement %s (%s), want accepted and missing",
			p.Submission.Outcome, p.Placement.Current, p.Placement.Why)
	}
	if p.Proof == nil {
		t.Fatal("missing without a proof")
	}
	var roles []string
	for _, m := range p.Proof.Mailboxes {
		if m.Essential {
			roles = append(roles, m.Role)
		}
		if !m.OK {
			t.Errorf("the proof could not read %s", m.Name)
		}
	}
	slices.Sort(roles)
	if want := []string{"inbox", "junk", "trash"}; !slices.Equal(roles, want) {
		t.Errorf("the proof has the essential mailboxes %v, want %v", roles, want)
	}
	onDisk(t, site.main, p)
}

func TestAcceptedAndDroppedByPostfix(t *testing.T) {
	t.Parallel()
	missing(t, "dropped")
}

func TestAcceptedAndDiscardedBySieve(t *testing.T) {
	t.Parallel()
	missing(t, "discarded")
}
