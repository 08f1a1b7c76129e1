// Package store keeps the facts of runs in an SQLite file, so that a crash loses nothing and any
// later program may judge them again.
//
// Open makes or opens the file and the installation's key beside it. A process takes a run with
// Lease, appends its facts with Append, and writes each attempt with AppendAttempt, which counts
// the dose of rule 22 and the attempt in one transaction. Facts, Header, Runs and Find read, also
// while another process writes. Close when done.
//
// What Append and AppendAttempt have returned nil for is on the disk: SQLite runs in WAL mode with
// synchronous=FULL, and concurrent callers share one commit. Facts are never changed or removed;
// the file itself refuses it, and they come back to the nanosecond. No secret reaches the file,
// because the words of the root package encode none.
//
// The package does not judge, and it starts no goroutine. It is not for network file systems,
// whose locks SQLite cannot trust.
package store
