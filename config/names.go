package config

import (
	"fmt"
	"net/mail"
	"net/netip"
	"strings"
)

// maxName bounds the names of tables.
const maxName = 64

// named reads the tables [section.NAME] in the order of the file, and checks their names.
func (t *table) named(section string, read func(name string, t *table)) {
	n := t.typed(section, kindTable, "["+section+".NAME]")
	if n == nil {
		return
	}
	seen := map[string]string{}
	for _, e := range n.entries {
		if t.r.typed(e.node, kindTable, "["+section+".NAME] above the keys") == nil {
			continue
		}
		t.r.checkName(e)
		folded := strings.ToLower(e.key)
		if other, ok := seen[folded]; ok {
			t.r.fail(e.node, fmt.Sprintf("%q and %q differ only by case", other, e.key),
				"give one of them another name")
		}
		seen[folded] = e.key
		sub := &table{node: e.node, r: t.r}
		read(e.key, sub)
		sub.done()
	}
}

func (r *reader) checkName(e entry) {
	bad := func(c rune) bool { return c != '.' && !bareKey(string(c)) }
	if e.key == "" || len(e.key) > maxName || strings.ContainsFunc(e.key, bad) {
		r.fail(e.node, "is not a name",
			fmt.Sprintf("use 1 to %d of the characters A-Z a-z 0-9 . _ -", maxName))
	}
}

// address returns a bare address (RFC 5321 Mailbox), or "" if the key is not there.
func (t *table) address(key string) string {
	s := t.line(key, "name@example.org")
	if s == "" {
		return ""
	}
	if problem := addressProblem(s); problem != "" {
		t.r.fail(t.get(key), fmt.Sprintf("%q is no address: %s", s, problem),
			"write it as name@example.org")
		return ""
	}
	return s
}

// addressProblem says why a string is no address, or "".
func addressProblem(s string) string {
	at := strings.LastIndexByte(s, '@')
	switch {
	case at < 0:
		return "it has no @"
	case at == 0:
		return "nothing stands before the @"
	case strings.ContainsAny(s, " <>"):
		return "it has a space or angle brackets"
	case strings.ContainsFunc(s, func(c rune) bool { return c > 0x7e }):
		return "it has characters beyond ASCII (write a domain in its xn-- form)"
	case at > 64 || len(s) > 254:
		return "it is longer than RFC 5321 section 4.5.3.1 allows"
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Name != "" || a.Address != s {
		return "RFC 5321 has no such form"
	}
	if !isHost(s[at+1:]) {
		return "what stands after the @ is no domain"
	}
	return ""
}

// host returns a host name or an IP address, or "" if the key is not there.
func (t *table) host(key string) string {
	s := t.line(key, "mail.example.org")
	if s == "" {
		return ""
	}
	if _, err := netip.ParseAddr(s); err == nil || isHost(s) {
		return s
	}
	hint := "write a host name or an IP address, such as mail.example.org"
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		hint = fmt.Sprintf("write the host name alone, without %s://", scheme)
	} else if host, port, ok := strings.Cut(s, ":"); ok && isHost(host) {
		hint = fmt.Sprintf("write %s = %q and port = %s", key, host, port)
	}
	t.r.fail(t.get(key), fmt.Sprintf("%q is no host", s), hint)
	return ""
}

// isHost reports whether s has the form of a host name (RFC 1123 section 2.1), with underscores,
// which private networks use.
func isHost(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 || !bareKey(label) || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}
