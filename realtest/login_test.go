//go:build real

package realtest

import (
	"strings"
	"testing"
)

// TestRouteRefusesLogin: a login that a route refuses is the route's trouble (rule 5).
func TestRouteRefusesLogin(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "wrong-route", 3).one(t)
	s := p.Submission
	if p.Placement.Current != "unsent" || s.Outcome != "failed" || s.Stage != "auth" {
		t.Errorf("placement %s, submission %s at %s, want unsent, failed at auth",
			p.Placement.Current, s.Outcome, s.Stage)
	}
	if s.Reply == nil || s.Reply.Code != 535 {
		t.Errorf("reply %+v, want 535", s.Reply)
	}
}

// TestSeedRefusesLogin: a login that a seed refuses is the harness's trouble, and nothing is sent
// that nobody could have seen (rules 5 and 8).
func TestSeedRefusesLogin(t *testing.T) {
	t.Parallel()
	r := runSuite(t, "wrong-seed", 1)
	if p := r.one(t); p.Placement.Current != "blind" || p.Submission != nil {
		t.Errorf("placement %s (%s), submission %+v, want blind and none", p.Placement.Current,
			p.Placement.Why, p.Submission)
	}
	if len(r.Faults) == 0 || r.Faults[0].Seed != "main-wrongpassword" {
		t.Errorf("faults %+v, want one of the seed", r.Faults)
	}
	for _, line := range site.relay.log.since(0) {
		if strings.Contains(line, "wrongpassword@main.example") {
			t.Errorf("something was sent: %s", line)
		}
	}
}

// TestCheck signs in to routes and seeds of every kind.
func TestCheck(t *testing.T) {
	t.Parallel()
	good := begin(t, "check", "starttls", "implicit", "mx", "main-inbox", "main-junk")
	if status := good.end(t); status != 0 {
		t.Errorf("check: exit status %d, want 0\n%s", status, &good.stdout)
	}
	wanted := []string{"Junk (by special-use)", "TLS 1.3", "certificate for mail.example.org"}
	for _, want := range wanted {
		if !strings.Contains(good.stdout.String(), want) {
			t.Errorf("check does not say %q:\n%s", want, &good.stdout)
		}
	}
	bad := begin(t, "check", "wrong", "main-wrongpassword")
	if status := bad.end(t); status != 1 {
		t.Errorf("check with wrong passwords: exit status %d, want 1\n%s", status, &bad.stdout)
	}
}
