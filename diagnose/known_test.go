package diagnose_test

import (
	"slices"
	"testing"

	"seedtest"
)

// TestKnownSendersAreTold holds that a run says of a seed, once, that its mailbox knows the sender,
// as a remark that accuses no route.
func TestKnownSendersAreTold(t *testing.T) {
	knows := func(a *seedtest.Analysis) {
		a.Findings = append(a.Findings, seedtest.Finding{Code: "seed.contaminated",
			Severity: seedtest.SeverityWarning, Title: "the mailbox knows the sender: in its contacts",
			Evidence: []seedtest.Evidence{{Field: "X-Known", Raw: "yes"}}, Fix: []string{"take it out"}})
	}
	s := newStory(t, "gmail-a", "gmail-b")
	s.arrives("old", "gmail-a", seedtest.RoleInbox, knows)
	s.arrives("new", "gmail-a", seedtest.RoleInbox, knows)
	s.arrives("old", "gmail-b", seedtest.RoleInbox)
	s.arrives("control", "gmail-a", seedtest.RoleInbox)
	list := slices.DeleteFunc(s.causes(), func(f seedtest.Finding) bool {
		return f.Code != "seed.contaminated"
	})
	if len(list) != 1 {
		t.Fatalf("%d remarks, want 1:\n%s", len(list), told(list))
	}
	f := list[0]
	if f.Severity != seedtest.SeverityInfo || f.Confidence != 0 ||
		f.Title != "seed gmail-a, mail of old, new: the mailbox knows the sender: in its contacts" ||
		!slices.Equal(f.Probes, []seedtest.ProbeID{"old/gmail-a", "new/gmail-a"}) || f.Of != 3 ||
		!slices.Equal(f.Routes, []string{"old", "new"}) || len(f.Evidence) != 2 ||
		f.Evidence[1].Probe != "new/gmail-a" || !slices.Equal(f.Fix, []string{"take it out"}) {
		t.Errorf("the remark is\n%s", told(list))
	}
}
