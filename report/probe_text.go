package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"seedtest"
)

// Probe explains one probe: where it ended and why, every attempt with its dialogue and the time of
// each stage, what further servers said, every sighting and later move, the proof of absence
// mailbox by mailbox, the seed's troubles, the header's hops and authentication, and the causes
// that were found. An id that the run does not have is an error.
func Probe(w io.Writer, r Report, id seedtest.ProbeID, s Style) error {
	x := r.Run.Probe(id)
	if x == nil {
		return fmt.Errorf("report: run %s has no probe %q", r.Run.Opened.Run.Short(), id)
	}
	p := &page{names: namesOf(r.Run, s), style: s}
	p.probeHead(r.Run, *x)
	p.attempts(r.Run, *x)
	p.further(*x)
	p.sightings(*x, r.Run.Started)
	p.probeMoves(r.Run, *x)
	p.proof(r.Run, *x)
	p.troubles(r.Run, *x)
	p.times(*x)
	if x.Analysis != nil {
		p.analysis(p.read(*x.Analysis))
	}
	p.probeCauses(r, id)
	return p.write(w)
}

// probeHead says where the probe ended, why, and what names it.
func (p *page) probeHead(r seedtest.Run, x seedtest.Probe) {
	p.para("", p.say(who(r, x)+": "+outcome(r, x)), 0)
	p.labelled("why", x.Why)
	p.labelled("counted", countedWords(r, x))
	p.labelled("places", placesWords(x, r.Started))
	p.labelled("run", r.Opened.Run.Short()+", suite "+r.Opened.Suite.Name+", "+
		span(r.Started, ended(r)))
	p.labelled("probe", string(x.ID)+", message "+x.Message)
	p.labelled("id", x.MessageID)
	if s := r.Seed(x.Seed); s != nil {
		at := s.Seed.Provider.ID
		if p.style.Addresses {
			at += ", " + s.Seed.Address
		}
		p.labelled("seed", strings.TrimSuffix(x.Seed+", "+at, ", "))
	}
}

func countedWords(r seedtest.Run, x seedtest.Probe) string {
	if not := uncounted(r, x); not != "" {
		return "no: " + not
	}
	return "yes"
}

func placeWord(p seedtest.Placement) string {
	if p == "" {
		return "not known"
	}
	return strings.ReplaceAll(string(p), "_", " ")
}

func lateWords(x seedtest.Probe) string {
	switch {
	case !x.Placements.Current.Seen():
		return "deadline " + atTime(x.Deadline)
	case x.Late == nil:
		return "late or not is unknown: nobody could see at the deadline"
	case *x.Late:
		return "late: proved absent at the deadline"
	}
	return "not late"
}

func atTime(t time.Time) string {
	if t.IsZero() {
		return "not begun"
	}
	return clock(t)
}

// attempts writes every attempt at submission.
func (p *page) attempts(r seedtest.Run, x seedtest.Probe) {
	route := r.Route(x.Route)
	to := route.Server.Host
	switch {
	case route.Type == seedtest.RouteMX:
		to = "to the servers of the seed's domain (MX)"
	case route.Type == seedtest.RouteExternal:
		to = "with the user's own platform"
	case route.Type == seedtest.RouteSendmail && len(route.Program) > 0:
		to = "through " + route.Program[0]
	case route.Server.Port > 0:
		to += ":" + strconv.Itoa(route.Server.Port)
	}
	p.section("SENT", p.say(strings.TrimSpace("by "+x.Route+" "+to)))
	if x.Limit != nil {
		p.entry("  held   ", p.say(x.Limit.What))
	}
	if len(x.Attempts) == 0 {
		p.add("  no attempt")
	}
	for _, a := range x.Attempts {
		if a.Submission == nil && route.Type == seedtest.RouteExternal {
			p.entry(fmt.Sprintf("  try %-2d ", a.Number), "handed to the user "+clock(orZero(a.At)))
			continue
		}
		p.attempt(a)
	}
}

func (p *page) attempt(a seedtest.AttemptState) {
	head := fmt.Sprintf("  try %-2d ", a.Number)
	s := a.Submission
	if s == nil {
		p.entry(head, "the content left "+clock(orZero(a.At))+" and no answer was recorded")
		return
	}
	p.entry(head, p.say(submissionWords(*s)))
	if s.Reply != nil {
		p.para("         ", p.say(s.Error), 0)
	}
	for _, t := range s.Tried {
		p.para("         ", p.say(triedWords(t)), 0)
	}
	for _, u := range s.Unreached {
		p.para("         ", p.say(unreachedWords(u)), 0)
	}
	p.para("         ", p.say(serverWords(*s)), 0)
	p.para("         ", p.say(sessionWords(*s)), 0)
	if len(s.Extensions) > 0 && p.style.Verbose {
		p.para("         ", p.say("offers "+strings.Join(s.Extensions, ", ")), 0)
	}
	p.para("         ", p.say(stageWords(*s)), 0)
	p.para("         ", p.say(askedWords(*s)), 0)
	for _, line := range s.Dialog {
		p.para("         | ", p.say(line), 3)
	}
	if s.Breaker != "" {
		p.para("         ", p.say("opens a breaker: "+s.Breaker), 0)
	}
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// submissionWords says how an attempt ended and what comes next.
func submissionWords(s seedtest.Submission) string {
	text := clock(s.Begun) + " " + strings.ReplaceAll(string(s.Outcome), "_", " ")
	switch {
	case s.Said:
		text += " to the user, and sent by then, as the user says"
	case s.Outcome == seedtest.OutcomeHanded:
		text += " to the user"
	default:
		text += " at " + string(s.Stage)
	}
	switch {
	case s.Reply != nil:
		text += ": " + codes(*s.Reply) + " " + s.Reply.Text
	case s.Error != "":
		text += ": " + s.Error
	}
	if s.RetryAt != nil {
		text += "; again at " + clock(*s.RetryAt)
	}
	return text
}

// sessionWords says between which addresses, and how encrypted, the dialogue was.
func sessionWords(s seedtest.Submission) string {
	var said []string
	if s.QueueID != "" {
		said = append(said, "queue id "+s.QueueID)
	}
	if s.Local != "" || s.Remote != "" {
		text := s.Local + " to " + s.Remote
		if s.RemoteName != "" {
			text += " (" + s.RemoteName + ")"
		}
		if s.Proxy != "" {
			text += " through the proxy " + s.Proxy
		}
		said = append(said, text)
	}
	if t := s.TLS; t != nil {
		text := strings.TrimSpace(t.Version + " " + t.Cipher)
		if t.Peer != "" {
			text += ", certificate of " + t.Peer
		}
		if t.Issuer != "" {
			text += " by " + t.Issuer
		}
		if t.NotAfter != nil {
			text += " until " + t.NotAfter.UTC().Format("2006-01-02")
		}
		if !t.Verified {
			text += ", NOT verified"
			if t.Problem != "" {
				text += ": " + t.Problem
			}
		}
		switch {
		case t.Shown != "":
			text += "; the server was shown " + t.Shown
		case t.Asked:
			text += "; the server asked for a certificate of ours, and got none"
		}
		said = append(said, text)
	} else if s.Remote != "" {
		said = append(said, "no TLS")
	}
	return strings.Join(said, "; ")
}

// stageWords says when each stage was done, counted from the beginning.
func stageWords(s seedtest.Submission) string {
	var said []string
	for _, x := range s.Stages {
		said = append(said, string(x.Stage)+" +"+millis(x.At.Sub(s.Begun)))
	}
	if len(said) == 0 {
		return ""
	}
	text := strings.Join(said, ", ")
	if s.Reused {
		text += " (on a connection that was open)"
	}
	return text
}

// millis says a short duration exactly.
func millis(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + "s"
}

// further writes what next hops and delivery reports said.
func (p *page) further(x seedtest.Probe) {
	if len(x.Relayed)+len(x.Bounces) == 0 {
		return
	}
	p.section("REPORTS", "of servers further on")
	for _, y := range x.Relayed {
		text := strings.TrimSuffix(takenWords(y)+", from the "+y.Source+": "+answerWords(y), ": ")
		if !y.When.IsZero() {
			text = clock(y.When) + " " + text
		}
		p.para("  ", p.say(text), 0)
		if detail := relayedDetail(y); detail != "" {
			p.para("    ", p.say(detail), 0)
		}
		p.para("    | ", p.say(y.Line), 3)
	}
	for _, b := range x.Bounces {
		p.para("  ", p.say(bounceWords(b)), 0)
		p.para("    ", p.say(bounceDetail(b)), 0)
	}
}

// probeCauses writes the causes that were found in this probe.
func (p *page) probeCauses(r Report, id seedtest.ProbeID) {
	found := causesAt(r.Findings, id)
	if len(found) > 0 {
		p.add("")
	}
	for i, f := range found {
		p.finding(fmt.Sprintf("WHY %d ", i+1), r.Run, f)
	}
}
