package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/provider"
	"seedtest/report"
	"seedtest/sender"
)

// imapFragment writes what an IMAP server said of itself as a [provider.NAME] table.
func imapFragment(in inspecting, i inbox.Inspection, presets []string) string {
	p := seedtest.Provider{ID: strings.ReplaceAll(in.host, ".", "-"), Name: in.host, Username: "email",
		Server: seedtest.Endpoint{Host: in.host, Port: in.port, TLS: seedtest.TLSImplicit}}
	switch {
	case in.noTLS:
		p.Server.TLS = seedtest.TLSNone
	case in.startTLS:
		p.Server.TLS = seedtest.TLSStartTLS
	}
	notes := map[string]string{"username": "or localpart, or account"}
	if i.SignedIn {
		p = observed(p, i)
		notes["junk"] = "tried in order where no flag tells"
		notes["quirks"] = "what was seen; the manual of presets knows more"
	}
	head := append(inspectedLines(in, i), likeness(presets, i)...)
	for n, line := range head {
		head[n] = withoutAddresses(line, in.user)
	}
	return config.Fragment(p, head, notes)
}

// mostMailboxes is how many mailboxes are shown one by one.
const mostMailboxes = 200

// inspectedLines tells a person what was seen.
func inspectedLines(in inspecting, i inbox.Inspection) []string {
	lines := []string{fmt.Sprintf("%s:%d, inspected by seedtest", in.host, in.port)}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	add("greeting: %s", i.Greeting)
	if i.Server != "" {
		add("ID: %s", i.Server)
	}
	addTLS(add, i.TLS)
	if i.RoundTrip > 0 {
		add("greeting after %s, round trip %s", i.ConnectTime.Round(time.Millisecond),
			i.RoundTrip.Round(10*time.Microsecond))
	}
	add("capabilities before sign-in: %s", strings.Join(i.Before, " "))
	if !i.SignedIn {
		add("nobody signed in: with --user the mailboxes and habits are shown too")
		return lines
	}
	if i.Preauth {
		add("it takes whoever comes as signed in (PREAUTH)")
	}
	add("capabilities after sign-in: %s", strings.Join(i.After, " "))
	add("mailboxes, their parts separated by %s:", separator(i.Listed))
	for n, m := range i.Mailboxes {
		if n == mostMailboxes {
			add("and %d more", len(i.Mailboxes)-n)
			break
		}
		l := i.Listed[n]
		what := "-"
		if m.Role != seedtest.RoleNone {
			what = fmt.Sprintf("%s by %s", m.Role, m.FoundBy)
		}
		add("%s: %s %s", m.Name, what, strings.Join(slices.Concat(l.Attrs, l.XAttrs), " "))
	}
	return lines
}

func separator(listed []inbox.Listed) string {
	for _, l := range listed {
		if l.Delim != 0 {
			return fmt.Sprintf("%q", l.Delim)
		}
	}
	return "nothing"
}

// likeness says which presets know such a server, and where it is not as the first of them says.
func likeness(presets []string, i inbox.Inspection) []string {
	if len(presets) == 0 {
		return nil
	}
	line := fmt.Sprintf("looks like the preset %q; in a seed: provider = %q", presets[0], presets[0])
	if len(presets) > 1 {
		line = "looks like one of the presets " + strings.Join(presets, ", ")
	}
	lines := []string{line}
	if !i.SignedIn {
		return lines
	}
	d, _ := provider.Details(presets[0])
	for _, x := range []struct {
		what string
		list []string
		in   bool
	}{{"lacks", d.Extensions.Have, false}, {"has", d.Extensions.Lack, true}} {
		if differs := differing(x.list, i.After, x.in); len(differs) > 0 {
			lines = append(lines, fmt.Sprintf("other than the preset %s says, it %s %s", presets[0], x.what,
				strings.Join(differs, " ")))
		}
	}
	return lines
}

// differing returns the capabilities of a list that are announced, or those that are not.
func differing(list, announced []string, in bool) []string {
	var found []string
	for _, c := range list {
		if slices.Contains(announced, strings.ToUpper(c)) == in {
			found = append(found, c)
		}
	}
	return found
}

// observed adds what the mailboxes and capabilities tell of a server's habits.
func observed(p seedtest.Provider, i inbox.Inspection) seedtest.Provider {
	for _, m := range i.Mailboxes {
		if m.Role == seedtest.RoleJunk && !address.MatchString(m.Name) {
			p.Junk = append(p.Junk, m.Name)
		}
	}
	if slices.Contains(i.After, "X-GM-EXT-1") {
		gmail, _ := provider.ByID("gmail")
		p.ClassBy, p.Classes, p.Essential = gmail.ClassBy, gmail.Classes, gmail.Essential
	}
	return provider.WithQuirks(p, habits(i))
}

// habits are the quirks that show without trying anything.
func habits(i inbox.Inspection) []string {
	has := func(capability string) bool { return slices.Contains(i.After, capability) }
	count := func(pick func(n int) bool) int {
		n := 0
		for m := range i.Mailboxes {
			if pick(m) {
				n++
			}
		}
		return n
	}
	by := func(way string) int {
		return count(func(n int) bool { return i.Mailboxes[n].FoundBy == way })
	}
	flagged, xflagged := by("special-use"), by("xlist")
	junk := count(func(n int) bool { return i.Mailboxes[n].Role == seedtest.RoleJunk })
	dotted := count(func(n int) bool { return strings.HasPrefix(i.Mailboxes[n].Name, "INBOX.") })
	var found []string
	for _, h := range []struct {
		quirk string
		holds bool
	}{
		{"no-idle", !has("IDLE")}, {"no-move", !has("MOVE")}, {"no-uidplus", !has("UIDPLUS")},
		{"xlist-only", xflagged > 0},
		{"list-flag-without-capability", flagged > 0 && !has("SPECIAL-USE")},
		{"no-special-use", flagged+xflagged == 0},
		{"several-junk", junk > 1},
		{"dot-separator", dotted > 0 && dotted == len(i.Mailboxes)-1},
		{"labels-not-mailboxes", has("X-GM-EXT-1")}, {"categories-hidden", has("X-GM-EXT-1")},
		{"message-limit", slices.ContainsFunc(i.After, func(c string) bool {
			return strings.HasPrefix(c, "MESSAGELIMIT=")
		})},
	} {
		if h.holds {
			found = append(found, h.quirk)
		}
	}
	return found
}

// address matches what may be somebody's address.
var address = regexp.MustCompile(`[^\s"<>@/]+@[^\s"<>@/]+`)

// withoutAddresses takes addresses and the user's name out of what is printed to be shared.
func withoutAddresses(line, user string) string {
	if len(user) > 2 {
		line = strings.ReplaceAll(line, user, "(user)")
	}
	return address.ReplaceAllString(line, "(address)")
}

// smtpFragment writes what an SMTP server said of itself as a [route.NAME] table.
func smtpFragment(in inspecting, route seedtest.Route, c sender.Check) string {
	var b strings.Builder
	add := func(format string, args ...any) {
		b.WriteString("# " + report.CleanLine(withoutAddresses(fmt.Sprintf(format, args...), "")) + "\n")
	}
	add("%s:%d, inspected by seedtest", in.host, in.port)
	add("banner: %s", c.Banner)
	add("extensions: %s", strings.Join(c.Extensions, " "))
	if len(c.Mechanisms) > 0 {
		add("sign-in by: %s", strings.Join(c.Mechanisms, " "))
	}
	addTLS(add, c.TLS)
	add("ready after %s", c.Latency.Round(time.Millisecond))
	route.Server.TLS = tlsSeen(route.Server.TLS, c)
	return b.String() + config.RouteFragment(route)
}

// tlsSeen is the mode that fits what was seen.
func tlsSeen(asked seedtest.TLSMode, c sender.Check) seedtest.TLSMode {
	switch {
	case asked != seedtest.TLSOpportunistic:
		return asked
	case c.TLS != nil:
		return seedtest.TLSStartTLS
	}
	return seedtest.TLSNone
}
