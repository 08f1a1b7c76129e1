// Package harness plans a run and carries it out.
//
// [Plan] is pure: it turns a suite into an opening fact and a list of dispatches. [Run] works them:
// it starts a watcher for each seed and, once a seed has its baseline, hands its messages to their
// routes, records every fact as it happens, and ends when nothing is awaited any more. [Resume]
// takes up a run that a process left behind, from its facts alone.
//
// The package declares the [Sender], [Watcher] and [Log] that it needs in the words of package
// seedtest; cmd/seedtest wires them. It promises that an attempt is stored before the last octets
// of a message leave, that a message whose answer is unknown is never sent again, and that every
// goroutine it starts has ended when it returns. It does not judge: see seedtest.Judge.
package harness
