//go:build real

package realtest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRouteRefusesLogin: a login that a route refuses is the route's trouble (rule 5).
func TestRouteRefusesLogin(t *testing.T) {
	t.Parallel()
	p := runSuite(t, "dovecot-wrong-route", 3).one(t)
	s := p.Submission
	if p.Placement.Current != "unsent" || s.Outcome != "failed" || s.Stage != "auth" {
		t.Errorf("placement %s, submission %s at %s, want unsent, failed at auth",
			p.Placement.Current, s.Outcome, s.Stage)
	}
	if s.Reply == nil || s.Reply.Code != 535 {
		t.Errorf("reply %+v, want 535", s.Reply)
	}
	if !strings.Contains(s.Error, "with PLAIN, and offers PLAIN; check username and password") {
		t.Errorf("error %q, want what was tried, what is offered and what to do", s.Error)
	}
}

// TestSeedRefusesLogin: a login that a seed refuses is the harness's trouble, and nothing is sent
// that nobody could have seen (rules 5 and 8).
func TestSeedRefusesLogin(t *testing.T) {
	t.Parallel()
	eachHost(t, site.hosts, "wrong-seed", func(t *testing.T, h *host) {
		r := runSuite(t, h.Name+"-wrong-seed", 1)
		if p := r.one(t); p.Placement.Current != "blind" || p.Submission != nil {
			t.Errorf("placement %s (%s), submission %+v, want blind and none", p.Placement.Current,
				p.Placement.Why, p.Submission)
		}
		if !slices.ContainsFunc(r.Faults, func(f fault) bool {
			return f.Seed == r.Seeds[0].Name && f.Kind == "login" && strings.Contains(f.What, "NO")
		}) {
			t.Errorf("faults %+v, want that the server refused the seed's login", r.Faults)
		}
		if state := r.Seeds[0].Detail.State; state != "refused" {
			t.Errorf("the seed's health is %q, want refused", state)
		}
		for _, line := range slices.Concat(site.relay.log.since(0), site.mx.log.since(0)) {
			if strings.Contains(line, h.address("wrong-seed")) {
				t.Errorf("something was sent: %s", line)
			}
		}
	})
}

// TestCheck signs in to routes and seeds of every kind.
func TestCheck(t *testing.T) {
	t.Parallel()
	good := begin(t, "check", "starttls", "implicit", "mx", "dovecot-relayed", "dovecot-junk",
		"cyrus-inbox")
	if status := good.end(t); status != 0 {
		t.Errorf("check: exit status %d, want 0\n%s", status, &good.stdout)
	}
	wanted := []string{"Junk (by special-use)", "INBOX.Junk (by name)", "TLS 1.3",
		"certificate for mail.example.org"}
	for _, want := range wanted {
		if !strings.Contains(good.stdout.String(), want) {
			t.Errorf("check does not say %q:\n%s", want, &good.stdout)
		}
	}
	bad := begin(t, "check", "wrong", "dovecot-wrong-seed", "cyrus-wrong-seed")
	if status := bad.end(t); status != 1 {
		t.Errorf("check with wrong passwords: exit status %d, want 1\n%s", status, &bad.stdout)
	}
	said := strings.Join(strings.Fields(bad.stdout.String()), " ") // lines are wrapped
	for _, seed := range []string{"dovecot-wrong-seed", "cyrus-wrong-seed"} {
		refused := regexp.MustCompile(`FAIL seed ` + seed + ` health refused [^;]*; [^:]*: LOGIN: NO `)
		if !refused.MatchString(said) {
			t.Errorf("check does not say that %s refuses the login:\n%s", seed, &bad.stdout)
		}
	}
}
