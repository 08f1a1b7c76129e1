package diagnose

import "testing"

// BenchmarkReadBook is what the first question costs a process.
func BenchmarkReadBook(b *testing.B) {
	for b.Loop() {
		if _, err := readBook(causesData, rulesData); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadReplies is what the first unfriendly reply costs beside.
func BenchmarkReadReplies(b *testing.B) {
	book := theBook()
	for b.Loop() {
		if _, err := book.readReplies(repliesData); err != nil {
			b.Fatal(err)
		}
	}
}
