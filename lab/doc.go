// Package lab is a whole mail world in one process: relays to send by, providers with an MX and an
// IMAP server, the DNS they ask, faults to inject, and the truth of what happened to each message.
//
// [Start] builds the world; everything listens when it returns. [World.Routes] and [World.Seeds]
// are what a run needs, [World.Dial] leads from the names and addresses of the world to the ports
// behind them, and [World.Truth] says afterwards where every message really went. [World.Config]
// writes the same as a seeds.toml for other processes. [World.Inject] lets things go wrong, and
// [Limits] hold accounts to what a provider bears. [OAuth] is an authorization server, whose tokens
// some accounts take if there is one in the world; it can stand alone too.
//
// Each party has names under example.* and documentation addresses (RFC 5737), which stand in DNS,
// in SPF records and in header fields as if the parties were far apart. In truth all of them are
// on loopback, or on in-memory pipes ([Pipes]), where days pass in no time under testing/synctest.
// Each provider behaves like a kind of provider that exists: what it refuses, where it files, and
// the dialect of the header fields it writes.
//
// The truth is independent of the program that it is held against: SPF, DKIM and DMARC are
// evaluated with libraries that the rest of seedtest does not use. Every random choice follows
// from [Options.Random]. Close stops all of it and waits for every goroutine.
package lab
