package config

import (
	"fmt"
	"slices"

	"seedtest"
)

// notify reads of what a route's server is asked to report (RFC 3461 section 4.1). Without the key that
// is everything, if somebody reads the reports; an empty list asks for nothing.
func (t *table) notify(route seedtest.Route) []seedtest.Notify {
	const example = `notify = ["success", "failure", "delay"]`
	if t.value("notify") == nil && route.Sender.Mailbox != nil && route.Type != seedtest.RouteExternal {
		return []seedtest.Notify{seedtest.NotifySuccess, seedtest.NotifyFailure, seedtest.NotifyDelay}
	}
	words := []string{string(seedtest.NotifySuccess), string(seedtest.NotifyFailure),
		string(seedtest.NotifyDelay), string(seedtest.NotifyNever)}
	var events []seedtest.Notify
	for _, n := range t.list("notify", kindString, example) {
		event := seedtest.Notify(n.text)
		switch {
		case !slices.Contains(words, n.text):
			t.r.fail(n, fmt.Sprintf("%q is no event to report", n.text), oneOf(n.text, words))
		case slices.Contains(events, event):
			t.r.fail(n, fmt.Sprintf("%q stands there twice", n.text), "take one out")
		default:
			events = append(events, event)
		}
	}
	if len(events) > 1 && slices.Contains(events, seedtest.NotifyNever) {
		t.r.fail(t.get("notify"), `"never" stands beside others`, `write notify = ["never"], or `+example)
	}
	return events
}
