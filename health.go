package seedtest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Condition says how fit a seed is as an instrument.
type Condition string

// The conditions, the worst first. SeedDormant, SeedWorn and SeedContaminated bias what a seed
// shows or threaten it; they are told and never make it sick.
const (
	SeedRevoked      Condition = "revoked"      // the consent or grant of its OAuth sign-in is gone
	SeedLocked       Condition = "locked"       // its provider wants the owner, or closed it
	SeedRefused      Condition = "refused"      // wrong password, or one of the wrong kind
	SeedFull         Condition = "full"         // over its quota
	SeedRenamed      Condition = "renamed"      // a watched mailbox vanished or has a new name
	SeedDown         Condition = "down"         // its server is not reached or breaks off
	SeedThrottled    Condition = "throttled"    // its provider wants less to be asked
	SeedContaminated Condition = "contaminated" // the mailbox knows the sender
	SeedDormant      Condition = "dormant"      // unused for so long that its provider may close it
	SeedWorn         Condition = "worn"         // has had so many probes that they shape its filter
	SeedOK           Condition = "ok"
	SeedUnknown      Condition = "unknown" // nothing is known yet
)

// Conditions returns every condition, the worst first.
func Conditions() []Condition {
	return []Condition{SeedRevoked, SeedLocked, SeedRefused, SeedFull, SeedRenamed, SeedDown,
		SeedThrottled, SeedContaminated, SeedDormant, SeedWorn, SeedOK, SeedUnknown}
}

// Sign is one piece of evidence about a seed's condition.
type Sign struct {
	State    Condition
	Evidence string   // the words of a server, or what was counted
	Advice   []string // what its owner can do
	Certain  bool     // seen once is enough
	Passed   bool     // it was over before the look ended, and hid nothing
}

// SeedLook is what one run, or one check, showed of a seed.
type SeedLook struct {
	At        time.Time
	Where     string // "run 7K2Q4M", "this check"
	Signs     []Sign
	Mailboxes []Mailbox // as they were listed; nil: they were not
	Read      bool      // we signed in and could read
}

// Health is a seed's condition over its looks. A single failure makes a seed ailing; two in a row,
// or one of certain evidence, make it sick, and then two good looks in a row make it well.
type Health struct {
	State  Condition `json:"state"`
	Since  time.Time `json:"since,omitzero"` // of the look that showed it first
	Sick   bool      `json:"sick"`           // it is left out of the counts (rule 17)
	Why    []string  `json:"why,omitempty"`  // evidence, quoted, with the look it is from
	Advice []string  `json:"advice,omitempty"`

	Bad       int       `json:"bad,omitempty"`       // failures in a row
	Good      int       `json:"good,omitempty"`      // good looks in a row since it is sick
	Mailboxes []Mailbox `json:"mailboxes,omitempty"` // that are watched, as last listed

	Moved *AddressChange `json:"moved,omitempty"` // another account had its name before
}

// How many looks in a row make a seed sick, and well again.
const (
	sickAfter = 2
	wellAfter = 2
)

// mostSigns bounds how much evidence is kept.
const mostSigns = 4

// HealthOf says how a seed is after its looks, the oldest first.
func HealthOf(looks []SeedLook) Health {
	h := Health{State: SeedUnknown}
	for _, l := range looks {
		h = h.After(l)
	}
	return h
}

// After says how a seed is after a further look.
func (h Health) After(l SeedLook) Health {
	signs := append(slices.Clone(l.Signs), h.moved(l)...)
	slices.SortStableFunc(signs, func(a, b Sign) int {
		return cmp.Compare(a.State.rank(), b.State.rank())
	})
	failures := slices.DeleteFunc(slices.Clone(signs), func(s Sign) bool { return !s.fails() })
	switch {
	case len(failures) > 0:
		h = h.failed(l, failures)
	case l.Read && h.Sick && h.Good+1 < wellAfter:
		h.Bad, h.Good = 0, h.Good+1
		h.Why = append(slices.Clone(h.Why), fmt.Sprintf("%s went well: %d of %d that make it well",
			l.Where, h.Good, wellAfter))
	case l.Read:
		h = h.well(l, signs)
	}
	h.Mailboxes = watched(h.Mailboxes, l.Mailboxes)
	return h
}

// failed is the health after a look that failed.
func (h Health) failed(l SeedLook, signs []Sign) Health {
	h.Bad, h.Good = h.Bad+1, 0
	h = h.now(signs[0].State, l.At)
	h.tell(l, signs)
	h.Sick = h.Sick || h.Bad >= sickAfter ||
		slices.ContainsFunc(signs, func(s Sign) bool { return s.Certain })
	return h
}

// well is the health after a look that went well. What limits it or may harm it is told all the
// same; a sign-in or connection that failed and then did not is forgotten.
func (h Health) well(l SeedLook, signs []Sign) Health {
	h.Bad, h.Good, h.Sick = 0, 0, false
	if len(signs) == 0 && (h.State == SeedDormant || h.State == SeedWorn) {
		return h // a look does not change that
	}
	forgotten := []Condition{SeedRevoked, SeedLocked, SeedRefused, SeedDown}
	signs = slices.DeleteFunc(signs, func(s Sign) bool { return slices.Contains(forgotten, s.State) })
	state := SeedOK
	if len(signs) > 0 {
		state = signs[0].State
	}
	h = h.now(state, l.At)
	h.tell(l, signs)
	return h
}

// now changes the state. It lasts since it was first seen.
func (h Health) now(state Condition, at time.Time) Health {
	if h.State != state {
		h.State, h.Since = state, at
	}
	return h
}

// tell keeps the evidence of a look, and the advice that goes with it.
func (h *Health) tell(l SeedLook, signs []Sign) {
	h.Why, h.Advice = nil, nil
	for _, s := range signs {
		why := l.Where + ": " + s.Evidence
		if len(h.Why) < mostSigns && !slices.Contains(h.Why, why) {
			h.Why = append(h.Why, why)
		}
		h.advise(s)
	}
}

// advise keeps the advice of a sign, once.
func (h *Health) advise(s Sign) {
	h.Advice = slices.Clone(h.Advice)
	for _, a := range s.Advice {
		if !slices.Contains(h.Advice, a) {
			h.Advice = append(h.Advice, a)
		}
	}
}

// With adds what is known of a seed beside its looks, such as its age. It never makes it sick.
func (h Health) With(l SeedLook) Health {
	for _, s := range l.Signs {
		if h.State.rank() > s.State.rank() {
			h = h.now(s.State, l.At)
			h.Why = nil
		}
		h.Why = append(slices.Clone(h.Why), s.Evidence)
		h.advise(s)
	}
	return h
}

// Ailing reports whether a seed failed lately, and is not sick.
func (h Health) Ailing() bool { return h.Bad > 0 && !h.Sick }

// Sickness says why a seed is left out of the counts, or "" if it is not.
func (h Health) Sickness() string {
	if !h.Sick {
		return ""
	}
	text := fmt.Sprintf("%s since %s", h.State, h.Since.UTC().Format(time.DateOnly))
	if len(h.Why) > 0 {
		text += ": " + h.Why[0]
	}
	return text
}

// fails reports whether a sign speaks of a look that failed.
func (s Sign) fails() bool { return !s.Passed && s.State.rank() <= SeedThrottled.rank() }

func (c Condition) rank() int { return slices.Index(Conditions(), c) }

// isWatched reports whether the placement of a message may hang on a mailbox's name.
func isWatched(m Mailbox) bool { return m.Role == RoleJunk || m.Role == RoleInboxLike }

// watched are the mailboxes whose vanishing would be noticed: those that are listed now, and those
// that were and that nothing has taken the place of.
func watched(before, listed []Mailbox) []Mailbox {
	if listed == nil {
		return before
	}
	var now []Mailbox
	for _, m := range listed {
		if isWatched(m) {
			now = append(now, Mailbox{Name: m.Name, Role: m.Role, Class: m.Class, FoundBy: m.FoundBy})
		}
	}
	for _, m := range before {
		if _, there := successor(m, listed); !there {
			now = append(now, m)
		}
	}
	return now
}

// moved compares the mailboxes that are watched with those that are listed now. Without its junk
// mailbox a seed cannot tell junk from other; without one that is like an inbox it still can. Of a
// mailbox that the configuration names a sign of the look may tell already.
func (h Health) moved(l SeedLook) []Sign {
	if l.Mailboxes == nil {
		return nil
	}
	told := slices.ContainsFunc(l.Signs, func(s Sign) bool { return s.State == SeedRenamed })
	var signs []Sign
	for _, m := range h.Mailboxes {
		next, there := successor(m, l.Mailboxes)
		sign := Sign{State: SeedRenamed, Passed: there || m.Role != RoleJunk, Certain: true}
		switch {
		case there && next.Name == m.Name, m.FoundBy == FoundByConfiguration && (there || told):
			continue
		case there:
			sign.Evidence = fmt.Sprintf("%s mailbox %q is now %q", m.Role, m.Name, next.Name)
			sign.Advice = []string{fmt.Sprintf("nothing, if %q is where the provider files such mail now",
				next.Name), "if it is not: " + adviceVanished(m)}
		case slices.ContainsFunc(l.Mailboxes, func(x Mailbox) bool { return x.Name == m.Name }):
			sign.Evidence = fmt.Sprintf("nothing says any more that %q is the %s mailbox", m.Name, m.Role)
			sign.Advice = []string{adviceVanished(m)}
		default:
			sign.Evidence = fmt.Sprintf("%s mailbox %q is not listed any more", m.Role, m.Name)
			sign.Advice = []string{adviceVanished(m)}
		}
		signs = append(signs, sign)
	}
	return signs
}

// successor returns the mailbox that is what m was: of the same role, and name or else class.
func successor(m Mailbox, listed []Mailbox) (Mailbox, bool) {
	for _, same := range []func(Mailbox) bool{
		func(x Mailbox) bool { return x.Role == m.Role && x.Name == m.Name },
		func(x Mailbox) bool { return x.Role == m.Role && x.Class == m.Class },
	} {
		if i := slices.IndexFunc(listed, same); i >= 0 {
			return listed[i], true
		}
	}
	return Mailbox{}, false
}

func adviceVanished(m Mailbox) string {
	if m.Role == RoleJunk {
		return "look in webmail how the junk mailbox is called now, and name it: " +
			`imap = { junk = "..." }`
	}
	return fmt.Sprintf("look in webmail where %s mail is filed now, and name it in inbox_like of the "+
		"seed's [provider.NAME]", m.Class)
}
