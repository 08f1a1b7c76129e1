package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"seedtest/lab"
)

// refile has all that lies in a mailbox of a seed moved to another, as its provider does it, or
// removed: refile SEED FROM [TO].
func refile(ts *testscript.TestScript, neg bool, args []string) {
	world, _ := ts.Value(worldKey).(*lab.World)
	if world == nil || neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: refile SEED FROM [TO], in a script with a lab")
	}
	n := 0
	for _, l := range world.Letters(args[0]) {
		switch {
		case l.Mailbox != args[1]:
			continue
		case len(args) == 2 && !world.Remove(args[0], l),
			len(args) == 3 && !world.Move(args[0], l, args[2]):
			ts.Fatalf("%v: UID %d does not move", args, l.UID)
		}
		n++
	}
	if n == 0 {
		ts.Fatalf("%s of %s is empty", args[1], args[0])
	}
}
