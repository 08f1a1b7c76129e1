package seedtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AddressChange says that another account took over the name of a seed.
type AddressChange struct {
	From string    `json:"from"` // the address before
	On   time.Time `json:"on"`   // of the first run with the address of today
}

// Succession compares a seed with the one that it is to replace, over the runs both took part in.
type Succession struct {
	New, Old string
	Pairs    int          // messages of one run, route and text whose placement is known at both
	Agree    int          // of these, those that ended in the same place
	Differ   []Difference // the others, the newest first
	Ready    bool         // the new one may take over
	Why      string
	How      []string // what to do now
}

// Difference is a pair that ended in different places.
type Difference struct {
	Run      RunID
	Route    string
	Message  string
	New, Old Placement
}

// How many pairs a successor needs, and which share of them must agree.
const (
	pairsNeeded = 20
	agreeNeeded = 0.9
)

// Succeed compares two seeds over runs, the newest first, and says whether the new one may take
// over. What is known of only one of them compares nothing.
func Succeed(runs []Run, newer, older Seed, was Health) Succession {
	s := Succession{New: newer.Name, Old: older.Name}
	for _, r := range runs {
		s.pair(r)
	}
	s.decide(newer, was)
	return s
}

func (s *Succession) pair(r Run) {
	places := map[string]map[[2]string][]Placement{s.New: {}, s.Old: {}}
	var order [][2]string
	for _, p := range r.Probes {
		if of := places[p.Seed]; of != nil {
			key := [2]string{p.Route, p.Message}
			of[key] = append(of[key], p.Placements.Current)
			if !slices.Contains(order, key) {
				order = append(order, key)
			}
		}
	}
	for _, key := range order {
		a, b := places[s.New][key], places[s.Old][key]
		for i := range min(len(a), len(b)) {
			if !a[i].known() || !b[i].known() {
				continue
			}
			s.Pairs++
			if a[i] == b[i] {
				s.Agree++
				continue
			}
			s.Differ = append(s.Differ, Difference{Run: r.Opened.Run, Route: key[0], Message: key[1],
				New: a[i], Old: b[i]})
		}
	}
}

// Drift compares how mail fares at a seed with a sister at the same provider, over runs of both.
type Drift struct {
	Sister string
	Pairs  int
	Worse  int // arrived at the sister, and not here
	Better int // the other way round
}

// DriftOf compares two seeds over runs.
func DriftOf(runs []Run, seed, sister string) Drift {
	s := Succession{New: seed, Old: sister}
	for _, r := range runs {
		s.pair(r)
	}
	d := Drift{Sister: sister, Pairs: s.Pairs}
	for _, x := range s.Differ {
		switch {
		case x.Old.Arrived() && !x.New.Arrived():
			d.Worse++
		case x.New.Arrived() && !x.Old.Arrived():
			d.Better++
		}
	}
	return d
}

// oneSided is how many differences, all in one direction, chance hardly makes: 6 of 6 happen once
// in 32 times if neither seed is worse (sign test, both sides).
const oneSided = 6

// Certain reports whether the seed, and not chance, makes mail fare worse.
func (d Drift) Certain() bool { return d.Worse >= oneSided && d.Better == 0 }

// known reports whether a placement says something of the mailbox.
func (p Placement) known() bool {
	switch p {
	case "", Blind, InDoubt, Pending, Unsent:
		return false
	}
	return true
}

// decide says whether the new seed may take over. It waits for enough pairs unless the old one can
// no longer be compared with.
func (s *Succession) decide(newer Seed, was Health) {
	switch {
	case newer.Sick != "":
		s.Why = s.New + " is sick itself: " + newer.Sick
	case was.Sick:
		s.Ready = true
		s.Why = fmt.Sprintf("%s is %s; if that cannot be mended, %s may take over now, "+
			"after %d of %d pairs", s.Old, was.State, s.New, s.Pairs, pairsNeeded)
	case s.Pairs < pairsNeeded:
		s.Why = fmt.Sprintf("%d of %d pairs so far: run both for longer", s.Pairs, pairsNeeded)
	case float64(s.Agree) < agreeNeeded*float64(s.Pairs):
		s.Why = fmt.Sprintf("only %d of %d pairs agree, and %d %% are needed: one of the two is no "+
			"fair witness; look at where they differ", s.Agree, s.Pairs, int(agreeNeeded*100))
	default:
		s.Ready = true
		s.Why = fmt.Sprintf("%d of %d pairs agree: %s may take over", s.Agree, s.Pairs, s.New)
	}
	if s.Ready {
		s.How = []string{
			fmt.Sprintf("wait until no run is open (seedtest follow --wait), then take [seed.%s] out of "+
				"seeds.toml", s.Old),
			fmt.Sprintf("rename [seed.%s] to [seed.%s] and take its replaces out: the history goes on "+
				"under that name", s.New, s.Old),
		}
	}
}

// Words says in a line how the two compare.
func (s Succession) Words() string {
	text := fmt.Sprintf("%s (to replace %s): the two agree in %d of %d", s.New, s.Old, s.Agree,
		s.Pairs)
	var at []string
	for i, d := range s.Differ {
		if i == 3 {
			at = append(at, fmt.Sprintf("%d more", len(s.Differ)-i))
			break
		}
		at = append(at, fmt.Sprintf("%s by %s where %s says %s (run %s)", d.New, d.Route, s.Old, d.Old,
			d.Run.Short()))
	}
	if len(at) > 0 {
		text += "; " + s.New + " says " + strings.Join(at, ", ")
	}
	return text
}
