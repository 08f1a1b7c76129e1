package seedtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// bounce adds what a delivery report says, once. One that speaks of nobody to whom the message was
// sent is noted, and decides nothing.
func (f *Folder) bounce(b Bounce) {
	switch {
	case f.Reported(b):
	case b.Probe != "":
		f.each(b.Dispatch, b.Probe, func(p *Probe) { p.Bounces = append(p.Bounces, b) })
	default:
		if id, ok := f.about(b); ok {
			f.note(noteReport, id, "", b.words())
		}
	}
}

// Reported reports whether what a report says, a Bounce or a Relayed, is among the facts.
func (f *Folder) Reported(x FactBody) bool {
	switch x := x.(type) {
	case Bounce:
		if x.Probe == "" {
			id, ok := f.about(x)
			return ok && slices.Contains(f.run.Notes, Note{Code: noteReport, Probe: id, Text: x.words()})
		}
		p := f.Probe(x.Probe)
		return p != nil && slices.ContainsFunc(p.Bounces, x.SameReport)
	case Relayed:
		p := f.Probe(x.Probe)
		return p != nil && p.hasHeard(x)
	}
	return false
}

// about is the first probe of the message that a report speaks of.
func (f *Folder) about(b Bounce) (ProbeID, bool) {
	i := f.byDispatch[b.Dispatch]
	if len(i) == 0 {
		return "", false
	}
	return f.run.Probes[i[0]].ID, true
}

// noteReport is the code of a note about a report that decides nothing.
const noteReport = "report"

// further adds a next hop's answer. What a report says is added once, however often it is read.
func (p *Probe) further(x Relayed) {
	if !p.hasHeard(x) {
		p.Relayed = append(p.Relayed, x)
	}
}

func (p *Probe) hasHeard(x Relayed) bool {
	return slices.ContainsFunc(p.Relayed, func(y Relayed) bool { return SameReport(x, y) })
}

// hadIt says by what it is known that the relay had taken a message, "" if it is not.
func (p *Probe) hadIt() string {
	switch {
	case len(p.Relayed) > 0:
		return p.Relayed[0].Source
	case len(p.Bounces) > 0:
		return SourceReport
	}
	return ""
}

// Failed reports whether a report says that a message was given up.
func (b Bounce) Failed() bool { return strings.EqualFold(b.Action, actionFailed) }

// Vague reports whether a report leaves open that the message itself arrives: it speaks of another
// address, to which a copy may have gone, or was read by words that anybody may use.
func (b Bounce) Vague() bool { return b.Recipient != "" && !b.Alias || b.Guessed }

// bounced returns the report or log line that says failed after acceptance, or "" (rule 13). What
// is vague counts once there is proof of absence, and one about where an alias led once everything was
// read since it came: a server may keep a copy and pass another on.
func (f *Folder) bounced(p *Probe) string {
	if b := p.failed(false); b != nil && (!b.Alias || f.lookedSince(p, b.Read) && f.vanished(p) == nil) {
		return b.words()
	}
	if r := refusedFurther(p.Relayed); r != nil {
		return refusalWords(*r)
	}
	if b := p.failed(true); b != nil && p.Proof != nil && f.vanished(p) == nil {
		return b.words() + "; and absent from the seed's mailboxes"
	}
	return ""
}

// lookedSince reports whether everything at a probe's seed was read from some time on.
func (f *Folder) lookedSince(p *Probe, from time.Time) bool {
	return slices.ContainsFunc(f.rounds[p.Seed], func(r Round) bool {
		return r.speaksOf(p) && proves(r, from)
	})
}

// LookAt is when everything at a probe's seed is to be read because a report wants that, if the probe
// is pending; zero if none does.
func (p *Probe) LookAt() time.Time {
	if b := p.failed(false); b != nil && b.Alias {
		return b.Read
	}
	return time.Time{}
}

// wasTaken reports whether a message may have gone on from the route: one that the route refused
// or that never left did not, whoever reports on it.
func (p *Probe) wasTaken() bool { return !p.Expected.IsZero() || p.handed() }

// failed returns a report that says that the message was given up, or nil. Of several copies that an
// alias made, one that was passed on may still arrive.
func (p *Probe) failed(vague bool) *Bounce {
	if !p.wasTaken() {
		return nil
	}
	for i, b := range p.Bounces {
		another := func(x Relayed) bool {
			return x.Source == SourceReport && x.Passed() && !strings.EqualFold(x.Recipient, b.Recipient)
		}
		if b.Failed() && b.Vague() == vague && (vague || !slices.ContainsFunc(p.Relayed, another)) {
			return &p.Bounces[i]
		}
	}
	return nil
}

// lastReport is what the last report says of a probe that is not seen, after a semicolon.
func (p *Probe) lastReport(now Placement) string {
	n := len(p.Bounces)
	switch {
	case n == 0, !p.wasTaken(), now == Bounced:
		return ""
	}
	return "; " + p.Bounces[n-1].words()
}

// againstSeen returns a report that says failed of a message that was seen, or nil. It changes
// nothing: a copy may have gone elsewhere, and nobody vouches for a report.
func (p *Probe) againstSeen() *Bounce {
	i := slices.IndexFunc(p.Bounces, Bounce.Failed)
	if i < 0 || !p.Placements.Current.Seen() {
		return nil
	}
	return &p.Bounces[i]
}

// words says what a report reports, with whom it claims to be from. Nobody vouches for it.
func (b Bounce) words() string {
	text := "reported " + b.Action
	if b.Action == "" {
		text = "a report that names no recipient"
	}
	by := b.ReportingMTA
	if by == "" {
		by = OneLine(b.From, 80)
	}
	switch {
	case by == "":
		by = b.RemoteMTA
	case b.RemoteMTA != "" && !strings.EqualFold(by, b.RemoteMTA):
		by += ", told by " + b.RemoteMTA
	}
	if b.Recipient != "" {
		text += " for " + b.Recipient
	}
	if by != "" {
		text += " by " + by
	}
	if said := b.said(); said != "" {
		text += ": " + said
	}
	if !b.RetryUntil.IsZero() {
		text += fmt.Sprintf("; tried until %s", b.RetryUntil.UTC().Format(time.RFC3339))
	}
	return text
}

// said is the diagnostic, with the status if it does not hold it.
func (b Bounce) said() string {
	if strings.Contains(b.Diagnostic, b.Status) {
		return b.Diagnostic
	}
	return strings.TrimSpace(b.Status + " " + b.Diagnostic)
}
