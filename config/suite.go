package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// What a suite says where the file does not.
const (
	defaultSuite    = "default"
	defaultDeadline = 15 * time.Minute
	defaultMissing  = 24 * time.Hour
	defaultFollow   = 48 * time.Hour
	defaultBaseline = 30 * time.Second
)

// suites reads [suite.NAME] into c, after everything that suites name.
func (r *reader) suites(top *table, c *Config, presets *presets) {
	top.named("suite", func(name string, t *table) {
		c.Suites = append(c.Suites, t.suite(name, c, presets))
	})
	if top.get("suite") == nil || len(c.Suites) == 0 {
		empty := &table{node: &node{kind: kindTable, path: "suite." + defaultSuite}, r: r}
		c.Suites = []seedtest.Suite{empty.suite(defaultSuite, c, presets)}
	}
}

func (t *table) suite(name string, c *Config, presets *presets) seedtest.Suite {
	s := seedtest.Suite{
		Name:            name,
		Routes:          t.chosen("routes", c.RouteNames()),
		Seeds:           t.chosenSeeds(c.Seeds, presets),
		Messages:        t.chosen("messages", c.messageNames()),
		Retry:           t.retry(),
		Deadline:        t.duration("deadline", defaultDeadline),
		Missing:         t.duration("missing", defaultMissing),
		Follow:          t.duration("follow", defaultFollow),
		BaselineTimeout: t.duration("baseline_timeout", defaultBaseline),
		Schedule:        t.line("schedule", "17 */6 * * *"),
	}
	s.Style = t.style()
	s.Expect, s.ExpectProvider = t.expectations(presets)
	if s.Missing < s.Deadline {
		t.checkMissing(s)
	}
	t.checkHazards(s, c)
	if s.Schedule != "" {
		t.schedule(s, c)
	}
	return s
}

func names[T any](all []T, name func(T) string) []string {
	var out []string
	for _, x := range all {
		out = append(out, name(x))
	}
	return out
}

// checkMissing blames the key that is there.
func (t *table) checkMissing(s seedtest.Suite) {
	n := t.get("missing")
	if n == nil {
		n = t.get("deadline")
	}
	if n == nil {
		n = t.node
	}
	t.r.fail(n, fmt.Sprintf("missing (%v) comes before deadline (%v)", short(s.Missing),
		short(s.Deadline)), "what is overdue becomes missing: make missing the longer one")
}

// short prints a duration without parts that are zero.
func short(d time.Duration) string {
	s := d.String()
	s = strings.Replace(s, "m0s", "m", 1)
	return strings.Replace(s, "h0m", "h", 1)
}

// chosen reads a list of names, and says which are not there. Without the key everything is meant.
func (t *table) chosen(key string, known []string) []string {
	return t.names(key, func(name string) (bool, string) {
		return slices.Contains(known, name), oneOf(name, known)
	})
}

// chosenSeeds reads names of seeds, and provider:ID for those of a provider.
func (t *table) chosenSeeds(seeds []seedtest.Seed, presets *presets) []string {
	known := names(seeds, func(s seedtest.Seed) string { return s.Name })
	return t.names("seeds", func(name string) (bool, string) {
		id, byProvider := strings.CutPrefix(name, ofProvider)
		if !byProvider {
			return slices.Contains(known, name), oneOf(name, known)
		}
		if _, ok := presets.byID(id); !ok {
			return false, oneOf(id, presets.ids())
		}
		has := func(s seedtest.Seed) bool { return s.Provider.ID == id }
		return slices.ContainsFunc(seeds, has),
			"no seed is of this provider: take the name out, or run seedtest add ADDRESS"
	})
}

// names reads a list of names and holds each against what is known.
func (t *table) names(key string, known func(name string) (bool, string)) []string {
	example := fmt.Sprintf("%s = [%q]", key, everything)
	if t.value(key) == nil {
		return []string{everything}
	}
	var out []string
	for _, n := range t.list(key, kindString, example) {
		if ok, hint := known(n.text); !ok && n.text != everything {
			t.r.fail(n, fmt.Sprintf("there is no %q", n.text), hint)
		}
		out = append(out, n.text)
	}
	if n := t.get(key); n.kind == kindArray && len(n.items) == 0 {
		t.r.fail(n, "names nothing", "write "+example+" or leave the key out")
	}
	return out
}

// retry reads the waits after a 4yz. An empty list means that nothing is tried again.
func (t *table) retry() []time.Duration {
	n := t.typed("retry", kindArray, `retry = ["30s", "5m"]`)
	if n == nil {
		return []time.Duration{30 * time.Second, 5 * time.Minute}
	}
	out := []time.Duration{}
	for _, x := range n.items {
		if d := t.r.duration(x); d > 0 {
			out = append(out, d)
		}
	}
	return out
}

// expectations reads expect: keys of its own, and a table for each provider that is named.
func (t *table) expectations(presets *presets) (seedtest.Expect, map[string]seedtest.Expect) {
	sub := t.sub("expect", "expect = { inbox = 0.9 }")
	if sub == nil {
		return seedtest.Expect{}, nil
	}
	all := sub.expect(seedtest.Provider{})
	var by map[string]seedtest.Expect
	for _, e := range sub.entries {
		if e.node.kind != kindTable || slices.Contains(sub.asked, e.key) {
			continue
		}
		p, ok := presets.byID(e.key)
		sub.asked = append(sub.asked, e.key)
		if !ok {
			sub.r.fail(e.node, fmt.Sprintf("there is no provider %q", e.key),
				oneOf(e.key, presets.ids()))
		}
		if by == nil {
			by = map[string]seedtest.Expect{}
		}
		one := &table{node: e.node, r: t.r}
		by[e.key] = one.expect(p)
		one.done()
	}
	sub.done()
	return all, by
}

// authMethods are the methods of RFC 8601 that an expectation can name.
func authMethods() []string { return []string{"spf", "dkim", "dmarc", "arc", "iprev", "bimi"} }

func (t *table) expect(p seedtest.Provider) seedtest.Expect {
	e := seedtest.Expect{
		Inbox:     t.share("inbox"),
		MinSample: t.integer("min_sample", 1, maxLimit),
		Delay:     t.duration("delay", 0),
	}
	for _, n := range t.list("auth", kindString, `auth = ["spf", "dkim", "dmarc"]`) {
		if !slices.Contains(authMethods(), n.text) {
			t.r.fail(n, fmt.Sprintf("%q is no authentication method", n.text),
				oneOf(n.text, authMethods()))
		}
		e.Auth = append(e.Auth, n.text)
	}
	known := slices.Clone(p.Classes)
	for _, like := range p.InboxLike {
		known = append(known, like.Class)
	}
	for _, n := range t.list("class", kindString, `class = ["primary"]`) {
		if len(known) > 0 && !slices.Contains(known, n.text) {
			t.r.fail(n, fmt.Sprintf("%s has no class %q", p.Name, n.text), oneOf(n.text, known))
		} else if !className().MatchString(n.text) {
			t.r.fail(n, fmt.Sprintf("%q is no class", n.text), `write class = ["primary"]`)
		}
		e.Class = append(e.Class, n.text)
	}
	return e
}

func className() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`) }
