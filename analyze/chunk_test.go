package analyze

import (
	"slices"
	"testing"
)

// TestChunkLists holds that lists from one chunk stay as they are, whatever is added to another.
func TestChunkLists(t *testing.T) {
	var c chunk[int]
	var lists [][]int
	for i := range 200 {
		n := i % (roomSize + 3)
		list := c.room(n)
		if len(list) != 0 || cap(list) != n || (list == nil) != (n == 0) {
			t.Fatalf("room(%d) = %v with room for %d", n, list, cap(list))
		}
		if fresh := list[:n]; slices.ContainsFunc(fresh, func(v int) bool { return v != 0 }) {
			t.Fatalf("room(%d) holds %v", n, fresh)
		}
		for range n {
			list = append(list, i)
		}
		lists = append(lists, list, c.one(i), c.copyOf([]int{i, i}))
		_ = append(list, -1)
	}
	for at, list := range lists {
		if slices.ContainsFunc(list, func(v int) bool { return v != at/3 }) {
			t.Errorf("list %d holds %v, want only %d", at, list, at/3)
		}
	}
}
