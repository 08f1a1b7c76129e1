package seedtest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostSaid is how much is kept of a name or an address that a report states, in bytes.
const mostSaid = 320

// bounce makes the fact of a recipient who was not served, or not yet.
func (r DeliveryReport) bounce(
	m *Reportable, p ReportableProbe, w whose, to ReportedRecipient, by JoinedBy,
) Bounce {
	b := Bounce{
		Dispatch: m.Dispatch, Probe: p.Probe, Action: to.Action, Status: to.Status,
		Diagnostic: kept(to.Diagnostic, 4<<10), RemoteMTA: kept(to.RemoteMTA, mostSaid),
		When: sane(r.Date), From: kept(r.From, mostSaid), JoinedBy: by, Code: to.Code,
		ReportingMTA: kept(r.ReportingMTA, mostSaid), Guessed: r.Guessed,
	}
	if w != theProbe {
		b.Recipient, b.Alias = kept(to.Address, mostSaid), w == anAlias
	}
	if b.Action == actionDelayed {
		b.RetryUntil = sane(to.WillRetry)
	}
	return b
}

// relayed makes the fact of a recipient whom a server further on took, or into whose mailbox the
// server that reports has delivered.
func (r DeliveryReport) relayed(
	m *Reportable, p ReportableProbe, w whose, to ReportedRecipient, by JoinedBy,
) Relayed {
	x := Relayed{
		Dispatch: m.Dispatch, Probe: p.Probe, Remote: kept(to.RemoteMTA, mostSaid),
		Outcome: OutcomeAccepted, Reply: to.reply(), Source: SourceReport, When: sane(r.Date),
		Via: "smtp", ReportingMTA: kept(r.ReportingMTA, mostSaid), JoinedBy: by,
	}
	if x.Reply == nil {
		x.Said = kept(to.Diagnostic, 4<<10)
	}
	if to.Action == actionDelivered && x.Remote == "" {
		x.Via, x.Remote = ViaMailbox, x.ReportingMTA
	}
	if at := sane(to.LastAttempt); !at.IsZero() {
		x.When = at
	}
	if w != theProbe {
		x.Recipient = kept(to.Address, mostSaid)
	}
	return x
}

// reply is the SMTP reply that a diagnostic quotes, nil if it quotes none.
func (to ReportedRecipient) reply() *Reply {
	code := strconv.Itoa(to.Code)
	_, text, ok := strings.Cut(to.Diagnostic, code)
	if to.Code == 0 || !ok {
		return nil
	}
	r := Reply{Code: to.Code, Text: kept(strings.TrimLeft(text, " -"), 4<<10)}
	if word, rest, _ := strings.Cut(r.Text, " "); isEnhanced(word) {
		r.Enhanced, r.Text = word, rest
	}
	return &r
}

// isEnhanced reports whether a word is an enhanced status code (RFC 3463 section 2).
func isEnhanced(word string) bool {
	parts := strings.Split(word, ".")
	return len(parts) == 3 && !slices.ContainsFunc(parts, func(s string) bool {
		_, err := strconv.ParseUint(s, 10, 10)
		return err != nil
	})
}

// kept is a text as it can be stored: valid UTF-8, and not longer than bytes allow.
func kept(s string, bytes int) string {
	if len(s) > bytes {
		s = s[:bytes]
	}
	return strings.TrimSpace(strings.ToValidUTF8(s, ""))
}

// sane is a time that somebody stated, or zero if none can be meant.
func sane(t time.Time) time.Time {
	if t.Year() < 1980 || t.Year() > 9000 {
		return time.Time{}
	}
	return t.UTC()
}

// SameReport reports whether two facts are one, told twice: a report that was read again, or by
// two processes.
func (b Bounce) SameReport(o Bounce) bool {
	return b.Dispatch == o.Dispatch && b.Probe == o.Probe && b.Action == o.Action &&
		b.Status == o.Status && b.Diagnostic == o.Diagnostic && b.RemoteMTA == o.RemoteMTA &&
		b.ReportingMTA == o.ReportingMTA && b.From == o.From && b.Recipient == o.Recipient &&
		b.When.Equal(o.When)
}

// SameReport reports whether two facts of a report are one, told twice.
func SameReport(a, b FactBody) bool {
	switch x := a.(type) {
	case Bounce:
		y, ok := b.(Bounce)
		return ok && x.SameReport(y)
	case Relayed:
		y, ok := b.(Relayed)
		return ok && x.Source == SourceReport && x.SameHop(y) && x.Recipient == y.Recipient &&
			x.ReportingMTA == y.ReportingMTA && x.When.Equal(y.When)
	}
	return false
}

// told reports whether a fact stands in a list already.
func told(facts []FactBody, one FactBody) bool {
	return slices.ContainsFunc(facts, func(x FactBody) bool { return SameReport(x, one) })
}
