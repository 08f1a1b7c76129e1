package main

import (
	"seedtest"
	"seedtest/report"
)

// cleanedOut is what "clean" did, in the schema seedtest.clean/v1.
type cleanedOut struct {
	Schema   string        `json:"schema"`
	DryRun   bool          `json:"dry_run"`
	Messages []cleanedCopy `json:"messages"`
	Removed  int           `json:"removed"`
	Moved    int           `json:"moved"`
	Left     int           `json:"left"`
	Errors   []string      `json:"errors"`
}

type cleanedCopy struct {
	Run         seedtest.RunID `json:"run"`
	Seed        string         `json:"seed"`
	Token       seedtest.Token `json:"token"`
	Mailbox     string         `json:"mailbox"`
	UIDValidity uint32         `json:"uidvalidity"`
	UID         uint32         `json:"uid"`
	State       cleanState     `json:"state"`
	Moved       *cleanedMove   `json:"moved,omitempty"`
	Why         string         `json:"why,omitempty"`
}

// cleanedMove is where a message lies that was moved and is not removed yet.
type cleanedMove struct {
	Mailbox     string `json:"mailbox"`
	UIDValidity uint32 `json:"uidvalidity,omitempty"`
	UID         uint32 `json:"uid,omitempty"` // 0: the server did not say
}

// writeCleaned prints what became of each copy, if JSON is wanted.
func (a *app) writeCleaned(work []cleanWork, troubles []error, dryRun bool) error {
	if a.format != "json" {
		return nil
	}
	n := countStates(work)
	out := cleanedOut{Schema: "seedtest.clean/v1", DryRun: dryRun, Messages: []cleanedCopy{},
		Removed: n[cleanRemoved], Moved: n[cleanMoved], Left: n[cleanLeft], Errors: []string{}}
	for _, w := range work {
		for _, c := range w.copies {
			out.Messages = append(out.Messages, c.out(w.seed))
		}
	}
	for _, err := range troubles {
		out.Errors = append(out.Errors, err.Error())
	}
	return report.WriteJSON(a.stdout, out)
}

func (c *runCopy) out(seed string) cleanedCopy {
	r := c.recorded
	out := cleanedCopy{Run: c.run, Seed: seed, Token: r.Token, Mailbox: r.Mailbox,
		UIDValidity: r.UIDValidity, UID: r.UID, State: c.state, Why: c.why}
	if c.at != r && c.state != cleanRemoved {
		out.Moved = &cleanedMove{c.at.Mailbox, c.at.UIDValidity, c.at.UID}
	}
	return out
}
