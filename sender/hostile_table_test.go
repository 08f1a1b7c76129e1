package sender_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedtest"
	"seedtest/sender"
)

// tries is how often a message is sent at most where the outcome lets it be sent again.
const tries = 4

// TestRule05HostileServers: what a server does wrong has its stage, its outcome and words that say
// what to do, in bounded time, and no message is sent twice. Each case with and without PIPELINING,
// on a new connection and on a kept one, and sent again as often as the outcome lets it.
func TestRule05HostileServers(t *testing.T) {
	a := newAuthority(t)
	cases := hostileCases(t, a)
	if len(cases) < 60 {
		t.Errorf("%d cases, want 60", len(cases))
	}
	for name, h := range cases {
		for _, pipes := range []bool{false, true} {
			if other, ok := hostilePiped[name]; ok && pipes {
				h.stage, h.words, h.within = other.stage, other.words, other.within
			}
			for _, kept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/pipelining %t, kept %t", name, pipes, kept), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { meet(t, h, a, pipes, kept) })
				})
			}
		}
	}
}

// meet sends a message to a hostile server, and before that one to the server while it is polite if
// its connection shall be kept.
func meet(t *testing.T, h hostile, a *authority, pipes, kept bool) {
	s, route, setOff := h.server(t, a, pipes)
	client := sender.New(route, sender.Options{Dial: dialing(s)})
	defer client.Close()
	polite := 0
	if kept {
		wantAccepted(t, client.Send(t.Context(), composed(t), committed))
		polite = 1
		if !h.inTransaction() { // a kept connection knows nothing of these: another is made
			s.hangUpAll()
			synctest.Wait()
		}
	}
	setOff()
	for range tries {
		begun, commits := time.Now(), 0
		got := client.Send(t.Context(), composed(t), func(context.Context) error {
			commits++
			return nil
		})
		h.check(t, got, time.Since(begun))
		if commits > 1 || commits == 0 && s.wholes() > polite {
			t.Errorf("Send: %d commits, and the server has %d messages", commits, s.wholes()-polite)
		}
		if got.Outcome != failed && got.Outcome != deferred {
			break
		}
	}
	synctest.Wait()
	if n := s.wholes() - polite; n > h.finals {
		t.Errorf("the server has %d messages, want %d at most", n, h.finals)
	}
}

func (h hostile) inTransaction() bool {
	switch h.at {
	case "MAIL", "RCPT", "DATA", "body", ".":
		return true
	}
	return false
}

func (h hostile) check(t *testing.T, got seedtest.Submission, took time.Duration) {
	t.Helper()
	if got.Outcome != h.outcome || got.Stage != h.stage {
		t.Errorf("Send: %s at %s (%s), want %s at %s\n%s", got.Outcome, got.Stage, got.Error, h.outcome,
			h.stage, strings.Join(got.Dialog, "\n"))
	}
	for word := range strings.SplitSeq(h.words, "|") {
		if !strings.Contains(got.Error, word) {
			t.Errorf("Send: error %q, want %q in it", got.Error, word)
		}
	}
	if got.Reply == nil && !strings.Contains(got.Error, "; ") {
		t.Errorf("Send: error %q without a word of what to do", got.Error)
	}
	most := h.within
	if h.at == "MAIL" { // a kept connection that fails there is replaced by a new one, once
		most *= 2
	}
	if took < h.within || took > most {
		t.Errorf("Send took %v, want %v", took, h.within)
	}
	if kept := got.Error + got.QueueID + strings.Join(got.Dialog, "\n"); strings.ContainsFunc(kept, unfit) ||
		len(kept) > 200<<10 {
		t.Errorf("Send kept %d octets: %q", len(kept), kept[:min(len(kept), 400)])
	}
	wantNoSecret(t, got)
}
