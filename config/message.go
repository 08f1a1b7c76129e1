package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"seedtest"
	"seedtest/content"
)

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
		m := seedtest.Message{
			Name:        name,
			Subject:     t.line("subject", "Your weekly notice"),
			Text:        t.text("text", "Hello ..."),
			HTML:        t.text("html", "<p>Hello ...</p>"),
			Template:    t.template(),
			Content:     t.content(),
			Attachments: t.attachments(),
			Headers:     append(t.headers(), t.unsubscribe()...),
			Link:        t.link(),
			GTUBE:       t.flag("gtube"),
			EICAR:       t.flag("eicar"),
		}
		t.checkWords(m)
		all = append(all, t.matrix(m)...)
	})
	if top.get("message") == nil || len(all) == 0 {
		all = []seedtest.Message{defaultMessage()}
	}
	return all
}

// checkWords wants one source of what a message says.
func (t *table) checkWords(m seedtest.Message) {
	switch {
	case t.get("file") != nil:
		for _, key := range []string{"text", "html", "content", "attachments", "gtube", "eicar"} {
			if n := t.get(key); n != nil {
				t.r.fail(n, "cannot be beside file, which is the whole message",
					"take one of the two out, or put it into the file")
			}
		}
	case t.get("content") != nil:
		for _, key := range []string{"text", "html"} {
			if n := t.get(key); n != nil {
				t.r.fail(n, "cannot be beside content, which is the text", "take one of the two out")
			}
		}
	default:
		t.needs("subject", `write subject = "Your weekly notice"`)
		if t.get("html") == nil {
			t.needs("text", `write text = "..." or html = "...", content = "notice-en" for a `+
				`built-in text, or file = "real.eml" for a whole message`)
		}
	}
}

// content reads the name of a built-in text.
func (t *table) content() string {
	name := t.line("content", "notice-en")
	if name != "" && !content.Known(name) {
		t.r.fail(t.get("content"), fmt.Sprintf("there is no text %q", name),
			oneOf(name, append(content.Names(), content.Any)))
		return ""
	}
	return name
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
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, bad) {
		return "is no name of a header field"
	}
	ours := []string{"from", "sender", "to", "cc", "bcc", "subject", "date", "message-id",
		"mime-version", "received", "return-path", "x-entity-ref-id", "dkim-signature",
		"authentication-results", "delivered-to"}
	lower := strings.ToLower(name)
	if slices.Contains(ours, lower) || strings.HasPrefix(lower, "content-") {
		return "is a header field that seedtest or a server writes itself"
	}
	return ""
}

// unsubscribe reads where a reader leaves the list: List-Unsubscribe (RFC 2369 section 3.2), and
// with one_click List-Unsubscribe-Post (RFC 8058).
func (t *table) unsubscribe() []seedtest.Header {
	const example = `list_unsubscribe = ["https://example.org/u/{{ref}}", "mailto:leave@example.org"]`
	web := false
	var parts []string
	for _, n := range t.list("list_unsubscribe", kindString, example) {
		u, err := url.Parse(n.text)
		good := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" ||
			err == nil && u.Scheme == "mailto" && u.Opaque != ""
		if !good || strings.ContainsAny(n.text, "<>, \t\r\n") {
			t.r.fail(n, fmt.Sprintf("%q is no address to leave a list by", n.text), "write "+example)
			continue
		}
		web = web || u.Scheme == "https"
		parts = append(parts, "<"+n.text+">")
	}
	click := t.flag("one_click")
	if click && !web {
		t.r.fail(t.get("one_click"), "one click wants a web address (RFC 8058 section 3.1)",
			"write "+example)
	}
	if len(parts) == 0 {
		return nil
	}
	list := []seedtest.Header{{Name: "List-Unsubscribe", Value: strings.Join(parts, ", ")}}
	if click {
		list = append(list, seedtest.Header{Name: "List-Unsubscribe-Post",
			Value: "List-Unsubscribe=One-Click"})
	}
	return list
}

// link reads the address of the variants with a link.
func (t *table) link() string {
	s := t.line("link", "https://www.example.org/")
	if s == "" {
		return ""
	}
	u, err := url.Parse(strings.NewReplacer("{{", "", "}}", "").Replace(s))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		t.r.fail(t.get("link"), fmt.Sprintf("%q is no web address", s),
			`write link = "https://www.example.org/"`)
	}
	return s
}

// matrix returns the message, or its variants if it has a matrix.
func (t *table) matrix(m seedtest.Message) []seedtest.Message {
	const example = `matrix = ["plain", "html", "link", "attachment", "header:X-Mailer=Example 1"]`
	n := t.typed("matrix", kindArray, example)
	if n == nil {
		if at := t.get("link"); at != nil {
			t.r.fail(at, "is for a matrix, and there is none", "take it out, or write "+example)
		}
		return []seedtest.Message{m}
	}
	if len(m.Template) > 0 || t.get("file") != nil {
		t.r.fail(n, "cannot be beside file, which is sent as it is", "take one of the two out")
	}
	if m.Text == "" && m.Content == "" && t.get("file") == nil {
		t.r.fail(n, "wants a text, from which its variants are made",
			`write text = "..." or content = "notice-en"`)
	}
	if len(n.items) < 2 {
		t.r.fail(n, "wants two variants or more, so that they can be compared", "write "+example)
	}
	var all []seedtest.Message
	taken := map[string]bool{}
	for _, x := range n.items {
		if t.r.typed(x, kindString, example) == nil {
			continue
		}
		name := t.variant(x)
		v := m
		v.Matrix, v.Variant, v.Name = m.Name, x.text, freeOf(m.Name+"/"+name, taken)
		all = append(all, v)
	}
	return all
}

// variant checks a word of a matrix, and returns the name that it gives.
func (t *table) variant(n *node) string {
	if slices.Contains(content.Variants(), n.text) {
		return n.text
	}
	h, ok := content.HeaderOf(n.text)
	switch {
	case !ok && strings.HasPrefix(n.text, content.VariantHeader):
		t.r.fail(n, fmt.Sprintf("%q is no header field", n.text), `write "header:X-Mailer=Example 1"`)
	case !ok:
		t.r.fail(n, fmt.Sprintf("there is no variant %q", n.text),
			oneOf(n.text, append(content.Variants(), content.VariantHeader+"NAME=VALUE")))
	default:
		if problem := headerProblem(h.Name); problem != "" {
			t.r.fail(n, h.Name+" "+problem, "choose another name such as X-Mailer")
		}
		if strings.ContainsFunc(h.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.r.fail(n, "holds a control character or a line break", "write it on one line")
		}
	}
	return h.Name
}

// freeOf returns a name that is not taken, with a number behind it if needed, and takes it.
func freeOf(name string, taken map[string]bool) string {
	free := name
	for i := 2; taken[strings.ToLower(free)]; i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	taken[strings.ToLower(free)] = true
	return free
}

// checkHazards wants every route of a suite to be marked where a message asks for refusal.
func (t *table) checkHazards(s seedtest.Suite, c *Config) {
	routes, _, messages, err := c.Select(s)
	if err != nil {
		return // said elsewhere
	}
	n := t.get("messages")
	if n == nil {
		n = t.node
	}
	for _, m := range messages {
		for _, r := range routes {
			if m.Hazardous() && !r.Hazard {
				t.r.fail(n, fmt.Sprintf("message %s asks filters to refuse it, and route %s is not "+
					"marked for that", m.Name, r.Name), "name the messages of this suite without it, "+
					"or write hazard = true in a route that may lose its good name by it")
				return
			}
		}
	}
}
