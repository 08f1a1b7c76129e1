package inbox

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A set of ranges says what a map of single UIDs says.
func TestUIDsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set uids
		all := map[uint32]bool{}
		for _, u := range rapid.SliceOf(rapid.Uint32Range(1, 60)).Draw(t, "uids") {
			set.add(u)
			all[u] = true
		}
		lo := rapid.Uint32Range(1, 60).Draw(t, "lo")
		hi := rapid.Uint32Range(0, 60).Draw(t, "hi")
		var want, got []uint32
		for u := uint32(1); u <= 60; u++ {
			if set.has(u) != all[u] {
				t.Fatalf("%v.has(%d) = %t", set, u, set.has(u))
			}
			if u >= lo && u <= hi && !all[u] {
				want = append(want, u)
			}
		}
		for _, s := range set.missing(lo, hi) {
			for u := s.lo; u <= s.hi; u++ {
				got = append(got, u)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v.missing(%d, %d) = %v, want %v", set, lo, hi, got, want)
		}
		for i := 1; i < len(set); i++ {
			if set[i-1].hi+1 >= set[i].lo {
				t.Fatalf("ranges touch: %v", set)
			}
		}
	})
}

func TestContiguous(t *testing.T) {
	for _, x := range []struct {
		seqs   []uint32
		exists uint32
		want   bool
	}{
		{nil, 0, true}, {nil, 3, false}, {[]uint32{3}, 3, true}, {[]uint32{3, 2}, 3, true},
		{[]uint32{1, 3}, 3, false}, {[]uint32{1, 2}, 3, false}, {[]uint32{3, 4}, 3, true},
	} {
		var places []place
		for _, s := range x.seqs {
			places = append(places, place{seq: s, uid: s})
		}
		if got := contiguous(places, x.exists); got != x.want {
			t.Errorf("contiguous(%v, %d) = %t, want %t", x.seqs, x.exists, got, x.want)
		}
	}
}
