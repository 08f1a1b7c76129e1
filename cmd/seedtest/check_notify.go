package main

import (
	"slices"

	"seedtest"
	"seedtest/sender"
)

// unasked notes where a route asks for delivery reports and nobody can be asked.
func (c *checked) unasked(r seedtest.Route) {
	wants := len(r.Notify) > 0 && !slices.Contains(r.Notify, seedtest.NotifyNever)
	if !wants || !c.OK || c.Error != "" {
		return
	}
	switch {
	case c.Route != nil && !slices.Contains(c.Route.Extensions, "DSN"):
		c.Error = "does not offer DSN: it is not asked for the reports that notify wants"
		c.Hint = "failures are mostly reported all the same; what the next hop says its log may tell " +
			`(log = { file = "/var/log/mail.log" } in the route)`
	case r.Type == seedtest.RouteSendmail && !sender.NewProgram(r, sender.Options{}).TakesNotify():
		c.Error = r.Program[0] + " is not known to take -N: it is not asked for the reports that notify wants"
		c.Hint = `if it does, write its options into program, such as "-N", "success,failure,delay"`
	}
}
