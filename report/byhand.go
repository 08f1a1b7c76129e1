package report

import (
	"fmt"

	"seedtest"
)

// toLookUp returns the probes at seeds by hand of which nobody has said where they lie.
func toLookUp(r seedtest.Run) []seedtest.Probe {
	var list []seedtest.Probe
	for _, p := range r.Probes {
		s := r.Seed(p.Seed)
		if s == nil || !s.Seed.ByHand || p.Expected.IsZero() {
			continue
		}
		switch p.Placements.Current {
		case seedtest.Pending, seedtest.Blind, seedtest.InDoubt:
			list = append(list, p)
		}
	}
	return list
}

// lookUp lists what the owners of seeds by hand are to look up.
func (p *page) lookUp(r seedtest.Run) {
	list := toLookUp(r)
	label := "LOOK   "
	for _, x := range list {
		p.para(label, p.say(lookUpWords(r, x)), 0)
		label = "       "
	}
	if len(list) > 0 {
		p.para("       ", p.say("then: "+placeCommand(r, list[0])), 0)
	}
}

// lookUpWords says what to look for.
func lookUpWords(r seedtest.Run, x seedtest.Probe) string {
	return fmt.Sprintf("%s: %q in the subject, from %s, sent %s", refTo(r, x), x.Token.Ref(),
		r.Route(x.Route).Sender.From, x.Expected.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func placeCommand(r seedtest.Run, x seedtest.Probe) string {
	return fmt.Sprintf("seedtest place %s %s "+
		"inbox|junk|category:CLASS|other:MAILBOX|absent --source FILE", r.Opened.Run.Short(), refTo(r, x))
}

// lookUp writes the section about what is to be looked up.
func (m *markdown) lookUp(r seedtest.Run) {
	list := toLookUp(r)
	if len(list) == 0 {
		return
	}
	m.line("")
	m.line("## To look up by hand")
	m.line("")
	for _, x := range list {
		m.line("- %s", m.text(lookUpWords(r, x)))
	}
	m.line("- then: %s", m.code(placeCommand(r, list[0])))
}
