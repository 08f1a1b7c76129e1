//go:build campaign

package campaign

import (
	"context"
	"errors"
	"fmt"
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

// daysWorld is the random number of the world.
const daysWorld = 11

// What a run of the days waits for.
var daysSuite = seedtest.Suite{Name: "hourly", Deadline: 15 * time.Minute, Missing: 8 * time.Hour,
	Follow: 4 * time.Hour, BaselineTimeout: 30 * time.Second}

// reach is how long a fault may keep watches away after its end. Sign-ins that are refused are tried
// anew at gaps that double, and those after the fourth in a row wait for a quarter of an hour each;
// where each run has a process of its own, all of them want to sign in at once.
var reach = map[string]time.Duration{oneProcess: 75 * time.Minute, processEach: 2 * time.Hour,
	byCron: 90 * time.Minute}

// TestDays has a run begin each hour of many days at two accounts of a Gmail that limits sign-ins,
// commands, connections and bytes, and locks out whoever goes beyond (lab.GmailLimits). Each run follows what it finds
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
	*mails
	t     *testing.T
	how   string
	seeds []seedtest.Seed
	end   context.CancelFunc
	runs  sync.WaitGroup

	notes   *notes      // of all processes
	process daysProcess // of oneProcess
	faults  []outage    // injected
	open    []*dayRun
	counts  map[string]int
	seedOf  map[seedtest.Token]string
}

// daysProcess is one process of the program.
type daysProcess struct {
	ctx         context.Context
	kill        context.CancelFunc
	watcher     *inbox.Watcher
	connections *inbox.Connections
}

// notes are what processes tell each other of accounts, as a store keeps them.
type notes struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (n *notes) Note(_ context.Context, name string, change func([]byte) []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept[name] = change(n.kept[name])
	return nil
}

// outage is a time in which something was out of order at a seed, or everywhere.
type outage struct {
	seed     string
	from, to time.Time
}

// dayRun is one run.
type dayRun struct {
	log    facts
	opened seedtest.Opened
	begun  time.Time
	down   []outage // while no process worked it
}

func newDays(t *testing.T, how string) *days {
	ctx, end := context.WithCancel(t.Context())
	w, err := lab.Start(ctx, lab.Options{Random: daysWorld, Network: lab.Pipes(),
		Limits: map[string]lab.Limits{"gmail-like": lab.GmailLimits()}})
	if err != nil {
		t.Fatal(err)
	}
	d := &days{t: t, how: how, end: end, counts: map[string]int{}, seedOf: map[seedtest.Token]string{},
		notes: &notes{kept: map[string][]byte{}},
		mails: &mails{fates: &fates{world: w, ctx: ctx}, draw: drawFor(daysWorld, how),
			truth: map[seedtest.Token][]place{}}}
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

func (d *days) start() daysProcess {
	ctx, kill := context.WithCancel(d.ctx)
	connections := inbox.NewConnections()
	connections.Remember(d.notes)
	w := inbox.New(inbox.Options{Dial: d.world.Dial, Roots: d.world.Roots(), Connections: connections,
		Jitter: d.jitter})
	return daysProcess{ctx, kill, w, connections}
}

// jitter changes a wait by at most a fifth, as the program does.
func (d *days) jitter(wait time.Duration) time.Duration {
	return wait - wait/5 + d.drawnTime(2*(wait/5)+1)
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
	d.t.Logf("%d days: %v; %d wrong", n, d.counts, d.counts["wrong"])
	wanted := []string{"inbox", "junk", "other", "blind", "stopped", "faults"}
	if n > 10 {
		wanted = append(wanted, "overdue")
	}
	for _, what := range wanted {
		if d.counts[what] == 0 {
			d.t.Errorf("%s never occurred", what)
		}
	}
	_ = d.world.Close()
}

// limits holds what was used against what may be.
func (d *days) limits() {
	locked := 0
	for _, e := range d.world.Excesses() {
		if e.Of == lab.Lock {
			locked++
		}
		d.t.Errorf("%s: %s in %s exceeded at %s", e.Seed, e.Of, e.Per, e.At)
	}
	d.t.Logf("%d lockouts", locked)
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
		d.faults = append(d.faults, outage{f.Party, time.Now(), time.Now().Add(f.For)})
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
func (d *days) mine() daysProcess {
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
	r := &dayRun{begun: time.Now()}
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
		r.down = append(r.down, outage{from: from, to: time.Now()})
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
func (d *days) once(ctx context.Context, r *dayRun, planned []seedtest.Planned, p daysProcess,
	how harness.Resumption, first bool) error {
	parts := harness.Parts{Log: &r.log, Senders: map[string]harness.Sender{"new": d.mails},
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
	p.connections.Keep()
	defer p.connections.Close(d.ctx)
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

func (d *days) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[what]++
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
