package seedtest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The conditions that a failed look may show, with and without doubt.
var (
	doubtful = []Condition{SeedRefused, SeedDown, SeedThrottled}
	certain  = []Condition{SeedRevoked, SeedLocked, SeedFull}
)

// anyLook draws a look, and says what kind it is.
func anyLook(t *rapid.T, day int) (SeedLook, string) {
	l := SeedLook{At: time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC), Where: "a run"}
	kind := rapid.SampledFrom([]string{"good", "good", "doubtful", "certain", "passed", "told", "none"}).
		Draw(t, "kind")
	sign := func(from []Condition) Sign {
		return Sign{State: rapid.SampledFrom(from).Draw(t, "state"), Evidence: "x", Advice: []string{"y"}}
	}
	switch kind {
	case "good":
		l.Read = true
	case "doubtful":
		l.Signs = []Sign{sign(doubtful)}
		l.Read = rapid.Bool().Draw(t, "read")
	case "certain":
		s := sign(certain)
		s.Certain = true
		l.Signs = []Sign{sign([]Condition{SeedContaminated}), s}
	case "passed":
		s := sign(append(slices.Clone(doubtful), certain...))
		s.Passed, s.Certain = true, rapid.Bool().Draw(t, "certain")
		l.Signs, l.Read = []Sign{s}, true
	case "told":
		l.Signs, l.Read = []Sign{sign([]Condition{SeedContaminated})}, true
	}
	return l, kind
}

// Rule 17 over any looks: only two failed looks in a row, or certain evidence, make a seed sick;
// only two good ones in a row make it well; and what is sick, ailing or well says so alike.
func TestRule17HealthIsSteady(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Health
		h.State = SeedUnknown
		bad, good := 0, 0 // looks in a row
		for day := range rapid.IntRange(1, 30).Draw(t, "looks") {
			l, kind := anyLook(t, day)
			before := h
			h = h.After(l)
			switch kind {
			case "doubtful", "certain":
				bad, good = bad+1, 0
			case "good", "passed", "told":
				bad, good = 0, good+1
			}
			switch {
			case !before.Sick && h.Sick && kind != "certain" && bad < 2:
				t.Fatalf("a look (%s) made it sick after %d failed ones", kind, bad)
			case !h.Sick && (kind == "certain" || bad >= 2):
				t.Fatalf("%d failed looks in a row (%s) did not make it sick", bad, kind)
			case before.Sick && !h.Sick && good < 2:
				t.Fatalf("a look (%s) made it well after %d good ones", kind, good)
			case h.Sick && good >= 2:
				t.Fatalf("%d good looks in a row did not make it well", good)
			case h.Ailing() != (bad > 0 && !h.Sick):
				t.Fatalf("ailing %t after %d failed looks, sick %t", h.Ailing(), bad, h.Sick)
			case (h.Sickness() != "") != h.Sick:
				t.Fatalf("sick %t says %q", h.Sick, h.Sickness())
			case h.Since.After(l.At) && !l.At.IsZero():
				t.Fatalf("since %s, after the look of %s", h.Since, l.At)
			case h.State == before.State && !h.Since.Equal(before.Since):
				t.Fatalf("%s since %s, before it was since %s", h.State, h.Since, before.Since)
			}
			checkState(t, h, kind)
		}
	})
}

// checkState holds the condition that a look leaves against what it was.
func checkState(t *rapid.T, h Health, kind string) {
	fine := h.State.rank() > SeedThrottled.rank()
	switch kind {
	case "doubtful", "certain":
		if fine || len(h.Why) == 0 || len(h.Advice) == 0 {
			t.Fatalf("after a look that failed (%s): %+v", kind, h)
		}
	case "good":
		if !h.Sick && h.State != SeedOK {
			t.Fatalf("after a good look: %+v, want it ok", h)
		}
	}
	if h.Sick && fine {
		t.Fatalf("sick and %s", h.State)
	}
}

// Looks are folded one by one: those of a stored run and those of a check come to the same.
func TestRule17HealthIsAFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var looks []SeedLook
		for day := range rapid.IntRange(0, 12).Draw(t, "looks") {
			l, _ := anyLook(t, day)
			looks = append(looks, l)
		}
		whole := HealthOf(looks)
		at := rapid.IntRange(0, len(looks)).Draw(t, "at")
		parts := HealthOf(looks[:at])
		for _, l := range looks[at:] {
			parts = parts.After(l)
		}
		if whole.State != parts.State || whole.Sick != parts.Sick || whole.Bad != parts.Bad ||
			!slices.Equal(whole.Why, parts.Why) {
			t.Fatalf("in parts %+v, whole %+v", parts, whole)
		}
	})
}
