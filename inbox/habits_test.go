package inbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

func TestPaceWithinHabits(t *testing.T) {
	p := gentlePace()
	if got := p.within(seedtest.Habits{}); !slices.Equal(got.Looks, p.Looks) || got.LoginEvery != p.LoginEvery {
		t.Errorf("without habits the pace is %+v, want what it was", got)
	}
	got := p.within(seedtest.Habits{PollEvery: 2 * time.Minute, LoginEvery: 10 * time.Minute})
	if got.LoginEvery != 10*time.Minute || got.Looks[0] != 2*time.Minute {
		t.Errorf("pace %+v, want no look before 2 min and no second sign-in before 10", got)
	}
	last := time.Duration(0)
	for _, at := range got.Looks {
		if at-last < 2*time.Minute {
			t.Errorf("looks %v, want 2 min between them", got.Looks)
		}
		last = at
	}
	if len(p.Looks) == len(got.Looks) || p.Looks[0] != 5*time.Second {
		t.Errorf("the pace itself was changed: %v", p.Looks)
	}
}

func TestWatchKeepsToTheFetchBatch(t *testing.T) {
	b := newBook(1)
	b.seed.Provider.Habits.FetchBatch = 10
	watch(t, b, nil, func(w *watching) {
		for range 35 {
			w.deliver("INBOX", "Subject: other\r\n\r\n", "")
		}
		w.deliver("INBOX", w.header(0), "")
		w.accept(0)
		w.ended()
		w.placed(0, seedtest.Inbox)
		w.server.mu.Lock()
		defer w.server.mu.Unlock()
		for _, line := range w.log {
			arg, ok := strings.CutPrefix(line, "UID FETCH ")
			set, items, _ := strings.Cut(arg, " ")
			if !ok || !strings.Contains(items, "BODY") {
				continue
			}
			n := 0
			for uid := range uint32(100) {
				if inSet(set, uid, 99) {
					n++
				}
			}
			if n > 10 {
				t.Errorf("%s asks for %d headers, want 10 at most", line, n)
			}
		}
	})
}

func TestIdleForStaysBelowTheTimeout(t *testing.T) {
	s := &session{seed: &seedtest.Seed{}, timeouts: Timeouts{Idle: defaultIdle}}
	for _, x := range []struct {
		restart, timeout, want time.Duration
	}{
		{0, 0, 9 * time.Minute}, {2 * time.Minute, 0, 2 * time.Minute}, {time.Hour, 0, maxIdle},
		{9 * time.Minute, 4 * time.Minute, 3 * time.Minute}, {9 * time.Minute, 30 * time.Minute, 9 * time.Minute},
	} {
		s.seed.Provider.IdleRestart, s.seed.Provider.Habits.IdleTimeout = x.restart, x.timeout
		if got := s.idleFor(); got != x.want {
			t.Errorf("idleFor with restart %s and timeout %s = %s, want %s", x.restart, x.timeout, got, x.want)
		}
	}
}
