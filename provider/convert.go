package provider

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// The quirks that a Provider's fields are made from.
const (
	quirkFocused    = "focused-hidden"
	quirkQuarantine = "quarantine-hides-mail"
)

// Generic returns a server of which nothing is known: junk is sought by flag and by the names that
// many servers use, and no header field is trusted.
func Generic() seedtest.Provider {
	d := Silent()
	return seedtest.Provider{
		ID:          seedtest.GenericProvider,
		Name:        "own server",
		Username:    "email",
		Junk:        d.JunkNames,
		IdleRestart: duration(d.IdleRestart),
	}
}

// provider returns the part of the preset that the other rooms need.
func (p Preset) provider() seedtest.Provider {
	if base, ok := Details(p.SameAs); ok {
		p.inherit(base)
	}
	out := seedtest.Provider{
		ID:   p.ID,
		Name: p.Name,
		Server: seedtest.Endpoint{
			Host: p.IMAP.Host,
			Port: p.IMAP.Port,
			TLS:  seedtest.TLSMode(p.IMAP.TLS),
		},
		Username:    p.IMAP.Username,
		Junk:        slices.Concat(p.Mailboxes.Junk, p.Mailboxes.JunkLocalized),
		Essential:   p.Mailboxes.Essential,
		Skip:        p.Mailboxes.Skip,
		Account:     p.account(),
		Hints:       hintsOf(p.ID, p.Name, p.Quirks),
		Quarantine:  slices.Contains(p.Quirks, quirkQuarantine),
		Quirks:      p.Quirks,
		IdleRestart: p.idleRestart(),
		Habits:      p.habits(),
		Trust:       p.Headers.Trust(),
	}
	if out.Username == "" {
		out.Username = "email"
	}
	for _, b := range p.Mailboxes.InboxLike {
		like := seedtest.MailboxClass{Mailbox: b.Mailbox, Class: b.Class}
		out.InboxLike = append(out.InboxLike, like)
	}
	out.ClassBy, out.Classes = p.classes()
	return out
}

func (p Preset) account() seedtest.Account {
	return seedtest.Account{Access: p.Access, SecretPage: p.Auth.Secret, Note: p.Auth.Note,
		PageGuessed:  slices.Contains(p.Unverified, "auth.secret"),
		InactiveDays: p.Account.InactiveDays, IMAPCounts: p.Account.IMAPCounts}
}

// WithQuirks returns a provider with other quirks, and all that follows from them.
func WithQuirks(p seedtest.Provider, quirks []string) seedtest.Provider {
	p.Quirks, p.Hints = quirks, hintsOf(p.ID, p.Name, quirks)
	p.Quarantine = p.Quarantine || slices.Contains(quirks, quirkQuarantine)
	if p.ClassBy == seedtest.ClassNone && slices.Contains(quirks, quirkFocused) {
		p.ClassBy = seedtest.ClassHidden
	}
	return p
}

// hintsOf returns what a person should be told of some quirks.
func hintsOf(id, name string, quirks []string) []seedtest.Hint {
	if len(quirks) == 0 {
		return nil
	}
	var hints []seedtest.Hint
	fill := strings.NewReplacer("{provider}", name, "{id}", id)
	for _, q := range Quirks() {
		if q.Hint != "" && slices.Contains(quirks, q.ID) {
			hints = append(hints, seedtest.Hint{When: seedtest.HintWhen(q.When), Quirk: q.ID,
				Text: fill.Replace(q.Hint)})
		}
	}
	return hints
}

// serving returns the preset with the server of a domain, where it has several.
func (p Preset) serving(domain string) Preset {
	for _, s := range p.IMAP.Alt {
		if holds(s.Domains, domain) {
			s.Username, s.Alt = p.IMAP.Username, p.IMAP.Alt
			p.IMAP = s
			return p
		}
	}
	return p
}

// inherit takes from another preset what this one does not say.
func (p *Preset) inherit(base Preset) {
	if p.Headers.Authserv == nil {
		p.Headers = base.Headers
	}
	if p.Mailboxes.Junk == nil {
		p.Mailboxes = base.Mailboxes
	}
	if p.Limits == (Limits{}) {
		p.Limits = base.Limits
	}
}

// classes says how a class within INBOX is read, and which there are.
func (p Preset) classes() (seedtest.ClassMethod, []string) {
	for _, s := range p.Placement {
		if s.Method == string(seedtest.ClassXGMRAW) {
			return seedtest.ClassXGMRAW, s.Values
		}
	}
	if slices.Contains(p.Quirks, quirkFocused) {
		return seedtest.ClassHidden, nil
	}
	return seedtest.ClassNone, nil
}

func (p Preset) idleRestart() time.Duration {
	if p.Limits.IdleRestart != "" {
		return duration(p.Limits.IdleRestart)
	}
	return duration(Silent().IdleRestart)
}

// habits are the limits of the preset. Where it says nothing two connections suit, and at providers
// a minute between sign-ins, because several lock accounts on bursts.
func (p Preset) habits() seedtest.Habits {
	d, l := Silent(), p.Limits
	h := seedtest.Habits{
		Connections: cmp.Or(l.UseConnections, d.UseConnections),
		PollEvery:   optional(l.PollInterval),
		SessionLife: optional(l.SessionMax),
		IdleTimeout: optional(l.IdleTimeout),
		FetchBatch:  cmp.Or(l.FetchBatch, d.FetchBatch),
		DailyMB:     l.DailyDownloadMB,
		JunkKept:    time.Duration(p.Mailboxes.JunkKeptDays) * 24 * time.Hour,
	}
	if p.Kind == "hosted" {
		h.LoginEvery = duration(d.LoginMinInterval)
	}
	if l.MaxConnections != nil && *l.MaxConnections > 0 {
		h.Connections = min(h.Connections, *l.MaxConnections)
	}
	return h
}

// optional reads a duration that may be missing.
func optional(s string) time.Duration {
	if s == "" {
		return 0
	}
	return duration(s)
}

// Trust returns what tells the fields that the provider writes itself from others.
func (h Headers) Trust() seedtest.Trust {
	t := seedtest.Trust{
		BoundaryBy:     h.BoundaryBy,
		InsideBy:       h.InsideBy,
		BoundaryMarker: h.BoundaryMarker,
		NothingBelow:   h.Below != nil && len(h.Below) == 0,
		Below:          h.Below,
		Tail:           h.Tail,
		OriginFrom:     h.IP,
		ReceivedSPF:    h.ReceivedSPF,
		ResultsBelow:   h.ARPosition == "bottom",
	}
	for _, pattern := range h.Authserv {
		if pattern == "" {
			t.NoAuthservID = true
			continue
		}
		t.AuthservIDs = append(t.AuthservIDs, wildcard(pattern))
	}
	return t
}

// wildcard turns a pattern in which * stands for any part of a host name into RE2.
func wildcard(pattern string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `[a-z0-9.-]*`)
}

// duration reads a duration of the data; the tests hold every one against the grammar.
func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic("provider: embedded duration: " + err.Error())
	}
	return d
}
