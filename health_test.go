package seedtest

import (
	"strings"
	"testing"
	"time"
)

// look is the nth look, a day after the one before.
func look(n int, signs ...Sign) SeedLook {
	return SeedLook{At: time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC),
		Where: "run " + string(rune('A'+n)),
		Signs: signs, Read: len(signs) == 0}
}

func TestHealthNeedsTwoLooksEachWay(t *testing.T) {
	down := Sign{State: SeedDown, Evidence: "connection refused"}
	revoked := Sign{State: SeedRevoked, Evidence: "invalid_grant", Certain: true}
	passed := Sign{State: SeedThrottled, Evidence: "slow down", Passed: true}
	contaminated := Sign{State: SeedContaminated, Evidence: "knows the sender"}
	withRead := func(l SeedLook) SeedLook { l.Read = true; return l }
	for name, c := range map[string]struct {
		looks []SeedLook
		want  Condition
		since int
		sick  bool
	}{
		"nothing":                {nil, SeedUnknown, 0, false},
		"good":                   {[]SeedLook{look(1), look(2)}, SeedOK, 1, false},
		"not looked at":          {[]SeedLook{look(1), {}}, SeedOK, 1, false},
		"one failure":            {[]SeedLook{look(1), look(2, down)}, SeedDown, 2, false},
		"two failures":           {[]SeedLook{look(1), look(2, down), look(3, down)}, SeedDown, 2, true},
		"two with a good one":    {[]SeedLook{look(1, down), look(2), look(3, down)}, SeedDown, 3, false},
		"certain":                {[]SeedLook{look(1), look(2, revoked)}, SeedRevoked, 2, true},
		"the worst is the state": {[]SeedLook{look(1, down, revoked)}, SeedRevoked, 1, true},
		"one good look":          {[]SeedLook{look(1, down), look(2, down), look(3)}, SeedDown, 1, true},
		"two good looks": {[]SeedLook{look(1, down), look(2, down), look(3), look(4)}, SeedOK, 4,
			false},
		"relapse": {[]SeedLook{look(1, revoked), look(2), look(3, down), look(4)},
			SeedDown, 3, true},
		"passed": {[]SeedLook{look(1), withRead(look(2, passed)), withRead(look(3, passed))},
			SeedThrottled, 2, false},
		"passed refusal": {[]SeedLook{look(1), withRead(look(2, Sign{State: SeedRefused, Passed: true}))},
			SeedOK, 1, false},
		"contaminated": {[]SeedLook{withRead(look(1, contaminated)), withRead(look(2, contaminated))},
			SeedContaminated, 1, false},
	} {
		h := HealthOf(c.looks)
		if h.State != c.want || h.Sick != c.sick {
			t.Errorf("%s: %s, sick %t; want %s, %t", name, h.State, h.Sick, c.want, c.sick)
		}
		if c.since > 0 && h.Since.Day() != c.since {
			t.Errorf("%s: since %s, want day %d", name, h.Since, c.since)
		}
		if said := h.Sickness(); (said != "") != c.sick || c.sick && !strings.HasPrefix(said,
			string(c.want)) {
			t.Errorf("%s: sickness %q", name, said)
		}
	}
}

func TestSpentAddsUp(t *testing.T) {
	f := NewFolder()
	f.Add(Fact{Body: Opened{Run: "r", Seeds: []Seed{{Name: "a"}, {Name: "b"}}}})
	f.Add(Fact{Body: Spent{Seed: "a", SignIns: 1, Commands: 20, Budget: 1500}})
	f.Add(Fact{Body: Spent{Seed: "a", SignIns: 2, Commands: 5, Budget: 1500}})
	r := f.Run(time.Time{})
	if got, want := r.Seed("a").Spent, (Spent{Seed: "a", SignIns: 3, Commands: 25,
		Budget: 1500}); got != want {
		t.Errorf("spent at a: %+v, want %+v", got, want)
	}
	if got := r.Seed("b").Spent; got != (Spent{}) {
		t.Errorf("spent at b: %+v, want nothing", got)
	}
}

func TestHealthQuotesItsEvidence(t *testing.T) {
	h := HealthOf([]SeedLook{look(1), look(2, Sign{State: SeedLocked, Evidence: "go to the web",
		Advice: []string{"sign in there"}, Certain: true})})
	if len(h.Why) != 1 || h.Why[0] != "run C: go to the web" || len(h.Advice) != 1 {
		t.Errorf("why %q, advice %q", h.Why, h.Advice)
	}
	h = h.After(look(3))
	if !h.Sick || len(h.Why) != 2 || len(h.Advice) != 1 {
		t.Errorf("after one good look: sick %t, why %q, advice %q", h.Sick, h.Why, h.Advice)
	}
}

func TestHealthNoticesRenamedMailboxes(t *testing.T) {
	box := func(name string, r Role, class string) Mailbox {
		return Mailbox{Name: name, Role: r, Class: class}
	}
	inbox, junk := box("INBOX", RoleInbox, ""), box("Junk", RoleJunk, "")
	news := box("News", RoleInboxLike, "newsletters")
	listed := func(n int, boxes ...Mailbox) SeedLook {
		l := look(n)
		l.Mailboxes = boxes
		return l
	}
	first := listed(1, inbox, junk, news)
	for name, c := range map[string]struct {
		then SeedLook
		want Condition
		sick bool
		says string
	}{
		"the same":   {listed(2, inbox, junk, news), SeedOK, false, ""},
		"not listed": {look(2), SeedOK, false, ""},
		"junk renamed": {listed(2, inbox, box("Spam", RoleJunk, ""), news), SeedRenamed, false,
			`"Spam"`},
		"junk gone": {listed(2, inbox, news), SeedRenamed, true, `"Junk"`},
		"junk lost a role": {listed(2, inbox, box("Junk", RoleNone, ""), news), SeedRenamed, true,
			`nothing says any more that "Junk"`},
		"class gone": {listed(2, inbox, junk), SeedRenamed, false, `"News"`},
		"new one": {listed(2, inbox, junk, news, box("Other", RoleInboxLike, "x")), SeedOK,
			false, ""},
	} {
		h := HealthOf([]SeedLook{first, c.then})
		if h.State != c.want || h.Sick != c.sick {
			t.Errorf("%s: %s, sick %t; want %s, %t", name, h.State, h.Sick, c.want, c.sick)
		}
		if c.says != "" && (len(h.Why) == 0 || !strings.Contains(h.Why[0], c.says) ||
			len(h.Advice) == 0) {
			t.Errorf("%s: why %q, advice %q; want %s and advice", name, h.Why, h.Advice, c.says)
		}
	}
	gone := HealthOf([]SeedLook{first, listed(2, inbox, news), listed(3, inbox, news)})
	if back := gone.After(listed(4, inbox, junk, news)).After(listed(5, inbox, junk,
		news)); back.State != SeedOK {
		t.Errorf("junk is back: %s %q", back.State, back.Why)
	}
}
