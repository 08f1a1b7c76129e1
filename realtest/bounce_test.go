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
		"IMAPS": site.dovecot.IMAPS, "Errand": e})
	if err != nil {
		t.Fatal(err)
	}
	store = filepath.Join(t.TempDir(), "seedtest.db")
	return beginBy(t, config, store, "run", "--format", "json").report(t, status), store
}

// reports waits for the first report about a message at the address that bounces go to, and returns
// what all say that are there then. They are found by any text of theirs that holds the Message-ID.
func (p probe) reports(t *testing.T) []seedtest.DeliveryReport {
	t.Helper()
	o := site.dovecot.owner(t, "bounces")
	defer func() { _ = o.conn.Close() }() // Dovecot lets an account have ten connections
	for begun := time.Now(); time.Since(begun) < reportTimeout; time.Sleep(200 * time.Millisecond) {
		o.do("EXAMINE INBOX")
		var list []seedtest.DeliveryReport
		for _, uid := range o.find("BODY %q", p.MessageID) {
			if a := analyze.Message(o.whole(uid), "a report", seedtest.Trust{}); a.Report != nil {
				list = append(list, *a.Report)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	t.Fatalf("%s by %s: no report came", p.Seed, p.Route)
	return nil
}

// told demands that a report names the message and its recipient, and returns what it says of it.
func (p probe) told(t *testing.T, r seedtest.DeliveryReport) seedtest.ReportedRecipient {
	t.Helper()
	tag, _, _ := strings.Cut(p.MessageID, "@")
	if r.EnvelopeID != tag || r.Original.MessageID != p.MessageID || r.Original.EntityRef != tag {
		t.Errorf("%s by %s: the report is of %q, %+v", p.Seed, p.Route, r.EnvelopeID, r.Original)
	}
	if len(r.Recipients) != 1 || r.Recipients[0].Original != p.Address {
		t.Fatalf("%s by %s: the report is of %+v, want it of %s", p.Seed, p.Route, r.Recipients, p.Address)
	}
	return r.Recipients[0]
}

// TestBounces: mail that a relay took and could not deliver comes back, with the words of the server
// that refused it, or of the relay itself.
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := x.run(t, 3)
			if len(r.Probes) != strings.Count(x.Routes, ",")+1 {
				t.Errorf("%d probes by %s", len(r.Probes), x.Routes)
			}
			for _, p := range r.Probes {
				list := p.reports(t)
				said := p.told(t, list[0])
				if len(list) != 1 || said.Action != "failed" || said.Code != x.code || said.Status[0] != '5' ||
					!strings.Contains(said.Diagnostic, x.says) || (said.RemoteMTA == "") != (x.code == 0) {
					t.Errorf("%s by %s: %d reports, the first says %+v, want failed, %d %s", p.Seed, p.Route,
						len(list), said, x.code, x.says)
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
	if said := p.told(t, p.reports(t)[0]); said.Action != "delayed" || said.Code != 450 ||
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
			said := p.told(t, p.reports(t)[0])
			if p.Route == "exim" { // it makes up the reply
				if said.Action != "delivered" || said.Code != 250 {
					t.Errorf("Exim reports %+v", said)
				}
				continue
			}
			_, id, _ := strings.Cut(said.Diagnostic, "queued as ")
			if said.Action != "relayed" || said.Code != 250 || id == "" ||
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
		list := p.reports(t)
		said := p.told(t, list[0])
		if list[0].ReportingMTA != "mx.example.net" || said.Code != 250 ||
			!strings.Contains(said.Diagnostic, "<"+p.Address+">") || !strings.Contains(said.Diagnostic, "Saved") {
			t.Errorf("%s by %s: %s reports %+v, want Dovecot's reply", p.Seed, p.Route, list[0].ReportingMTA, said)
		}
	}
}
