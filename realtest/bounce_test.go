//go:build real

package realtest

import (
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
	Tagged                 bool   // each message has an envelope sender of its own
}

// Account is whose mailbox is watched.
func (e errand) Account() string { return site.dovecot.address(e.Seed) }

// run runs a suite of its own, and returns its store too.
func (e errand) run(t *testing.T, status int) (r report, store string) {
	t.Helper()
	if e.Address == "" {
		e.Address = e.Account()
	}
	config := filepath.Join(t.TempDir(), "seeds.toml")
	err := write(config, "bounces.toml", 0o644, map[string]any{"Relay": site.relay.Dir,
		"Submission": site.relay.Submission, "Exim": site.exim.Port, "Certificates": site.dir,
		"IMAPS": site.dovecot.IMAPS, "DNS": startDNS(t), "MX": site.mx.MX, "Errand": e})
	if err != nil {
		t.Fatal(err)
	}
	store = filepath.Join(t.TempDir(), "seedtest.db")
	return beginBy(t, config, store, "run", "--format", "json").report(t, status), store
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

// TestBounces: mail that a server took and could not deliver comes back, with the words of the next
// server, or its own. Where an alias stood between, ORCPT still names the recipient as we know it.
func TestBounces(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		errand
		code int // of the next hop; 0: the relay's own finding
		says string
	}{
		"unknown at the next hop": {errand{Seed: "unknown", Routes: asking, Deadline: "3s"}, 550,
			"User unknown in virtual mailbox table"},
		"unknown to the relay": {errand{Seed: "unknown", Routes: `"relay"`, Deadline: "3s",
			Address: "nobody-here@late.example"}, 0, `unknown user: "nobody-here"`},
		"unknown to the mailbox server": {errand{Seed: "unknown", Routes: `"relay", "exim", "direct"`,
			Deadline: "3s", Address: "moved-away@dovecot.example"}, 550, "User doesn't exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := x.run(t, 3)
			if len(r.Probes) != strings.Count(x.Routes, ",")+1 {
				t.Errorf("%d probes by %s", len(r.Probes), x.Routes)
			}
			for _, p := range r.Probes {
				_, said := p.reported(t, "failed")
				if said.Code != x.code || !strings.HasPrefix(said.Status, "5.") ||
					!strings.Contains(said.Diagnostic, x.says) || (said.RemoteMTA == "") != (x.code == 0) {
					t.Errorf("%s by %s: the report says %+v, want %d %s", p.Seed, p.Route, said, x.code, x.says)
				}
			}
		})
	}
}

// TestDelayIsReported: what the next hop puts off is reported as late, and goes on being awaited.
func TestDelayIsReported(t *testing.T) {
	t.Parallel()
	defer site.relay.keepFlushing(t)()
	r, _ := errand{Seed: "busy", Routes: `"relay"`, Deadline: "10s"}.run(t, 3)
	p := r.one(t)
	if _, said := p.reported(t, "delayed"); said.Code != 450 ||
		!strings.Contains(said.Diagnostic, "the mailbox is busy") || said.WillRetry.IsZero() {
		t.Errorf("the report says %+v, want delayed by a 450", said)
	}
	if p.Placement.Current != "overdue" {
		t.Errorf("placement %s (%s), want overdue", p.Placement.Current, p.Placement.Why)
	}
}

// TestNextHopIsKnownByReport: of all messages that a relay passed on to a server without DSN the
// relay's report tells that server's reply, which names the queue id under which it has the message.
func TestNextHopIsKnownByReport(t *testing.T) {
	t.Parallel()
	for range logRounds {
		r, _ := errand{Seed: "reported", Routes: asking, Deadline: "20s"}.run(t, 0)
		for _, p := range r.Probes {
			p.arrived(t, site.dovecot.host, "inbox", seen{"INBOX", false})
			if p.Route == "exim" { // it makes up the reply
				if _, said := p.reported(t, "delivered"); said.Diagnostic != "250 Ok" {
					t.Errorf("Exim reports %+v, want the words that it has for all", said)
				}
				continue
			}
			_, said := p.reported(t, "relayed")
			_, id, _ := strings.Cut(said.Diagnostic, "queued as ")
			if said.Code != 250 || id == "" ||
				!site.mx.log.has(id+": message-id=<"+p.MessageID+">") {
				t.Errorf("%s by %s: the report says %+v, and the mx has no such message", p.Seed, p.Route, said)
			}
		}
	}
}

// TestReportOfTheLastServer: a next hop that offers DSN is asked in turn, and reports what the server
// of the mailbox said.
func TestReportOfTheLastServer(t *testing.T) {
	t.Parallel()
	r, _ := errand{Seed: "reported-further", Routes: asking, Deadline: "20s"}.run(t, 0)
	for _, p := range r.Probes {
		r, said := p.reported(t, "relayed")
		if r.ReportingMTA != "mx.example.net" || said.Code != 250 ||
			!strings.Contains(said.Diagnostic, "<"+p.Address+">") || !strings.Contains(said.Diagnostic, "Saved") {
			t.Errorf("%s by %s: %s reports %+v, want Dovecot's reply", p.Seed, p.Route, r.ReportingMTA, said)
		}
	}
}

// TestReportsComeToATag: where each message has an envelope sender of its own, its reports go there.
func TestReportsComeToATag(t *testing.T) {
	t.Parallel()
	r, _ := errand{Seed: "unknown", Routes: asking, Deadline: "3s", Tagged: true}.run(t, 3)
	for _, p := range r.Probes {
		tag, _, _ := strings.Cut(p.MessageID, "@")
		if r, _ := p.reported(t, "failed"); !strings.Contains(r.To, "bounces+"+tag+"@dovecot.example") {
			t.Errorf("%s by %s: the report went to %q", p.Seed, p.Route, r.To)
		}
	}
}
