package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// Line returns one plain line for a fact that is worth telling while it happens, or nothing. r is
// the run as it is with the fact. The line begins with the time of day, UTC, and names seeds by
// their names. It is never longer than 300 cells, whatever a server says.
func Line(f seedtest.Fact, r seedtest.Run) string {
	said := tell(f, r)
	if said == "" {
		return ""
	}
	return cut(clock(f.At)+" "+namesOf(r, Style{}).say(said), mostCells)
}

const mostCells = 300

func tell(f seedtest.Fact, r seedtest.Run) string {
	switch b := f.Body.(type) {
	case seedtest.Opened:
		return fmt.Sprintf("run %s, %s, suite %s: by %s to %s", b.Run.Short(),
			f.At.UTC().Format("2006-01-02 UTC"), b.Suite.Name, list(b.Suite.Routes),
			plural(len(b.Seeds), "seed", "seeds"))
	case seedtest.Submission:
		return tellSubmission(b, r)
	case seedtest.Limit:
		return dispatchName(r, b.Dispatch) + " held back: " + b.What
	case seedtest.Relayed, seedtest.Bounce:
		return tellFurther(b, r)
	case seedtest.Sighting:
		return tellSighting(b, f.At, r)
	case seedtest.Gone:
		return tellGone(b, f.At, r)
	case seedtest.Round:
		return tellRound(b, r)
	case seedtest.Fault:
		return tellFault(b)
	case seedtest.Resumed:
		return "taken up again, to " + b.Purpose
	case seedtest.Closed:
		return strings.TrimSuffix("closed: "+string(b.Reason)+": "+b.Error, ": ")
	}
	return ""
}

// dispatchName names a message by its seeds and route.
func dispatchName(r seedtest.Run, id seedtest.DispatchID) string {
	var seeds []string
	route := ""
	for _, p := range r.Probes {
		if p.Dispatch == id {
			seeds, route = append(seeds, p.Seed), p.Route
		}
	}
	if len(seeds) == 0 {
		return "message " + string(id)
	}
	return firstOf(seeds, 3) + " by " + route
}

func tellSubmission(b seedtest.Submission, r seedtest.Run) string {
	text := dispatchName(r, b.Dispatch) + ": " + strings.ReplaceAll(string(b.Outcome), "_", " ")
	switch {
	case b.Said:
		text += " to you, and sent, as you say"
	case b.Outcome == seedtest.OutcomeHanded:
		text += " to you"
	case b.Outcome != seedtest.OutcomeAccepted:
		text += " at " + string(b.Stage)
	}
	switch {
	case b.Reply != nil:
		text += ", " + codes(*b.Reply) + " " + b.Reply.Text
	case b.Error != "":
		text += ", " + b.Error
	}
	if b.RetryAt != nil {
		text += "; again at " + clock(*b.RetryAt)
	}
	return text
}

func tellFurther(b seedtest.FactBody, r seedtest.Run) string {
	switch x := b.(type) {
	case seedtest.Relayed:
		if x.Passed() {
			return ""
		}
		return strings.TrimSuffix(
			dispatchName(r, x.Dispatch)+": "+takenWords(x)+", "+answerWords(x), ", ")
	case seedtest.Bounce:
		return tellBounce(x, r)
	}
	return ""
}

// tellSighting tells of the first copy of a probe, of one that decides in its place, and of further
// ones as such; a view over all mail that has it too is no news.
func tellSighting(b seedtest.Sighting, at time.Time, r seedtest.Run) string {
	for _, p := range r.Probes {
		if p.Token != b.Token || p.Seed != b.Seed {
			continue
		}
		s := p.Decisive()
		decides := s != nil && s.Mailbox == b.Mailbox && s.UIDValidity == b.UIDValidity && s.UID == b.UID
		moved := moveTo(p, b, at)
		switch {
		case decides && moved == nil:
			return who(r, p) + ": " + outcome(r, p)
		case moved != nil:
			return tellMove(*moved, p, r)
		case isView(b.Role):
			return ""
		}
		return who(r, p) + ": also in " + b.Mailbox
	}
	return ""
}

// tellGone tells that a copy is gone, and where to if that is known already.
func tellGone(b seedtest.Gone, at time.Time, r seedtest.Run) string {
	for _, p := range r.Probes {
		if p.Token != b.Token || p.Seed != b.Seed {
			continue
		}
		for _, m := range slices.Backward(p.Moves()) {
			if m.From == b.Mailbox && m.Before.Equal(at) && m.Kind != seedtest.Copied &&
				m.Kind != seedtest.Resorted {
				return tellMove(m, p, r)
			}
		}
	}
	return ""
}

// tellMove tells of a move and, if it led anywhere, what its message has come to by it.
func tellMove(m seedtest.Move, p seedtest.Probe, r seedtest.Run) string {
	text := who(r, p) + ": " + moveWords(m, r.Started)
	if m.To == "" || m.ByUs {
		return text
	}
	return text + "; now " + outcome(r, p)
}

// moveTo returns the move by which a copy came that was first seen at a time, or nil.
func moveTo(p seedtest.Probe, b seedtest.Sighting, at time.Time) *seedtest.Move {
	came := slices.ContainsFunc(p.Sightings, func(s seedtest.Seen) bool {
		return s.Mailbox == b.Mailbox && s.UIDValidity == b.UIDValidity && s.UID == b.UID &&
			s.At.Equal(at)
	})
	for _, m := range slices.Backward(p.Moves()) {
		if came && m.To == b.Mailbox && !m.Before.After(at) && !m.ByUs && m.Kind != seedtest.Resorted {
			return &m
		}
	}
	return nil
}

// isView reports whether a mailbox of this role shows what lies elsewhere.
func isView(r seedtest.Role) bool {
	return r == seedtest.RoleAll || r == seedtest.RoleFlagged || r == seedtest.RoleImportant
}

// tellRound tells what a round proved, and of how many messages that are awaited no more.
func tellRound(b seedtest.Round, r seedtest.Run) string {
	if !b.Complete {
		return fmt.Sprintf("%s: round %d proves nothing: %s", b.Seed, b.Try, b.Why)
	}
	var absent []string
	for _, p := range r.Probes {
		if p.Seed == b.Seed && p.Proof != nil && p.Proof.Begun.Equal(b.Begun) {
			absent = append(absent, word(p)+" by "+p.Route)
		}
	}
	if len(absent) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s: %s", b.Seed, absentWords(&b), list(absent))
}

// tellFault tells of trouble that begins, of its end, or of trouble that was over at once.
func tellFault(b seedtest.Fault) string {
	f := seedtest.FaultState{Fault: b}
	switch b.Kind {
	case seedtest.FaultBaseline, seedtest.FaultVanished, seedtest.FaultClock:
		return faultSays(f)
	}
	if b.To != nil {
		f.What = "over, " + during(f)
	}
	return faultSays(f)
}

// faultSays says whose trouble it is, of what kind, and what was said.
func faultSays(f seedtest.FaultState) string {
	text := faultWords(f.Kind)
	if f.Mailbox != "" {
		text += " in " + f.Mailbox
	}
	if f.What != "" {
		text += ": " + f.What
	}
	return strings.TrimPrefix(f.Seed+f.Route+": "+text, ": ")
}
