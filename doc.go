// Package seedtest holds the words that the rooms of seedtest share, and the one function that
// turns what happened into what it means.
//
// A run sends uniquely tagged messages by configured routes to seed mailboxes and watches where
// each ends. Whatever happens is a [Fact]; facts are appended to a store and never changed. [Fold]
// reads them and gives a [Run]: for every probe the way out, the sightings, the proofs of absence
// and the [Placement] that may be said of it. [Judge] holds a Run against what its suite expects.
// Both are pure, so the same facts always give the same words.
//
// The package does no I/O, starts no goroutine and reads no clock. docs/semantics.md numbers the
// rules that it keeps; comments here name them as "rule 6".
package seedtest
