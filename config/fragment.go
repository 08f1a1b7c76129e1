package config

import (
	"fmt"
	"strings"
	"unicode"

	"seedtest"
)

// SeedOf reads one seed as if its table stood in a configuration in the current directory.
func SeedOf(s SeedEntry, env Env) (seedtest.Seed, error) {
	r := &reader{file: "command line", dir: ".", env: env}
	root, bad := parseTree([]byte(s.table()))
	if bad != nil {
		bad.File = r.file
		return seedtest.Seed{}, Errors{*bad}
	}
	top := &table{node: root, r: r}
	seeds := r.seeds(top, r.providers(top))
	if err := sorted(r.mistakes); err != nil {
		return seedtest.Seed{}, err
	}
	return seeds[0], nil
}

// Fragment writes a provider as a [provider.NAME] table that a configuration can take in, NAME
// being its id. The keys that have a note get it as a comment; head are comments above the table.
// Nothing in it can drive a terminal, whatever the names hold.
func Fragment(p seedtest.Provider, head []string, notes map[string]string) string {
	var b strings.Builder
	comment := func(text string) { fmt.Fprintf(&b, "# %s\n", oneLine(text)) }
	for _, line := range head {
		comment(line)
	}
	fmt.Fprintf(&b, "[provider.%s]\n", tableName(p.ID))
	key := func(name, value string) {
		if value == "" || value == "[]" {
			return
		}
		fmt.Fprintf(&b, "%s = %s", name, value)
		if note := notes[name]; note != "" {
			fmt.Fprintf(&b, "   # %s", oneLine(note))
		}
		b.WriteByte('\n')
	}
	key("name", text(p.Name))
	key("server", fmt.Sprintf("{ host = %s, port = %d, tls = %s }", quoted(p.Server.Host),
		p.Server.Port, quoted(string(p.Server.TLS))))
	key("username", text(p.Username))
	key("junk", array(p.Junk))
	key("inbox_like", likes(p.InboxLike))
	key("essential", array(p.Essential))
	key("skip", array(p.Skip))
	key("classes", array(p.Classes))
	key("class_by", text(string(p.ClassBy)))
	key("class_field", text(p.ClassField))
	key("quirks", array(p.Quirks))
	if p.IdleRestart > 0 {
		key("idle_restart", quoted(short(p.IdleRestart)))
	}
	return b.String()
}

// RouteFragment writes where a route leads as a [route.NAME] table, NAME being the host's.
func RouteFragment(r seedtest.Route) string {
	return fmt.Sprintf("[route.%s]\nhost = %s\nport = %d\ntls = %s\n",
		tableName(strings.ReplaceAll(r.Server.Host, ".", "-")), quoted(r.Server.Host), r.Server.Port,
		quoted(string(r.Server.TLS)))
}

// text writes a string; an empty one is left out.
func text(s string) string {
	if s == "" {
		return ""
	}
	return quoted(s)
}

func array(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = quoted(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func likes(list []seedtest.MailboxClass) string {
	parts := make([]string, len(list))
	for i, l := range list {
		parts[i] = fmt.Sprintf("{ mailbox = %s, class = %s }", quoted(l.Mailbox), quoted(l.Class))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// tableName makes a name that a table may have.
func tableName(s string) string {
	s = strings.Map(func(c rune) rune {
		if bareKey(string(c)) {
			return c
		}
		return '-'
	}, s)
	if s = strings.Trim(s, "-"); s == "" {
		s = "example"
	}
	return s[:min(len(s), maxName)]
}

// oneLine makes text fit for a comment: what is not to be seen becomes U+FFFD.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return '\uFFFD'
	}, strings.Join(strings.Fields(s), " "))
}
