package store

import (
	"reflect"
	"testing"

	"seedtest"
)

func TestCanariesOfOtherRuns(t *testing.T) {
	s := newStore(t)
	canary := func(token seedtest.Token, seed string, uid uint32) seedtest.Canary {
		return seedtest.Canary{Seed: seed, Token: token, Mailbox: "INBOX", UIDValidity: 7, UID: uid}
	}
	add(t, s, run1, seedtest.Opened{Run: run1}, canary("t1", "a", 0), canary("t2", "b", 5),
		canary("t1", "a", 6), canary("t3", "a", 7))
	add(t, s, run2, seedtest.Opened{Run: run2}, canary("t4", "a", 8))
	want := []seedtest.Canary{canary("t1", "a", 6), canary("t3", "a", 7)}
	if got, err := s.Canaries(t.Context(), run2, "a"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Canaries but of run 2 at a = %+v, %v; want the last word on each of run 1: %+v", got,
			err, want)
	}
	if got, err := s.Canaries(t.Context(), run1, "b"); err != nil || len(got) != 0 {
		t.Errorf("Canaries but of run 1 at b = %+v, %v; want none", got, err)
	}
}
