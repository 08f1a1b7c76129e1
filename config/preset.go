package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"seedtest"
	"seedtest/provider"
)

// presets finds providers: those of [provider.NAME] tables first, then the embedded ones, each
// decoded once.
type presets struct {
	own     []ownPreset
	byName  map[string]seedtest.Provider
	domains map[string]seedtest.Provider
}

// ownPreset is a provider that the configuration defines or extends.
type ownPreset struct {
	provider  seedtest.Provider
	domains   []string
	elsewhere bool // the table names a server
}

func (p *presets) tables() []seedtest.Provider {
	var all []seedtest.Provider
	for _, o := range p.own {
		all = append(all, o.provider)
	}
	return all
}

func (p *presets) byID(id string) (seedtest.Provider, bool) {
	for _, o := range p.own {
		if o.provider.ID == id {
			return o.provider, true
		}
	}
	if id == seedtest.GenericProvider {
		return provider.Generic(), true
	}
	found, ok := p.byName[id]
	if !ok {
		if found, ok = provider.ByID(id); ok {
			p.byName[id] = found
		}
	}
	return found, ok
}

// forAddress returns the preset of an address's domain, the generic one if there is none.
func (p *presets) forAddress(address string) seedtest.Provider {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	for _, o := range p.own {
		if slices.Contains(o.domains, domain) {
			return o.provider
		}
	}
	if found, ok := p.domains[domain]; ok {
		return found
	}
	found, ok := provider.ForAddress(address)
	if !ok {
		found = provider.Generic()
	}
	for _, o := range p.own {
		if o.provider.ID != found.ID {
			continue
		}
		if !o.elsewhere { // the domain may have a server of its own
			o.provider.Server = found.Server
		}
		found = o.provider
	}
	p.domains[domain] = found
	return found
}

func (p *presets) ids() []string {
	ids := append(provider.IDs(), seedtest.GenericProvider)
	for _, o := range p.own {
		ids = append(ids, o.provider.ID)
	}
	return ids
}

// providers reads [provider.NAME]. A name of an embedded preset extends it: what the table says
// takes the place of what the preset says. Any other name is a preset of its own.
func (r *reader) providers(top *table) *presets {
	p := &presets{byName: map[string]seedtest.Provider{}, domains: map[string]seedtest.Provider{}}
	top.named("provider", func(name string, t *table) {
		base, known := provider.ByID(name)
		if !known {
			base = provider.Generic()
			base.ID, base.Name = name, name
		}
		o := ownPreset{provider: t.provider(base), elsewhere: t.get("server") != nil}
		for _, d := range t.texts("domains", `domains = ["example.net"]`) {
			if !isHost(d) {
				r.fail(t.get("domains"), fmt.Sprintf("%q is no domain", d), "write it as example.net")
			}
			o.domains = append(o.domains, strings.ToLower(d))
		}
		p.own = append(p.own, o)
	})
	return p
}

// provider reads the keys of a preset, which are the JSON names of seedtest.Provider.
func (t *table) provider(p seedtest.Provider) seedtest.Provider {
	set(t, "name", &p.Name, t.line("name", "Example Mail"))
	set(t, "username", &p.Username, t.word("username", "email", "localpart", "account"))
	if sub := t.sub("server", `server = { host = "imap.example.net" }`); sub != nil {
		given := seedtest.Endpoint{Host: sub.host("host"), Port: sub.integer("port", 1, 65535),
			TLS: sub.tls(false)}
		sub.done()
		p.Server = completed(override(p.Server, given))
	}
	p = t.mailboxes(p)
	set(t, "quarantine", &p.Quarantine, t.flag("quarantine"))
	if quirks := t.quirks(); t.get("quirks") != nil {
		p = provider.WithQuirks(p, quirks)
	}
	p.IdleRestart = t.duration("idle_restart", p.IdleRestart)
	if sub := t.sub("habits", `habits = { connections = 2, login_every = "1m" }`); sub != nil {
		p.Habits = sub.habits(p.Habits)
		sub.done()
	}
	p.Pace = t.pace()
	if sub := t.sub("account", "account = { inactive_days = 365 }"); sub != nil {
		p.Account = sub.account(p.Account)
		sub.done()
	}
	if sub := t.sub("trust", "[provider.NAME.trust]"); sub != nil {
		p.Trust = sub.trust(p.Trust)
		sub.done()
	}
	return p
}

// mailboxes reads which mailbox is what, and the classes within INBOX.
func (t *table) mailboxes(p seedtest.Provider) seedtest.Provider {
	set(t, "junk", &p.Junk, t.texts("junk", `junk = ["Junk"]`))
	set(t, "inbox_like", &p.InboxLike, t.inboxLike())
	set(t, "essential", &p.Essential, t.texts("essential", `essential = ["Archive"]`))
	set(t, "skip", &p.Skip, t.texts("skip", `skip = ["Calendar"]`))
	set(t, "classes", &p.Classes, t.texts("classes", `classes = ["promotions"]`))
	set(t, "class_by", &p.ClassBy, seedtest.ClassMethod(t.word("class_by",
		string(seedtest.ClassXGMRAW), string(seedtest.ClassHeader), string(seedtest.ClassHidden))))
	set(t, "class_field", &p.ClassField, t.fieldName("class_field", "X-Inbox-Tab"))
	t.checkClasses(p)
	return p
}

// checkClasses says what is missing to read a class.
func (t *table) checkClasses(p seedtest.Provider) {
	by := t.get("class_by")
	switch {
	case p.ClassBy == seedtest.ClassHeader && p.ClassField == "" && t.get("class_field") == nil:
		t.r.fail(by, "the class stands in a header field, and none is named",
			`write class_field = "X-Inbox-Tab"`)
	case t.get("class_field") != nil && p.ClassBy != seedtest.ClassHeader:
		t.r.fail(t.get("class_field"), "is of use only where the class stands in a header field",
			`write class_by = "header" as well`)
	}
	read := p.ClassBy == seedtest.ClassHeader || p.ClassBy == seedtest.ClassXGMRAW
	if by != nil && read && len(p.Classes) == 0 {
		t.r.fail(by, "no classes are named", `write classes = ["primary", "promotions"]`)
	}
}

// fieldName returns the name of a header field (RFC 5322 section 2.2).
func (t *table) fieldName(key, example string) string {
	name := t.line(key, example)
	if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }) {
		t.r.fail(t.get(key), fmt.Sprintf("%q is no name of a header field", name),
			fmt.Sprintf("write %s = %q", key, example))
		return ""
	}
	return name
}

// habits reads what a server allows.
func (t *table) habits(h seedtest.Habits) seedtest.Habits {
	set(t, "connections", &h.Connections, t.integer("connections", 1, 1000))
	set(t, "fetch_batch", &h.FetchBatch, t.integer("fetch_batch", 1, 1000))
	set(t, "daily_mb", &h.DailyMB, t.integer("daily_mb", 1, maxLimit))
	h.LoginEvery = t.duration("login_every", h.LoginEvery)
	h.PollEvery = t.duration("poll_every", h.PollEvery)
	h.SessionLife = t.duration("session_life", h.SessionLife)
	h.IdleTimeout = t.duration("idle_timeout", h.IdleTimeout)
	h.JunkKept = t.duration("junk_kept", h.JunkKept)
	return h
}

// account reads what keeps accounts alive and how they sign in.
func (t *table) account(a seedtest.Account) seedtest.Account {
	set(t, "inactive_days", &a.InactiveDays, t.integer("inactive_days", 1, 10_000))
	if counts := t.flag("imap_counts"); t.get("imap_counts") != nil {
		a.IMAPCounts = &counts
	}
	set(t, "access", &a.Access, t.word("access", "app-password", "password", "oauth-only"))
	set(t, "secret_page", &a.SecretPage, t.line("secret_page", "https://example.net/app-passwords"))
	a.PageGuessed = a.PageGuessed && t.get("secret_page") == nil
	set(t, "note", &a.Note, t.line("note", "An app password is needed."))
	return a
}

// set puts a value in its place if its key is there.
func set[T any](t *table, key string, place *T, value T) {
	if t.get(key) != nil {
		*place = value
	}
}

func (t *table) inboxLike() []seedtest.MailboxClass {
	example := `inbox_like = [{ mailbox = "Newsletters", class = "newsletters" }]`
	n := t.value("inbox_like")
	if n == nil || n.kind != kindArray {
		if n != nil {
			t.r.typed(n, kindArray, example)
		}
		return nil
	}
	var out []seedtest.MailboxClass
	for _, x := range n.items {
		if t.r.typed(x, kindTable, example) == nil {
			continue
		}
		sub := &table{node: x, r: t.r}
		sub.needs("mailbox", "write "+example)
		sub.needs("class", "write "+example)
		like := seedtest.MailboxClass{Mailbox: sub.line("mailbox", "Newsletters"),
			Class: sub.line("class", "newsletters")}
		sub.done()
		out = append(out, like)
	}
	return out
}

// quirks reads quirks by their ids in the data; a quirk that no code knows would do nothing.
func (t *table) quirks() []string {
	given := t.texts("quirks", `quirks = ["no-idle"]`)
	if len(given) == 0 {
		return given
	}
	var known []string
	for _, q := range provider.Quirks() {
		known = append(known, q.ID)
	}
	for _, q := range given {
		if !slices.Contains(known, q) {
			t.r.fail(t.get("quirks"), fmt.Sprintf("there is no quirk %q", q), oneOf(q, known))
		}
	}
	return given
}

func (t *table) trust(trust seedtest.Trust) seedtest.Trust {
	set(t, "authserv_ids", &trust.AuthservIDs, t.patterns("authserv_ids"))
	set(t, "no_authserv_id", &trust.NoAuthservID, t.flag("no_authserv_id"))
	set(t, "boundary_by", &trust.BoundaryBy, t.pattern("boundary_by"))
	set(t, "inside_by", &trust.InsideBy, t.pattern("inside_by"))
	set(t, "boundary_marker", &trust.BoundaryMarker, t.line("boundary_marker", "X-Edge"))
	set(t, "nothing_below", &trust.NothingBelow, t.flag("nothing_below"))
	set(t, "below", &trust.Below, t.texts("below", `below = ["Authentication-Results"]`))
	set(t, "tail", &trust.Tail, t.texts("tail", `tail = ["X-Filter-Id", "X-Filter-*"]`))
	set(t, "origin_from", &trust.OriginFrom,
		t.texts("origin_from", `origin_from = ["Received[boundary]"]`))
	set(t, "received_spf", &trust.ReceivedSPF, t.flag("received_spf"))
	set(t, "results_below", &trust.ResultsBelow, t.flag("results_below"))
	return trust
}

func (t *table) patterns(key string) []string {
	given := t.texts(key, key+` = ['mx\.example\.net']`)
	for _, p := range given {
		t.checkPattern(key, p)
	}
	return given
}

func (t *table) pattern(key string) string {
	p := t.line(key, `mx\.example\.net$`)
	t.checkPattern(key, p)
	return p
}

func (t *table) checkPattern(key, pattern string) {
	if _, err := regexp.Compile(pattern); err != nil {
		t.r.fail(t.get(key), fmt.Sprintf("%q is no regular expression: %v", pattern, err),
			"write RE2 syntax, and a dot as \\.")
	}
}
