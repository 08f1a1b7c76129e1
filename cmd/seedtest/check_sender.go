package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"seedtest"
	"seedtest/diagnose"
	"seedtest/inbox"
)

// sendersOf are those that routes send as, each once. What an external platform sends comes back to
// that platform.
func sendersOf(routes []seedtest.Route) []seedtest.Identity {
	var all []seedtest.Identity
	for _, r := range routes {
		known := func(id seedtest.Identity) bool { return id.Name == r.Sender.Name }
		if r.Type != seedtest.RouteExternal && !slices.ContainsFunc(all, known) {
			all = append(all, r.Sender)
		}
	}
	return all
}

// checkReturnPath signs in to the account that delivery reports come to, or says that nobody reads
// them.
func (a *app) checkReturnPath(ctx context.Context, w *inbox.Watcher, id seedtest.Identity) checked {
	found := checked{Kind: "sender", Name: id.Name, OK: true}
	if id.Mailbox == nil {
		found.Error = fmt.Sprintf("nobody reads what comes back to %s: mail that bounces behind a relay is "+
			"reported as missing", id.EnvelopeFrom)
		found.Hint = fmt.Sprintf("name the account that it comes to in [sender.%s.mailbox]", id.Name)
		return found
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	c, err := w.Check(ctx, *id.Mailbox)
	found.Seed = &c
	if err == nil {
		return found
	}
	found.OK, found.Error = false, err.Error()
	found.Hint = "nothing is blind without it, but bounces are not seen"
	if c.Trouble != nil {
		if s, ok := diagnose.Trouble(*id.Mailbox, *c.Trouble); ok {
			found.Hint = strings.Join(append(s.Advice, found.Hint), "; ")
		}
	}
	return found
}
