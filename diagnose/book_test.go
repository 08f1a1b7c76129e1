package diagnose

import (
	"strconv"
	"strings"
	"testing"

	"seedtest"
)

func TestEmbeddedDataIsWhole(t *testing.T) {
	b, err := readBook(causesData, rulesData)
	if err != nil {
		t.Fatal(err)
	}
	replies, err := b.readReplies(repliesData)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"route.changed": true, "reply.unknown": true,
		"content.variant": true, "content.variant_unsure": true}
	for _, r := range b.rules {
		used[r.Cause] = true
		if r.ID == "" || r.Group == "" || r.Source == "" || r.Status == "" {
			t.Errorf("rule %q lacks an id, a group, a status or a source", r.ID)
		}
	}
	for _, r := range replies.rules {
		used[r.Cause] = true
		if r.Source == "" || r.Status == "" || r.Example == "" {
			t.Errorf("reply %s lacks a status, a source or an example", r.ID)
		}
	}
	for id, c := range b.causes {
		if !used[id] {
			t.Errorf("cause %s: no rule names it", id)
		}
		if c.Title == "" || c.Plain == "" || len(c.Sources) == 0 || c.Per == "" {
			t.Errorf("cause %s lacks a title, a plain title, a scope or a source", id)
		}
		if strings.Contains(c.Plain, "{{") || len(c.steps(nil)) == 0 {
			t.Errorf("cause %s has no plain title or no step without words", id)
		}
		for _, e := range c.ExplainedBy {
			if _, ok := b.causes[e]; !ok {
				t.Errorf("cause %s is explained by %q, which does not exist", id, e)
			}
		}
	}
}

func TestReadBookRefusesBadData(t *testing.T) {
	good := `[[cause]]
id = "a"`
	tests := []struct{ name, causes, rules, replies, want string }{
		{"unknown key", "[[cause]]\nidd = 'a'", "", "", "unknown key"},
		{"rule without cause", good, rule1("b", "ar.spf = fail"), "", "no cause"},
		{"unknown word", good, rule1("a", "ar.sfp = fail"), "", "known word"},
		{"unknown operator", good, rule1("a", "ar.spf ! fail"), "", "no operator"},
		{"bad regex", good, rule1("a", "ar.spf ~ ("), "", "missing closing"},
		{"bad number", good, rule1("a", "place.copies > x"), "", "invalid syntax"},
		{"reply without cause", good, "", "[[reply]]\nid = 'r'\ncause = 'b'", "no cause"},
		{"no conditions", good,
			"[[rule]]\nid = 'r'\ncause = 'a'\nconfidence = 0.5", "", "needs conditions"},
	}
	for _, x := range tests {
		b, err := readBook(x.causes, x.rules)
		if err == nil {
			_, err = b.readReplies(x.replies)
		}
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: readBook = %v, want an error with %q", x.name, err, x.want)
		}
	}
}

func rule1(cause, when string) string {
	return "[[rule]]\nid = 'r'\nconfidence = 0.5\ncause = '" + cause + "'\nwhen = ['" + when + "']"
}

// Every example of replies.toml must lead to its own cause, past all the other rules.
func TestReplyExamples(t *testing.T) {
	b := theBook()
	for _, r := range b.said().rules {
		got := b.reply(parseReply(t, r.Example))
		if got == nil {
			t.Errorf("reply %s: no rule knows its own example %q", r.ID, r.Example)
			continue
		}
		if got.Cause != r.Cause && r.Provider != anyProvider {
			t.Errorf("reply %s: example %q leads to %s by %s, want %s",
				r.ID, r.Example, got.Cause, got.ID, r.Cause)
		}
	}
}

func parseReply(t *testing.T, s string) seedtest.Reply {
	t.Helper()
	code, rest, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(strings.TrimRight(code, "-"))
	if err != nil {
		return seedtest.Reply{Text: s}
	}
	r := seedtest.Reply{Code: n, Text: rest}
	if first, more, _ := strings.Cut(rest, " "); strings.Count(first, ".") == 2 &&
		strings.Trim(first, "0123456789.") == "" {
		r.Enhanced, r.Text = first, more
	}
	return r
}
