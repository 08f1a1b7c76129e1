package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// took says a duration in a few characters: 40ms, 0.3s, 5s, 2m41s, 3h05m.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + took(-d)
	case d < 100*time.Millisecond:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 950*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds()+0.5)) + "s"
	case d < time.Hour:
		s := int(d.Seconds() + 0.5)
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	m := int(d.Minutes() + 0.5)
	return fmt.Sprintf("%dh%02dm", m/60, m%60)
}

// clock says the time of day, UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// span says from when to when, UTC.
func span(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	text := from.Format("2006-01-02 15:04")
	switch {
	case from.IsZero():
		return ""
	case to.IsZero():
	case from.Format("2006-01-02") != to.Format("2006-01-02"):
		text += to.Format(" - 2006-01-02 15:04")
	default:
		text += to.Format("-15:04")
	}
	return text + " UTC"
}

// word says a placement: what did not arrive as it should stands in capitals.
func word(p seedtest.Probe) string {
	switch p.Placements.Current {
	case seedtest.Inbox:
		return "inbox"
	case seedtest.Category:
		if p.Placements.Class != "" {
			return clean(p.Placements.Class)
		}
		return "category"
	case seedtest.Other:
		if s := p.Decisive(); s != nil {
			return "OTHER: " + clean(s.Mailbox)
		}
		return "OTHER"
	case seedtest.InDoubt:
		return "in doubt"
	case seedtest.Pending:
		return "awaited"
	case "":
		return "not known"
	}
	return strings.ToUpper(string(p.Placements.Current))
}

// detail says in few words what a placement's word leaves open.
func detail(r seedtest.Run, p seedtest.Probe) string {
	said := []string{placeDetail(r, p)}
	if !p.Counted && !p.Control {
		said = append(said, "not counted")
	}
	return strings.TrimPrefix(strings.Join(said, ", "), ", ")
}

func placeDetail(r seedtest.Run, p seedtest.Probe) string {
	switch p.Placements.Current {
	case seedtest.Refused, seedtest.Deferred:
		if s := p.Submission(); s != nil && s.Reply != nil {
			return codes(*s.Reply)
		}
	case seedtest.Bounced:
		return bounceCodes(p)
	case seedtest.Unsent:
		return unsentWhy(p)
	case seedtest.Blind:
		if byHand(r, p.Seed) {
			return "nobody looked"
		}
		return blindWhy(r, p)
	case seedtest.Inbox, seedtest.Category, seedtest.Junk, seedtest.Other:
		return arrivalRemark(p)
	case seedtest.Overdue, seedtest.Missing:
		return absentFrom(r, p)
	case seedtest.InDoubt:
		if r.Route(p.Route).Type == seedtest.RouteExternal {
			return "handed over, not seen, and nobody said that it was sent"
		}
		return "sent, no answer came"
	case seedtest.Pending:
		if byHand(r, p.Seed) && !p.Expected.IsZero() {
			return "look it up"
		}
		return awaitedSince(p)
	}
	return ""
}

// absentFrom says how many mailboxes the proof of absence read.
func absentFrom(r seedtest.Run, p seedtest.Probe) string {
	if p.Proof == nil {
		return ""
	}
	if p.Proof.ByHand {
		return "by hand"
	}
	text := absentWords(p.Proof)
	if s := r.Seed(p.Seed); s != nil && s.Seed.Provider.Quarantine {
		text += " or quarantined"
	}
	return text
}

func absentWords(r *seedtest.Round) string {
	read := 0
	for _, m := range r.Mailboxes {
		if m.OK {
			read++
		}
	}
	return "absent from " + plural(read, "mailbox", "mailboxes")
}

// awaitedSince says for what a probe waits: its next try, or its deadline.
func awaitedSince(p seedtest.Probe) string {
	if s := p.Submission(); s != nil && s.RetryAt != nil && p.Expected.IsZero() {
		text := "again at " + clock(*s.RetryAt)
		if s.Reply != nil {
			text = strconv.Itoa(s.Reply.Code) + ", " + text
		}
		return text
	}
	if p.Expected.IsZero() {
		return "not sent yet"
	}
	return "until " + clock(p.Deadline)
}

func codes(r seedtest.Reply) string {
	return strings.TrimSpace(strconv.Itoa(r.Code) + " " + clean(r.Enhanced))
}

func bounceCodes(p seedtest.Probe) string {
	for _, b := range p.Bounces {
		if strings.EqualFold(b.Action, "failed") && b.Status != "" {
			return clean(b.Status) + ", by report"
		}
	}
	for _, x := range p.Relayed {
		if x.Outcome == seedtest.OutcomeRefused && x.Reply != nil {
			return codes(*x.Reply) + ", by " + clean(x.Source)
		}
	}
	return ""
}

func unsentWhy(p seedtest.Probe) string {
	switch {
	case p.Limit != nil:
		return "limit " + clean(p.Limit.Limit)
	case p.UnsentBy == seedtest.UnsentCancelled:
		return "cancelled"
	}
	if s := p.Submission(); s != nil {
		return "route failed at " + string(s.Stage)
	}
	return ""
}

// faultWords says a kind of trouble at a seed.
func faultWords(k seedtest.FaultKind) string {
	switch k {
	case seedtest.FaultLogin:
		return "IMAP login refused"
	case seedtest.FaultConnect:
		return "IMAP not reached"
	case seedtest.FaultLost:
		return "IMAP connection lost"
	case seedtest.FaultMailbox:
		return "mailbox unreadable"
	case seedtest.FaultVanished:
		return "mail vanished unread"
	case seedtest.FaultThrottled:
		return "IMAP throttled"
	case seedtest.FaultBaseline:
		return "no baseline in time"
	case seedtest.FaultClock:
		return "clock stepped"
	case seedtest.FaultStore:
		return "store failed"
	case seedtest.FaultLog:
		return "its server's log cannot be read"
	case seedtest.FaultReports:
		return "delivery reports cannot be read"
	}
	return clean(string(k))
}

// blindWhy names the seed's first trouble that says more than a missing baseline.
func blindWhy(r seedtest.Run, p seedtest.Probe) string {
	why := ""
	for _, f := range r.Faults {
		if f.Seed != p.Seed {
			continue
		}
		if f.Kind != seedtest.FaultBaseline && f.Kind != seedtest.FaultLost {
			return faultWords(f.Kind)
		}
		if why == "" {
			why = faultWords(f.Kind)
		}
	}
	return why
}

// arrivalRemark says that a message was late, first tried in vain, moved, or is gone.
func arrivalRemark(p seedtest.Probe) string {
	var said []string
	s := p.Decisive()
	if s != nil && s.ByHand {
		said = append(said, "by hand")
	}
	if p.Late != nil && *p.Late {
		said = append(said, "late")
	}
	if first := firstDeferral(p); first != "" {
		said = append(said, first+" at first")
	}
	if f := p.Placements.First; f != "" && f != p.Placements.Current {
		said = append(said, "first "+string(f))
	}
	if s := p.Placements.Settled; s != nil && *s != p.Placements.Current {
		said = append(said, "settled "+string(*s))
	}
	if s != nil && s.Gone != nil && !s.Gone.ByUs {
		said = append(said, "GONE since")
	}
	if p.Placements.Class == "unknown" {
		said = append(said, "class unknown")
	}
	return strings.Join(said, ", ")
}

// firstDeferral returns the code of a 4yz that a retry got over.
func firstDeferral(p seedtest.Probe) string {
	for _, a := range p.Attempts {
		if s := a.Submission; s != nil && s.Outcome == seedtest.OutcomeDeferred && s.Reply != nil {
			return strconv.Itoa(s.Reply.Code)
		}
	}
	return ""
}

// sure says how certain a finding is; empty where certainty is not the question.
func sure(confidence float64) string {
	switch {
	case confidence >= 0.9:
		return "certain"
	case confidence >= 0.5:
		return "likely"
	case confidence > 0:
		return "possible"
	}
	return ""
}

// provider names a seed's provider for people. Servers of which nothing is known have no more than
// that in common, so each of their seeds stands for itself.
func provider(r seedtest.Run, seed string) string {
	s := r.Seed(seed)
	if s == nil || s.Seed.Provider.ID == "" || s.Seed.Provider.ID == seedtest.GenericProvider {
		return seed
	}
	return s.Seed.Provider.ID
}

// outcome says in a line what a probe came to: "inbox 5s", "JUNK 14s, 421 at first".
func outcome(r seedtest.Run, p seedtest.Probe) string {
	return detailed(p, word(p)+times([]seedtest.Probe{p}), detail(r, p))
}

// detailed adds a detail to a placement's word; a reply code follows it without a comma.
func detailed(p seedtest.Probe, text, detail string) string {
	if detail == "" {
		return text
	}
	switch p.Placements.Current {
	case seedtest.Refused, seedtest.Deferred, seedtest.Bounced:
		return text + " " + detail
	}
	return text + ", " + detail
}

// verdictOf is what rule 18 says of a probe.
func verdictOf(p seedtest.Probe) seedtest.Verdict {
	switch {
	case !isKnown(p):
		return seedtest.Unknown
	case p.Placements.Current.Arrived():
		return seedtest.Pass
	}
	return seedtest.Fail
}

// who names a probe for people: "gmail-a by new", with its message if the run sends several.
func who(r seedtest.Run, p seedtest.Probe) string {
	text := p.Seed + " by " + p.Route
	if max(len(r.Opened.Messages), len(r.Opened.Suite.Messages)) > 1 {
		text += " (" + p.Message + ")"
	}
	return text
}

// uncounted says why a probe counts for nothing, or "".
func uncounted(r seedtest.Run, p seedtest.Probe) string {
	switch s := r.Seed(p.Seed); {
	case p.Control:
		return "control route"
	case s != nil && s.Sick != "":
		return "sick seed: " + s.Sick
	case !p.Counted:
		return "not counted"
	}
	return ""
}
