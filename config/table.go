package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader reads one file and gathers its mistakes.
type reader struct {
	file     string
	dir      string // relative paths start here
	env      Env
	clients  map[string]oauthClient
	servers  bool // [dns] names some
	mistakes []Error
	warnings []string
}

func (r *reader) fail(n *node, problem, hint string) {
	e := Error{File: r.file, Line: n.line, Key: n.path, Problem: problem, Hint: hint}
	r.mistakes = append(r.mistakes, e)
}

func (r *reader) warn(n *node, text string) {
	warning := fmt.Sprintf("%s:%d: %s: %s", r.file, n.line, n.path, text)
	r.warnings = append(r.warnings, printable(warning))
}

// table reads the keys of a TOML table. A key that nobody asked for is unknown; those that somebody
// asked for are what it may have meant.
type table struct {
	*node
	r     *reader
	asked []string
}

// node returns the value of a key, nil if it is not there.
func (t *table) value(key string) *node {
	t.asked = append(t.asked, key)
	return t.get(key)
}

// typed returns the value of a key if it is there and of a kind; otherwise it says why not.
func (t *table) typed(key string, want kind, example string) *node {
	n := t.value(key)
	if n == nil {
		return nil
	}
	return t.r.typed(n, want, example)
}

func (r *reader) typed(n *node, want kind, example string) *node {
	if n.kind == want && !n.tables {
		return n
	}
	r.fail(n, fmt.Sprintf("wants %s, and holds %s", article(want), held(n)), "write "+example)
	return nil
}

// held names what a node holds, and not its value: one in the wrong place may be a password.
func held(n *node) string {
	if n.tables {
		return "an array of tables ([[...]])"
	}
	return article(n.kind)
}

func article(k kind) string {
	if strings.HasPrefix(string(k), "a") || strings.HasPrefix(string(k), "i") {
		return "an " + string(k)
	}
	return "a " + string(k)
}

// text returns a string, or "" if the key is not there or no string. An empty string is a mistake.
func (t *table) text(key, example string) string {
	n := t.typed(key, kindString, fmt.Sprintf("%s = %q", key, example))
	if n == nil {
		return ""
	}
	if n.text == "" {
		t.r.fail(n, "is empty", fmt.Sprintf("write %s = %q, or leave the key out", key, example))
	}
	return n.text
}

// line returns a string without control characters.
func (t *table) line(key, example string) string {
	s := t.text(key, example)
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		t.r.fail(t.get(key), "holds a control character or a line break", "write it on one line")
		return ""
	}
	return s
}

// needs says that a key is missing, if it is.
func (t *table) needs(key, hint string) bool {
	if t.get(key) != nil {
		return true
	}
	t.r.fail(t.node, key+" is missing", hint)
	return false
}

// word returns one of a set of words, or "" if the key is not there.
func (t *table) word(key string, words ...string) string {
	n := t.typed(key, kindString, fmt.Sprintf("%s = %q", key, words[0]))
	if n == nil || slices.Contains(words, n.text) {
		if n == nil {
			return ""
		}
		return n.text
	}
	t.r.fail(n, fmt.Sprintf("%q is not known here", n.text), oneOf(n.text, words))
	return ""
}

func (t *table) flag(key string) bool {
	n := t.typed(key, kindBool, key+" = true or "+key+" = false")
	return n != nil && n.text == "true"
}

// integer returns a whole number within bounds, or 0 if the key is not there.
func (t *table) integer(key string, low, high int) int {
	example := fmt.Sprintf("a number from %d to %d", low, high)
	if n := t.get(key); n != nil && n.kind == kindString {
		if i, err := strconv.Atoi(n.text); err == nil && i >= low && i <= high {
			example = fmt.Sprintf("%s = %d, without quotes", key, i)
		}
	}
	n := t.typed(key, kindInteger, example)
	if n == nil {
		return 0
	}
	i, err := strconv.ParseInt(strings.ReplaceAll(n.text, "_", ""), 0, 64)
	if err != nil || i < int64(low) || i > int64(high) {
		t.r.fail(n, n.text+" is out of range", fmt.Sprintf("write a number from %d to %d", low, high))
		return 0
	}
	return int(i)
}

// share returns a number from 0 to 1, nil if the key is not there.
func (t *table) share(key string) *float64 {
	n := t.value(key)
	if n == nil {
		return nil
	}
	if n.kind != kindFloat && n.kind != kindInteger {
		t.r.typed(n, kindFloat, key+" = 0.9")
		return nil
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
	if err != nil || !(f >= 0 && f <= 1) {
		t.r.fail(n, n.text+" is not a share", "write a number from 0 to 1, such as 0.9 for 90 percent")
		return nil
	}
	return &f
}

// duration returns a duration above zero, or otherwise if the key is not there.
func (t *table) duration(key string, otherwise time.Duration) time.Duration {
	n := t.value(key)
	if n == nil {
		return otherwise
	}
	if d := t.r.duration(n); d > 0 {
		return d
	}
	return otherwise
}

// duration reads a duration above zero; otherwise it says why not and returns 0.
func (r *reader) duration(n *node) time.Duration {
	if n.kind == kindInteger || n.kind == kindFloat {
		r.fail(n, fmt.Sprintf("the bare number %s is no duration", n.text),
			fmt.Sprintf("give it a unit, such as \"%ss\" or \"%sm\"", n.text, n.text))
		return 0
	}
	if r.typed(n, kindString, `a duration with a unit, such as "15m"`) == nil {
		return 0
	}
	d, err := time.ParseDuration(n.text)
	switch {
	case err != nil:
		r.fail(n, fmt.Sprintf("%q is no duration", n.text), durationHint(n.text))
	case d <= 0:
		r.fail(n, fmt.Sprintf("%q is not above zero", n.text), `write a duration such as "15m"`)
	default:
		return d
	}
	return 0
}

func durationHint(s string) string {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 1000 {
			return fmt.Sprintf("days have no unit: write %q", fmt.Sprintf("%dh", 24*n))
		}
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return fmt.Sprintf("give it a unit, such as \"%ds\" or \"%dm\"", n, n)
	}
	return `the units are h, m, s and ms, as in "90s" or "1h30m"`
}

// list returns the elements of an array of one kind.
func (t *table) list(key string, of kind, example string) []*node {
	n := t.typed(key, kindArray, example)
	if n == nil {
		return nil
	}
	var out []*node
	for _, x := range n.items {
		if t.r.typed(x, of, example) != nil {
			out = append(out, x)
		}
	}
	return out
}

// texts returns an array of strings; nil if the key is not there.
func (t *table) texts(key, example string) []string {
	var out []string
	for _, n := range t.list(key, kindString, example) {
		if n.text == "" {
			t.r.fail(n, "holds an empty string", "write "+example)
			continue
		}
		out = append(out, n.text)
	}
	return out
}

// sub returns a table within the table; nil if the key is not there.
func (t *table) sub(key, example string) *table {
	n := t.typed(key, kindTable, example)
	if n == nil {
		return nil
	}
	return &table{node: n, r: t.r}
}

// done says which keys nobody asked for.
func (t *table) done() {
	for _, e := range t.entries {
		if !slices.Contains(t.asked, e.key) {
			t.r.fail(e.node, "unknown key", oneOf(e.key, t.asked))
		}
	}
}
