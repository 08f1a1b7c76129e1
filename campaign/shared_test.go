//go:build campaign

package campaign

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/harness"
	"seedtest/lab"
)

// drawFor returns random numbers for one purpose in a world. They follow from the world's number
// and from what they are for, never from what was drawn before: so a world is the same at each
// replay.
func drawFor(world uint64, purpose ...string) *rand.Rand {
	h := fnv.New64a()
	for _, p := range purpose {
		_, _ = fmt.Fprintf(h, "%q ", p)
	}
	return rand.New(rand.NewPCG(world, h.Sum64()))
}

// fates are what befalls mail in a world, each in a goroutine of its own.
type fates struct {
	world *lab.World
	ctx   context.Context
	tasks sync.WaitGroup
	mu    sync.Mutex
}

// rest waits, and reports false if the world ends meanwhile.
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
