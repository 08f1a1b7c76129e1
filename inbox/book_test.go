package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"seedtest"
)

// book is a run with one seed, "a", and a second one elsewhere, "b": it keeps the facts as the
// harness does, and says what is awaited by the same rules.
type book struct {
	mu      sync.Mutex
	fold    *seedtest.Folder
	facts   []seedtest.Fact
	suite   seedtest.Suite
	seed    seedtest.Seed
	tokens  []seedtest.Token
	settled bool // await until all is settled
	changed chan struct{}
	based   chan struct{}
	refuse  error // recording fails with it
	minted  byte  // canaries

	since time.Time // of reports; zero: it is a seed
}

// newBook returns a book of a run that sends n messages to the seed, and one to the other.
func newBook(n int) *book {
	b := &book{
		fold: seedtest.NewFolder(),
		suite: seedtest.Suite{Name: "s", Deadline: 15 * time.Minute, Missing: 24 * time.Hour,
			Follow: 2 * time.Hour},
		seed: seedtest.Seed{Name: "a", Address: "a@example.org", Own: true,
			Server: seedtest.Endpoint{Host: "imap.example.org", Port: 143, TLS: seedtest.TLSNone},
			Login:  seedtest.Login{Username: "a", Password: seedtest.Secret("pass-word-1")}},
	}
	for i := range n + 1 {
		id := uuid.UUID{6: 0x70, 8: 0x80, 15: byte(i + 1)}
		b.tokens = append(b.tokens, seedtest.MintToken(id, []byte("key")))
	}
	return b
}

// open writes the first facts.
func (b *book) open() {
	b.add(seedtest.Opened{Run: "r", Suite: b.suite,
		Seeds: []seedtest.Seed{b.seed, {Name: "b"}}, Routes: []seedtest.Route{{Name: "out"}}})
	for i, t := range b.tokens {
		seed := "a"
		if i == len(b.tokens)-1 {
			seed = "b"
		}
		b.add(seedtest.Planned{Dispatch: dispatch(i), Token: t, Route: "out",
			Probes: []seedtest.PlannedProbe{{Probe: seedtest.ProbeID(dispatch(i)), Seed: seed}}})
	}
}

func dispatch(i int) seedtest.DispatchID { return seedtest.DispatchID(fmt.Sprint("d", i)) }

func (b *book) add(bodies ...seedtest.FactBody) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, body := range bodies {
		f := seedtest.Fact{At: time.Now(), Body: body}
		b.facts = append(b.facts, f)
		b.fold.Add(f)
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// accept says that message i was accepted.
func (b *book) accept(i int) {
	b.add(seedtest.Attempt{Dispatch: dispatch(i), Number: 1})
	b.add(seedtest.Submission{Dispatch: dispatch(i), Number: 1,
		Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal})
}

// refused says that message i was refused: nothing is awaited of it.
func (b *book) refused(i int) {
	b.add(seedtest.Submission{Dispatch: dispatch(i), Number: 1,
		Outcome: seedtest.OutcomeRefused, Stage: seedtest.StageRCPT})
}

// header is the header of message i.
func (b *book) header(i int) string {
	return fmt.Sprintf("Received: by mx\r\nMessage-ID: <%s@example.org>\r\n"+
		"Subject: Hello [%s]\r\n\r\n", b.tokens[i], b.tokens[i].Ref())
}

func (b *book) awaiting() seedtest.Awaiting {
	if b.changed == nil { // channels belong to the bubble that they are made in
		b.changed, b.based = make(chan struct{}, 1), make(chan struct{})
	}
	return seedtest.Awaiting{Pending: b.pending, Changed: b.changed, Record: b.record, Now: time.Now,
		Mint: b.mint, Canaries: b.fold.Canaries("a"), Reports: b.reading(),
		Known: func(t seedtest.Token) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.fold.Known(t)
		}}
}

// mint makes the tag of a canary.
func (b *book) mint() (seedtest.Token, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.minted++
	return seedtest.MintToken(uuid.UUID{6: 0x70, 8: 0x81, 15: b.minted}, []byte("key")), nil
}

func (b *book) record(ctx context.Context, bodies ...seedtest.FactBody) error {
	if b.refuse != nil {
		return b.refuse
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.add(bodies...)
	for _, x := range bodies {
		if _, ok := x.(seedtest.Baseline); ok {
			close(b.based)
		}
	}
	return nil
}

func (b *book) pending() seedtest.PendingProbes {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := seedtest.PendingProbes{Done: true}
	for _, p := range b.fold.ProbesAt("a", time.Now()) {
		done := p.Terminal
		if b.settled {
			done = p.Placements.Settled != nil
		}
		all.Done = all.Done && done
		if p.Expected.IsZero() && p.Terminal {
			continue
		}
		all.Awaited = append(all.Awaited, seedtest.Awaited{Probe: p.ID, Token: p.Token,
			Expected: p.Expected, Seen: !p.FollowEnd.IsZero(), ProveAt: b.proveAt(&p)})
	}
	return all
}

func (b *book) proveAt(p *seedtest.Probe) time.Time {
	switch {
	case p.Expected.IsZero() || p.Placements.Settled != nil:
	case !p.FollowEnd.IsZero() && b.settled:
		return p.FollowEnd
	case !p.FollowEnd.IsZero(): // a place is known, and not only a view over others
	case !p.Terminal:
		return p.Deadline
	case b.settled && p.Placements.Current != seedtest.Missing:
		return p.Expected.Add(b.suite.Missing)
	}
	return time.Time{}
}

func (b *book) run() seedtest.Run {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fold.Run(time.Now())
}

// factsOf returns the facts of one kind.
func factsOf[T seedtest.FactBody](b *book) []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []T
	for _, f := range b.facts {
		if x, ok := f.Body.(T); ok {
			all = append(all, x)
		}
	}
	return all
}

// probe returns probe i of the run as it is now.
func (b *book) probe(i int) seedtest.Probe {
	for _, p := range b.run().Probes {
		if p.ID == seedtest.ProbeID(dispatch(i)) {
			return p
		}
	}
	return seedtest.Probe{}
}

// watching is one Watch that runs in a synctest bubble.
type watching struct {
	*book
	*server
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

// watch runs a test in a bubble beside a watch of the book's seed at the server. It begins when
// the baseline is taken, unless the book refuses it.
func watch(t *testing.T, b *book, prepare func(*server), test func(w *watching)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		if prepare != nil {
			prepare(s)
		}
		w := begin(t, b, s, b.awaiting())
		select {
		case <-b.based:
		case <-time.After(time.Hour):
			t.Fatal("no baseline in an hour")
		}
		test(w)
		w.cancel()
		if err := <-w.done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("Watch = %v", err)
		}
	})
}

// begin starts a watch.
func begin(t *testing.T, b *book, s *server, a seedtest.Awaiting) *watching {
	if len(b.facts) == 0 {
		b.open()
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{book: b, server: s, t: t, cancel: cancel, done: make(chan error, 1)}
	go func() { w.done <- New(Options{Dial: s.dial}).Watch(ctx, b.seed, a) }()
	return w
}

// ended waits for the watch to end by itself.
func (w *watching) ended() {
	w.t.Helper()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("Watch = %v, want nil", err)
		}
		w.done <- nil
	case <-time.After(100 * time.Hour):
		w.t.Fatal("the watch did not end in 100 hours")
	}
}

// placed checks the current placement of a probe.
func (w *watching) placed(i int, want seedtest.Placement) seedtest.Probe {
	w.t.Helper()
	p := w.probe(i)
	if p.Placements.Current != want {
		w.t.Errorf("probe %d is %s (%s), want %s", i, p.Placements.Current, p.Why, want)
	}
	return p
}

// carries reports whether a sighting has the header that was delivered.
func carries(s seedtest.Sighting, header string) bool {
	return bytes.Equal(s.Header, []byte(header))
}
