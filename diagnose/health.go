package diagnose

import (
	_ "embed" // the data file
	"fmt"
	"slices"
	"strings"
	"sync"

	"seedtest"
)

//go:embed health.toml
var healthData string

// condition of health.toml: what its owner can do about a seed's condition.
type conditionAdvice struct {
	ID     seedtest.Condition
	Advice []string
}

// serverWords tell a condition by what a server said.
type serverWords struct {
	ID        string
	Providers []string
	Text      pattern
	Condition seedtest.Condition
	Certain   bool
	Advice    []string
	Status    string
	Source    string
	Example   string
}

// healthBook is what is known of the words of servers, the provider's own first.
type healthBook struct {
	Schema    int
	Condition []conditionAdvice
	Words     []serverWords
}

var theHealthBook = sync.OnceValue(func() *healthBook {
	b := &healthBook{}
	if err := decode("health.toml", healthData, b); err != nil {
		panic("diagnose: embedded data: " + err.Error())
	}
	return b
})

// Look says what a run showed of a seed's health. The analyses of its probes may be attached.
func Look(run seedtest.Run, seed string) seedtest.SeedLook {
	l := seedtest.SeedLook{At: run.Started, Where: "run " + run.Opened.Run.Short()}
	state := run.Seed(seed)
	if state == nil || state.Seed.ByHand {
		return l
	}
	l.Mailboxes = state.Mailboxes
	blind := blindAt(run, seed)
	l.Read = state.Mailboxes != nil && !blind
	for _, f := range run.Faults {
		if f.Seed != seed {
			continue
		}
		if s, ok := Trouble(state.Seed, f.Fault); ok {
			s.Passed = f.To != nil && !blind
			if len(l.Signs) == 0 {
				l.At = f.From // a run may be followed for days: the trouble began then
			}
			l.Signs = append(l.Signs, s)
		}
	}
	l.Signs = append(l.Signs, fullness(run, state.Seed)...)
	l.Signs = append(l.Signs, contamination(run, state.Seed)...)
	return l
}

// Health says how every seed of a run is after it: what earlier runs told when it was opened, and
// what it showed itself.
func Health(run seedtest.Run) map[string]seedtest.Health {
	all := map[string]seedtest.Health{}
	for _, s := range run.Seeds {
		h := seedtest.Health{State: seedtest.SeedUnknown}
		if s.Seed.Health != nil {
			h = *s.Seed.Health
		}
		all[s.Seed.Name] = h.After(Look(run, s.Seed.Name))
	}
	return all
}

func blindAt(run seedtest.Run, seed string) bool {
	return slices.ContainsFunc(run.Probes, func(p seedtest.Probe) bool {
		return p.Seed == seed && p.Placements.Current == seedtest.Blind
	})
}

// Trouble says what a trouble at a seed means for its health, and false if it means nothing: a
// missing baseline follows from another trouble, and clocks and stores are not the seed's.
func Trouble(seed seedtest.Seed, f seedtest.Fault) (seedtest.Sign, bool) {
	s := seedtest.Sign{Evidence: f.What}
	switch f.Kind {
	case seedtest.FaultBaseline, seedtest.FaultVanished, seedtest.FaultClock, seedtest.FaultStore:
		return s, false
	}
	w := theHealthBook().words(seed.Provider.ID, f.What)
	byReason, certain := ofReason(f.Reason)
	switch {
	case byReason != "":
		s.State, s.Certain = byReason, certain
	case w != nil:
		s.State, s.Certain = w.Condition, w.Certain
	default:
		s.State = ofKind(f)
	}
	if s.State == "" {
		return s, false
	}
	if w != nil && w.Condition == s.State {
		s.Advice = w.Advice
	}
	s.Advice = append(slices.Clone(s.Advice), theHealthBook().advice(s.State)...)
	s.Advice = filledAll(append(secretPage(seed, s), s.Advice...), seed)
	return s, true
}

// secretPage says where the provider of a refused seed makes app passwords, unless the advice does.
func secretPage(seed seedtest.Seed, s seedtest.Sign) []string {
	page := seed.Provider.Account.SecretPage
	if s.State != seedtest.SeedRefused || page == "" || strings.Contains(strings.Join(s.Advice, " "),
		page) {
		return nil
	}
	return []string{"app passwords of {{provider}} are made at " + page}
}

// ofReason is what a typed reason means.
func ofReason(r seedtest.FaultReason) (state seedtest.Condition, certain bool) {
	switch r {
	case seedtest.ReasonNoConsent, seedtest.ReasonRevoked:
		return seedtest.SeedRevoked, true
	case seedtest.ReasonScope, seedtest.ReasonClient:
		return seedtest.SeedRefused, true
	case seedtest.ReasonExpired:
		return seedtest.SeedRefused, false
	case seedtest.ReasonUnreachable:
		return seedtest.SeedDown, false
	}
	return "", false
}

// ofKind is what a kind of trouble means where no words tell more.
func ofKind(f seedtest.Fault) seedtest.Condition {
	switch f.Kind {
	case seedtest.FaultLogin:
		return seedtest.SeedRefused
	case seedtest.FaultConnect, seedtest.FaultLost:
		return seedtest.SeedDown
	case seedtest.FaultThrottled:
		return seedtest.SeedThrottled
	}
	return ""
}

// words returns what is known of a text, of the seed's provider first; nil if nothing is.
func (b *healthBook) words(provider, text string) *serverWords {
	for _, id := range []string{provider, anyProvider} {
		for i := range b.Words {
			if w := &b.Words[i]; slices.Contains(w.Providers, id) && w.Text.matches(text) {
				return w
			}
		}
	}
	return nil
}

func (b *healthBook) advice(c seedtest.Condition) []string {
	for _, x := range b.Condition {
		if x.ID == c {
			return x.Advice
		}
	}
	return nil
}

// Advice is what the owner of a seed can do about a condition.
func Advice(seed seedtest.Seed, c seedtest.Condition) []string {
	return filledAll(theHealthBook().advice(c), seed)
}

func filledAll(texts []string, seed seedtest.Seed) []string {
	fill := map[string]string{"seed": seed.Name, "provider": seed.Provider.Name}
	if seed.Provider.Name == "" || seed.Provider.ID == seedtest.GenericProvider {
		fill["provider"] = "its server"
	}
	var list []string
	for _, t := range texts {
		if text, ok := filled(t, fill); ok {
			list = append(list, text)
		}
	}
	return list
}

// mailboxFull is the cause by which replies say so.
const mailboxFull = "rcpt.full"

// fullness reads from what servers answered about the seed's probes that its mailbox is full.
func fullness(run seedtest.Run, seed seedtest.Seed) []seedtest.Sign {
	for i := range run.Probes {
		p := &run.Probes[i]
		if p.Seed != seed.Name {
			continue
		}
		o := observed{Probe: p}
		for _, a := range o.answers() {
			if rule := theBook().reply(a.Reply); rule != nil && rule.Cause == mailboxFull {
				return []seedtest.Sign{{State: seedtest.SeedFull, Evidence: replyText(a.Reply),
					Advice: Advice(seed, seedtest.SeedFull), Passed: p.Placements.Current.Seen()}}
			}
		}
	}
	return nil
}

// contamination quotes what the headers of a seed's mail show of its knowing the sender.
func contamination(run seedtest.Run, seed seedtest.Seed) []seedtest.Sign {
	var signs []seedtest.Sign
	for i := range run.Probes {
		p := &run.Probes[i]
		if p.Seed != seed.Name || p.Analysis == nil {
			continue
		}
		for _, f := range p.Analysis.Findings {
			if f.Code != contaminated {
				continue
			}
			text := fmt.Sprintf("mail of %s: %s", p.Route, f.Title)
			if len(f.Evidence) > 0 {
				text += fmt.Sprintf(" (%s: %s)", f.Evidence[0].Field, f.Evidence[0].Raw)
			}
			signs = append(signs, seedtest.Sign{State: seedtest.SeedContaminated, Evidence: text,
				Advice: Advice(seed, seedtest.SeedContaminated)})
		}
	}
	return signs
}
