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

// conditionAdvice is what its owner can do about a seed's condition, by what opens its account.
type conditionAdvice struct {
	ID     seedtest.Condition
	By     seedtest.LoginBy // empty: by anything else
	Advice []string
}

// serverWords tell a condition by what a server said.
type serverWords struct {
	ID        string
	Providers []string
	Text      pattern
	Condition seedtest.Condition
	Certain   bool
	By        seedtest.LoginBy // for whom the advice is; empty: for all
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
	l.Signs = append(l.Signs, Misnamed(state.Seed, l.Mailboxes)...)
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
	by := seed.Login.By
	var advice []string
	if w != nil && w.Condition == s.State && (w.By == "" || by == "" || w.By == by) {
		advice = append(advice, w.Advice...)
	}
	advice = append(advice, secretPage(seed, s.State, advice)...)
	advice = append(advice, habits(seed, s.State, f.Kind)...)
	s.Advice = filledAll(append(advice, theHealthBook().advice(s.State, by)...), seed)
	return s, true
}

// secretPage says where the provider of a seed that is not let in makes app passwords, unless the
// advice does.
func secretPage(seed seedtest.Seed, state seedtest.Condition, advice []string) []string {
	page := seed.Provider.Account.SecretPage
	if page == "" || !byPassword(seed) || strings.Contains(strings.Join(advice, " "), page) ||
		state != seedtest.SeedRefused && state != seedtest.SeedRevoked {
		return nil
	}
	return []string{"app passwords of {{provider}} are made at " +
		seed.Provider.Account.PageOfSecrets()}
}

// byPassword reports whether an account is opened by a password, as far as is known.
func byPassword(seed seedtest.Seed) bool {
	return seed.Login.By == seedtest.ByPassword || seed.Login.By == ""
}

// habits are those of the provider that look like a mistake of the owner's.
func habits(seed seedtest.Seed, state seedtest.Condition, kind seedtest.FaultKind) []string {
	p := seed.Provider
	if !byPassword(seed) {
		p.Account.Note = "" // that is about passwords
	}
	switch {
	case state == seedtest.SeedRefused && kind == seedtest.FaultLogin:
		return p.HintsFor(seedtest.HintLogin)
	case state == seedtest.SeedDown && kind == seedtest.FaultConnect:
		return p.HintsFor(seedtest.HintConnect)
	}
	return nil
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

// advice is about a condition where an account is opened so.
func (b *healthBook) advice(c seedtest.Condition, by seedtest.LoginBy) []string {
	for _, by := range []seedtest.LoginBy{by, ""} {
		for _, x := range b.Condition {
			if x.ID == c && x.By == by {
				return x.Advice
			}
		}
	}
	return nil
}

// Advice is what the owner of a seed can do about a condition.
func Advice(seed seedtest.Seed, c seedtest.Condition) []string {
	return filledAll(theHealthBook().advice(c, seed.Login.By), seed)
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

// fullness reads from what servers answered about the seed's probes, and to its canaries, that its
// mailbox is full.
func fullness(run seedtest.Run, seed seedtest.Seed) []seedtest.Sign {
	for i := range run.Probes {
		p := &run.Probes[i]
		if p.Seed != seed.Name {
			continue
		}
		if said := saidFull(p, seed.Provider.ID); said != "" {
			return []seedtest.Sign{{State: seedtest.SeedFull, Evidence: said,
				Advice: Advice(seed, seedtest.SeedFull), Passed: p.Placements.Current.Seen()}}
		}
	}
	return nil
}

// saidFull returns the words by which a server said of a probe's mailbox that it is full.
func saidFull(p *seedtest.Probe, provider string) string {
	o := observed{Probe: p}
	for _, a := range o.answers() {
		if rule := theBook().reply(a.Reply); rule != nil && rule.Cause == mailboxFull {
			return replyText(a.Reply)
		}
	}
	if p.Proof == nil || p.Proof.Canary == nil {
		return ""
	}
	why := p.Proof.Canary.Why
	if w := theHealthBook().words(provider, why); w != nil && w.Condition == seedtest.SeedFull {
		return why
	}
	return ""
}

// Misnamed says that the configuration of a seed names a junk mailbox that is not listed. The seed
// counts while another one is known to be junk.
func Misnamed(seed seedtest.Seed, listed []seedtest.Mailbox) []seedtest.Sign {
	isNamed := func(m seedtest.Mailbox) bool { return m.FoundBy == seedtest.FoundByConfiguration }
	if seed.Junk == "" || listed == nil || slices.ContainsFunc(listed, isNamed) {
		return nil
	}
	var others []string
	for _, m := range listed {
		if m.Role == seedtest.RoleJunk {
			others = append(others, fmt.Sprintf("%q", m.Name))
		}
	}
	s := seedtest.Sign{State: seedtest.SeedRenamed, Certain: true, Passed: len(others) > 0,
		Evidence: fmt.Sprintf("the configuration names the junk mailbox %q, and it is not listed",
			seed.Junk),
		Advice: []string{fmt.Sprintf("look in webmail how the junk mailbox is called now, and change "+
			"junk = %q in imap of [seed.%s]", seed.Junk, seed.Name)}}
	if len(others) > 0 {
		s.Advice = append(s.Advice, fmt.Sprintf("or take it out, if %s is where the provider files junk",
			strings.Join(others, " or ")))
	}
	return []seedtest.Sign{s}
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
