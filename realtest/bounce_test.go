//go:build real

package realtest

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedtest"
	"seedtest/analyze"
)

// reportTimeout bounds the wait for a report. Postfix asks for its queue's files each second or so.
const reportTimeout = 30 * time.Second

// asking are all routes whose servers are asked for reports.
const asking = `"relay", "exim", "sendmail"`

// errand is a suite of mail whose servers are asked for reports.
type errand struct {
	Seed, Routes, Deadline string
	Address                string // "": the seed's own at the Dovecot
	With                   string // another seed, to which the same message goes
	Tagged                 bool   // each message has an envelope sender of its own
}

// addressed is a seed of an errand: its address, and whose mailbox is watched.
type addressed struct{ Name, Address, Account string }

// Seeds are those of the errand.
func (e errand) Seeds() []addressed {
	account := site.dovecot.address(e.Seed)
	list := []addressed{{e.Seed, cmp.Or(e.Address, account), account}}
	if e.With != "" {
		list = append(list, addressed{e.With, site.dovecot.address(e.With), site.dovecot.address(e.With)})
	}
	return list
}

// run runs a suite of its own, and returns its configuration and store too.
func (e errand) run(t *testing.T, status int) (r report, config, store string) {
	t.Helper()
	config = filepath.Join(t.TempDir(), "seeds.toml")
	err := write(config, "bounces.toml", 0o644, map[string]any{"Relay": site.relay.Dir,
		"Submission": site.relay.Submission, "Exim": site.exim.Port, "Certificates": site.dir,
		"IMAPS": site.dovecot.IMAPS, "DNS": startDNS(t), "MX": site.mx.MX, "Silent": site.mx.Silent, "Errand": e})
	if err != nil {
		t.Fatal(err)
	}
	store = filepath.Join(t.TempDir(), "seedtest.db")
	return beginBy(t, config, store, "run", "--format", "json").report(t, status), config, store
}

// reported waits for the report that something happened to a message, at the address that reports go
// to, and demands that it names message and recipient as they were sent. It is found by any text of it
// that holds the Message-ID.
func (p probe) reported(t *testing.T, action string) (seedtest.DeliveryReport, seedtest.ReportedRecipient) {
	t.Helper()
	o := site.dovecot.owner(t, "bounces")
	defer func() { _ = o.conn.Close() }() // Dovecot lets an account have ten connections
	var list []seedtest.DeliveryReport
	for begun := time.Now(); time.Since(begun) < reportTimeout; time.Sleep(200 * time.Millisecond) {
		o.do("EXAMINE INBOX")
		list = nil
		for _, uid := range o.find("BODY %q", p.MessageID) {
			if a := analyze.Message(o.whole(uid), "a report", seedtest.Trust{}); a.Report != nil {
				list = append(list, *a.Report)
			}
		}
		for _, r := range list {
			if len(r.Recipients) == 1 && r.Recipients[0].Action == action {
				p.named(t, r)
				return r, r.Recipients[0]
			}
		}
	}
	t.Fatalf("%s by %s: %d reports came, none of which says %s: %+v", p.Seed, p.Route, len(list), action, list)
	return seedtest.DeliveryReport{}, seedtest.ReportedRecipient{}
}

// named demands that a report names the message and its recipient.
func (p probe) named(t *testing.T, r seedtest.DeliveryReport) {
	t.Helper()
	tag, _, _ := strings.Cut(p.MessageID, "@")
	if r.EnvelopeID != tag || r.Original.MessageID != p.MessageID || r.Original.EntityRef != tag ||
		r.Recipients[0].Original != p.Address {
		t.Errorf("%s to %s by %s: the report is of %+v", p.MessageID, p.Address, p.Route, r)
	}
	sent := seedtest.Reportable{Dispatch: "this", Token: seedtest.Token(tag), MessageID: p.MessageID,
		Probes: []seedtest.ReportableProbe{{Probe: "this", Address: p.Address}}}
	other := seedtest.Reportable{Dispatch: "other", Token: seedtest.Token(strings.Repeat("a", seedtest.TokenLen))}
	facts := seedtest.JoinReport(r, []seedtest.Reportable{other, sent})
	if len(facts) != 1 {
		t.Fatalf("%s by %s: %d facts are made of the report", p.Seed, p.Route, len(facts))
	}
	var of seedtest.ProbeID
	switch f := facts[0].(type) {
	case seedtest.Bounce:
		of = f.Probe
	case seedtest.Relayed:
		of = f.Probe
	}
	if of != "this" {
		t.Errorf("%s by %s: the report is joined to %+v", p.Seed, p.Route, facts[0])
	}
}

// TestBounces: mail that a server took and could not deliver is bounced as soon as that is reported,
// long before the deadline, with the words of the next server, or its own. Where an alias stood between,
// ORCPT still names the recipient as we know it.
func TestBounces(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		errand
		code int // of the next hop; 0: the relay's own finding
		says string
	}{
		"unknown at the next hop": {errand{Seed: "unknown", Routes: asking}, 550,
			"User unknown in virtual mailbox table"},
		"unknown to the relay": {errand{Seed: "unknown", Routes: `"relay"`,
			Address: "nobody-here@late.example"}, 0, `unknown user: "nobody-here"`},
		"unknown to the mailbox server": {errand{Seed: "unknown", Routes: `"relay", "exim", "direct"`,
			Address: "moved-away@dovecot.example"}, 550, "User doesn't exist"},
		"with a sender for each": {errand{Seed: "unknown", Routes: asking, Tagged: true}, 550,
			"User unknown in virtual mailbox table"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.Deadline = "2m"
			begun := time.Now()
			r, _, store := x.run(t, 3)
			if took := time.Since(begun); took > time.Minute || len(r.Probes) != strings.Count(x.Routes, ",")+1 {
				t.Errorf("%d probes by %s, after %v", len(r.Probes), x.Routes, took)
			}
			for _, p := range r.Probes {
				p.bounced(t, store, x.code, x.says)
				report, _ := p.reported(t, "failed")
				tag, _, _ := strings.Cut(p.MessageID, "@")
				if tagged := strings.Contains(report.To, "bounces+"+tag+"@dovecot.example"); tagged != x.Tagged {
					t.Errorf("%s by %s: the report went to %q", p.Seed, p.Route, report.To)
				}
			}
		})
	}
}

// bounced demands that a probe is bounced, with these words in the report and in the probe's story.
func (p probe) bounced(t *testing.T, store string, code int, says string) {
	t.Helper()
	if p.Placement.Current != "bounced" || !strings.Contains(p.Placement.Why, says) {
		t.Errorf("%s by %s: %s (%s), want bounced: %s", p.Seed, p.Route, p.Placement.Current,
			p.Placement.Why, says)
	}
	if b := p.Bounce; b == nil || b.Action != "failed" || b.Status == "" || !strings.Contains(b.Diagnostic, says) || (b.RemoteMTA == "") != (code == 0) ||
		code != 0 && !strings.HasPrefix(b.Diagnostic, fmt.Sprint(code)) {
		t.Errorf("%s by %s: bounce %+v, want %d %s", p.Seed, p.Route, b, code, says)
	}
	if d := p.Submission.DSN; d == nil || !d.Offered || len(d.Notify) != 3 {
		t.Errorf("%s by %s: asked for %+v, want all reports", p.Seed, p.Route, d)
	}
	p.tells(t, store, says)
	p.tells(t, store, "asked for reports of success, failure, delay")
}

// tells demands that the story of a probe has these words.
func (p probe) tells(t *testing.T, store, words string) {
	t.Helper()
	shown := beginWith(t, store, "show", "last", p.Seed+"/"+p.Route)
	shown.end(t)
	if said := strings.Join(strings.Fields(shown.stdout.String()), " "); !strings.Contains(said, words) {
		t.Errorf("the story of %s by %s has no %q:\n%s", p.Seed, p.Route, words, &shown.stdout)
	}
}

// TestDelayIsReported: what the next hop puts off is told of as late, and goes on being awaited.
func TestDelayIsReported(t *testing.T) {
	t.Parallel()
	defer site.relay.keepFlushing(t)()
	r, config, store := errand{Seed: "busy", Routes: `"relay"`, Deadline: "15s"}.run(t, 3)
	p := r.one(t)
	if _, said := p.reported(t, "delayed"); said.Code != 450 || said.WillRetry.IsZero() {
		t.Errorf("the report says %+v, want delayed by a 450", said)
	}
	if why := p.Placement.Why; p.Placement.Current != "overdue" ||
		!strings.Contains(why, "reported delayed") || !strings.Contains(why, "the mailbox is busy") {
		t.Errorf("placement %s (%s), want overdue, and told of the delay", p.Placement.Current, why)
	}
	p.tells(t, store, "delayed 4.2.0")

	// The relay gives it up while another process follows the run.
	follow := beginBy(t, config, store, "follow", "last", "--wait", "--format", "json")
	if err := site.relay.expire(t.Context(), p.Submission.QueueID); err != nil {
		t.Fatal(err)
	}
	follow.report(t, 3).one(t).bounced(t, store, 450, "the mailbox is busy")
}

// TestNextHopIsKnownByReport: of every message that a relay passed on to a server without DSN, and was
// asked to report, that server's reply is on record, by which it has the message in its own log.
func TestNextHopIsKnownByReport(t *testing.T) {
	t.Parallel()
	all, known := 0, 0
	for range logRounds {
		r, _, _ := errand{Seed: "reported", Routes: asking, Deadline: "1m"}.run(t, 0)
		for _, p := range r.Probes {
			p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
			if all++; p.nextHopReported(t) {
				known++
			}
		}
	}
	t.Logf("the next hop is known by report for %d of %d relayed messages", known, all)
	if all != 3*logRounds || known != all {
		t.Errorf("the next hop is known for %d of %d messages, want all", known, all)
	}
}

func (p probe) nextHopReported(t *testing.T) bool {
	t.Helper()
	if len(p.Relayed) != 1 {
		t.Errorf("%s by %s: %d answers of a next hop, want one: %+v", p.Seed, p.Route, len(p.Relayed), p.Relayed)
		return false
	}
	r := p.Relayed[0]
	if r.Outcome != "accepted" || r.Source != "report" || r.Reply == nil || r.Reply.Code != 250 || r.Remote == "" {
		t.Errorf("%s by %s: the report says %+v", p.Seed, p.Route, r)
		return false
	}
	if p.Route == "exim" { // it has these words for every reply
		return r.Reply.Text == "Ok"
	}
	_, id, _ := strings.Cut(r.Reply.Text, "queued as ")
	return id != "" && site.mx.log.has(id+": message-id=<"+p.MessageID+">")
}

// TestReportOfTheLastServer: a next hop that offers DSN is asked in turn, and reports what the server
// of the mailbox said.
func TestReportOfTheLastServer(t *testing.T) {
	t.Parallel()
	r, _, _ := errand{Seed: "reported-further", Routes: asking + `, "direct"`, Deadline: "1m"}.run(t, 0)
	for _, p := range r.Probes {
		n := len(p.Relayed)
		if n != 1 || p.Relayed[0].Reply == nil || !strings.Contains(p.Relayed[0].Reply.Text, "Saved") {
			t.Errorf("%s by %s: %+v, want Dovecot's reply", p.Seed, p.Route, p.Relayed)
		}
	}
}

// TestNobodyIsAskedWithoutDSN: a server that does not offer it is not asked, and the record says so.
func TestNobodyIsAskedWithoutDSN(t *testing.T) {
	t.Parallel()
	r, _, store := errand{Seed: "reported", Routes: `"silent"`, Deadline: "1m"}.run(t, 0)
	p := r.one(t)
	if d := p.Submission.DSN; d == nil || d.Offered || len(d.Notify) != 3 || len(p.Relayed) != 0 {
		t.Errorf("asked %+v, and %d reports came", d, len(p.Relayed))
	}
	p.tells(t, store, "the server does not offer DSN")
}

// TestReportsOfSeveralRecipients: of one message to two seeds the one whom the next hop does not know
// is bounced, and the other is not.
func TestReportsOfSeveralRecipients(t *testing.T) {
	t.Parallel()
	r, _, store := errand{Seed: "unknown", With: "reported", Routes: asking, Deadline: "2m"}.run(t, 3)
	if len(r.Probes) != 6 {
		t.Errorf("%d probes, want 6", len(r.Probes))
	}
	for _, p := range r.Probes {
		if p.Seed == "unknown" {
			p.bounced(t, store, 550, "User unknown in virtual mailbox table")
			continue
		}
		p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
		if p.Bounce != nil || !p.nextHopReported(t) {
			t.Errorf("%s by %s: bounce %+v, next hop %+v", p.Seed, p.Route, p.Bounce, p.Relayed)
		}
	}
}
