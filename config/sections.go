package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"seedtest"
)

// The dose limits of rule 22.
const (
	defaultSeedDay      = 4
	defaultProviderHour = 10
	maxLimit            = 1_000_000
)

// limits reads [limits].
func (r *reader) limits(top *table) seedtest.Limits {
	l := seedtest.Limits{SeedDay: defaultSeedDay, ProviderHour: defaultProviderHour}
	if t := top.sub("limits", "[limits]"); t != nil {
		set(t, "seed_day", &l.SeedDay, t.integer("seed_day", 1, maxLimit))
		set(t, "provider_hour", &l.ProviderHour, t.integer("provider_hour", 1, maxLimit))
		t.done()
	}
	return l
}

// store reads [store]. The default place is that of the XDG base directories.
func (r *reader) store(top *table) string {
	if t := top.sub("store", "[store]"); t != nil {
		path := t.line("path", "seedtest.db")
		t.done()
		if path != "" {
			return r.path(path)
		}
	}
	if state := r.env.getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "seedtest", "seedtest.db")
	}
	if home := r.env.getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "seedtest", "seedtest.db")
	}
	return ""
}

// dns reads [dns].
func (r *reader) dns(top *table) []string {
	t := top.sub("dns", "[dns]")
	if t == nil {
		return nil
	}
	var servers []string
	for _, n := range t.list("servers", kindString, `servers = ["127.0.0.1:53"]`) {
		if at, err := netip.ParseAddrPort(n.text); err == nil && at.Port() != 0 {
			servers = append(servers, at.String())
		} else if ip, err := netip.ParseAddr(n.text); err == nil {
			servers = append(servers, netip.AddrPortFrom(ip, 53).String())
		} else {
			r.fail(n, fmt.Sprintf("%q is no address of a server", n.text),
				`write an IP address, with a port if it is not 53: "192.0.2.53:5353"`)
		}
	}
	t.done()
	r.servers = len(servers) > 0
	return servers
}

// defaultMessage is what a configuration without messages sends. Its words say nothing that a
// filter would look for.
func defaultMessage() seedtest.Message {
	return seedtest.Message{
		Name:    "default",
		Subject: "Your weekly summary",
		Text: "Hello,\n\nhere is the summary of this week. All scheduled work was done, and\n" +
			"nothing needs your attention.\n\nThe next summary follows in a week.\n",
	}
}

// messages reads [message.NAME].
func (r *reader) messages(top *table) []seedtest.Message {
	var all []seedtest.Message
	top.named("message", func(name string, t *table) {
		for _, key := range []string{"html", "attachments", "file"} {
			t.refuse(key, "write the message as subject and text")
		}
		t.needs("subject", `write subject = "Your weekly notice"`)
		t.needs("text", `write text = "..."`)
		all = append(all, seedtest.Message{
			Name:    name,
			Subject: t.line("subject", "Your weekly notice"),
			Text:    t.text("text", "Hello ..."),
			Headers: t.headers(),
		})
	})
	if top.get("message") == nil || len(all) == 0 {
		all = []seedtest.Message{defaultMessage()}
	}
	return all
}

// headers reads further header fields, in the order of the file.
func (t *table) headers() []seedtest.Header {
	sub := t.sub("headers", `headers = { "X-Team" = "ops" }`)
	if sub == nil {
		return nil
	}
	var out []seedtest.Header
	for _, e := range sub.entries {
		value := sub.line(e.key, "ops")
		if problem := headerProblem(e.key); problem != "" {
			t.r.fail(e.node, problem, "take it out, or choose another name such as X-Team")
		}
		out = append(out, seedtest.Header{Name: e.key, Value: value})
	}
	return out
}

// headerProblem says why a message may not bring a header field of its own, or "". Names are
// printable ASCII without colon (RFC 5322 section 2.2).
func headerProblem(name string) string {
	bad := func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }
	if name == "" || len(name) > 76 || strings.ContainsFunc(name, bad) {
		return "is no name of a header field"
	}
	ours := []string{"from", "sender", "to", "cc", "bcc", "subject", "date", "message-id",
		"mime-version", "received", "return-path", "x-entity-ref-id", "dkim-signature"}
	lower := strings.ToLower(name)
	if slices.Contains(ours, lower) || strings.HasPrefix(lower, "content-") {
		return "is a header field that seedtest or a server writes itself"
	}
	return ""
}
