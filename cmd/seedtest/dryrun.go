package main

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"seedtest"
	"seedtest/content"
	"seedtest/harness"
	"seedtest/report"
	"seedtest/sender"
)

// dryMessage is a message as a dry run shows it.
type dryMessage struct {
	Route        string   `json:"route"`
	Proxy        string   `json:"proxy,omitempty"` // of the route
	Message      string   `json:"message"`
	Seeds        []string `json:"seeds"`
	EnvelopeFrom string   `json:"envelope_from"`
	To           []string `json:"to"`
	Remarks      []string `json:"remarks,omitempty"`
	Data         string   `json:"data"`

	Notify []seedtest.Notify `json:"notify,omitempty"` // of what reports are asked for
}

// dryRun shows every message with its envelope. It opens no store and asks nobody, so that its tags
// are made with a key that is forgotten: a real run has others.
func (a *app) dryRun(q harness.Request) error {
	opened, planned, err := unsentPlan(q)
	if err != nil {
		return err
	}
	var all []dryMessage
	compose := composer(nil)
	for _, p := range planned {
		m, err := compose(opened, p)
		if err != nil {
			return usage(err)
		}
		route := seedtest.Run{Opened: opened}.Route(p.Route)
		d := dryMessage{Route: p.Route, Proxy: proxyOf(route), Message: p.Message, EnvelopeFrom: m.EnvelopeFrom, To: m.To,
			Notify: m.Notify, Data: report.Clean(string(m.Data))}
		for _, x := range p.Probes {
			d.Seeds = append(d.Seeds, x.Seed)
		}
		for line := range strings.Lines(remarks(m, route)) {
			d.Remarks = append(d.Remarks, strings.TrimRight(line, "\n"))
		}
		all = append(all, d)
	}
	if a.format == "json" {
		return report.WriteJSON(a.stdout, struct {
			Schema   string       `json:"schema"`
			Messages []dryMessage `json:"messages"`
		}{"seedtest.dryrun/v1", all})
	}
	for i, d := range all {
		_, err := fmt.Fprintf(a.stdout, "-- %d of %d: route %s%s, message %s\nMAIL FROM:<%s>\nRCPT TO:<%s>\n%s%s\n%s\n",
			i+1, len(all), d.Route, through(d.Proxy), d.Message, d.EnvelopeFrom, strings.Join(d.To, ">\nRCPT TO:<"),
			reportsAsked(d.Notify), strings.Join(append(d.Remarks, ""), "\n"), strings.ReplaceAll(d.Data, "\r\n", "\n"))
		if err != nil {
			return err
		}
	}
	a.say("nothing was sent")
	return nil
}

// reportsAsked says what reports are asked for, in a line.
func reportsAsked(events []seedtest.Notify) string {
	if len(events) == 0 {
		return ""
	}
	var words []string
	for _, e := range events {
		if e == seedtest.NotifyNever {
			return "no report is asked for, not even of failure\n"
		}
		words = append(words, string(e))
	}
	return "reports are asked for, of a server that offers them: " + strings.Join(words, ", ") + "\n"
}

// unsentPlan plans a run that is not to be, with a key of the moment.
func unsentPlan(q harness.Request) (seedtest.Opened, []seedtest.Planned, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	id, err := uuid.NewV7()
	if err != nil {
		return seedtest.Opened{}, nil, broken(err)
	}
	q.Run = runID(id)
	q.Messages = content.Prepare(q.Messages, q.Random)
	opened, planned, err := harness.Plan(q, harness.Minter{ID: uuid.NewV7, Key: key,
		MessageID: sender.MessageID}, time.Now())
	if err != nil {
		return opened, nil, usage(err)
	}
	return opened, planned, nil
}
