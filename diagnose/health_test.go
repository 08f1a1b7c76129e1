package diagnose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"seedtest"
)

// TestServerWords holds every entry of health.toml against its example, and every condition that
// words can tell against having advice.
func TestServerWords(t *testing.T) {
	b := theHealthBook()
	ways := []seedtest.LoginBy{"", seedtest.ByPassword, seedtest.ByConsent, seedtest.ByToken}
	for _, c := range b.Condition {
		if !slices.Contains(seedtest.Conditions(), c.ID) || !slices.Contains(ways, c.By) {
			t.Errorf("advice about %q for who signs in by %q", c.ID, c.By)
		}
	}
	ids := map[string]bool{}
	for _, w := range b.Words {
		if ids[w.ID] {
			t.Errorf("%s stands twice", w.ID)
		}
		ids[w.ID] = true
		if !slices.Contains(seedtest.Conditions(), w.Condition) || w.Source == "" ||
			len(w.Providers) == 0 {
			t.Errorf("%s: condition %q, source %q, providers %q", w.ID, w.Condition, w.Source, w.Providers)
		}
		if !slices.Contains([]string{"documented", "observed", "inferred"}, w.Status) {
			t.Errorf("%s: status %q", w.ID, w.Status)
		}
		for _, p := range w.Providers {
			if got := b.words(p, w.Example); got == nil || got.ID != w.ID {
				t.Errorf("%s at %s: %q is told by %+v", w.ID, p, w.Example, got)
			}
		}
		for _, by := range ways {
			if len(b.advice(w.Condition, by)) == 0 {
				t.Errorf("%s: nothing is advised about %s, by %q", w.ID, w.Condition, by)
			}
		}
		if !slices.Contains(ways, w.By) {
			t.Errorf("%s: for who signs in by %q", w.ID, w.By)
		}
	}
}

// TestTroubleTellsTheCondition holds what real servers say against the condition it means, once the
// fault has the kind that the watcher gives it.
func TestTroubleTellsTheCondition(t *testing.T) {
	const login, connect, lost, throttled, mailbox = seedtest.FaultLogin, seedtest.FaultConnect,
		seedtest.FaultLost, seedtest.FaultThrottled, seedtest.FaultMailbox
	for _, c := range []struct {
		provider string
		kind     seedtest.FaultKind
		what     string
		want     seedtest.Condition
		certain  bool
		advice   string
	}{
		{"gmail", login, "LOGIN: NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
			seedtest.SeedRefused, false, "apppasswords"},
		{"gmail", login,
			"LOGIN: NO [ALERT] Please log in via your web browser: https://example.com (Failure)",
			seedtest.SeedLocked, true, "on the web"},
		{"gmail", throttled, "LOGIN: NO [ALERT] Too many simultaneous connections. (Failure)",
			seedtest.SeedThrottled, false, "rest"},
		{"gmail", throttled,
			"FETCH: NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
			seedtest.SeedThrottled, false, "rest"},
		{"outlook", login, "AUTHENTICATE: NO AUTHENTICATE failed.", seedtest.SeedRefused, false,
			"seedtest login"},
		{"outlook", throttled,
			"STATUS: BAD Request is throttled. Suggested Backoff Time: 59000 milliseconds",
			seedtest.SeedThrottled, false, "rest"},
		{"microsoft365", login, "LIST: BAD User is authenticated but not connected.",
			seedtest.SeedRefused, false, "switch IMAP on"},
		{"outlook", login, "STATUS: BAD User is authenticated but not connected.",
			seedtest.SeedRefused, false, "IMAP.AccessAsUser.All"},
		{"outlook", throttled,
			"SELECT: BAD Request is throttled. Suggested Backoff Time: 4000 milliseconds",
			seedtest.SeedThrottled, false, "rest"},
		{"outlook", login,
			"invalid_grant: AADSTS700082: The refresh token has expired due to inactivity.",
			seedtest.SeedRevoked, true, "seedtest login"},
		{"outlook", login, "invalid_grant: AADSTS50053: The account is locked", seedtest.SeedLocked, true,
			"web"},
		{"yahoo", login, "LOGIN: NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials",
			seedtest.SeedRefused, false, "app password"},
		{"yahoo", throttled, "LOGIN: NO [LIMIT] LOGIN Rate limit hit", seedtest.SeedThrottled, false,
			"rest"},
		{"aol", throttled, "LOGIN: NO Too many bad login attempts.", seedtest.SeedLocked, false, "web"},
		{"icloud", login, "LOGIN: NO [AUTHENTICATIONFAILED] Authentication Failed", seedtest.SeedRefused,
			false,
			"app-specific"},
		{"dovecot", login, "LOGIN: NO [AUTHENTICATIONFAILED] Authentication failed.",
			seedtest.SeedRefused, false,
			"password"},
		{"dovecot", throttled, "LOGIN: NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
			seedtest.SeedFull, true, "make room"},
		{"generic", login, "LOGIN: NO [UNAVAILABLE] Temporary authentication failure.", seedtest.SeedDown,
			false,
			"reached"},
		{"generic", login, "LOGIN: NO [EXPIRED] Password expired", seedtest.SeedRefused, true,
			"password"},
		{"generic", login, "LOGIN: NO [CONTACTADMIN] Account is disabled", seedtest.SeedLocked, true,
			"web"},
		{"yandex", login, "LOGIN: NO Access to your account has been temporarily restricted",
			seedtest.SeedLocked, true, "web"},
		{"gmail", login, "token: invalid_grant: Token has been expired or revoked.", seedtest.SeedRevoked,
			true,
			"seedtest login"},
		{"generic", connect, "dial tcp 192.0.2.1:993: connect: connection refused", seedtest.SeedDown,
			false,
			"firewall"},
		{"generic", lost, "the server closed the connection", seedtest.SeedDown, false, "reached"},
		{"generic", login, "words that nobody knows", seedtest.SeedRefused, false, "password"},
	} {
		seed := seedtest.Seed{Name: "s", Provider: seedtest.Provider{ID: c.provider, Name: c.provider}}
		s, ok := Trouble(seed, seedtest.Fault{Kind: c.kind, What: c.what})
		if !ok || s.State != c.want || s.Certain != c.certain {
			t.Errorf("Trouble(%s, %q) = %s, certain %t; want %s, %t", c.provider, c.what, s.State, s.Certain,
				c.want, c.certain)
		}
		if advice := strings.Join(s.Advice, " "); !strings.Contains(advice, c.advice) ||
			strings.Contains(advice, "{{") {
			t.Errorf("Trouble(%s, %q) advises %q; want %q in it", c.provider, c.what, advice, c.advice)
		}
	}
	for _, kind := range []seedtest.FaultKind{seedtest.FaultBaseline, seedtest.FaultClock,
		seedtest.FaultStore,
		seedtest.FaultVanished, mailbox} {
		if s, ok := Trouble(seedtest.Seed{}, seedtest.Fault{Kind: kind,
			What: "NO [UNAVAILABLE] Temporary failure"}); ok && kind != mailbox {
			t.Errorf("Trouble(%s) = %s by what another trouble said", kind, s.State)
		}
		if s, ok := Trouble(seedtest.Seed{}, seedtest.Fault{Kind: kind,
			What: "something"}); ok {
			t.Errorf("Trouble(%s) = %s, want none", kind, s.State)
		}
	}
}

func TestAdviceNamesThePageOfAppPasswords(t *testing.T) {
	page := "https://mail.example.com/apppasswords"
	seed := seedtest.Seed{Name: "s", Provider: seedtest.Provider{ID: "example", Name: "Example",
		Account: seedtest.Account{SecretPage: page}}}
	for kind, want := range map[seedtest.FaultKind]bool{seedtest.FaultLogin: true,
		seedtest.FaultLost: false} {
		s, _ := Trouble(seed, seedtest.Fault{Kind: kind, What: "words that nobody knows"})
		if got := strings.Contains(strings.Join(s.Advice, " "), page); got != want {
			t.Errorf("%s: advice %q; with the page: want %t", kind, s.Advice, want)
		}
	}
}

func TestAGuessedPageIsToldAsOne(t *testing.T) {
	for guessed, want := range map[bool]string{false: "made at https://x.example;", true: "made at " +
		"https://x.example (unverified);"} {
		seed := seedtest.Seed{Name: "s", Provider: seedtest.Provider{ID: "example",
			Account: seedtest.Account{SecretPage: "https://x.example", PageGuessed: guessed}}}
		s, _ := Trouble(seed, seedtest.Fault{Kind: seedtest.FaultLogin, What: "no"})
		if got := strings.Join(s.Advice, "; "); !strings.Contains(got, want) {
			t.Errorf("guessed %t: advice %q, want %q in it", guessed, got, want)
		}
	}
}

// TestAdviceFitsTheSignIn holds that nobody is told to sign in anew who has a password, nor to make
// a password who has none.
func TestAdviceFitsTheSignIn(t *testing.T) {
	page := "https://mail.example.com/apppasswords"
	const revoked = "LOGIN: NO [AUTHENTICATIONFAILED] This app password has been revoked"
	for by, c := range map[seedtest.LoginBy]struct{ want, lacks string }{
		seedtest.ByPassword: {page, "seedtest login"},
		seedtest.ByConsent:  {"seedtest login s", page},
		seedtest.ByToken:    {"the program that gives the token", "seedtest login"},
		"":                  {"seedtest login s", "the program"},
	} {
		seed := seedtest.Seed{Name: "s", Login: seedtest.Login{By: by},
			Provider: seedtest.Provider{ID: "example", Account: seedtest.Account{SecretPage: page}}}
		s, _ := Trouble(seed, seedtest.Fault{Kind: seedtest.FaultLogin, What: revoked})
		advice := strings.Join(s.Advice, "; ")
		if s.State != seedtest.SeedRevoked || !strings.Contains(advice, c.want) ||
			strings.Contains(advice, c.lacks) {
			t.Errorf("by %q: %s, advice %q; want %q and no %q", by, s.State, advice, c.want, c.lacks)
		}
	}
}

func TestTypedReasonsComeFirst(t *testing.T) {
	for reason, want := range map[seedtest.FaultReason]seedtest.Condition{
		seedtest.ReasonNoConsent: seedtest.SeedRevoked, seedtest.ReasonRevoked: seedtest.SeedRevoked,
		seedtest.ReasonScope: seedtest.SeedRefused, seedtest.ReasonClient: seedtest.SeedRefused,
		seedtest.ReasonExpired: seedtest.SeedRefused, seedtest.ReasonUnreachable: seedtest.SeedDown,
	} {
		s, ok := Trouble(seedtest.Seed{Name: "s"}, seedtest.Fault{Kind: seedtest.FaultLogin,
			Reason: reason,
			What:   "LOGIN: NO [UNAVAILABLE] whatever"})
		if !ok || s.State != want || len(s.Advice) == 0 {
			t.Errorf("reason %s: %s, advice %q; want %s", reason, s.State, s.Advice, want)
		}
	}
}

// seen is a run of one probe at one seed, with what more is said of it.
func seen(faults []seedtest.Fault, reply *seedtest.Reply) seedtest.Run {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	facts := []seedtest.FactBody{
		seedtest.Opened{Run: "run1", Suite: seedtest.Suite{Deadline: time.Minute, Missing: time.Hour},
			Routes: []seedtest.Route{{Name: "r"}}, Seeds: []seedtest.Seed{{Name: "s"}}},
		seedtest.Planned{Dispatch: "d1", Token: "t", Route: "r",
			Probes: []seedtest.PlannedProbe{{Probe: "p1", Seed: "s"}}},
		seedtest.Listing{Seed: "s", Mailboxes: []seedtest.Mailbox{{Name: "INBOX",
			Role: seedtest.RoleInbox}}},
		seedtest.Attempt{Dispatch: "d1", Number: 1},
	}
	sub := seedtest.Submission{Dispatch: "d1", Number: 1, Outcome: seedtest.OutcomeAccepted,
		Stage: seedtest.StageFinal}
	if reply != nil {
		sub.Outcome, sub.Stage, sub.Reply = seedtest.OutcomeRefused, seedtest.StageRCPT, reply
	}
	facts = append(facts, sub)
	for _, f := range faults {
		f.Seed, f.From = "s", at
		facts = append(facts, f)
	}
	var list []seedtest.Fact
	for _, b := range facts {
		list = append(list, seedtest.Fact{At: at, Body: b})
	}
	return seedtest.Fold(list, at.Add(5*time.Minute))
}

// TestMisnamedJunk holds that a junk mailbox that the configuration names and nobody lists is told
// of at every look, until the configuration is changed.
func TestMisnamedJunk(t *testing.T) {
	box := func(name string, role seedtest.Role, by string) seedtest.Mailbox {
		return seedtest.Mailbox{Name: name, Role: role, FoundBy: by}
	}
	inbox := box("INBOX", seedtest.RoleInbox, "protocol")
	named := box("Mine", seedtest.RoleJunk, seedtest.FoundByConfiguration)
	other := box("Spam", seedtest.RoleJunk, "name")
	seed := seedtest.Seed{Name: "s", Junk: "Mine"}
	look := func(listed ...seedtest.Mailbox) seedtest.SeedLook {
		return seedtest.SeedLook{Read: true, Mailboxes: listed, Signs: Misnamed(seed, listed)}
	}
	for name, c := range map[string]struct {
		then   seedtest.SeedLook
		want   seedtest.Condition
		sick   bool
		advice string
	}{
		"it is there":     {look(inbox, named), seedtest.SeedOK, false, ""},
		"nothing is junk": {look(inbox), seedtest.SeedRenamed, true, `change junk = "Mine"`},
		"another is junk": {look(inbox, other), seedtest.SeedRenamed, false, `if "Spam" is where`},
	} {
		was := look(inbox, named)
		for _, before := range [][]seedtest.SeedLook{nil, {was}, {was, c.then}} {
			h := seedtest.HealthOf(append(before, c.then))
			advice := strings.Join(h.Advice, "; ")
			if h.State != c.want || h.Sick != c.sick || !strings.Contains(advice, c.advice) ||
				strings.Contains(advice, "nothing") || c.advice != "" && len(h.Why) != 1 {
				t.Errorf("%s, after %d looks: %s, sick %t, why %q, advice %q; want %s, %t, %q", name,
					len(before), h.State, h.Sick, h.Why, advice, c.want, c.sick, c.advice)
			}
		}
	}
	seed.Junk = "Spam"
	mended := []seedtest.SeedLook{look(inbox, box("Spam", seedtest.RoleJunk,
		seedtest.FoundByConfiguration))}
	seed.Junk = "Mine"
	if h := seedtest.HealthOf(append([]seedtest.SeedLook{look(inbox, named), look(inbox, other)},
		mended...)); h.State != seedtest.SeedOK {
		t.Errorf("with the name of today: %s %q", h.State, h.Why)
	}
}

func TestLookAtARun(t *testing.T) {
	later := time.Date(2026, 11, 1, 12, 1, 0, 0, time.UTC)
	broken := seedtest.Fault{Kind: seedtest.FaultLost, What: "closed"}
	l := Look(seen([]seedtest.Fault{broken}, nil), "s")
	if l.Read || len(l.Signs) != 1 || l.Signs[0].Passed {
		t.Errorf("a blind seed: read %t, signs %+v", l.Read, l.Signs)
	}
	if !l.At.Equal(later.Add(-time.Minute)) {
		t.Errorf("the look is of %s, want the time at which its trouble began", l.At)
	}
	mended := broken
	mended.To = &later
	full := &seedtest.Reply{Code: 552, Enhanced: "5.2.2", Text: "Mailbox full"}
	l = Look(seen([]seedtest.Fault{mended}, full), "s")
	if !l.Read || len(l.Signs) != 2 || !l.Signs[0].Passed || l.Signs[1].State != seedtest.SeedFull {
		t.Errorf("a full seed that was lost for a while: read %t, signs %+v", l.Read, l.Signs)
	}
	knows := seen(nil, nil)
	knows.Probes[0].Placements.Current = seedtest.Inbox
	knows.Probes[0].Analysis = &seedtest.Analysis{Findings: []seedtest.Finding{{Code: contaminated,
		Title: "the sender is in the contacts", Evidence: []seedtest.Evidence{{Field: "X-Stamp",
			Raw: "contact"}}}}}
	if h := Health(knows)["s"]; h.State != seedtest.SeedContaminated || h.Sick ||
		!strings.Contains(h.Why[0], "X-Stamp: contact") || len(h.Advice) == 0 {
		t.Errorf("a seed that knows the sender: %+v", h)
	}
	if h := Health(seen(nil, full))["s"]; h.State != seedtest.SeedFull || h.Sick || !h.Ailing() ||
		!strings.Contains(h.Why[0], "552 5.2.2 Mailbox full") {
		t.Errorf("a full seed: %+v", h)
	}
	refused := seen(nil, nil)
	refused.Probes[0].Proof = &seedtest.Round{Canary: &seedtest.RoundCanary{
		Why: "APPEND: NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"}}
	if h := Health(refused)["s"]; h.State != seedtest.SeedFull || len(h.Advice) == 0 ||
		!strings.Contains(h.Why[0], "[OVERQUOTA]") {
		t.Errorf("a seed that takes no canary because it is full: %+v", h)
	}
	if h := Health(seen(nil, &seedtest.Reply{Code: 550, Enhanced: "5.7.1",
		Text: "no"}))["s"]; h.State != seedtest.SeedOK {
		t.Errorf("a seed whose provider refuses the route: %+v", h)
	}
}
