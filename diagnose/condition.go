package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seedtest"
)

// condition is one line of a rule's "when" or "unless": a word, an operator and a value.
type condition struct {
	word   string
	op     string // "=", "~", ">" or "<"
	values []string
	re     *regexp.Regexp
	number float64
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *condition) UnmarshalText(text []byte) error {
	parts := strings.SplitN(string(text), " ", 3)
	if len(parts) != 3 || !slices.Contains(words, parts[0]) {
		return fmt.Errorf("condition %q: wants a known word, an operator and a value", text)
	}
	c.word, c.op = parts[0], parts[1]
	var err error
	switch c.op {
	case "=":
		c.values = strings.Split(parts[2], "|")
	case "~":
		c.re, err = regexp.Compile("(?i)" + parts[2])
	case ">", "<":
		c.number, err = strconv.ParseFloat(parts[2], 64)
	default:
		err = fmt.Errorf("condition %q: no operator %q", text, c.op)
	}
	return err
}

// words are the words that conditions may use. rules.toml says what each means.
var words = []string{
	"route.type", "smtp.outcome", "smtp.stage", "smtp.error", "smtp.code", "retry.result",
	"ar.spf", "ar.dkim", "ar.dmarc", "ar.iprev", "ar.compauth", "received_spf",
	"egress.ip", "egress.ptr", "egress.helo", "stamp.verdict", "stamp.tests",
	"place.state", "place.moved", "place.late", "place.copies", "place.control",
	"relay.next", "scope.route", "imap.fault",
}

// observation is the value of one word, and where it was read.
type observation struct {
	value    string
	evidence []seedtest.Evidence
}

// holds reports whether the condition is true of what was observed.
func (c condition) holds(seen map[string]observation) bool {
	o, ok := seen[c.word]
	if !ok {
		return false
	}
	switch c.op {
	case "=":
		return slices.Contains(c.values, o.value)
	case "~":
		return c.re.MatchString(o.value)
	}
	n, err := strconv.ParseFloat(o.value, 64)
	return err == nil && (c.op == ">" && n > c.number || c.op == "<" && n < c.number)
}

// holds reports whether the rule is true of what was observed.
func (r rule) holds(seen map[string]observation) bool {
	for _, c := range r.When {
		if !c.holds(seen) {
			return false
		}
	}
	return !slices.ContainsFunc(r.Unless, func(c condition) bool { return c.holds(seen) })
}

// could reports whether every word of the rule is known, so that it had a voice.
func (r rule) could(seen map[string]observation) bool {
	for _, c := range r.When {
		if _, ok := seen[c.word]; !ok {
			return false
		}
	}
	return true
}
