// Package maillog reads what a mail server's own log says of single messages: which next hop got
// them, what it answered word for word, how long that took, and over which TLS.
//
// A [Parser] makes an [Event] of a line of Postfix, Exim, OpenSMTPD, Sendmail or Haraka. A [Tracker]
// is told of messages by [Tracker.Want] and of lines by [Tracker.Line], in any order, and returns
// what the lines say of the messages as facts. It knows a message by its Message-ID where the log
// has it, and by its queue id otherwise, and follows it to further queue ids of the same log: behind
// a content filter a message is queued again. [Reader] reads a log that grows, from a file or a
// command.
//
// Lines that say nothing of a message that is wanted are forgotten after a while: memory is bounded
// whatever the log holds. That a server sent a message on means that the next hop took it, and never
// that it arrived.
package maillog
