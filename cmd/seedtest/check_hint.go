package main

import (
	"slices"
	"strings"

	"seedtest"
	"seedtest/inbox"
)

// seedHint says what the owner of a seed should know of its provider, by what the check found. What
// to do about a refused sign-in stands in its health.
func seedHint(s seedtest.Seed, c inbox.Check) string {
	p := s.Provider
	hints := p.HintsFor(seedtest.HintCheck)
	isJunk := func(m seedtest.Mailbox) bool { return m.Role == seedtest.RoleJunk }
	if c.Trouble == nil && !slices.ContainsFunc(c.Mailboxes, isJunk) {
		noJunk := p.HintsFor(seedtest.HintNoJunk)
		if len(noJunk) == 0 {
			noJunk = []string{`name it with imap = { junk = "..." }, if there is one`}
		}
		hints = append(hints, "no junk mailbox was found: "+strings.Join(noJunk, "; "))
	}
	if why := p.WhyNoClass(); why != "" && c.Trouble == nil {
		hints = append(hints, why)
	}
	return strings.Join(hints, "; ")
}
