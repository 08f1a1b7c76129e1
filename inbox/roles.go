package inbox

import "seedtest"

// Listed is one mailbox as a LIST reply told it.
type Listed struct {
	Name  string   // modified UTF-7 decoded
	Attrs []string // mailbox attributes, with their backslash
	Delim rune     // hierarchy delimiter; 0: none
}

// Roles says what each mailbox is for.
func Roles(listed []Listed, seed seedtest.Seed) []seedtest.Mailbox { return nil }
