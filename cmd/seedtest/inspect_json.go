package main

import (
	"io"
	"slices"
	"strings"

	"seedtest"
	"seedtest/inbox"
	"seedtest/report"
	"seedtest/sender"
)

// inspectOut is what a server says of itself, in the schema seedtest.inspect/v1.
type inspectOut struct {
	Schema     string            `json:"schema"`
	Protocol   string            `json:"protocol"` // "imap" or "smtp"
	Host       string            `json:"host"`
	Port       int               `json:"port"`
	OK         bool              `json:"ok"`
	Error      string            `json:"error,omitempty"`
	Hints      []string          `json:"hints,omitempty"`
	Greeting   string            `json:"greeting,omitempty"`
	Server     string            `json:"server,omitempty"` // what its ID reply says
	TLS        *seedtest.TLSInfo `json:"tls"`
	ConnectS   float64           `json:"connect_s,omitempty"`    // to the greeting
	RoundTripS float64           `json:"round_trip_s,omitempty"` // of IMAP: the median of some NOOP
	SignedIn   bool              `json:"signed_in"`
	Before     []string          `json:"capabilities_before"` // sign-in; the extensions of SMTP
	After      []string          `json:"capabilities_after,omitempty"`
	Mechanisms []string          `json:"mechanisms,omitempty"` // of SMTP's AUTH
	Mailboxes  []inspectedBox    `json:"mailboxes,omitempty"`
	Presets    []string          `json:"presets,omitempty"` // that such a server fits
	Habits     []string          `json:"habits,omitempty"`  // quirks that showed
	Fragment   string            `json:"fragment,omitempty"`
}

type inspectedBox struct {
	Name       string        `json:"name"`
	Delimiter  string        `json:"delimiter,omitempty"`
	Flags      []string      `json:"flags,omitempty"`
	Role       seedtest.Role `json:"role"`
	FoundBy    string        `json:"found_by,omitempty"`
	Selectable bool          `json:"selectable"`
}

// imapOut is an inspection of an IMAP server as JSON, without addresses as the text is.
func imapOut(in inspecting, i inbox.Inspection, presets []string, fragment string) inspectOut {
	clean := func(s string) string { return report.CleanLine(withoutAddresses(s, in.user)) }
	o := inspectOut{Protocol: "imap", Host: in.host, Port: in.port, Greeting: clean(i.Greeting),
		Server: clean(i.Server), TLS: i.TLS, ConnectS: seconds(i.ConnectTime),
		RoundTripS: float64(i.RoundTrip.Microseconds()) / 1e6, SignedIn: i.SignedIn,
		Before: cleaned(i.Before), After: cleaned(i.After), Presets: presets, Fragment: fragment}
	if i.SignedIn {
		o.Habits = habits(i)
	}
	for n, m := range i.Mailboxes {
		l := i.Listed[n]
		box := inspectedBox{Name: clean(m.Name), Flags: cleaned(slices.Concat(l.Attrs, l.XAttrs)),
			Role: m.Role, FoundBy: m.FoundBy, Selectable: m.Selectable}
		if l.Delim != 0 {
			box.Delimiter = clean(string(l.Delim))
		}
		o.Mailboxes = append(o.Mailboxes, box)
	}
	return o
}

// smtpOut is an inspection of an SMTP server as JSON.
func smtpOut(in inspecting, c sender.Check, fragment string) inspectOut {
	o := inspectOut{Protocol: "smtp", Host: in.host, Port: in.port, OK: c.OK, Error: c.Error,
		Greeting: report.CleanLine(withoutAddresses(c.Banner, "")), TLS: c.TLS, ConnectS: seconds(c.Latency),
		Before: cleaned(c.Extensions), Mechanisms: cleaned(c.Mechanisms), Fragment: fragment}
	if c.Hint != "" {
		o.Hints = []string{c.Hint}
	}
	return o
}

// cleaned makes a server's words harmless. It returns a list that is not nil.
func cleaned(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = report.CleanLine(w)
	}
	return list
}

// write prints an inspection as one object.
func (o inspectOut) write(w io.Writer) error {
	o.Schema = "seedtest.inspect/v1"
	return report.WriteJSON(w, o)
}

// commentless is a fragment without its comments, which JSON has as values.
func commentless(fragment string) string {
	var b strings.Builder
	for line := range strings.Lines(fragment) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}
