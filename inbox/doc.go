// Package inbox watches seed mailboxes over IMAP: it finds tagged messages, follows them, and
// proves the absence of those that did not come.
//
// Use it in this order: make a [Watcher] with [New]; ask [Watcher.Check] whether a seed can be
// signed in to and which mailboxes it has; then let [Watcher.Watch] work one seed for as long as
// something is awaited there. Watch takes a baseline, looks at INBOX, junk and the mailboxes that
// count as inbox at a pace that fits the server, lets it push between looks by the [Strategy] that
// fits it, sweeps all others slowly, and carries out the round that proves absence (rule 6) when
// one is wanted. Watchers that share [Connections] never open more than a provider allows. Whatever it learns it records as a fact.
// [Roles] and [Tokens] hold the two decisions, which mailbox is what and which tag a message
// carries, as pure functions.
//
// The package promises to leave no trace: mailboxes are examined, never selected, headers are
// fetched with PEEK, and nothing is searched for on the server, because providers disagree about
// SEARCH. Every wait is bounded and ends with the context. A server's trouble never ends a watch:
// it is recorded as a fault, and the watch reconnects. Secrets reach the server and nothing else.
//
// It does not judge, store, send, or remove mail, and it starts no goroutine that outlives
// a call; those of the IMAP library end with their connection, which Watch and Check close before
// they return.
package inbox
