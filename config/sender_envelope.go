package config

import (
	"fmt"
	"strings"

	"seedtest"
)

// envelopeFrom reads the envelope's sender, which may have a place for the tag of each message.
func (t *table) envelopeFrom() string {
	s := t.line("envelope_from", "name@example.org")
	if !strings.Contains(s, "{") {
		return t.address("envelope_from")
	}
	const tagged = `write it as "bounces+` + seedtest.TagMark + `@example.org", or without braces`
	n := t.get("envelope_from")
	local, _, _ := strings.Cut(s, "@")
	one := seedtest.Identity{EnvelopeFrom: s}.ReversePath(
		seedtest.Token(strings.Repeat("x", seedtest.TokenLen)))
	switch problem := addressProblem(one); {
	case strings.Count(local, seedtest.TagMark) != 1 || strings.ContainsAny(one, "{}"):
		t.r.fail(n, fmt.Sprintf("%q has braces that mean nothing", s), tagged)
	case problem != "":
		t.r.fail(n, fmt.Sprintf("%q is no address, with a tag of %d characters: %s", s,
			seedtest.TokenLen, problem), tagged)
	default:
		t.r.warn(n, "each message has a sender of its own: whoever greylists makes every one of them wait, "+
			"and a limit or a reputation by sender never finds it again; without "+seedtest.TagMark+
			" all but a few reports are joined to their message too")
		return s
	}
	return ""
}
