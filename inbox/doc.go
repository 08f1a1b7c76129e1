// Package inbox watches seed mailboxes over IMAP: it finds tagged messages, follows them, proves
// the absence of those that did not come, and removes them when that is asked for.
//
// Use it in this order: make a [Watcher] with [New]; ask [Watcher.Check] whether a seed can be
// signed in to and which mailboxes it has; then let [Watcher.Watch] work one seed for as long as
// something is awaited there. Watch takes a baseline, looks at INBOX, junk and the mailboxes that
// count as inbox at a pace that fits the server, lets it push between looks by the [Strategy] that
// fits it, sweeps all others slowly, and carries out the round that proves absence (rule 6) when
// one is wanted. Watchers that share [Connections] never open more than a provider allows. Whatever
// a watch learns it records as a fact. [Watcher.Clean] removes what runs have seen, and
// [Watcher.Inspect] asks a server that nobody knows. [Roles] and [Tokens] hold two decisions, which
// mailbox is what and which tag a message carries, as pure functions.
//
// The package promises that a watch leaves no trace: mailboxes are examined, never selected,
// headers are fetched with PEEK, and nothing is searched for on the server but the category of a
// message at Gmail, because providers disagree about SEARCH. Only Clean and the removal of a
// canary (rule 12) open a mailbox for writing. Every wait is bounded and ends with the context. A
// server's trouble never ends a watch: it is recorded as a fault, and the watch reconnects. Secrets
// reach the server and nothing else.
//
// It does not judge, store or send, and starts no goroutine that outlives its connection. Whoever
// opened a connection closes it, or hands it over to another watch, before it returns.
//
// To read the code begin with watch.go, which does what is due next by one connection after the
// other. look.go and round.go are the ways to look, box.go is what is known of a mailbox, and
// follow.go what is known of a message that was seen. session.go sends commands and waits for
// their ends, wire.go reads what the server says, and between them library.go holds the IMAP
// library. strategy.go, pace.go and roles.go decide, without any I/O. connections.go, handover.go
// and turns.go keep runs that share a server out of each other's way.
package inbox
