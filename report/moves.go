package report

import (
	"fmt"
	"strings"
	"time"

	"seedtest"
)

// How many moves are told where not all are asked for: a server may make as many as it likes.
const (
	fewMoves  = 3  // of one message, the last ones
	mostMoves = 15 // of a run
)

// moves writes what became of messages after they had come.
func (p *page) moves(r seedtest.Run) {
	label := "MOVES  "
	for _, text := range p.movesOf(r) {
		p.para(label, p.say(text), 4)
		label = "       "
	}
}

// movesOf says the later moves of a run's messages, each with the message, and how many are left
// out.
func (p *page) movesOf(r seedtest.Run) []string {
	var said []string
	left := 0
	for _, x := range r.Probes {
		few, out := lately(p.style, x.Moves(), min(fewMoves, mostMoves-len(said)))
		for _, m := range few {
			said = append(said, who(r, x)+": "+moveWords(m, r.Started))
		}
		left += out
	}
	if left > 0 {
		said = append(said, fmt.Sprintf("%d more, which --verbose tells", left))
	}
	return said
}

// probeMoves writes every later move of one message.
func (p *page) probeMoves(r seedtest.Run, x seedtest.Probe) {
	moves := x.Moves()
	if len(moves) == 0 {
		return
	}
	p.section("MOVES", plural(len(moves), "change", "changes"))
	few, left := lately(p.style, moves, screenful)
	p.earlier(left)
	for _, m := range few {
		p.para("  ", p.say(moveWords(m, r.Started)), 0)
	}
}

// earlier says how many of a list are left out.
func (p *page) earlier(left int) {
	if left > 0 {
		p.add(fmt.Sprintf("  %d earlier, which --verbose tells", left))
	}
}

// lately returns the last of a list, at most so many unless all are asked for, and how many it
// leaves out.
func lately[T any](s Style, list []T, most int) (last []T, left int) {
	if s.Verbose || len(list) <= most {
		return list, 0
	}
	left = len(list) - most
	return list[left:], left
}

// moveWords says what became of a copy and when: "moved from INBOX to Spam (junk) between 10:02:11
// and 10:07:40, stamped SPAM by X-Spam-Flag". Moments of another day than the run's first have
// their date.
func moveWords(m seedtest.Move, begun time.Time) string {
	from, to := placeName(m.From, m.FromRole), placeName(m.To, m.ToRole)
	by := ""
	if m.ByUs {
		by = " by us"
	}
	text := ""
	switch {
	case m.Kind == seedtest.Removed && m.ByUs:
		text = "removed by us from " + from
	case m.Kind == seedtest.Removed:
		text = "gone from " + from
	case m.Kind == seedtest.Returned:
		text = "back in " + to
	case m.Kind == seedtest.Resorted:
		text = "sorted anew within " + from + ", from " + cut(clean(m.OldClass), mostName) + " to " +
			cut(clean(m.Class), mostName) + ","
	case m.Kind == seedtest.Moved && m.From == m.To:
		text = "taken out of " + from + " and put back"
	default:
		text = string(m.Kind) + by + " from " + from + " to " + to
	}
	return text + " " + interval(m.After, m.Before, begun) + stampedWords(m.Stamps)
}

// mostName is how many cells of a name are told, so that none hides the rest.
const mostName = 60

// placeName is a mailbox with its role, if its name does not say that.
func placeName(mailbox string, role seedtest.Role) string {
	name := cut(clean(mailbox), mostName)
	if strings.Contains(strings.ToLower(mailbox), string(role)) {
		return name
	}
	return name + roleWord(role)
}

// interval says between which moments something happened, to the second.
func interval(after, before, begun time.Time) string {
	from, to := moment(after, begun), moment(before, after)
	if after.IsZero() || moment(after, before) == to {
		return "at " + moment(before, begun)
	}
	return "between " + from + " and " + to
}

// moment is a time of day, UTC, with its date unless it is that of the run's beginning.
func moment(t, begun time.Time) string {
	if t.UTC().Format(time.DateOnly) == begun.UTC().Format(time.DateOnly) {
		return clock(t)
	}
	return t.UTC().Format(time.DateTime)
}

// stampedWords quotes what the provider's filters noted as they moved a message.
func stampedWords(stamps []seedtest.Stamp) string {
	const most = 2
	var said []string
	for _, s := range stamps {
		if words := stampWords(s); words != "" && len(said) < most {
			said = append(said, cut(clean(words+" by "+s.Field), mostName))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return ", stamped " + strings.Join(said, " and ")
}

// placesWords says where a message was first, where it is now, and where it settled.
func placesWords(x seedtest.Probe, begun time.Time) string {
	places := []string{"first " + placeWord(x.Placements.First),
		"now " + placeWord(x.Placements.Current)}
	switch {
	case x.Placements.Settled != nil:
		places = append(places, "settled "+placeWord(*x.Placements.Settled))
	case x.FollowEnd.IsZero():
		places = append(places, "not settled")
	default:
		places = append(places, "not settled before "+moment(x.FollowEnd, begun))
	}
	if x.Placements.Class != "" {
		places = append(places, "class "+x.Placements.Class)
	}
	return strings.Join(append(places, lateWords(x)), ", ")
}

// settledWords says how many placements are final.
func settledWords(r seedtest.Run) string {
	n := 0
	for _, x := range r.Probes {
		if x.Placements.Settled != nil {
			n++
		}
	}
	if len(r.Probes) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d settled", n, len(r.Probes))
}
