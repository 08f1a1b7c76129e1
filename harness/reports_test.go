package harness

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"seedtest"
)

// post is a Watcher of a seed's box, and of the account of a return path.
type post struct {
	*box
	mu       sync.Mutex
	reports  []string // what comes to the return path
	refused  bool     // it cannot be signed in to
	read     int      // times that it was looked at
	begun    int      // watches of it
	baseline *seedtest.Baseline
}

func (p *post) Watch(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting) error {
	if a.Reports == nil {
		return p.box.Watch(ctx, s, a)
	}
	p.mu.Lock()
	p.begun++
	p.baseline = a.Baseline
	p.mu.Unlock()
	first := []seedtest.FactBody{seedtest.Listing{Seed: s.Name}}
	if p.refused {
		first = append(first, seedtest.Fault{Seed: s.Name, Kind: seedtest.FaultLogin, What: "no",
			From: a.Now(), Final: true})
	} else if a.Baseline == nil {
		first = append(first, seedtest.Baseline{Seed: s.Name,
			Mailboxes: []seedtest.Mark{{Mailbox: "INBOX"}}})
	}
	if err := a.Record(ctx, first...); err != nil {
		return err
	}
	for {
		pending := a.Pending()
		p.mu.Lock()
		reports := p.reports
		p.read++
		p.mu.Unlock()
		for _, text := range reports {
			if p.refused {
				break
			}
			if err := a.Record(ctx, a.Reports.Read([]byte(text))...); err != nil {
				return err
			}
		}
		if pending.Done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.Changed:
		case <-time.After(time.Second):
		}
	}
}

// parse reads what stands for a report: an action, and the Message-ID of what it is about.
func parse(message []byte) *seedtest.DeliveryReport {
	action, id, ok := strings.Cut(string(message), " ")
	if !ok {
		return nil
	}
	to := seedtest.ReportedRecipient{Action: action, Status: "5.1.1", Diagnostic: "no such user"}
	if action, aliased := strings.CutSuffix(action, "-alias"); aliased {
		to.Action, to.Address, to.Original = action, "anna@elsewhere.example", "a@example.org"
	}
	return &seedtest.DeliveryReport{Form: "test", ReportingMTA: "mx.example.net",
		Original: seedtest.OriginalMessage{MessageID: id}, Recipients: []seedtest.ReportedRecipient{to}}
}

// returning gives a run a return path.
func (w *world) returning() *post {
	p := &post{box: w.box}
	w.postman.box = nil // nothing arrives
	w.parts.Watcher = p
	w.parts.Reports = Reports{Parse: parse,
		Accounts: map[string]seedtest.Seed{"old": {Name: "return path of main"}}}
	return p
}

// comes has a report about the run's message come after some time.
func (p *post) comes(w *world, after time.Duration, actions ...string) {
	id := w.planned[0].MessageID
	time.AfterFunc(after, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, action := range actions {
			p.reports = append(p.reports, action+" "+id)
		}
	})
}

func TestReports(t *testing.T) {
	try(t, "a bounce ends the waiting", func(t *testing.T, w *world) {
		p := w.returning()
		p.comes(w, 5*time.Second, "failed", "failed")
		begun := time.Now()
		must(t, w.run(t.Context(), UntilTerminal))
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		probe := w.expect(t, seedtest.Bounced)
		if !strings.Contains(probe.Why, "no such user") || w.log.count(seedtest.KindBounce) != 1 {
			t.Errorf("%d bounces, why %q", w.log.count(seedtest.KindBounce), probe.Why)
		}
		if w.log.run().Seed("return path of main") != nil || w.log.count(seedtest.KindListing) != 0 {
			t.Error("the return path is among the seeds")
		}
	})
	try(t, "one of where an alias led has the seed read at once", func(t *testing.T, w *world) {
		p := w.returning()
		w.opened.Seeds[0].Address = "a@example.org"
		p.comes(w, 5*time.Second, "failed-alias")
		begun := time.Now()
		must(t, w.run(t.Context(), UntilTerminal))
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		w.expect(t, seedtest.Bounced)
	})
	try(t, "a delay does not", func(t *testing.T, w *world) {
		p := w.returning()
		p.comes(w, 5*time.Second, "delayed")
		must(t, w.run(t.Context(), UntilTerminal))
		w.expect(t, seedtest.Missing)
	})
	try(t, "what comes as the run ends is read", func(t *testing.T, w *world) {
		p := w.returning()
		p.comes(w, w.suite.Deadline-300*time.Millisecond, "failed")
		must(t, w.run(t.Context(), UntilTerminal))
		w.expect(t, seedtest.Bounced)
	})
	try(t, "a success is the next hop's word", func(t *testing.T, w *world) {
		p := w.returning()
		w.postman.box = w.box
		p.comes(w, 0, "relayed")
		must(t, w.run(t.Context(), UntilTerminal))
		if x := w.expect(t, seedtest.Inbox).Relayed; len(x) != 1 || x[0].Source != seedtest.SourceReport {
			t.Errorf("relayed: %+v", x)
		}
	})
	try(t, "a success that was asked for is waited for", func(t *testing.T, w *world) {
		p := w.returning()
		w.postman.box = w.box
		w.postman.answers = []seedtest.Submission{{Outcome: seedtest.OutcomeAccepted,
			Stage: seedtest.StageFinal, DSN: &seedtest.DSNAsked{Offered: true,
				Notify: []seedtest.Notify{seedtest.NotifySuccess}}}}
		p.comes(w, 2*time.Second, "relayed")
		must(t, w.run(t.Context(), UntilTerminal))
		if x := w.expect(t, seedtest.Inbox).Relayed; len(x) != 1 {
			t.Errorf("relayed: %+v", x)
		}
	})
	try(t, "trouble with it makes nothing blind", func(t *testing.T, w *world) {
		p := w.returning()
		p.refused, w.postman.box = true, w.box
		begun := time.Now()
		must(t, w.run(t.Context(), UntilTerminal))
		w.expect(t, seedtest.Inbox)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}
		x := w.log.run().Faults
		if len(x) != 1 || x[0].Kind != seedtest.FaultReports || x[0].Route != "old" || x[0].Seed != "" {
			t.Errorf("faults %+v", x)
		}
	})
	try(t, "a further process goes on where the first began", func(t *testing.T, w *world) {
		p := w.returning()
		must(t, w.run(t.Context(), UntilSent))
		p.comes(w, time.Second, "failed")
		must(t, w.resume(t.Context(), seedtest.PurposeFollow, UntilTerminal))
		w.expect(t, seedtest.Bounced)
		if p.begun != 2 || p.baseline == nil || p.baseline.Route != "old" {
			t.Errorf("%d watches, the last from %+v", p.begun, p.baseline)
		}
		if n := w.log.count(seedtest.KindBaseline); n != 2 {
			t.Errorf("%d baselines, want that of the seed and that of the return path", n)
		}
	})
}
