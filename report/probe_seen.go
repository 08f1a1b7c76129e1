package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// sightings writes every copy that was found; moments of another day have their date.
func (p *page) sightings(x seedtest.Probe, begun time.Time) {
	if len(x.Sightings) == 0 {
		p.section("SEEN", "nowhere")
		return
	}
	p.section("SEEN", plural(len(x.Sightings), "copy", "copies"))
	few, left := lately(p.style, x.Sightings, screenful)
	p.earlier(left)
	for _, s := range few {
		p.entry("  "+moment(s.At, begun)+" ", p.say(sightingWords(s, s.At)))
	}
}

func sightingWords(s seedtest.Seen, at time.Time) string {
	text := s.Mailbox + roleWord(s.Role)
	if s.Class != "" {
		text += ", class " + s.Class
	}
	if s.ByHand {
		text += ", by the word of its owner"
	} else {
		text += fmt.Sprintf(", UID %d of %d", s.UID, s.UIDValidity)
	}
	if !s.InternalDate.IsZero() {
		text += ", stored " + moment(s.InternalDate, at)
	}
	carriers := make([]string, len(s.Carriers))
	for i, c := range s.Carriers {
		carriers[i] = string(c)
	}
	if len(carriers) > 0 {
		text += ", known by " + strings.Join(carriers, ", ") + lostWords(s.Carriers)
	}
	switch {
	case s.Gone != nil && s.Gone.ByUs && s.Gone.MovedTo != "":
		text += fmt.Sprintf(", moved by us to %s on %s", s.Gone.MovedTo, day(s.Gone.LastSeen))
	case s.Gone != nil && s.Gone.ByUs:
		text += ", removed by us on " + day(s.Gone.LastSeen)
	case s.Gone != nil:
		text += ", GONE, last seen " + moment(s.Gone.LastSeen, at)
	}
	return text
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func roleWord(r seedtest.Role) string {
	if r == seedtest.RoleNone {
		return ""
	}
	return " (" + string(r) + ")"
}

// proof writes the round that proves absence, or the last that tried to.
func (p *page) proof(r seedtest.Run, x seedtest.Probe) {
	round := x.Proof
	if round == nil && !x.Placements.Current.Seen() && !x.Expected.IsZero() {
		if s := r.Seed(x.Seed); s != nil && !s.Seed.ByHand {
			round = s.LastRound
		}
	}
	if round == nil {
		return
	}
	title := "of absence"
	when := clock(round.Begun) + "-" + clock(round.Ended)
	if x.Proof != nil {
		title += " at " + when
	} else {
		title += ": none. The last round, " + when + ", proves nothing"
	}
	p.section("PROOF", title)
	if round.Why != "" {
		p.para("  ", p.say(round.Why), 0)
	}
	if c := round.Canary; c != nil {
		p.para("  ", p.say(canaryWords(*c)), 0)
	}
	for _, m := range round.Mailboxes {
		p.roundMailbox(m)
	}
}

// canaryWords says what became of the message by which a round proves that it sees.
func canaryWords(c seedtest.RoundCanary) string {
	switch {
	case c.Appended == nil && c.Why == "":
		return "no canary was appended"
	case c.Appended == nil:
		return "no canary was appended: " + c.Why
	case !c.Seen:
		return "a canary appended at " + clock(*c.Appended) + " was not seen by the round"
	}
	return "a canary appended at " + clock(*c.Appended) + " was seen by the round"
}

func (p *page) roundMailbox(m seedtest.RoundMailbox) {
	kind := "side"
	if m.Essential {
		kind = "essential"
	}
	room := max(p.style.width()/3, 12)
	head := "  " + pad(cut(p.say(m.Name+roleWord(m.Role)), room), room) + " " + pad(kind, 9) + " "
	p.entry(head, p.say(readWords(m)))
}

// readWords says what a round read of a mailbox.
func readWords(m seedtest.RoundMailbox) string {
	switch {
	case !m.OK:
		return "NOT READ: " + m.Why
	case m.Read == 0:
		return fmt.Sprintf("nothing from UID %d on", m.FromUID)
	}
	return fmt.Sprintf("UID %d-%d, %s read", m.FromUID, m.ToUID, plural(m.Read, "message", "messages"))
}

// troubles writes the seed's and the route's faults.
func (p *page) troubles(r seedtest.Run, x seedtest.Probe) {
	label := "FAULTS "
	for _, f := range r.Faults {
		if f.Seed != x.Seed && (f.Route == "" || f.Route != x.Route) && f.Seed+f.Route != "" {
			continue
		}
		if label == "FAULTS " {
			p.add("")
		}
		text := faultWords(f.Kind) + " " + during(f)
		if f.Mailbox != "" {
			text += " in " + f.Mailbox
		}
		if f.What != "" {
			text += ": \"" + f.What + "\""
		}
		p.para(label, p.say(text), 0)
		label = "       "
	}
}

// times writes how long each part of the way took; what is not known is left out.
func (p *page) times(x seedtest.Probe) {
	l := latencyOf(x)
	var said []string
	for _, part := range []struct {
		what string
		s    *float64
	}{
		{"submission", l.Submit}, {"transit", l.Transit}, {"storing", l.Store},
		{"accepted to seen", l.Notice}, {"connect to seen", l.Total},
	} {
		if part.s != nil {
			said = append(said, part.what+" "+number(*part.s)+"s")
		}
	}
	if len(said) > 0 {
		p.section("TIMES", strings.Join(said, ", "))
	}
}

// lostWords names the header carriers of the tag that did not come through, which tells what a
// gateway took away or wrote anew. Nobody looks for the tag in the text of a message whose header
// has it.
func lostWords(found []seedtest.Carrier) string {
	var lost []string
	for _, c := range []seedtest.Carrier{seedtest.CarrierMessageID, seedtest.CarrierEntityRef,
		seedtest.CarrierSubject} {
		if !slices.Contains(found, c) {
			lost = append(lost, string(c))
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return " (lost: " + strings.Join(lost, ", ") + ")"
}
