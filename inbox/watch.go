package inbox

import (
	"context"
	"errors"
	"time"

	"seedtest"
)

// Watch works one seed until nothing is awaited there, ctx ends, or a fact cannot be recorded: the
// error is nil, the context's, or Record's. Trouble with the server is recorded and outlasted.
func (w *Watcher) Watch(ctx context.Context, seed seedtest.Seed, a seedtest.Awaiting) error {
	v := newVigil(w, &seed, a)
	err := v.outlast(ctx)
	if told := v.account(context.WithoutCancel(ctx)); err == nil {
		err = told
	}
	return err
}

// account records what the watch cost, if it cost anything.
func (v *vigil) account(ctx context.Context) error {
	if v.signIns == 0 && v.spent == 0 {
		return nil
	}
	if err := v.tellLull(ctx); err != nil {
		return err
	}
	return v.record(ctx, seedtest.Spent{Seed: v.seed.Name, SignIns: v.signIns, Commands: v.spent,
		Budget: v.pace.Commands})
}

// outlast watches, by one connection after the other.
func (v *vigil) outlast(ctx context.Context) error {
	for {
		if v.s == nil && v.a.Pending().Done {
			return nil
		}
		err := v.connected(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errWanted) {
			if err := v.away(ctx); err != nil {
				return err
			}
			continue
		}
		var t *trouble
		if !errors.As(err, &t) {
			return err
		}
		v.lent, v.lost = false, v.signIns > 0
		v.weigh(t)
		if v.ended(t) {
			continue
		}
		if err := v.suffer(ctx, t); err != nil {
			return err
		}
		if err := v.holdOff(ctx, t); err != nil {
			return err
		}
	}
}

// vigil is what the watch of one seed knows, over all its connections.
type vigil struct {
	w    *Watcher
	seed *seedtest.Seed
	a    seedtest.Awaiting
	pace Pace
	at   *account // nil: of a server of ours

	s     *session // nil: not connected
	spent int      // commands of earlier sessions
	lent  bool     // it was handed over while nothing was due, and nothing went wrong since
	lost  bool     // the last session, or sign-in, came to trouble

	signIns int // tried

	boxes  []*box // in LIST's order
	left   []*box // not listed any more, and not found under another name yet
	copies []*kept

	vanished []seedtest.FactBody // mail that went unread, to be recorded

	reports     []suspected // to be read
	reportsRead int
	reportsHour time.Time // since when so many were read
	manyReports bool      // more than can wait

	canaries []*seedtest.Canary // of this run
	noCanary string             // why none is appended any more

	appended   *seedtest.Canary // the last one that the server took
	appendedAt time.Time

	listed bool // a Listing is recorded
	based  bool // a Baseline is recorded

	asked     time.Time // when what is read now was asked for, or before
	lull      lull
	lastLook  time.Time
	lastSweep time.Time
	hasty     bool // mail was found outside INBOX, which was not asked since
	turns     *turns
	sweepTurn time.Time // of the sweep that is due; zero: none has been taken
	quiet     time.Time // the server wants nothing asked before
	slow      bool      // a provider asked us to slow down: no quick looks any more

	strategy Strategy
	measured measured
	hollow   int       // pushes in a row after which nothing was new
	silent   waited    // the last wait, if the server told nothing in it
	pushed   time.Time // when to look because of a push that is in no hurry; zero: there was none
	late     int       // looks that found what should have been pushed before

	tries     int                            // at a proof of absence
	exhausted map[seedtest.ProbeID]time.Time // the proof that was sought in vain, or found
	told      map[string]bool                // vanished mail that is recorded

	faults   map[faultKey]seedtest.Fault // that are not over
	failures int                         // connections in a row that came to nothing
	brief    int                         // sessions in a row that did not live for minLife
	refusals int                         // of them, sign-ins that the server refused
	sorted   time.Time                   // the classes of what is followed were asked for
	certain  int                         // refusals of the secret itself in a row
	login    time.Time                   // the last sign-in

	unwatched time.Time // since a session ended in its time; zero: watched, or in trouble
}

func newVigil(w *Watcher, seed *seedtest.Seed, a seedtest.Awaiting) *vigil {
	v := &vigil{
		w: w, seed: seed, a: a, pace: w.paceOf(seed, a.Reports != nil), turns: w.connections.turnsAt(*seed),
		exhausted: map[seedtest.ProbeID]time.Time{}, told: map[string]bool{},
		faults: map[faultKey]seedtest.Fault{},
	}
	if !seed.Own {
		v.at = w.connections.account(*seed)
		v.pace.origin = w.origin(a.Now())
	}
	v.keepFrom(a.Seen)
	for _, c := range a.Canaries {
		v.canaries = append(v.canaries, &c)
	}
	return v
}

// paceOf is what a user wants over what a provider likes over what is usual.
func (w *Watcher) paceOf(seed *seedtest.Seed, reports bool) Pace {
	pace := w.gentle.within(seed.Provider.Habits)
	switch {
	case seed.Own && reports:
		pace = w.own.forReports()
	case seed.Own:
		pace = w.own
	}
	return pace.as(seed.Pace.Over(seed.Provider.Pace))
}

// connected watches by one connection. It returns nil when nothing is awaited any more, a
// *trouble, or what ends the watch.
func (v *vigil) connected(ctx context.Context) error {
	err := apart(func() error { return v.start(ctx) })
	if v.s == nil {
		return err
	}
	if err == nil {
		err = v.work(ctx)
	}
	v.shareThrottling(ctx, err)
	if v.s != nil {
		_ = apart(func() error { v.leave(ctx, err); return nil })
	}
	return err
}

// start opens a session and begins the watch by it. A session of another run does where ours was
// lent to one: the watch goes on where it was.
func (v *vigil) start(ctx context.Context) error {
	resumes := v.lent
	v.lent = false
	if v.s == nil {
		signedIn, err := v.signIn(ctx)
		if err != nil {
			return err
		}
		resumes = resumes && !signedIn
	}
	if !resumes {
		return v.begin(ctx)
	}
	v.failures = 0
	return v.recovered(ctx)
}

// leave ends the session: in order, unless it is lost or the watch is to end at once. If another
// run can use it, that one goes on with it.
func (v *vigil) leave(ctx context.Context, err error) {
	var t *trouble
	lost := ctx.Err() != nil || errors.As(err, &t) && t.kind == seedtest.FaultLost
	if err == nil && !lost && v.s.account != nil {
		v.pass(v.w.connections.leave)
	}
	switch {
	case v.s == nil:
		return
	case lost:
		v.s.close()
	default:
		v.s.logout(ctx)
	}
	v.spent += v.s.spent()
	v.s = nil
}

// signIn opens a session and keeps count of sign-ins. It reports whether there was one: a session
// of another run may be taken over.
func (v *vigil) signIn(ctx context.Context) (bool, error) {
	v.failures++ // until it has brought a list of mailboxes
	s, tried, err := v.w.join(ctx, v.seed, v.lost)
	if tried {
		v.login = v.a.Now()
		v.signIns++
	}
	switch {
	case err == nil && tried:
		v.s, v.refusals, v.lost = s, 0, false
	case err == nil:
		v.takeOver(ctx, s)
		v.refusals, v.lost = 0, false
	case s != nil:
		v.spent += s.spent()
	}
	if err != nil && tried {
		v.refusals++
	}
	return tried, err
}

// begin lists the mailboxes, takes the baseline if there is none, and says that the trouble with
// the connection is over.
func (v *vigil) begin(ctx context.Context) error {
	told, err := v.list(ctx)
	if err != nil {
		return err
	}
	if !v.based {
		if err := v.baseline(ctx, told); err != nil {
			return err
		}
	}
	v.failures, v.unwatched = 0, time.Time{}
	v.lastLook, v.lastSweep = time.Time{}, time.Time{} // what came meanwhile may lie anywhere
	if err := v.recovered(ctx); err != nil {
		return err
	}
	return v.removeCanaries(ctx) // what an earlier connection or process could not
}

// work does what is due next, until nothing is awaited any more.
func (v *vigil) work(ctx context.Context) error {
	for {
		pending := v.a.Pending()
		if pending.Done {
			return v.lookBack(ctx)
		}
		err := v.step(ctx, pending)
		if err == nil {
			err = v.heedSlowness(ctx)
		}
		var t *trouble
		if errors.As(err, &t) && t.kind == seedtest.FaultThrottled && t.open {
			err = v.calm(ctx, t) // the connection is there: to sign in anew would be worse
		}
		if err != nil {
			return err
		}
	}
}

// lookBack looks once more where the last look found mail outside INBOX and the watch is to end by
// that: a copy may have come to INBOX after it was asked, and would decide (rule 10). A report may
// have come as well.
func (v *vigil) lookBack(ctx context.Context) error {
	if !v.hasty && v.a.Reports == nil {
		return nil
	}
	return apart(func() error { return v.look(ctx) })
}

// step does one thing: a proof of absence, a sweep, a look, or to wait. All but the waits are done
// on a stack of their own.
func (v *vigil) step(ctx context.Context, p seedtest.PendingProbes) error {
	if v.mindQuiet(ctx); v.a.Now().Before(v.quiet) {
		return v.rest(ctx, v.quiet)
	}
	act, until := v.next(p)
	if act == nil {
		return v.waitInTurn(ctx, until)
	}
	v.pushed = time.Time{} // whatever is done looks where it came
	return apart(func() error { return act(ctx) })
}

// next is what is due: nil if nothing is until some time, which is zero if nothing will be.
func (v *vigil) next(p seedtest.PendingProbes) (func(context.Context) error, time.Time) {
	now := v.a.Now()
	pace := v.paceNow()
	look := earliest(pace.nextLook(p, v.lastLook), v.pushed)
	sweep := pace.nextSweep(p, v.lastSweep)
	if due(sweep, now) {
		if v.sweepTurn.IsZero() {
			v.sweepTurn = v.turns.nextSweep(now)
		}
		sweep = v.sweepTurn
	}
	switch proof := v.nextProof(p); {
	case due(proof, now):
		prove := func(ctx context.Context) error {
			return v.proveInTurn(ctx, func() error { return v.prove(ctx, p) })
		}
		return prove, time.Time{}
	case due(sweep, now) && !v.lastLook.Equal(v.lastSweep): // it is a look too
		return v.sweep, time.Time{}
	case due(look, now):
		return v.look, time.Time{}
	case due(sweep, now):
		return v.sweep, time.Time{}
	default:
		return nil, earliest(look, sweep, proof)
	}
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// earliest returns the first of some times, zero ones left out.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// paceNow is the pace, without quick looks if there are to be none.
func (v *vigil) paceNow() Pace {
	if v.isSlow() || v.overspent() {
		return v.pace.calmed()
	}
	return v.pace
}

// overspent reports whether the budget of commands is spent.
func (v *vigil) overspent() bool {
	spent := v.spent
	if v.s != nil {
		spent += v.s.spent()
	}
	return v.pace.Commands > 0 && spent > v.pace.Commands
}

// record stores facts. Its error ends the watch.
func (v *vigil) record(ctx context.Context, facts ...seedtest.FactBody) error {
	if len(facts) == 0 {
		return nil
	}
	return v.a.Record(ctx, facts...)
}
