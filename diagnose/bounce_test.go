package diagnose

import (
	"testing"

	"seedtest"
)

// TestBouncesHaveCauses: what servers further on said, in whatever words a report quotes it, is
// looked up as the reply to a submission is.
func TestBouncesHaveCauses(t *testing.T) {
	b := theBook()
	direct := b.reply(seedtest.Reply{Code: 550, Enhanced: "5.1.1", Text: "User unknown"})
	if direct == nil {
		t.Fatal("no rule knows a user who is unknown")
	}
	for name, x := range map[string]seedtest.Bounce{
		"Postfix": {Status: "5.1.1", Code: 550, Diagnostic: "550 5.1.1 User unknown"},
		"Exim": {Status: "5.1.1", Code: 550, Diagnostic: "SMTP error from remote mail server after " +
			"RCPT TO:<anna@example.net>: host mx.example.net [203.0.113.5]: 550 5.1.1 User unknown"},
		"qmail": {Status: "5.1.1", Code: 550,
			Diagnostic: "203.0.113.5 does not like recipient. Remote host said: 550 5.1.1 User unknown"},
	} {
		x.Action = "failed"
		o := observed{Probe: &seedtest.Probe{ID: "p1", Bounces: []seedtest.Bounce{x},
			Placements: seedtest.ProbePlaces{Current: seedtest.Bounced}}}
		hits := b.replyHits(&o)
		if len(hits) != 1 || hits[0].cause != direct.Cause || len(hits[0].evidence) != 1 ||
			hits[0].evidence[0].Field != "Diagnostic-Code" {
			t.Errorf("%s: %+v, want %s with the diagnostic", name, hits, direct.Cause)
		}
	}
}

// TestBouncesThatSayNothingOfTheProbe: a report about a copy, or about what was seen, is no evidence.
func TestBouncesThatSayNothingOfTheProbe(t *testing.T) {
	failed := seedtest.Bounce{Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 User unknown"}
	delayed := seedtest.Bounce{Action: "delayed", Status: "4.2.0", Diagnostic: "450 4.2.0 later"}
	forwarded := failed
	forwarded.Recipient = "anna@elsewhere.example"
	for _, c := range []struct {
		bounce seedtest.Bounce
		place  seedtest.Placement
		want   bool
	}{
		{failed, seedtest.Bounced, true},
		{failed, seedtest.Inbox, false},
		{forwarded, seedtest.Pending, false},
		{forwarded, seedtest.Inbox, false},
		{forwarded, seedtest.Bounced, true},
		{delayed, seedtest.Pending, true},
		{delayed, seedtest.Inbox, true},
		{seedtest.Bounce{Action: "expanded"}, seedtest.Pending, false},
	} {
		o := observed{Probe: &seedtest.Probe{Placements: seedtest.ProbePlaces{Current: c.place},
			Bounces: []seedtest.Bounce{c.bounce}}}
		if got := len(o.answers()) == 1; got != c.want {
			t.Errorf("%s of %q, %s: evidence %v, want %v", c.bounce.Action, c.bounce.Recipient, c.place, got,
				c.want)
		}
	}
}
