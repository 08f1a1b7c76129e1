package inbox

import (
	"iter"
	"math"
	"slices"
)

// span is a range of UIDs, both ends included.
type span struct{ lo, hi uint32 }

// uids is a set of UIDs as rising ranges that do not touch, so that a mailbox of a million
// messages takes no more room than its gaps.
type uids []span

// maxUID is the highest UID that there can be (RFC 9051 section 2.3.1.1).
const maxUID = math.MaxUint32

// above is the UID after another. There is none after the highest, which stands for itself.
func above(uid uint32) uint32 {
	if uid == maxUID {
		return maxUID
	}
	return uid + 1
}

// all yields the UIDs that are in.
func (u uids) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for _, s := range u {
			for uid := uint64(s.lo); uid <= uint64(s.hi); uid++ {
				if !yield(uint32(uid)) {
					return
				}
			}
		}
	}
}

// add puts one UID in.
func (u *uids) add(uid uint32) {
	s := *u
	i, found := slices.BinarySearchFunc(s, uid, compareSpan)
	if found {
		return
	}
	left := i > 0 && s[i-1].hi+1 == uid
	right := i < len(s) && s[i].lo == uid+1
	switch {
	case left && right:
		s[i-1].hi = s[i].hi
		*u = slices.Delete(s, i, i+1)
	case left:
		s[i-1].hi = uid
	case right:
		s[i].lo = uid
	default:
		*u = slices.Insert(s, i, span{uid, uid})
	}
}

// has reports whether a UID is in.
func (u uids) has(uid uint32) bool {
	_, found := slices.BinarySearchFunc(u, uid, compareSpan)
	return found
}

// missing returns what of a range is not in.
func (u uids) missing(lo, hi uint32) []span {
	var out []span
	for _, s := range u {
		if s.hi < lo {
			continue
		}
		if lo > hi || s.lo > hi {
			break
		}
		if s.lo > lo {
			out = append(out, span{lo, s.lo - 1})
		}
		if s.hi >= hi {
			return out
		}
		lo = s.hi + 1
	}
	if lo <= hi {
		out = append(out, span{lo, hi})
	}
	return out
}

func compareSpan(s span, uid uint32) int {
	switch {
	case s.hi < uid:
		return -1
	case s.lo > uid:
		return 1
	}
	return 0
}
