// Package verify evaluates SPF, DKIM, DMARC and ARC of a message on its own, as a receiver would,
// with the answers of a [Resolver] that it is given.
//
// [Message] does all of it for a message and its analysis, and compares the results with those that
// the receiving provider wrote. [SPF], [DKIM], [ARC] and [DMARC], in that order, are its parts:
// DMARC rests on what the first two came to.
//
// Every result is one of RFC 8601's words, or empty with the reason why nothing can be said. An
// answer of DNS that did not come is temperror and never a verdict, and so is time that ran out.
// Whatever a sender or DNS may hold, an evaluation asks a bounded number of questions.
//
// DNS is asked as it is now: what it said when the message came, nobody can ask. The package does
// no I/O of its own, and remembers nothing between messages.
package verify
