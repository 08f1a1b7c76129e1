package main

import (
	"io"
	"time"

	"seedtest"
	"seedtest/inbox"
	"seedtest/report"
)

// checkOut is one check in the schema seedtest.check/v1.
type checkOut struct {
	Kind         string             `json:"kind"`
	Name         string             `json:"name"`
	Address      string             `json:"address,omitempty"`
	OK           bool               `json:"ok"`
	Error        string             `json:"error,omitempty"`
	Hint         string             `json:"hint,omitempty"`
	Domain       string             `json:"domain,omitempty"`     // of a route of type mx
	Host         string             `json:"host,omitempty"`       // of a route with several servers
	Preference   *int               `json:"preference,omitempty"` // of its MX record
	Policy       *policyOut         `json:"tls_policy,omitempty"`
	Stage        seedtest.Stage     `json:"stage,omitempty"` // of a route: the last one reached
	Local        string             `json:"local,omitempty"`
	Remote       string             `json:"remote,omitempty"`
	RemoteName   string             `json:"remote_name,omitempty"` // of a route
	Proxy        string             `json:"proxy,omitempty"`       // of a route
	Notes        []string           `json:"notes,omitempty"`       // of a route: no trouble, worth knowing
	Greeting     string             `json:"greeting,omitempty"`
	Server       string             `json:"server,omitempty"` // what it says of itself
	Capabilities []string           `json:"capabilities"`
	Mechanism    string             `json:"mechanism,omitempty"` // by which we signed in
	TLS          *seedtest.TLSInfo  `json:"tls"`
	ReadyS       float64            `json:"ready_s"` // from the start to signed in
	Mailboxes    []seedtest.Mailbox `json:"mailboxes,omitempty"`
	RoundTripS   float64            `json:"round_trip_s,omitempty"`
	Strategy     *inbox.Strategy    `json:"strategy,omitempty"`
	Quotas       []quotaOut         `json:"quotas,omitempty"`
	Key          string             `json:"dkim_name,omitempty"` // of a route that signs
	Remarks      []remarked         `json:"remarks,omitempty"`   // of a message
	LeftOut      []string           `json:"left_out,omitempty"`  // of a message from a file
	*instrumentOut
}

// policyOut is what a domain publishes about TLS.
type policyOut struct {
	By       string `json:"by"`
	Mode     string `json:"mode,omitempty"`
	ID       string `json:"id,omitempty"`
	Demanded bool   `json:"demanded"`
	Note     string `json:"note,omitempty"`
}

// instrumentOut is what is known of a seed as an instrument.
type instrumentOut struct {
	ByHand     bool           `json:"by_hand,omitempty"`
	Health     healthOut      `json:"health"`
	Notice     *noticeOut     `json:"notice,omitempty"`
	Dose       doseOut        `json:"dose"`
	Spent      *spentOut      `json:"spent,omitempty"`
	Breakers   []breakerOut   `json:"breakers"`
	Account    accountOut     `json:"account"`
	Succession *successionOut `json:"succession,omitempty"`
}

type healthOut struct {
	State  seedtest.Condition `json:"state"`
	Since  *time.Time         `json:"since"` // null: nothing is known
	Sick   bool               `json:"sick"`
	Why    []string           `json:"why"`
	Advice []string           `json:"advice"`
}

type quotaOut struct {
	Root     string  `json:"root,omitempty"`
	Resource string  `json:"resource"`
	Used     int64   `json:"used"`
	Limit    int64   `json:"limit"`
	Share    float64 `json:"share"`
}

type noticeOut struct {
	Messages int     `json:"messages"`
	P50S     float64 `json:"p50_s"`
	P90S     float64 `json:"p90_s"`
}

type doseOut struct {
	Today int        `json:"today"`
	Limit int        `json:"limit,omitempty"` // 0: none
	Free  *time.Time `json:"free,omitempty"`  // when the oldest is no longer counted
	Year  int        `json:"year"`

	ProviderHour int `json:"provider_hour"` // messages to the seed's provider in an hour
	HourLimit    int `json:"provider_hour_limit,omitempty"`
}

// spentOut is what the last run cost the server.
type spentOut struct {
	SignIns  int `json:"sign_ins"`
	Commands int `json:"commands"`
	Budget   int `json:"budget,omitempty"` // 0: none
}

type breakerOut struct {
	Route string    `json:"route"`
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
}

type accountOut struct {
	InactiveDays int        `json:"inactive_days,omitempty"`
	IMAPCounts   *bool      `json:"imap_counts,omitempty"`
	LastUse      *time.Time `json:"last_use,omitempty"`
	ChangedOn    *time.Time `json:"address_changed,omitempty"`
}

type successionOut struct {
	Replaces string   `json:"replaces"`
	Pairs    int      `json:"pairs"`
	Agree    int      `json:"agree"`
	Ready    bool     `json:"ready"`
	Why      string   `json:"why"`
	How      []string `json:"how"`
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
	return report.WriteJSON(w, struct {
		Schema string     `json:"schema"`
		Checks []checkOut `json:"checks"`
	}{"seedtest.check/v1", list})
}

func (c checked) out() checkOut {
	o := checkOut{Kind: c.Kind, Name: c.Name, Address: c.Address, OK: c.OK, Error: c.Error,
		Hint: c.Hint, Capabilities: []string{}, Domain: c.Domain, Host: c.Server,
		Key: c.Key, Remarks: c.Remarks, LeftOut: c.LeftOut}
	if r := c.Route; r != nil {
		o.Stage, o.Local, o.Remote, o.TLS = r.Stage, r.Local, r.Remote, r.TLS
		o.Greeting, o.Mechanism, o.ReadyS = r.Banner, r.Mechanism, seconds(r.Latency)
		o.Capabilities = append(o.Capabilities, r.Extensions...)
		o.Preference, o.RemoteName, o.Notes = r.Preference, r.RemoteName, r.Remarks
		o.Proxy = r.Proxy
		if p := r.Policy; p != nil {
			o.Policy = &policyOut{string(p.By), p.Mode, p.ID, p.Demanded, p.Note}
		}
	}
	if s := c.Seed; s != nil {
		o.Local, o.Remote, o.TLS, o.Mailboxes = s.Local, s.Remote, s.TLS, s.Mailboxes
		o.Greeting, o.Server, o.ReadyS = s.Greeting, s.Server, seconds(s.ConnectTime+s.LoginTime)
		o.Capabilities = append(o.Capabilities, s.Capabilities...)
		o.RoundTripS = s.RoundTrip.Seconds()
		if s.Strategy.How != "" {
			o.Strategy = &s.Strategy
		}
		for _, q := range s.Quotas {
			o.Quotas = append(o.Quotas, quotaOut{q.Root, q.Resource, q.Used, q.Limit, q.Share()})
		}
	}
	if c.Instrument != nil {
		o.instrumentOut = c.Instrument.out()
	}
	return o
}

func (in *instrument) out() *instrumentOut {
	h := in.health
	if h.State == "" {
		h.State = seedtest.SeedUnknown
	}
	a := in.seed.Provider.Account
	o := &instrumentOut{ByHand: in.seed.ByHand, Breakers: []breakerOut{},
		Health: healthOut{h.State, timeOrNil(h.Since), h.Sick, list(h.Why), list(h.Advice)},
		Dose: doseOut{Today: in.today.Messages, Limit: in.limit, Free: timeOrNil(in.today.Free),
			Year: in.sent, ProviderHour: in.hour, HourLimit: in.hourLimit},
		Account: accountOut{InactiveDays: a.InactiveDays, IMAPCounts: a.IMAPCounts,
			LastUse: timeOrNil(in.active)}}
	if n := len(in.notice); n > 0 {
		o.Notice = &noticeOut{n, seconds(quantile(in.notice, 0.5)), seconds(quantile(in.notice, 0.9))}
	}
	if s := in.spent; s.SignIns > 0 {
		o.Spent = &spentOut{s.SignIns, s.Commands, s.Budget}
	}
	for _, b := range in.breakers {
		o.Breakers = append(o.Breakers, breakerOut{b.Route, b.Until, b.Why})
	}
	if h.Moved != nil {
		o.Account.ChangedOn = &h.Moved.On
	}
	if s := in.succession; s != nil {
		o.Succession = &successionOut{s.Old, s.Pairs, s.Agree, s.Ready, s.Why, list(s.How)}
	}
	return o
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// list is a list that JSON shows as [] where it is empty.
func list(texts []string) []string { return append([]string{}, texts...) }

// seconds is a duration to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
