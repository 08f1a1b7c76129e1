//go:build campaign

package campaign

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
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
)

// TestOutcomes holds messages that meet random fates and faults, in virtual time, against what
// happened to them. The random number of a world that disagrees is printed; REPLAY=N runs it alone.
func TestOutcomes(t *testing.T) {
	if n, err := strconv.ParseUint(os.Getenv("REPLAY"), 10, 64); err == nil {
		synctest.Test(t, func(t *testing.T) { outcomes(t, n, t.Logf) })
		return
	}
	var mu sync.Mutex
	counts, worlds := map[string]int{}, (size(500, 10_000)+perWorld-1)/perWorld
	t.Run("world", func(t *testing.T) {
		for i := range worlds {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				var probes []seedtest.Probe
				synctest.Test(t, func(t *testing.T) {
					probes = outcomes(t, uint64(i+1), func(string, ...any) {})
				})
				mu.Lock()
				defer mu.Unlock()
				for _, p := range probes {
					counts[string(p.Placements.Current)]++
				}
			})
		}
	})
	for _, place := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s %d", place, counts[place])
	}
	for _, place := range []string{"inbox", "junk", "other", "missing", "blind"} {
		if counts[place] == 0 {
			t.Errorf("%s never occurred", place)
		}
	}
}

// perWorld is how many outcomes a world has: three messages at each of nine seeds.
const perWorld = 27

// stay is where a message lay from a moment on; no mailbox: it was removed.
type stay struct {
	at      time.Time
	mailbox string
}

// fates is a sender whose messages meet fates, and the truth about them.
type fates struct {
	world *lab.World
	draw  *rand.Rand
	ctx   context.Context
	tasks sync.WaitGroup

	mu    sync.Mutex
	truth map[seedtest.Token][]stay
}

// Send accepts a message and begins its fate.
func (f *fates) Send(ctx context.Context, m seedtest.Composed, commit seedtest.Commit,
) seedtest.Submission {
	if err := commit(ctx); err != nil {
		return seedtest.Submission{Outcome: seedtest.OutcomeUnsent, Stage: seedtest.StageBody}
	}
	f.mu.Lock()
	draw := rand.New(rand.NewPCG(f.draw.Uint64(), 5))
	f.mu.Unlock()
	f.tasks.Go(func() { f.meet(m, draw) })
	return seedtest.Submission{Outcome: seedtest.OutcomeAccepted, Stage: seedtest.StageFinal}
}

// meet delivers a message, or not, and has it moved or removed later.
func (f *fates) meet(m seedtest.Composed, draw *rand.Rand) {
	if draw.IntN(6) == 0 {
		return // dropped
	}
	seed, _, _ := strings.Cut(m.To[0], "@")
	roles := f.world.Roles(seed)
	places := placesOf(roles)
	wait := time.Duration(draw.Int64N(int64(16 * time.Minute)))
	if draw.IntN(5) == 0 {
		wait *= 20 // after the deadline
	}
	if !f.rest(wait) {
		return
	}
	token, at := seedtest.Token(m.EnvelopeID), places[draw.IntN(len(places))]
	f.happen(token, at, func() bool { return f.world.Deliver(seed, at, m.Data) == nil })
	for range draw.IntN(3) {
		if !f.rest(time.Duration(draw.Int64N(1 + int64(time.Millisecond)<<draw.IntN(22)))) {
			return
		}
		to := places[draw.IntN(len(places))]
		l, ok := lying(f.world, seed, at, m.Data)
		switch {
		case !ok:
			return
		case draw.IntN(6) == 0:
			f.happen(token, "", func() bool { return f.world.Remove(seed, l) })
			return
		case to != at && f.happen(token, to, func() bool { return f.world.Move(seed, l, to) }):
			at = to
		}
	}
}

// happen does something to a message and notes it if it was done.
func (f *fates) happen(token seedtest.Token, mailbox string, do func() bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	ok := do()
	if ok {
		f.truth[token] = append(f.truth[token], stay{time.Now(), mailbox})
	}
	return ok
}

func (f *fates) rest(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-f.ctx.Done():
		return false
	}
}

// placesOf lists the mailboxes in which a message may lie, in order.
func placesOf(roles map[string]seedtest.Role) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		switch roles[name] {
		case seedtest.RoleInbox, seedtest.RoleJunk, seedtest.RoleTrash, seedtest.RoleNone:
			list = append(list, name)
		}
	}
	return list
}

func lying(w *lab.World, seed, mailbox string, raw []byte) (lab.Letter, bool) {
	all := w.Letters(seed)
	i := slices.IndexFunc(all, func(l lab.Letter) bool {
		return l.Mailbox == mailbox && bytes.Equal(l.Raw, raw)
	})
	if i < 0 {
		return lab.Letter{}, false
	}
	return all[i], true
}

// outcomes runs one world to its settled end, and compares.
func outcomes(t *testing.T, random uint64, logf func(string, ...any)) []seedtest.Probe {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w, err := lab.Start(ctx, lab.Options{Random: random, Network: lab.Pipes()})
	if err != nil {
		t.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(random, 4))
	f := &fates{world: w, draw: draw, ctx: ctx, truth: map[seedtest.Token][]stay{}}
	seeds := w.Seeds()
	for i := range seeds {
		seeds[i].Own = draw.IntN(2) == 0
		if seeds[i].Own { // each second for hours would show nothing that this does not
			seeds[i].Pace = seedtest.Pace{Every: 10 * time.Second, SweepEvery: 5 * time.Minute,
				Follow: time.Minute}
		}
		if err := w.Deliver(seeds[i].Name, "INBOX", []byte("Subject: private\r\n\r\nx\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	hidden := troubled(ctx, w, f, random, draw)
	log := &facts{}
	opened, planned := plan(t, w, seeds, random)
	parts := harness.Parts{Log: log, Senders: map[string]harness.Sender{"new": f}, Now: time.Now,
		Watcher: inbox.New(inbox.Options{Dial: w.Dial, Roots: w.Roots()}), Conns: 8,
		Compose: compose, Breaker: func(seedtest.Reply) string { return "" }}
	if err := harness.Run(ctx, parts, opened, planned, harness.UntilSettled); err != nil {
		t.Errorf("random %d: %v", random, err)
	}
	cancel()
	f.tasks.Wait()
	run := seedtest.Fold(log.all, seedtest.AsOf(log.all))
	for _, p := range run.Probes {
		hidden[p.Seed] = hidden[p.Seed] || leftUnread(p, f.truth[p.Token], w.Roles(p.Seed))
	}
	for _, p := range run.Probes {
		why := f.against(p, w.Roles(p.Seed), hidden[p.Seed])
		logf("%s %s %v %s: %s", p.Seed, p.Placements.Current, p.Placements.Settled, p.Why, why)
		if why != "" {
			t.Errorf("REPLAY=%d: %s: %s (%s): %s; truth %v", random, p.Seed, p.Placements.Current,
				p.Why, why, f.truth[p.Token])
		}
	}
	untouched(t, w, seeds, random)
	_ = w.Close()
	return run.Probes
}

// troubled injects faults at seeds from some time on, and says at which.
func troubled(ctx context.Context, w *lab.World, f *fates, random uint64, draw *rand.Rand,
) map[string]bool {
	hidden := map[string]bool{"broken-a": true} // where nobody can sign in
	for i := range 4 {
		for _, fault := range lab.Trouble(random*8 + uint64(i)) {
			if !strings.HasPrefix(string(fault.Kind), "imap-") {
				continue
			}
			hidden[fault.Party] = true
			wait := time.Duration(draw.Int64N(int64(40 * time.Minute)))
			fault.For = time.Duration(draw.Int64N(int64(30 * time.Minute)))
			f.tasks.Go(func() {
				if f.rest(wait) {
					w.Inject(fault)
				}
			})
		}
	}
	return hidden
}

// leftUnread reports whether a message left a mailbox before it was read there. Nobody can tell
// that it was not another that is awaited (rule 6). A view over all mailboxes may lose it too.
func leftUnread(p seedtest.Probe, stays []stay, roles map[string]seedtest.Role) bool {
	for _, role := range roles {
		if role == seedtest.RoleAll && len(stays) > 1 {
			return true
		}
	}
	lay, read, left := map[string]int{}, map[string]int{}, map[string]bool{}
	for i, x := range stays {
		lay[x.mailbox]++
		left[x.mailbox] = left[x.mailbox] || i < len(stays)-1
	}
	for _, s := range p.Sightings {
		read[s.Mailbox]++
	}
	for mailbox := range left {
		if left[mailbox] && read[mailbox] < lay[mailbox] {
			return true
		}
	}
	return false
}

// against says why what was said of a probe is wrong; empty if it is not.
func (f *fates) against(p seedtest.Probe, roles map[string]seedtest.Role, hidden bool) string {
	stays := f.truth[p.Token]
	for _, s := range p.Sightings {
		if !slices.ContainsFunc(stays, func(x stay) bool {
			return x.mailbox == s.Mailbox && !x.at.After(s.At)
		}) && s.Role != seedtest.RoleAll {
			return "it never was in " + s.Mailbox
		}
	}
	switch p.Placements.Current {
	case seedtest.Missing, seedtest.Overdue:
		if len(stays) > 0 {
			return "it came"
		}
		return ""
	case seedtest.Blind:
		if !hidden {
			return "nothing hid it"
		}
		return ""
	case seedtest.Inbox, seedtest.Junk, seedtest.Other, seedtest.Category:
	default:
		return "nothing of the kind happens here"
	}
	if p.Placements.Settled == nil {
		if hidden {
			return ""
		}
		return "it did not settle"
	}
	return settledAgainst(p, stays, roles)
}

// settledAgainst holds a settled placement against where the message lay when its window ended.
func settledAgainst(p seedtest.Probe, stays []stay, roles map[string]seedtest.Role) string {
	last := ""
	for _, s := range stays {
		if !s.at.After(p.FollowEnd) {
			last = s.mailbox
		}
	}
	want := seedtest.Other
	switch roles[last] {
	case seedtest.RoleInbox:
		want = seedtest.Inbox
	case seedtest.RoleJunk:
		want = seedtest.Junk
	}
	if last != "" && *p.Placements.Settled != want &&
		!(want == seedtest.Inbox && *p.Placements.Settled == seedtest.Category) {
		return fmt.Sprintf("it settled as %s and lay in %s", *p.Placements.Settled, last)
	}
	return ""
}

// untouched checks that the mail of others is as it was.
func untouched(t *testing.T, w *lab.World, seeds []seedtest.Seed, random uint64) {
	t.Helper()
	for _, s := range seeds {
		l, ok := lying(w, s.Name, "INBOX", []byte("Subject: private\r\n\r\nx\r\n"))
		if !ok || len(l.Flags) > 0 {
			t.Errorf("REPLAY=%d: %s: the mail of others was touched: there %t, flags %v", random,
				s.Name, ok, l.Flags)
		}
	}
}

// plan makes three messages for every seed.
func plan(t *testing.T, w *lab.World, seeds []seedtest.Seed, random uint64,
) (seedtest.Opened, []seedtest.Planned) {
	var messages []seedtest.Message
	for i := range 3 {
		messages = append(messages, seedtest.Message{Name: fmt.Sprint("m", i), Subject: "Notice"})
	}
	n := byte(0)
	mint := harness.Minter{Key: []byte("a key of this installation, 32 b"),
		ID: func() (uuid.UUID, error) { n++; return uuid.UUID{6: 0x70, 8: 0x80, 15: n}, nil },
		MessageID: func(t seedtest.Token, _ seedtest.Identity) (string, error) {
			return string(t) + "@example.net", nil
		}}
	var routes []seedtest.Route
	for _, r := range w.Routes() {
		if r.Name == "new" {
			routes = append(routes, r)
		}
	}
	opened, planned, err := harness.Plan(harness.Request{Run: "r", Seeds: seeds, Routes: routes,
		Messages: messages, Random: random, Suite: seedtest.Suite{Name: "s", Deadline: 15 * time.Minute,
			Missing: 6 * time.Hour, Follow: 2 * time.Hour, BaselineTimeout: 30 * time.Second}},
		mint, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return opened, planned
}

func compose(o seedtest.Opened, p seedtest.Planned) (seedtest.Composed, error) {
	to := ""
	for _, s := range o.Seeds {
		if s.Name == p.Probes[0].Seed {
			to = s.Address
		}
	}
	return seedtest.Composed{To: []string{to}, EnvelopeID: string(p.Token),
		Data: fmt.Appendf(nil, "Message-ID: <%s>\r\nSubject: Notice [%s]\r\n\r\nHello\r\n", p.MessageID,
			p.Token.Ref())}, nil
}

// facts is a log in memory.
type facts struct {
	mu  sync.Mutex
	all []seedtest.Fact
}

func (l *facts) Append(_ context.Context, _ seedtest.RunID, more ...seedtest.Fact) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, more...)
	return nil
}

func (l *facts) AppendAttempt(ctx context.Context, r seedtest.RunID, f seedtest.Fact,
	_ seedtest.Dose) (*seedtest.Limit, error) {
	return nil, l.Append(ctx, r, f)
}

func (l *facts) Held(context.Context, seedtest.RunID, seedtest.Dose) (*seedtest.Limit, error) {
	return nil, nil
}
