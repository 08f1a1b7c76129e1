package inbox

import (
	"slices"
	"testing"
	"time"

	"seedtest"
)

func TestRule23PaceOfOthers(t *testing.T) {
	from := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	p := gentlePace()
	pending := seedtest.PendingProbes{Awaited: []seedtest.Awaited{{Expected: from}}}
	var last time.Time
	for i, want := range []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 3 * time.Minute} {
		last = p.nextLook(pending, last)
		if got := last.Sub(from); got != want {
			t.Errorf("look %d after %s, want %s", i, got, want)
		}
	}
	for _, x := range []struct{ last, want time.Duration }{
		{15 * time.Minute, 20 * time.Minute}, {17 * time.Minute, 20 * time.Minute},
		{time.Hour, 65 * time.Minute}, {-time.Hour, 5 * time.Second},
	} {
		if got := p.nextLook(pending, from.Add(x.last)).Sub(from); got != x.want {
			t.Errorf("after a look at %s the next is at %s, want %s", x.last, got, x.want)
		}
	}
	if got := p.calmed().nextLook(pending, from.Add(time.Minute)).Sub(from); got != p.LookEvery {
		t.Errorf("beyond the budget the next look is at %s, want %s", got, p.LookEvery)
	}
	if !p.nextLook(seedtest.PendingProbes{Awaited: []seedtest.Awaited{{}}}, last).IsZero() {
		t.Error("what was not sent yet is looked for")
	}
}

// Rule 23: a message that is expected soon is found within moments; for one that is late the gaps
// grow, so that a day of waiting is no day of questions.
func TestRule23OwnPaceLooksAtOnce(t *testing.T) {
	p := ownPace()
	for i := 1; i < len(p.Looks); i++ {
		at, gap := p.Looks[i], p.Looks[i]-p.Looks[i-1]
		most := max(80*time.Millisecond, at/30)
		if gap < 5*time.Millisecond || gap > most {
			t.Errorf("look %d at %s is %s after the one before, want at most %s", i, at, gap, most)
		}
	}
	if p.Looks[0] != 0 {
		t.Errorf("the first look is after %s, want at once", p.Looks[0])
	}
	from := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	pending := seedtest.PendingProbes{Awaited: []seedtest.Awaited{{Expected: from}}}
	n := 0
	for last := from.Add(30 * time.Second); last.Before(from.Add(24 * time.Hour)); n++ {
		last = p.nextLook(pending, last)
	}
	if n > 9000 {
		t.Errorf("%d looks in a day after the first half minute, want at most 9,000", n)
	}
}

func TestPaceWaitsLongerEachTime(t *testing.T) {
	p := Pace{RetryMin: time.Second, RetryMax: 5 * time.Second}
	for n, want := range map[int]time.Duration{1: 1e9, 2: 2e9, 3: 4e9, 4: 5e9, 1000: 5e9} {
		if got := p.retry(n); got != want {
			t.Errorf("retry(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestThrottled(t *testing.T) {
	for _, x := range []struct {
		code, text string
		want       time.Duration
	}{
		{"THROTTLED", "", throttleWait}, {"LIMIT", "x", throttleWait},
		{"", "Account exceeded command or bandwidth limits. [THROTTLED]", throttleWait},
		{"", "Request is throttled. Suggested Backoff Time: 29867 milliseconds", 29867 * time.Millisecond},
		{"", "Suggested Backoff Time: 999999999 s", maxWait},
		{"", "Too many simultaneous connections.", throttleWait},
		{"AUTHENTICATIONFAILED", "Invalid credentials", 0}, {"NONEXISTENT", "no such mailbox", 0},
	} {
		got, is := throttled(x.code, x.text)
		if got != x.want || is != (x.want > 0) {
			t.Errorf("throttled(%q, %q) = %s, %t, want %s", x.code, x.text, got, is, x.want)
		}
	}
}

// Regular looks of many runs come at different moments, and no later than without that; the first ones
// stay as they are.
func TestPaceSpreadsRegularLooks(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	p := gentlePace()
	p.origin = now.Add(-13 * time.Minute)
	looks := func(seen bool, last time.Time) (list []time.Duration) {
		pending := seedtest.PendingProbes{Awaited: []seedtest.Awaited{{Expected: now, Seen: seen}}}
		for range 4 {
			last = p.nextLook(pending, last)
			list = append(list, last.Sub(now))
		}
		return list
	}
	for _, x := range []struct {
		seen bool
		last time.Time
		want []time.Duration
	}{
		{false, time.Time{}, []time.Duration{5e9, 15e9, 30e9, time.Minute}},
		{false, now.Add(14 * time.Minute), []time.Duration{15 * time.Minute, 17 * time.Minute,
			22 * time.Minute, 27 * time.Minute}},
		{true, now.Add(5 * time.Second), []time.Duration{2 * time.Minute, 7 * time.Minute,
			12 * time.Minute, 17 * time.Minute}},
	} {
		if got := looks(x.seen, x.last); !slices.Equal(got, x.want) {
			t.Errorf("seen %t, after %s: looks at %s, want %s", x.seen, x.last, got, x.want)
		}
	}
	if at := New(Options{}).origin(now); !at.IsZero() {
		t.Errorf("without a jitter looks are counted from %s", at)
	}
}

func TestPaceIsTheUsers(t *testing.T) {
	w := New(Options{})
	seed := seedtest.Seed{}
	seed.Provider.Habits.PollEvery = time.Minute
	seed.Provider.Pace = seedtest.Pace{Looks: []time.Duration{time.Second}, Every: 10 * time.Second,
		Commands: 99}
	seed.Pace = seedtest.Pace{Every: 20 * time.Second, Follow: time.Hour}
	p := w.paceOf(&seed, false)
	if p.Looks[0] != time.Second || p.LookEvery != 20*time.Second || p.Commands != 99 ||
		p.Follow != time.Hour {
		t.Errorf("pace %+v, want the seed's over the provider's", p)
	}
	if p.Sweeps[0] != 2*time.Minute || p.LoginEvery != time.Minute {
		t.Errorf("pace %+v, want the usual where nobody said anything", p)
	}
	if c := p.calmed(); len(c.Looks) != 0 || c.LookEvery != 5*time.Minute || c.Follow != time.Hour {
		t.Errorf("calmed to %+v, want no look sooner than 5 min after another", c)
	}
	seed.Own = true
	if p = w.paceOf(&seed, false); p.RetryMax != ownPace().RetryMax || p.LookEvery != 20*time.Second {
		t.Errorf("pace of an own server %+v, want its usual one below the user's", p)
	}
}
