//go:build campaign

package campaign

import (
	"math/rand/v2"
	"slices"
	"time"

	"seedtest"
	"seedtest/lab"
)

// hardship is a way to keep everybody from looking. A cut breaks what is connected; a fault lasts.
// Where nobody is told, a watcher notices at its next look.
type hardship struct {
	name  string
	cut   func(w *lab.World, seed string)
	fault lab.FaultKind
	after int // commands of a session that still go well, at most
	quiet bool
}

var allHardships = []hardship{
	{name: "dropped", cut: (*lab.World).HangUp},
	{name: "half-open", cut: (*lab.World).Sever, quiet: true},
	{name: "restart", cut: (*lab.World).HangUp, fault: lab.IMAPRefuseConnect},
	{name: "login refused", cut: (*lab.World).HangUp, fault: lab.IMAPRefuseLogin},
	{name: "dropped again and again", fault: lab.IMAPDrop, after: 30},
	{name: "bye again and again", fault: lab.IMAPBye, after: 30},
	{name: "stalled", fault: lab.IMAPStall, quiet: true},
}

// befall has some providers meet one hardship after the other, from the sixth minute on.
func (h *hands) befall(seeds []seedtest.Seed, random uint64) {
	begun := time.Now()
	for i, s := range seeds {
		if slices.ContainsFunc(seeds[:i], func(x seedtest.Seed) bool {
			return x.Provider.ID == s.Provider.ID
		}) {
			continue
		}
		draw := rand.New(rand.NewPCG(random, uint64(100+i)))
		h.tasks.Go(func() {
			for n := draw.IntN(5); n > 0; n-- {
				wait := 6*time.Minute + time.Duration(draw.Int64N(int64(h.follow/3)))
				if !h.rest(wait) || time.Since(begun) > h.follow+time.Hour {
					return
				}
				if !h.rest(h.strike(s, allHardships[draw.IntN(len(allHardships))], draw)) {
					return
				}
			}
		})
	}
}

// strike lets one hardship befall a provider, and returns for how long nobody can be expected to
// look: while it lasts, and until a watcher that waits longer after each failure has come back.
func (h *hands) strike(s seedtest.Seed, x hardship, draw *rand.Rand) time.Duration {
	lasts, back := time.Duration(0), time.Minute+15*time.Second
	if x.fault != "" {
		lasts = time.Minute<<draw.IntN(6) + time.Duration(draw.Int64N(int64(time.Minute)))
		back += min(lasts, time.Hour)
	}
	if x.quiet {
		back += 5*time.Minute + 2*time.Minute // the next look, and for how long an answer is awaited
	}
	h.mu.Lock()
	now := time.Now()
	h.dark[s.Provider.ID] = append(h.dark[s.Provider.ID], span{from: now, to: now.Add(lasts + back)})
	h.mu.Unlock()
	if x.fault != "" {
		h.world.Inject(lab.Fault{Kind: x.fault, Party: s.Provider.ID, After: draw.IntN(x.after + 1),
			For: lasts})
	}
	if x.cut != nil {
		x.cut(h.world, s.Name)
	}
	return lasts + back
}

// lit is what is left of spans without the dark ones. Who looks only once does not look at all if
// it may have been dark.
func lit(spans, dark []span) []span {
	list := slices.Clone(spans)
	for _, d := range dark {
		var left []span
		for _, s := range list {
			switch {
			case !s.to.After(d.from) || !d.to.After(s.from):
				left = append(left, s)
			case s.brief:
			default:
				if s.from.Before(d.from) {
					left = append(left, span{from: s.from, to: d.from})
				}
				if d.to.Before(s.to) {
					left = append(left, span{from: d.to, to: s.to})
				}
			}
		}
		list = left
	}
	return list
}
