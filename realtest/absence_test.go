//go:build real

package realtest

import (
	"testing"
)

func TestRefusedAtRCPT(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "dovecot-unknown", 3).one(t)
	s := p.Submission
	if p.Placement.Current != "refused" || s.Outcome != "refused" || s.Stage != "rcpt" {
		t.Errorf("placement %s, submission %s at %s, want refused at rcpt",
			p.Placement.Current, s.Outcome, s.Stage)
	}
	if s.Reply == nil || s.Reply.Code != 550 || s.Reply.Enhanced != "5.1.1" {
		t.Errorf("reply %+v, want 550 5.1.1", s.Reply)
	}
}

// TestMissing: a message that the mx accepts and drops, and one that the owner's Sieve script
// discards, are missing, with a proof that has read INBOX, junk and trash.
func TestMissing(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"dropped", "discarded"} {
		eachHost(t, site.hosts, suite, func(t *testing.T, h *host) {
			o := h.owner(t, suite)
			o.furnish()
			letters := o.letters()
			p := runSuite(t, h.Name+"-"+suite, 3).one(t)
			if p.Submission.Outcome != "accepted" || p.Placement.Current != "missing" {
				t.Errorf("submission %s, placement %s (%s), want accepted and missing",
					p.Submission.Outcome, p.Placement.Current, p.Placement.Why)
			}
			h.proved(t, p)
			o.left(letters, p)
		})
	}
}

// proved demands a proof of absence that has read what is essential.
func (h *host) proved(t *testing.T, p probe) {
	t.Helper()
	if p.Proof == nil {
		t.Fatal("missing without a proof")
	}
	roles := map[string]string{}
	for _, m := range p.Proof.Mailboxes {
		if m.Essential {
			roles[m.Name] = m.Role
		}
		if !m.OK {
			t.Errorf("the proof could not read %s", m.Name)
		}
	}
	for name, want := range map[string]string{"INBOX": "inbox", "Junk": "junk", "Trash": "trash"} {
		if got := roles[h.mailbox(name)]; got != want {
			t.Errorf("the proof has %s as %q, want %s", h.mailbox(name), got, want)
		}
	}
	if len(roles) != 3 {
		t.Errorf("the proof has the essential mailboxes %v, want three", roles)
	}
}
