//go:build real

package realtest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// way is a seed of the Dovecot and the route by which mail goes to it.
type way struct{ Seed, Address, Route string }

// waysConfig writes a configuration whose suites are named after their seeds.
func waysConfig(t *testing.T, routes map[string]string) string {
	t.Helper()
	var ways []way
	for seed, route := range routes {
		ways = append(ways, way{seed, site.dovecot.address(seed), route})
	}
	config := filepath.Join(t.TempDir(), "seeds.toml")
	err := write(config, "ways.toml", 0o644, map[string]any{"DNS": startDNS(t), "Relay": site.relay.Dir,
		"MX": site.mx.MX, "Certificates": site.dir, "IMAPS": site.dovecot.IMAPS, "Ways": ways})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// runWay runs a suite of such a configuration.
func runWay(t *testing.T, config, suite string, status int) report {
	t.Helper()
	store := filepath.Join(t.TempDir(), "seedtest.db")
	return beginBy(t, config, store, "run", suite, "--format", "json").report(t, status)
}

// TestSendmail hands a message to Postfix's sendmail, which gives it to the relay's queue.
func TestSendmail(t *testing.T) {
	t.Parallel()
	config := waysConfig(t, map[string]string{"sendmail": "sendmail"})
	p := runWay(t, config, "sendmail", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	if s := p.Submission; s.Outcome != "accepted" || s.Attempts != 1 {
		t.Errorf("submission %+v, want accepted at once", s)
	}
	picked := func(line string) bool {
		return strings.Contains(line, "message-id=<"+p.MessageID+">") &&
			strings.Contains(line, "postfix/cleanup")
	}
	if !slices.ContainsFunc(site.relay.log.since(0), picked) {
		t.Errorf("the relay's log does not know the Message-ID %s", p.MessageID)
	}
	if p.Analysis == nil || len(p.Analysis.Hops) != 3 || p.Analysis.Hops[0].With != "" {
		t.Errorf("analysis %+v, want three hops, the oldest one local", p.Analysis)
	}
}

// TestSendmailAstray: a sendmail that does not find its configuration takes nothing.
func TestSendmailAstray(t *testing.T) {
	t.Parallel()
	config := waysConfig(t, map[string]string{"sendmail-astray": "sendmail-astray"})
	p := runWay(t, config, "sendmail-astray", 3).one(t)
	if s := p.Submission; s.Outcome != "deferred" || s.Attempts != 5 || p.Placement.Current != "deferred" {
		t.Errorf("submission %+v, placement %s, want deferred after five tries", s, p.Placement.Current)
	}
	if s := p.Submission; !strings.Contains(s.Error, "main.cf") {
		t.Errorf("error %q, want what sendmail said", s.Error)
	}
}

// TestDirect goes to the servers that DNS names: past one that cannot be reached, to Postfix, whose
// certificate must be for the name of that server.
func TestDirect(t *testing.T) {
	t.Parallel()
	config := waysConfig(t, map[string]string{"direct": "direct"})
	p := runWay(t, config, "direct", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	s := p.Submission
	if s.Outcome != "accepted" || s.Host != "mail.example.org" || s.TLS == nil || !s.TLS.Verified {
		t.Errorf("submission %+v, want accepted by mail.example.org with a verified certificate", s)
	}
	if len(s.Tried) != 1 || s.Tried[0].Host != "down.example.org" || s.Tried[0].Stage != "connect" {
		t.Errorf("tried %+v, want down.example.org, which could not be reached", s.Tried)
	}
	site.mx.took(t, p)
}

// TestDirectGreylisted: Postgrey lets the message in when it comes again unchanged.
func TestDirectGreylisted(t *testing.T) {
	t.Parallel()
	config := waysConfig(t, map[string]string{"direct-greylisted": "direct"})
	p := runWay(t, config, "direct-greylisted", 0).one(t)
	p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
	if p.Submission.Attempts < 2 {
		t.Errorf("%d attempts, want more than one", p.Submission.Attempts)
	}
	site.mx.took(t, p)
}

// TestDirectRefused: the receiving server's own refusal, and no second try.
func TestDirectRefused(t *testing.T) {
	t.Parallel()
	config := waysConfig(t, map[string]string{"unknown": "direct"})
	p := runWay(t, config, "unknown", 3).one(t)
	s := p.Submission
	if s.Outcome != "refused" || s.Stage != "rcpt" || s.Reply.Code != 550 || s.Attempts != 1 ||
		p.Placement.Current != "refused" {
		t.Errorf("submission %+v, placement %s, want refused at rcpt by a 550 once", s, p.Placement.Current)
	}
}

// took demands that the server's log has the delivery of a probe once, by the queue id of its reply.
func (p *postfix) took(t *testing.T, x probe) {
	t.Helper()
	n := 0
	for _, line := range p.log.since(0) {
		if strings.Contains(line, ": to=<"+x.Address+">") && strings.Contains(line, "status=sent") {
			n++
			if x.Submission.QueueID == "" || !strings.Contains(line, x.Submission.QueueID+":") {
				t.Errorf("queue id %q, and the server's log says: %s", x.Submission.QueueID, line)
			}
		}
	}
	if n != 1 {
		t.Errorf("the server's log has %d deliveries to %s, want 1", n, x.Address)
	}
}
