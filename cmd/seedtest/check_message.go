package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/config"
	"seedtest/content"
	"seedtest/report"
	"seedtest/sender"
)

// remarked is what receivers dislike in a message, and by which routes.
type remarked struct {
	sender.Remark
	Routes []string `json:"routes"`
}

// checkMessages composes every message of the configuration for every route, and lints it. Built-in
// texts are drawn as a run might.
func checkMessages(cfg *config.Config) []checked {
	var all []checked
	for _, m := range content.Prepare(cfg.Messages, 1) {
		c := checked{Kind: "message", Name: m.Name, OK: true}
		if len(m.Template) > 0 {
			c.LeftOut, _ = sender.CheckTemplate(m.Template) // an error is that of composing, too
		}
		for _, r := range cfg.Routes {
			if m.Hazardous() && !r.Hazard {
				continue // no suite may pair them
			}
			if err := c.lint(m, r); err != nil {
				c.OK, c.Error = false, err.Error()
				break
			}
		}
		all = append(all, c)
	}
	return all
}

// lint adds what receivers dislike in a message by a route.
func (c *checked) lint(m seedtest.Message, r seedtest.Route) error {
	id := uuid.UUID{6: 0x70, 8: 0x80} // of version 7, and of no run
	composed, err := sender.Compose(sender.Draft{Message: m, From: r.Sender, Hazard: r.Hazard,
		To: []string{"someone@example.com"}, Token: seedtest.MintToken(id, nil), Date: time.Unix(0, 0)})
	if err != nil {
		return err
	}
	for _, found := range sender.Lint(composed, r) {
		same := func(x remarked) bool { return x.Remark == found }
		if i := slices.IndexFunc(c.Remarks, same); i >= 0 {
			c.Remarks[i].Routes = append(c.Remarks[i].Routes, r.Name)
			continue
		}
		c.Remarks = append(c.Remarks, remarked{found, []string{r.Name}})
		if found.Severity == sender.SeverityRefused {
			c.OK, c.Error = false, found.String()
		}
	}
	return nil
}

// notableMessages are those that there is something to say of.
func notableMessages(all []checked) []checked {
	return slices.DeleteFunc(all, func(c checked) bool { return c.OK && len(c.Remarks) == 0 })
}

// message tells what receivers dislike in a message, and what is left out of a template.
func (t *checkText) message(c checked) {
	for _, r := range c.Remarks {
		t.add(string(r.Severity), "%s (route %s)", r.String(), strings.Join(r.Routes, ", "))
		t.add("  do", "%s", r.Fix)
	}
	if len(c.LeftOut) > 0 {
		t.add("left out", "%s: replaced by ours, or not true of the copy", strings.Join(c.LeftOut, " "))
	}
}

// remarks are the lines that a dry run says below a message.
func remarks(m seedtest.Composed, r seedtest.Route) string {
	var b strings.Builder
	for _, k := range r.DKIM {
		fmt.Fprintf(&b, "-- signed as it is sent: d=%s, s=%s\n", k.Domain, k.Selector)
	}
	for _, x := range sender.Lint(m, r) {
		fmt.Fprintf(&b, "-- %s: %s; %s\n", x.Severity, report.CleanLine(x.String()), x.Fix)
	}
	return b.String()
}
