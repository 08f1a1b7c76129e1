package main

import (
	"encoding/json"
	"io"
	"time"

	"seedtest"
)

// checkOut is one check in the schema seedtest.check/v1.
type checkOut struct {
	Kind         string             `json:"kind"`
	Name         string             `json:"name"`
	Address      string             `json:"address,omitempty"`
	OK           bool               `json:"ok"`
	Error        string             `json:"error,omitempty"`
	Hint         string             `json:"hint,omitempty"`
	Stage        seedtest.Stage     `json:"stage,omitempty"` // of a route: the last one reached
	Local        string             `json:"local,omitempty"`
	Remote       string             `json:"remote,omitempty"`
	Greeting     string             `json:"greeting,omitempty"`
	Server       string             `json:"server,omitempty"` // what it says of itself
	Capabilities []string           `json:"capabilities"`
	Mechanism    string             `json:"mechanism,omitempty"` // by which we signed in
	TLS          *seedtest.TLSInfo  `json:"tls"`
	ReadyS       float64            `json:"ready_s"` // from the start to signed in
	Mailboxes    []seedtest.Mailbox `json:"mailboxes,omitempty"`
}

// writeChecksJSON writes checks as one object.
func writeChecksJSON(w io.Writer, found []checked, addresses bool) error {
	list := make([]checkOut, len(found))
	for i, c := range found {
		list[i] = c.out()
		if !addresses {
			list[i].Address = ""
		}
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(struct {
		Schema string     `json:"schema"`
		Checks []checkOut `json:"checks"`
	}{"seedtest.check/v1", list})
}

func (c checked) out() checkOut {
	o := checkOut{Kind: c.Kind, Name: c.Name, Address: c.Address, OK: c.OK, Error: c.Error,
		Hint: c.Hint, Capabilities: []string{}}
	if r := c.Route; r != nil {
		o.Stage, o.Local, o.Remote, o.TLS = r.Stage, r.Local, r.Remote, r.TLS
		o.Greeting, o.Mechanism, o.ReadyS = r.Banner, r.Mechanism, seconds(r.Latency)
		o.Capabilities = append(o.Capabilities, r.Extensions...)
	}
	if s := c.Seed; s != nil {
		o.Local, o.Remote, o.TLS, o.Mailboxes = s.Local, s.Remote, s.TLS, s.Mailboxes
		o.Greeting, o.Server, o.ReadyS = s.Greeting, s.Server, seconds(s.ConnectTime+s.LoginTime)
		o.Capabilities = append(o.Capabilities, s.Capabilities...)
	}
	return o
}

// seconds is a duration to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
