package lab

import (
	"testing"
	"time"
)

func TestFaultBook(t *testing.T) {
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	b := newFaultBook(func() time.Time { return now },
		Fault{Kind: IMAPStall, Party: "gmail-a", After: 2},
		Fault{Kind: IMAPThrottle, For: time.Minute})
	strikes := func(kind FaultKind, party ...string) bool {
		_, ok := b.active(kind, party...)
		return ok
	}
	for i, want := range []bool{false, false, true, true} {
		if got := strikes(IMAPStall, "gmail-like", "gmail-a"); got != want {
			t.Errorf("occurrence %d: %t, want %t", i+1, got, want)
		}
	}
	if strikes(IMAPStall, "gmail-b") {
		t.Error("it struck at another party")
	}
	if !strikes(IMAPThrottle, "anybody") {
		t.Error("a fault without a party did not strike")
	}
	now = now.Add(time.Minute)
	if strikes(IMAPThrottle, "anybody") {
		t.Error("it struck after its time")
	}
	lift := b.inject(Fault{Kind: IMAPUIDValidity})
	if _, ok := b.once(IMAPUIDValidity, "a"); !ok {
		t.Error("it did not strike once")
	}
	if _, ok := b.once(IMAPUIDValidity, "a"); ok {
		t.Error("it struck twice")
	}
	lift()
	var none *faultBook
	if _, ok := none.active(IMAPStall); ok {
		t.Error("no book knew a fault")
	}
}
