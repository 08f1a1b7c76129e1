//go:build campaign

package campaign

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"seedtest"
)

// atMinute is a moment of the tales below.
func atMinute(n int) time.Time {
	return time.Date(2026, 11, 26, 0, n, 0, 0, time.UTC)
}

// lay is where a message lay from a minute on.
func lay(minute int, boxes ...string) state { return state{atMinute(minute), boxes} }

// went is a move that was seen to be over at a minute, and not to have happened five minutes
// before.
func went(kind seedtest.MoveKind, from, to string, minute int) seedtest.Move {
	m := seedtest.Move{Kind: kind, From: from, To: to, After: atMinute(minute - 5),
		Before: atMinute(minute)}
	if from == "All" {
		m.FromRole = seedtest.RoleAll
	}
	return m
}

// tales that are told rightly: at a usual server, and at one whose view holds what is archived.
var rightly = map[string]struct {
	states []state
	moves  []seedtest.Move
	view   bool
}{
	"usual": {
		[]state{lay(0, "INBOX"), lay(60, "Junk"), lay(120), lay(180, "INBOX"), lay(240, "INBOX", "News"),
			lay(300, "News")},
		[]seedtest.Move{went(seedtest.Moved, "INBOX", "Junk", 62),
			went(seedtest.Removed, "Junk", "", 121),
			went(seedtest.Returned, "", "INBOX", 183), went(seedtest.Copied, "INBOX", "News", 242),
			went(seedtest.Removed, "INBOX", "", 301)},
		false,
	},
	"with a view": {
		[]state{lay(0, "INBOX"), lay(60, "All"), lay(120, "INBOX"), lay(180, "Trash"), lay(240, "All"),
			lay(300)},
		[]seedtest.Move{went(seedtest.Moved, "INBOX", "All", 62),
			went(seedtest.Moved, "All", "INBOX", 121),
			went(seedtest.Moved, "INBOX", "Trash", 183), went(seedtest.Moved, "Trash", "All", 242),
			went(seedtest.Removed, "All", "", 301)},
		true,
	},
}

// mutants are the ways to tell one move wrongly, and the move with it.
func mutants(m seedtest.Move) map[string][]seedtest.Move {
	change := func(do func(*seedtest.Move)) []seedtest.Move {
		x := m
		do(&x)
		if fmt.Sprint(x) == fmt.Sprint(m) {
			return nil
		}
		return []seedtest.Move{x}
	}
	list := map[string][]seedtest.Move{"told twice": {m, m}}
	for how, d := range map[string]time.Duration{"too early": -9 * time.Minute,
		"too late": 5 * time.Minute, "an hour late": time.Hour} {
		list[how] = change(func(x *seedtest.Move) { x.After, x.Before = x.After.Add(d), x.Before.Add(d) })
	}
	for _, box := range []string{"INBOX", "Junk", "News", "Trash", "All", "Never"} {
		if m.From != "" {
			list["from "+box] = change(func(x *seedtest.Move) {
				if x.From, x.FromRole = box, ""; box == "All" {
					x.FromRole = seedtest.RoleAll
				}
			})
		}
		if m.To != "" {
			list["to "+box] = change(func(x *seedtest.Move) { x.To = box })
		}
		list["and moved from "+box] = []seedtest.Move{m, went(seedtest.Moved, box, "Never", 150)}
		list["and removed from "+box] = []seedtest.Move{m, went(seedtest.Removed, box, "", 150)}
		list["and copied to "+box] = []seedtest.Move{m, went(seedtest.Copied, "INBOX", box, 150)}
		list["and moved out of the view to "+box] = []seedtest.Move{m,
			went(seedtest.Moved, "All", box, 150)}
	}
	for kind, bare := range map[seedtest.MoveKind]func(*seedtest.Move){
		seedtest.Moved:    func(*seedtest.Move) {},
		seedtest.Copied:   func(*seedtest.Move) {},
		seedtest.Removed:  func(x *seedtest.Move) { x.To = "" },
		seedtest.Returned: func(x *seedtest.Move) { x.From, x.FromRole = "", "" },
	} {
		if m.From != "" && m.To != "" {
			list["as "+string(kind)] = change(func(x *seedtest.Move) { x.Kind = kind; bare(x) })
		}
	}
	return list
}

// TestMovesCheckIsSharp holds the check for moves that did not happen itself: it lets what is told
// rightly pass, and finds each way of telling one move wrongly.
func TestMovesCheckIsSharp(t *testing.T) {
	for name, c := range rightly {
		wrong := func(moves []seedtest.Move) []string {
			o := &observed{checker: &checker{}, states: c.states, told: told{moves: moves},
				spans: []span{{from: atMinute(-60), to: atMinute(600)}}}
			o.seed.Seed.Own = true
			if o.roles = map[string]seedtest.Role{"INBOX": seedtest.RoleInbox, "Junk": seedtest.RoleJunk,
				"Trash": seedtest.RoleTrash}; c.view {
				o.roles["All"] = seedtest.RoleAll
			}
			o.probe.FollowEnd = atMinute(500)
			o.invented()
			return o.wrong
		}
		if found := wrong(c.moves); len(found) > 0 {
			t.Errorf("%s: what is told rightly is called wrong: %q", name, found)
		}
		for i, m := range c.moves {
			for how, instead := range mutants(m) {
				told := slices.Concat(c.moves[:i:i], instead, c.moves[i+1:])
				if len(instead) > 0 && len(wrong(told)) == 0 {
					t.Errorf("%s: %s %q > %q told as %s is not found: %s", name, m.Kind, m.From, m.To, how,
						fmt.Sprint(instead))
				}
			}
		}
	}
}
