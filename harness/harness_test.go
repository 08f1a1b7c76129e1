package harness

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"seedtest"
)

// memory is a Log in memory that stores facts as the real one does: encoded.
type memory struct {
	mu    sync.Mutex
	facts []seedtest.Fact
	limit *seedtest.Limit // what Held answers
	late  *seedtest.Limit // what AppendAttempt answers
	err   error
}

func (m *memory) Append(_ context.Context, _ seedtest.RunID, facts ...seedtest.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, f := range facts {
		raw, err := json.Marshal(f.Body)
		if err != nil {
			return err
		}
		stored, err := seedtest.DecodeFact(f.Body.FactKind(), f.At, raw)
		if err != nil {
			return err
		}
		m.facts = append(m.facts, stored)
	}
	return nil
}

func (m *memory) AppendAttempt(ctx context.Context, run seedtest.RunID, f seedtest.Fact,
	_ seedtest.Dose) (*seedtest.Limit, error) {
	if m.late != nil {
		return m.late, nil
	}
	return nil, m.Append(ctx, run, f)
}

func (m *memory) Held(context.Context, seedtest.RunID, seedtest.Dose) (*seedtest.Limit, error) {
	return m.limit, nil
}

// count returns how many facts of a kind are stored.
func (m *memory) count(k seedtest.FactKind) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, f := range m.facts {
		if f.Body.FactKind() == k {
			n++
		}
	}
	return n
}

func (m *memory) run() seedtest.Run { return seedtest.Fold(m.facts, seedtest.AsOf(m.facts)) }

// postman is a Sender that answers as told, in turn, and puts what it accepts into a box.
type postman struct {
	mu      sync.Mutex
	answers []seedtest.Submission
	sent    []seedtest.Composed
	box     *box
	before  func() // called before the commit
}

func (p *postman) Send(ctx context.Context, m seedtest.Composed, commit seedtest.Commit) seedtest.Submission {
	p.mu.Lock()
	answer := seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal}
	if len(p.answers) > 0 {
		answer, p.answers = p.answers[0], p.answers[1:]
	}
	p.sent = append(p.sent, m)
	p.mu.Unlock()
	if p.before != nil {
		p.before()
	}
	if answer.Stage != seedtest.StageFinal {
		return answer // it ended before the content
	}
	err := ctx.Err()
	if err == nil {
		err = commit(ctx)
	}
	if err != nil {
		return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Stage: seedtest.StageBody,
			Error: err.Error()}
	}
	if answer.Outcome == seedtest.OutcomeAccepted && p.box != nil {
		p.box.put(seedtest.Token(m.EnvelopeID))
	}
	return answer
}

// box is a Watcher of one mailbox. It looks each 10 ms.
type box struct {
	mu     sync.Mutex
	tokens []seedtest.Token
	blind  bool // it never signs in
	lost   bool // rounds fail
	empty  bool // what is put in vanishes
	times  int  // watches begun
}

func (b *box) put(t seedtest.Token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.empty {
		b.tokens = append(b.tokens, t)
	}
}

func (b *box) Watch(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting) error {
	b.mu.Lock()
	b.times++
	b.mu.Unlock()
	if b.blind {
		if err := a.Record(ctx, seedtest.Fault{Seed: s.Name, Kind: seedtest.FaultLogin,
			What: "login refused", From: a.Now()}); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if a.Baseline == nil {
		if err := a.Record(ctx, seedtest.Baseline{Seed: s.Name}); err != nil {
			return err
		}
	}
	known := map[seedtest.Token]bool{}
	for _, x := range a.Seen {
		known[x.Token] = true
	}
	for {
		pending := a.Pending()
		if pending.Done {
			return nil
		}
		if err := b.look(ctx, s, a, pending, known); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.Changed:
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (b *box) look(ctx context.Context, s seedtest.Seed, a seedtest.Awaiting,
	pending seedtest.PendingProbes, known map[seedtest.Token]bool) error {
	b.mu.Lock()
	tokens := slices.Clone(b.tokens)
	b.mu.Unlock()
	for _, x := range pending.Awaited {
		if slices.Contains(tokens, x.Token) && !known[x.Token] {
			known[x.Token] = true
			if err := a.Record(ctx, seedtest.Sighting{Seed: s.Name, Token: x.Token, Mailbox: "INBOX",
				Role: seedtest.RoleInbox, UID: 1}); err != nil {
				return err
			}
		}
		if !x.ProveAt.IsZero() && !a.Now().Before(x.ProveAt) {
			return a.Record(ctx, seedtest.Round{Seed: s.Name, Begun: a.Now(), Ended: a.Now(), Try: 3,
				Complete: !b.lost, Why: "the connection was lost"})
		}
	}
	return nil
}

// world is a run of one seed and one route, to be changed before it is run.
type world struct {
	log     *memory
	box     *box
	postman *postman
	suite   seedtest.Suite
	parts   Parts
	opened  seedtest.Opened
	planned []seedtest.Planned
}

func newWorld(t *testing.T) *world {
	w := &world{log: &memory{}, box: &box{}}
	w.postman = &postman{box: w.box}
	w.parts = Parts{Log: w.log, Watcher: w.box, Senders: map[string]Sender{"old": w.postman},
		Now: Clock(time.Now), Compose: func(o seedtest.Opened, p seedtest.Planned) (seedtest.Composed, error) {
			return seedtest.Composed{EnvelopeID: string(p.Token), Data: []byte(p.MessageID)}, nil
		}}
	w.suite = seedtest.Suite{Name: "s", Deadline: time.Minute, Missing: time.Minute, Follow: time.Hour,
		BaselineTimeout: 30 * time.Second, Retry: []time.Duration{10 * time.Second, time.Minute}}
	w.plan(t)
	return w
}

func (w *world) plan(t *testing.T) {
	t.Helper()
	var n byte
	var err error
	w.opened, w.planned, err = Plan(Request{Run: "run", Suite: w.suite, Routes: []seedtest.Route{{Name: "old"}},
		Seeds: []seedtest.Seed{{Name: "a", Own: true}}, Messages: []seedtest.Message{{Name: "m"}}},
		Minter{Key: []byte("key"), ID: func() (uuid.UUID, error) { n++; return uuid.UUID{0: n}, nil },
			MessageID: func(t seedtest.Token, _ seedtest.Identity) (string, error) {
				return string(t) + "@example.org", nil
			}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) run(ctx context.Context, until Until) error {
	return Run(ctx, w.parts, w.opened, w.planned, until)
}

func (w *world) resume(ctx context.Context, purpose string, until Until) error {
	return Resume(ctx, w.parts, w.opened, slices.Clone(w.log.facts), Resumption{Purpose: purpose, Until: until})
}

// expect compares the placement of the first probe after everything that was stored.
func (w *world) expect(t *testing.T, want seedtest.Placement) seedtest.Probe {
	t.Helper()
	p := w.log.run().Probes[0]
	if p.Placements.Current != want {
		t.Errorf("got %s (%s), want %s", p.Placements.Current, p.Why, want)
	}
	return p
}

func reply(o seedtest.Outcome, stage seedtest.Stage, code int) seedtest.Submission {
	return seedtest.Submission{Outcome: o, Stage: stage, Reply: &seedtest.Reply{Code: code, Text: "said so"}}
}

// try runs f in a bubble whose clock is virtual.
func try(t *testing.T, name string, f func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRun(t *testing.T) {
	ctx := context.Background()
	try(t, "arrives", func(t *testing.T, w *world) {
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Inbox)
		if c := w.log.run().Closed; c == nil || c.Reason != seedtest.ClosedDone {
			t.Errorf("closed %+v, want done", c)
		}
	})
	try(t, "rule 15 ends with proof of absence", func(t *testing.T, w *world) {
		w.box.empty = true
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Missing)
		if d := time.Since(begun); d > w.suite.Deadline+time.Second {
			t.Errorf("ended after %s, want the deadline", d)
		}
	})
	try(t, "rule 15 gives up a minute after the deadline", func(t *testing.T, w *world) {
		w.box.empty, w.box.lost = true, true
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Blind)
		if d := time.Since(begun); d < w.suite.Deadline+seedtest.ProofGrace || d > 3*time.Minute {
			t.Errorf("ended after %s, want the deadline and 60 s of attempts at proof", d)
		}
	})
	try(t, "rule 8 sends nothing without a baseline", func(t *testing.T, w *world) {
		w.box.blind = true
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Blind)
		if len(w.postman.sent) != 0 {
			t.Error("a message was sent that nobody could have seen")
		}
	})
	try(t, "rule 22 a held message is unsent with its limit", func(t *testing.T, w *world) {
		w.log.limit = &seedtest.Limit{Dispatch: "d1", Limit: "seed_day", What: "4 of 4 messages to a"}
		must(t, w.run(ctx, UntilTerminal))
		if p := w.expect(t, seedtest.Unsent); p.UnsentBy != seedtest.UnsentLimit || len(w.postman.sent) > 0 {
			t.Errorf("unsent by %s after %d sends", p.UnsentBy, len(w.postman.sent))
		}
	})
	try(t, "rule 22 a limit met at the commit holds the message", func(t *testing.T, w *world) {
		w.log.late = &seedtest.Limit{Dispatch: "d1", Limit: "breaker", What: "a breaker opened"}
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Unsent)
		if n := w.log.count(seedtest.KindAttempt); n != 0 {
			t.Errorf("%d attempts stored of a message that was held", n)
		}
	})
	try(t, "detached after sending", func(t *testing.T, w *world) {
		w.box.empty = true
		must(t, w.run(ctx, UntilSent))
		w.expect(t, seedtest.Pending)
		w.box.put(w.planned[0].Token)
		w.box.empty = false
		w.box.put(w.planned[0].Token)
		must(t, w.resume(ctx, seedtest.PurposeFollow, UntilTerminal))
		w.expect(t, seedtest.Inbox)
	})
	try(t, "follows until settled", func(t *testing.T, w *world) {
		begun := time.Now()
		must(t, w.run(ctx, UntilSettled))
		if p := w.expect(t, seedtest.Inbox); p.Placements.Settled == nil {
			t.Error("not settled")
		}
		if d := time.Since(begun); d < w.suite.Follow || d > w.suite.Follow+time.Minute {
			t.Errorf("followed for %s, want %s", d, w.suite.Follow)
		}
	})
	try(t, "rule 16 an unseen end of the follow window settles nothing", func(t *testing.T, w *world) {
		w.box.lost = true
		begun := time.Now()
		must(t, w.run(ctx, UntilSettled))
		if p := w.expect(t, seedtest.Inbox); p.Placements.Settled != nil {
			t.Errorf("settled %s, though nobody could look", *p.Placements.Settled)
		}
		if d := time.Since(begun); d < w.suite.Follow+seedtest.ProofGrace || d > w.suite.Follow+2*time.Minute {
			t.Errorf("followed for %s, want the window and 60 s of attempts to look", d)
		}
	})
	try(t, "rule 16 one look settles what nobody watched", func(t *testing.T, w *world) {
		must(t, w.run(ctx, UntilTerminal))
		time.Sleep(w.suite.Follow + 24*time.Hour)
		if p := w.expect(t, seedtest.Inbox); p.Placements.Settled != nil {
			t.Errorf("settled %s before anybody looked", *p.Placements.Settled)
		}
		begun := time.Now()
		must(t, w.resume(ctx, seedtest.PurposeFollow, UntilSettled))
		if p := w.expect(t, seedtest.Inbox); p.Placements.Settled == nil {
			t.Error("not settled by a look after the window")
		}
		if d := time.Since(begun); d > seedtest.ProofGrace {
			t.Errorf("it took %s, want one look", d)
		}
	})
	try(t, "rule 16 who cannot look after the window gives up", func(t *testing.T, w *world) {
		must(t, w.run(ctx, UntilTerminal))
		time.Sleep(w.suite.Follow + 24*time.Hour)
		w.box.lost = true
		begun := time.Now()
		must(t, w.resume(ctx, seedtest.PurposeFollow, UntilSettled))
		if p := w.expect(t, seedtest.Inbox); p.Placements.Settled != nil {
			t.Errorf("settled %s, though nobody could look", *p.Placements.Settled)
		}
		if d := time.Since(begun); d < seedtest.ProofGrace || d > 2*time.Minute {
			t.Errorf("tried for %s, want 60 s", d)
		}
	})
	try(t, "the store fails", func(t *testing.T, w *world) {
		full := errors.New("no space left on device")
		w.postman.before = func() { w.log.mu.Lock(); w.log.err = full; w.log.mu.Unlock() }
		if err := w.run(ctx, UntilTerminal); !errors.Is(err, full) {
			t.Errorf("got %v, want the store's error", err)
		}
		if n := len(w.box.tokens); n != 0 {
			t.Error("a message left whose attempt could not be stored")
		}
	})
}

func TestRule05Retries(t *testing.T) {
	ctx := context.Background()
	deferred := reply(seedtest.OutcomeDeferred, seedtest.StageRCPT, 450)
	try(t, "same bytes after a 4yz", func(t *testing.T, w *world) {
		w.postman.answers = []seedtest.Submission{deferred, deferred}
		begun := time.Now()
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Inbox)
		if len(w.postman.sent) != 3 || string(w.postman.sent[0].Data) != string(w.postman.sent[2].Data) {
			t.Errorf("%d sends, want three of the same bytes", len(w.postman.sent))
		}
		if d := time.Since(begun); d < 70*time.Second || d > 75*time.Second {
			t.Errorf("took %s, want the waits of the suite", d)
		}
	})
	try(t, "deferred to the end", func(t *testing.T, w *world) {
		w.postman.answers = []seedtest.Submission{deferred, deferred, deferred}
		must(t, w.run(ctx, UntilTerminal))
		w.expect(t, seedtest.Deferred)
	})
	for name, c := range map[string]struct {
		answer seedtest.Submission
		want   seedtest.Placement
	}{
		"a refusal is final":       {reply(seedtest.OutcomeRefused, seedtest.StageRCPT, 550), seedtest.Refused},
		"a refused login is final": {reply(seedtest.OutcomeFailed, seedtest.StageAUTH, 535), seedtest.Unsent},
		"in doubt is never resent": {seedtest.Submission{Outcome: seedtest.OutcomeInDoubt,
			Stage: seedtest.StageFinal, Error: "EOF"}, seedtest.InDoubt},
	} {
		try(t, name, func(t *testing.T, w *world) {
			w.postman.answers = []seedtest.Submission{c.answer}
			must(t, w.run(ctx, UntilTerminal))
			w.expect(t, c.want)
			must(t, w.resume(ctx, seedtest.PurposeResume, UntilTerminal))
			w.expect(t, c.want)
			if len(w.postman.sent) != 1 {
				t.Errorf("sent %d times, want once", len(w.postman.sent))
			}
		})
	}
	try(t, "a breaker ends the retries", func(t *testing.T, w *world) {
		w.parts.Breaker = func(seedtest.Reply) string { return "too much mail" }
		w.postman.answers = []seedtest.Submission{deferred}
		must(t, w.run(ctx, UntilTerminal))
		if p := w.expect(t, seedtest.Deferred); p.Submission().Breaker == "" || len(w.postman.sent) != 1 {
			t.Errorf("breaker %q after %d sends", p.Submission().Breaker, len(w.postman.sent))
		}
	})
	try(t, "a server that was tried too opens a breaker", func(t *testing.T, w *world) {
		w.parts.Breaker = func(r seedtest.Reply) string { return r.Text }
		w.postman.answers = []seedtest.Submission{{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal,
			Tried: []seedtest.Tried{{Host: "mx1.example.com"}, {Host: "mx2.example.com",
				Reply: &seedtest.Reply{Code: 421, Text: "too much mail"}}}}}
		must(t, w.run(ctx, UntilTerminal))
		if p := w.expect(t, seedtest.Inbox); p.Submission().Breaker != "too much mail" {
			t.Errorf("breaker %q, want one", p.Submission().Breaker)
		}
	})
}

func TestCancelAndResume(t *testing.T) {
	try(t, "before anything left", func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		w.postman.before = cancel
		must(t, w.run(ctx, UntilTerminal))
		if p := w.expect(t, seedtest.Unsent); p.UnsentBy != seedtest.UnsentCancelled {
			t.Errorf("unsent by %q, want cancelled", p.UnsentBy)
		}
		w.postman.before = nil
		must(t, w.resume(context.Background(), seedtest.PurposeResume, UntilTerminal))
		w.expect(t, seedtest.Inbox)
	})
	try(t, "a crash after the attempt", func(t *testing.T, w *world) {
		// What a process left that died between the last octets and the answer.
		facts := []seedtest.FactBody{w.opened, w.planned[0], seedtest.Baseline{Seed: "a"},
			seedtest.Attempt{Dispatch: "d1", Number: 1}}
		for _, b := range facts {
			must(t, w.log.Append(context.Background(), "run", seedtest.Fact{At: time.Now(), Body: b}))
		}
		must(t, w.resume(context.Background(), seedtest.PurposeResume, UntilTerminal))
		w.expect(t, seedtest.InDoubt)
		if len(w.postman.sent) != 0 {
			t.Error("what is in doubt was sent again")
		}
	})
	try(t, "rule 14 times go on where the clock was set back", func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		w.postman.before = cancel
		must(t, w.run(ctx, UntilTerminal))
		last := seedtest.AsOf(w.log.facts)
		w.postman.before = nil
		w.parts.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		w.parts.Wall = w.parts.Now
		w.postman.answers = []seedtest.Submission{{Outcome: seedtest.OutcomeAccepted,
			Stage:  seedtest.StageFinal,
			Stages: []seedtest.StageTime{{Stage: seedtest.StageFinal, At: w.parts.Now()}}}}
		must(t, w.resume(context.Background(), seedtest.PurposeResume, UntilTerminal))
		if p := w.expect(t, seedtest.Inbox); p.Accepted.Before(last) {
			t.Errorf("accepted at %s, want it after %s", p.Accepted, last)
		}
		for _, f := range w.log.facts {
			if !f.At.After(last) && f.Body.FactKind() == seedtest.KindResumed {
				t.Errorf("resumed at %s, want it after %s", f.At, last)
			}
		}
		time.Sleep(2 * heartbeat)
		if f := w.log.run().Faults; len(f) != 1 || f[0].Kind != seedtest.FaultClock {
			t.Errorf("faults %+v, want one step of the clock", f)
		}
	})
	try(t, "following sends nothing", func(t *testing.T, w *world) {
		for _, b := range []seedtest.FactBody{w.opened, w.planned[0], seedtest.Baseline{Seed: "a"}} {
			must(t, w.log.Append(context.Background(), "run", seedtest.Fact{At: time.Now(), Body: b}))
		}
		must(t, w.resume(context.Background(), seedtest.PurposeFollow, UntilLooked))
		if len(w.postman.sent) != 0 {
			t.Error("a follow look sent a message")
		}
	})
	try(t, "another process took the run", func(t *testing.T, w *world) {
		w.box.empty = true
		w.parts.Lease = lost{}
		if err := w.run(context.Background(), UntilTerminal); !errors.Is(err, ErrTaken) {
			t.Errorf("got %v, want ErrTaken", err)
		}
		if n := w.log.count(seedtest.KindClosed); n != 0 {
			t.Error("the run was closed by a process that had lost it")
		}
	})
	try(t, "rule 14 a step of the wall clock is a fault", func(t *testing.T, w *world) {
		w.box.empty = true
		w.parts.Wall = func() time.Time { return time.Now().Add(time.Hour) }
		must(t, w.run(context.Background(), UntilTerminal))
		if f := w.log.run().Faults; len(f) != 1 || f[0].Kind != seedtest.FaultClock {
			t.Errorf("faults %+v, want one step of the clock", f)
		}
	})
}

type lost struct{}

func (lost) Renew(context.Context) error { return errors.New("lease is held by pid 7") }

func TestPlan(t *testing.T) {
	w := newWorld(t)
	if _, _, err := Plan(Request{}, Minter{}, time.Now()); err == nil {
		t.Error("a plan without routes was made")
	}
	q := Request{Suite: w.suite, Routes: []seedtest.Route{{Name: "old"}, {Name: "new"}},
		Seeds: []seedtest.Seed{{Name: "a"}, {Name: "b"}}, Messages: []seedtest.Message{{Name: "m"}}, Random: 7}
	order := func() []string {
		var n byte
		_, planned, err := Plan(q, Minter{ID: func() (uuid.UUID, error) { n++; return uuid.UUID{0: n}, nil },
			MessageID: func(t seedtest.Token, _ seedtest.Identity) (string, error) { return string(t), nil }},
			time.Now())
		must(t, err)
		var list []string
		for _, p := range planned {
			list = append(list, p.Route+" "+p.Probes[0].Seed)
		}
		return list
	}
	first := order()
	if len(first) != 4 || !slices.Equal(first, order()) {
		t.Errorf("plan %v, then %v: want the same four", first, order())
	}
	for i := 0; i < 4; i += 2 {
		if first[i][len(first[i])-1] != first[i+1][len(first[i+1])-1] {
			t.Errorf("plan %v: want the routes of one seed to follow each other", first)
		}
	}
}
