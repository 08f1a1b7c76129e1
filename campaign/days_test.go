//go:build campaign

package campaign

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/lab"
	"seedtest/provider"
)

// How the runs of the days are divided among processes.
const (
	oneProcess  = "one process" // all runs; it is started anew now and then
	processEach = "a process each"
	byCron      = "run and follow by cron" // as docs/operating.md has it
)

// What a run of the days waits for.
var daysSuite = seedtest.Suite{Name: "hourly", Deadline: 15 * time.Minute, Missing: 8 * time.Hour,
	Follow: 4 * time.Hour, BaselineTimeout: 30 * time.Second}

// reach is how long a fault may keep a watch away after its end: refused sign-ins are tried anew at
// gaps that double up to half an hour while a fault lasts.
const reach = 40 * time.Minute

// TestDays has a run begin each hour of many days at two accounts of a Gmail that limits sign-ins,
// commands, connections and bytes, and locks out whoever goes beyond. Each run follows what it finds
// for hours, so that many overlap; the server throttles, hangs up and refuses now and then, and
// processes are stopped and started again. Nothing may be exceeded, and no verdict may be wrong.
func TestDays(t *testing.T) {
	for _, how := range []string{oneProcess, processEach, byCron} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newDays(t, how).pass(size(2, 30)) })
		})
	}
}

// days are the state of the campaign.
type days struct {
	*fates
	t     *testing.T
	how   string
	seeds []seedtest.Seed
	end   context.CancelFunc
	runs  sync.WaitGroup

	process process // of oneProcess
	faults  []span  // injected
	open    []*dayRun
	counts  map[string]int
	seedOf  map[seedtest.Token]string
}

// process is one process of the program.
type process struct {
	ctx     context.Context
	kill    context.CancelFunc
	watcher *inbox.Watcher
}

// span is a time in which something was out of order at a seed, or everywhere.
type span struct {
	seed     string
	from, to time.Time
}

// dayRun is one run.
type dayRun struct {
	log    facts
	opened seedtest.Opened
	down   []span // while no process worked it
}

func newDays(t *testing.T, how string) *days {
	ctx, end := context.WithCancel(t.Context())
	const random = 11
	w, err := lab.Start(ctx, lab.Options{Random: random, Network: lab.Pipes(),
		Limits: map[string]lab.Limits{"gmail-like": lab.GmailLimits()}})
	if err != nil {
		t.Fatal(err)
	}
	d := &days{t: t, how: how, end: end, counts: map[string]int{}, seedOf: map[seedtest.Token]string{},
		fates: &fates{world: w, draw: rand.New(rand.NewPCG(random, uint64(len(how)))), ctx: ctx,
			truth: map[seedtest.Token][]stay{}}}
	gmail, ok := provider.ByID("gmail")
	if !ok {
		t.Fatal("there is no preset of Gmail")
	}
	for _, s := range w.Seeds() {
		if strings.HasPrefix(s.Name, "gmail") {
			s.Own, s.Provider.Habits = false, gmail.Habits
			d.seeds = append(d.seeds, s)
		}
	}
	d.process = d.start()
	return d
}

func (d *days) start() process {
	ctx, kill := context.WithCancel(d.ctx)
	return process{ctx, kill, inbox.New(inbox.Options{Dial: d.world.Dial, Roots: d.world.Roots()})}
}

// drawn is a random number below n.
func (d *days) drawn(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.draw.IntN(n)
}

func (d *days) drawnTime(most time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.draw.Int64N(int64(most)))
}

// pass lets days pass, and looks at what came of them.
func (d *days) pass(n int) {
	d.tasks.Go(d.trouble)
	for hour := range 24 * n {
		d.runs.Go(func() { d.work(hour) })
		if d.how == byCron {
			d.runs.Go(d.follow)
		}
		if d.how == oneProcess && d.drawn(30) == 0 {
			d.tasks.Go(d.restart)
		}
		time.Sleep(time.Hour)
	}
	for d.how == byCron && len(d.open) > 0 {
		d.runs.Go(d.follow)
		time.Sleep(time.Hour)
	}
	d.runs.Wait()
	d.end()
	d.tasks.Wait()
	d.limits()
	d.t.Logf("%d days, %v", n, d.counts)
	for _, what := range []string{"inbox", "junk", "missing", "stopped", "faults"} {
		if d.counts[what] == 0 {
			d.t.Errorf("%s never occurred", what)
		}
	}
	_ = d.world.Close()
}

// limits holds what was used against what may be.
func (d *days) limits() {
	for _, e := range d.world.Excesses() {
		d.t.Errorf("%s: %s in %s exceeded at %s", e.Seed, e.Of, e.Per, e.At)
	}
	for _, s := range d.seeds {
		for _, u := range d.world.Uses(s.Name) {
			d.t.Logf("%s: %s", s.Name, u)
		}
	}
}

// trouble injects faults, a few each day.
func (d *days) trouble() {
	kinds := []lab.Fault{
		{Kind: lab.IMAPThrottle}, {Kind: lab.IMAPThrottle, Detail: "[THROTTLED] Slow down"},
		{Kind: lab.IMAPThrottle}, {Kind: lab.IMAPRefuseConnect}, {Kind: lab.IMAPStall},
		{Kind: lab.IMAPRefuseLogin, Detail: "[UNAVAILABLE] Temporary System Error"},
		{Kind: lab.IMAPDrop, After: 9}, {Kind: lab.IMAPSlow, Detail: "2s"},
		{Kind: lab.IMAPBye, Detail: "Session expired, please login again."},
	}
	for d.rest(d.drawnTime(8 * time.Hour)) {
		f := kinds[d.drawn(len(kinds))]
		f.Party = d.seeds[d.drawn(len(d.seeds))].Name
		f.For = time.Minute + d.drawnTime(15*time.Minute)
		if f.Kind == lab.IMAPBye {
			f.For = time.Second + d.drawnTime(time.Minute)
		}
		d.mu.Lock()
		d.faults = append(d.faults, span{f.Party, time.Now(), time.Now().Add(f.For)})
		d.counts["faults"]++
		d.mu.Unlock()
		d.world.Inject(f)
	}
}

// restart ends the process of all runs at some moment, and begins another: all runs are resumed at
// once.
func (d *days) restart() {
	if d.rest(d.drawnTime(time.Hour)) {
		d.mu.Lock()
		old := d.process
		d.process = d.start()
		d.mu.Unlock()
		old.kill()
	}
}

// mine returns the process that works a run from now on.
func (d *days) mine() process {
	if d.how == oneProcess {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.process
	}
	return d.start()
}

// work begins a run and works it to its end, or in a cron job until it is terminal. Some are
// stopped at any moment and resumed later, in another process.
func (d *days) work(hour int) {
	r := &dayRun{}
	opened, planned := d.plan(hour)
	r.opened = opened
	stop, until := d.drawn(4) == 0, harness.UntilSettled
	if d.how == byCron {
		until = harness.UntilTerminal
	}
	for first := true; ; first = false {
		p := d.mine()
		ctx, cancel := context.WithCancel(p.ctx)
		if stop {
			wait := d.drawnTime(time.Duration(1+9*d.drawn(2)) * 30 * time.Minute)
			timer := time.AfterFunc(wait, cancel)
			defer timer.Stop()
		}
		err := d.once(ctx, r, planned, p, harness.Resumption{Purpose: seedtest.PurposeResume,
			Until: until}, first)
		stopped := ctx.Err() != nil
		cancel()
		if d.how != oneProcess {
			p.kill()
		}
		if d.ctx.Err() != nil {
			d.t.Error("a run did not end")
			return
		}
		if !stopped {
			if err != nil {
				d.t.Errorf("run %d: %v", hour, err)
			}
			break
		}
		d.count("stopped")
		from := time.Now()
		stop = false
		if !d.rest(d.drawnTime(20 * time.Minute)) {
			return
		}
		r.down = append(r.down, span{from: from, to: time.Now()})
	}
	if d.how == byCron {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.open = append(d.open, r)
		return
	}
	d.judge(r)
}

// once works a run in one process.
func (d *days) once(ctx context.Context, r *dayRun, planned []seedtest.Planned, p process,
	how harness.Resumption, first bool) error {
	parts := harness.Parts{Log: &r.log, Senders: map[string]harness.Sender{"new": d.fates},
		Now: time.Now, Watcher: p.watcher, Compose: compose,
		Breaker: func(seedtest.Reply) string { return "" }}
	if first {
		return harness.Run(ctx, parts, r.opened, planned, how.Until)
	}
	return harness.Resume(ctx, parts, r.opened, r.log.all, how)
}

// follow is a cron job: one look at every run that is not settled, one after the other.
func (d *days) follow() {
	if !d.rest(47 * time.Minute) {
		return
	}
	d.mu.Lock()
	runs := d.open
	d.open = nil
	d.mu.Unlock()
	p := d.start()
	defer p.kill()
	for _, r := range runs {
		err := d.once(p.ctx, r, nil, p, harness.Resumption{Purpose: seedtest.PurposeFollow,
			Until: harness.UntilLooked}, false)
		if err != nil {
			d.t.Errorf("follow: %v", err)
		}
		if d.settled(r) {
			d.judge(r)
			continue
		}
		d.mu.Lock()
		d.open = append(d.open, r)
		d.mu.Unlock()
	}
}

// settled reports whether nothing can change any more in what is said of a run.
func (d *days) settled(r *dayRun) bool {
	run := seedtest.Fold(r.log.all, time.Now())
	for _, p := range run.Probes {
		if p.Placements.Settled == nil && time.Since(p.Expected) < daysSuite.Missing+daysSuite.Follow+
			2*time.Hour {
			return false
		}
	}
	return true
}

func (d *days) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[what]++
}

// judge holds what is said of a run against what happened.
func (d *days) judge(r *dayRun) {
	run := seedtest.Fold(r.log.all, seedtest.AsOf(r.log.all))
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range run.Probes {
		roles := d.world.Roles(p.Seed)
		hidden := d.hid(r, &p) || d.passedBy(&p) || leftUnread(p, d.truth[p.Token], roles)
		if why := d.against(p, roles, hidden); why != "" {
			d.t.Errorf("%s at %s: %s (%s): %s; truth %v", p.Seed, p.Expected, p.Placements.Current,
				p.Why, why, d.truth[p.Token])
		}
		d.counts[string(p.Placements.Current)]++
		if p.Placements.Settled == nil {
			d.counts["unsettled"]++
		}
	}
	for _, f := range run.Faults {
		if f.Kind == seedtest.FaultVanished {
			continue // the fate of a message
		}
		to := seedtest.AsOf(r.log.all)
		if f.To != nil {
			to = *f.To
		}
		if !d.explained(r, f.Seed, f.From, to) {
			d.t.Errorf("%s: %s from %s to %s, which nothing caused: %s", f.Seed, f.Kind, f.From, to, f.What)
		}
	}
}

// hid reports whether something could keep a probe from being seen at one of the moments that
// matter: its deadline, the end of its window, and the limit from which on it is missing.
func (d *days) hid(r *dayRun, p *seedtest.Probe) bool {
	for _, at := range []time.Time{p.Deadline, p.FollowEnd, p.Expected.Add(daysSuite.Missing)} {
		if !at.IsZero() && d.explained(r, p.Seed, at, at.Add(seedtest.ProofGrace)) {
			return true
		}
	}
	return false
}

// passedBy reports whether a probe is blind because a message of another run left a mailbox unread
// while it was awaited: nobody can tell that it was not this one (rule 6). The caller holds the lock.
func (d *days) passedBy(p *seedtest.Probe) bool {
	if !strings.Contains(p.Why, "vanished unread") {
		return false
	}
	for token, stays := range d.truth {
		for i, x := range stays {
			if i > 0 && d.seedOf[token] == p.Seed && token != p.Token && x.at.After(p.Expected) &&
				x.at.Before(p.Deadline.Add(seedtest.ProofGrace)) {
				return true
			}
		}
	}
	return false
}

// explained reports whether a fault, or that no process worked the run, accounts for trouble at a
// seed in some time.
func (d *days) explained(r *dayRun, seed string, from, to time.Time) bool {
	for _, s := range append(r.down, d.faults...) {
		if (s.seed == "" || s.seed == seed) && s.from.Before(to) && from.Before(s.to.Add(reach)) {
			return true
		}
	}
	return false
}

// plan makes a run that sends one message to each seed.
func (d *days) plan(hour int) (seedtest.Opened, []seedtest.Planned) {
	n := 0
	mint := harness.Minter{Key: []byte("a key of this installation, 32 b"),
		ID: func() (uuid.UUID, error) {
			n++
			return uuid.UUID{6: 0x70, 8: 0x80, 13: byte(hour >> 8), 14: byte(hour), 15: byte(n)}, nil
		},
		MessageID: func(t seedtest.Token, _ seedtest.Identity) (string, error) {
			return string(t) + "@example.net", nil
		}}
	var routes []seedtest.Route
	for _, r := range d.world.Routes() {
		if r.Name == "new" {
			routes = append(routes, r)
		}
	}
	opened, planned, err := harness.Plan(harness.Request{Run: seedtest.RunID(fmt.Sprint("run-", hour)),
		Seeds: d.seeds, Routes: routes, Messages: []seedtest.Message{{Name: "m", Subject: "Notice"}},
		Random: uint64(hour), Suite: daysSuite}, mint, time.Now())
	if err != nil {
		d.t.Error(errors.Join(errors.New("plan"), err))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range planned {
		d.seedOf[p.Token] = p.Probes[0].Seed
	}
	return opened, planned
}
