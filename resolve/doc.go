// Package resolve asks DNS, and keeps apart what an answer can be: records, no such name, no record
// of this type, or a failure that says nothing.
//
// [New] makes a resolver of a few recursive servers, by default the system's. [Resolver.Query] asks
// any question; [Resolver.TXT], [Resolver.IP4], [Resolver.IP6], [Resolver.MX] and [Resolver.PTR]
// ask the common ones. That there is nothing is seedtest.ErrNXDOMAIN or seedtest.ErrNODATA; every
// other error is a failure, and an [Error] says of what kind.
//
// Answers are kept as long as they allow, within bounds, and failures for some seconds. Questions
// that are asked at the same time are asked once. Every wait is bounded, and ends soon after its
// context. A resolver is safe for concurrent use, runs nothing in the background and need not be
// closed.
//
// The package does not validate DNSSEC. [Answer.Authentic] repeats what the server says, which
// means something only if the server and the way to it can be trusted.
package resolve
