package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// troubled returns the seeds of whose health somebody should know.
func troubled(r seedtest.Run) []seedtest.SeedState {
	var list []seedtest.SeedState
	for _, s := range r.Seeds {
		if s.Sick != "" || s.Health != nil && (s.Health.State != seedtest.SeedOK &&
			s.Health.State != seedtest.SeedUnknown || s.Health.Moved != nil) {
			list = append(list, s)
		}
	}
	return list
}

// health writes how fit the seeds are as instruments, where something is to be said.
func (p *page) health(r seedtest.Run) {
	for _, s := range troubled(r) {
		if said := healthWords(withoutFaults(r, s)); said != "" {
			p.para("NOTE   ", p.say(said), 4)
		}
		if s.Health == nil {
			continue
		}
		if steps := s.Health.Advice; len(steps) > 0 {
			if len(steps) > fewSteps && !p.style.Verbose {
				steps = steps[:fewSteps]
			}
			p.para("   FIX ", p.say(strings.Join(steps, "; ")), 0)
		}
		if m := s.Health.Moved; m != nil {
			p.para("NOTE   ", p.say(movedWords(s.Seed, *m, p.style)), 2)
		}
	}
}

// withoutFaults leaves out the evidence that a report's faults tell anyway.
func withoutFaults(r seedtest.Run, s seedtest.SeedState) seedtest.SeedState {
	if s.Health == nil {
		return s
	}
	h := *s.Health
	h.Why = slices.DeleteFunc(slices.Clone(h.Why), func(why string) bool {
		return strings.HasPrefix(why, "run "+r.Opened.Run.Short()+": ") &&
			slices.ContainsFunc(r.Faults, func(f seedtest.FaultState) bool {
				return f.Seed == s.Seed.Name && f.What != "" && strings.HasSuffix(why, f.What)
			})
	})
	s.Health = &h
	return s
}

// healthWords says a seed's condition, since when, whether it counts, and by what evidence.
func healthWords(s seedtest.SeedState) string {
	h := s.Health
	switch {
	case h == nil:
		return s.Seed.Name + " is not counted: " + s.Sick
	case h.State == seedtest.SeedOK && s.Sick == "" || h.State == seedtest.SeedUnknown:
		return ""
	}
	text := fmt.Sprintf("%s is %s since %s", s.Seed.Name, h.State, h.Since.UTC().Format(time.DateOnly))
	switch {
	case s.Sick != "":
		text += ", not counted in this run"
	case h.Sick:
		text += ", not counted from the next run on"
	case h.Ailing():
		text += "; once more, and it is not counted"
	}
	if len(h.Why) > 0 {
		text += ": " + strings.Join(h.Why, "; ")
	}
	return text
}

// movedWords says that another account took over a seed's name.
func movedWords(s seedtest.Seed, m seedtest.AddressChange, style Style) string {
	text := fmt.Sprintf("%s: its address changed on %s", s.Name, m.On.UTC().Format(time.DateOnly))
	if style.Addresses {
		text += " from " + m.From
	}
	return text + "; the health of the account before does not count"
}

// conditionOf says a seed's condition in a word or two for one line: "locked", "down, not counted".
// It is empty where the seed is well, or where what is told of it harms nothing yet. A mailbox that
// is called something else does.
func conditionOf(s seedtest.SeedState) string {
	h := s.Health
	if h == nil || !h.Sick && !h.Ailing() && h.State != seedtest.SeedRenamed {
		if s.Sick != "" {
			return "sick, not counted"
		}
		return ""
	}
	if s.Sick != "" {
		return string(h.State) + ", not counted"
	}
	return string(h.State)
}

// conditions lists the seeds that are not well, for one line.
func conditions(r seedtest.Run) string {
	var list []string
	for _, s := range r.Seeds {
		if c := conditionOf(s); c != "" {
			list = append(list, "seed "+s.Seed.Name+" "+c)
		}
	}
	return strings.Join(list, ", ")
}

// health writes the section about the seeds.
func (m *markdown) health(r Report) {
	list := troubled(r.Run)
	if len(list) == 0 && len(r.Successions) == 0 {
		return
	}
	m.line("")
	m.line("## Seeds")
	m.line("")
	for _, s := range list {
		if said := healthWords(withoutFaults(r.Run, s)); said != "" {
			m.line("- %s", m.text(said))
		}
		if s.Health == nil {
			continue
		}
		for _, a := range s.Health.Advice {
			m.line("    - **Fix:** %s", m.text(a))
		}
		if s.Health.Moved != nil {
			m.line("- %s", m.text(movedWords(s.Seed, *s.Health.Moved, m.style)))
		}
	}
	for _, s := range r.Successions {
		m.line("- %s", m.text(successionWords(s)))
	}
}

// successions writes how successors compare with the seeds that they are to replace.
func (p *page) successions(list []seedtest.Succession) {
	for _, s := range list {
		p.para("NOTE   ", p.say(successionWords(s)), 0)
	}
}

func successionWords(s seedtest.Succession) string {
	return strings.Join(append([]string{s.Words(), s.Why}, s.How...), "; ")
}

// healthLines tell a probe's reader of the health of its seed.
func healthLines(r seedtest.Run, seed string) []string {
	i := slices.IndexFunc(troubled(r), func(s seedtest.SeedState) bool { return s.Seed.Name == seed })
	if i < 0 {
		return nil
	}
	s := troubled(r)[i]
	said := healthWords(s)
	if said == "" {
		return nil
	}
	lines := []string{"seed: " + said}
	if s.Health != nil {
		for _, a := range s.Health.Advice {
			lines = append(lines, "  fix: "+a)
		}
	}
	return lines
}

type jsonHealth struct {
	State  string    `json:"state"`
	Since  *jsonTime `json:"since"` // null: nothing is known
	Sick   bool      `json:"sick"`
	Why    []string  `json:"why"`
	Advice []string  `json:"advice"`
}

func healthOf(h *seedtest.Health) *jsonHealth {
	if h == nil {
		return nil
	}
	j := &jsonHealth{State: string(h.State), Sick: h.Sick, Why: listOf(h.Why),
		Advice: listOf(h.Advice)}
	if !h.Since.IsZero() {
		j.Since = jsonTimeOf(&h.Since)
	}
	return j
}

type jsonMoved struct {
	From string   `json:"from"`
	On   jsonTime `json:"on"`
}

func movedOf(h *seedtest.Health) *jsonMoved {
	if h == nil || h.Moved == nil {
		return nil
	}
	return &jsonMoved{h.Moved.From, *jsonTimeOf(&h.Moved.On)}
}

type jsonSuccession struct {
	New    string           `json:"new"`
	Old    string           `json:"old"`
	Pairs  int              `json:"pairs"`
	Agree  int              `json:"agree"`
	Ready  bool             `json:"ready"`
	Why    string           `json:"why"`
	How    []string         `json:"how"`
	Differ []jsonDifference `json:"differ"`
}

type jsonDifference struct {
	Run     string `json:"run"`
	Route   string `json:"route"`
	Message string `json:"message"`
	New     string `json:"new"`
	Old     string `json:"old"`
}

func successionOf(s seedtest.Succession) jsonSuccession {
	j := jsonSuccession{New: s.New, Old: s.Old, Pairs: s.Pairs, Agree: s.Agree, Ready: s.Ready,
		Why: s.Why, How: listOf(s.How), Differ: []jsonDifference{}}
	for _, d := range s.Differ {
		j.Differ = append(j.Differ, jsonDifference{string(d.Run), d.Route, d.Message, string(d.New),
			string(d.Old)})
	}
	return j
}
