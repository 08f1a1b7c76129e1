// Package sender writes messages and hands them to a route.
//
// Use it in this order. [MessageID] and [Compose] make the bytes of a message from values; they
// are pure, so that a retry has the same bytes. [New] makes a [Client] of one route, and
// [Client.Send] hands it one message and says how that ended, as a [seedtest.Submission] with a
// time for each stage, the replies, the queue id, what TLS agreed and the dialogue. [Client.Check]
// does everything short of a message. [Client.Close] leaves the servers in order.
//
// Send keeps the commit point (rule 5): all of the content is written but its last octets, then
// the caller's commit is called, and only when it returns nil do the last octets leave. Whatever
// goes wrong before that is known not to have been sent, and so is what met a connection of which
// the kernel took none of the last octets. What is lost after that is in doubt, and Send never
// sends it again. Every wait is bounded, by [Timeouts] and by the context; after the commit point
// a cancelled context leaves a short grace to read the answer, because a doubt is more expensive
// than a moment.
//
// Where the server offers PIPELINING (RFC 2920) everything before the content leaves in one write:
// two round trips a message in place of four. The record is the same.
//
// A route has one server, several of which the next is asked where one cannot be used, or those that
// DNS names for the recipient's domain; an attempt tries them one after the other and none after the
// commit point. DNS is asked through [MXResolver], and policies of MTA-STS are kept in [STS].
//
// [Program] does what a Client does through a local program such as sendmail.
//
// Passwords and tokens never reach a Submission, a Check, an error or a log. The package does not
// retry, and does not sign.
package sender
