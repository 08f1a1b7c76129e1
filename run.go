package seedtest

import (
	"strings"
	"time"
)

// Run is what the facts of a run come to at a moment (rule 2).
type Run struct {
	Opened  Opened
	Started time.Time
	AsOf    time.Time
	Closed  *Closed    // the last one, nil while a process works the run
	Ended   *time.Time // when it was closed
	Probes  []Probe    // in the order of the plan
	Seeds   []SeedState
	Faults  []FaultState
	Notes   []Note
}

// Probe is one (dispatch, seed) and everything that happened to it.
type Probe struct {
	ID        ProbeID
	Dispatch  DispatchID
	Token     Token
	MessageID string
	Route     string
	Seed      string
	Message   string
	Control   bool
	Counted   bool // neither a control probe nor at a sick seed (rule 17)

	Attempts   []AttemptState
	Accepted   time.Time   // of the accepting reply; zero if none
	Expected   time.Time   // from when the deadline counts (rule 14); zero: not yet
	Deadline   time.Time   // zero until Expected
	FollowEnd  time.Time   // when the follow window closes; zero until the first sighting
	Limit      *Limit      // what held it back
	Relayed    []Relayed   // next hops' answers
	Bounces    []Bounce    // delivery reports
	Sightings  []Seen      // every copy, in the order found
	Proof      *Round      // the first complete round at or after the deadline that lacked it
	Placements ProbePlaces // what may be said
	Late       *bool       // rule 14
	Terminal   bool        // rule 15
	UnsentBy   UnsentBy    // why it never left, where Current is unsent
	Why        string      // the reason for the current placement, with its evidence
	decided    int         // place of the copy that decided among Sightings, from 1; 0: none did

	Analysis *Analysis // of the header that decided, if the caller attached it
}

// AttemptState is one attempt: begun when its content left, ended by a submission.
type AttemptState struct {
	Number     int
	At         *time.Time // of the attempt fact; nil: the content never left whole
	Submission *Submission
	Answered   time.Time // when the submission was recorded
}

// Seen is one copy of a message.
type Seen struct {
	Sighting           // Absent is the latest time at which its mailbox is known not to have had it
	At       time.Time // it was first seen
	Last     time.Time // it was last known to be there
	Gone     *Gone     // nil: it is there
	GoneAt   time.Time // it was known to be gone; zero: it is there

	Stamps []Stamp // of its header, if the caller attached them, which only several copies need

	Classes []ClassChange // of its class within the mailbox, in order
}

// ClassChange is a change of a message's class within its mailbox, at or after After and at or
// before At.
type ClassChange struct {
	From, To  string
	After, At time.Time
}

// ProbePlaces are the placements of a probe over time (rule 16).
type ProbePlaces struct {
	First   Placement
	Current Placement
	Settled *Placement // nil until the follow window or the missing limit closes
	Class   string
}

// SeedState is what the run learned of a seed.
type SeedState struct {
	Seed      Seed
	Mailboxes []Mailbox
	Baseline  *Baseline
	BaseAt    time.Time
	LastRound *Round
	Sick      string // why it is left out of the counts; empty: healthy

	Spent Spent // over all watches, with the budget of one

	Health *Health // with what this run showed, if the caller attached it
}

// FaultState is one trouble of the harness with its interval.
type FaultState struct {
	Fault
	At time.Time
}

// Note is something seen that changes no placement: a forwarded tag, a duplicate, a correction.
type Note struct {
	Code  string
	Probe ProbeID
	Seed  string
	Text  string
}

// Submission returns the last submission, or nil.
func (p Probe) Submission() *Submission {
	for i := len(p.Attempts) - 1; i >= 0; i-- {
		if s := p.Attempts[i].Submission; s != nil {
			return s
		}
	}
	return nil
}

// Decisive returns the copy that decided the current placement, or nil.
func (p Probe) Decisive() *Seen {
	if p.decided == 0 {
		return nil
	}
	return &p.Sightings[p.decided-1]
}

// Route returns the route of that name.
func (r Run) Route(name string) Route {
	for _, x := range r.Opened.Routes {
		if x.Name == name {
			return x
		}
	}
	return Route{Name: name}
}

// Seed returns the state of the seed of that name, or nil.
func (r Run) Seed(name string) *SeedState {
	for i := range r.Seeds {
		if r.Seeds[i].Seed.Name == name {
			return &r.Seeds[i]
		}
	}
	return nil
}

// Probe returns the probe of that id, or nil.
func (r Run) Probe(id ProbeID) *Probe {
	for i := range r.Probes {
		if r.Probes[i].ID == id {
			return &r.Probes[i]
		}
	}
	return nil
}

// Terminal reports whether every probe is terminal (rule 15).
func (r Run) Terminal() bool {
	for i := range r.Probes {
		if !r.Probes[i].Terminal {
			return false
		}
	}
	return true
}

func shortID(id string) string {
	if len(id) > 6 {
		id = id[len(id)-6:]
	}
	return strings.ToUpper(id)
}
