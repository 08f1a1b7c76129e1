package analyze

import (
	"html"
	"strings"
)

// plainText makes text of HTML, well enough to read a report that has no other part: tags go, those
// that begin a line become a line end, and lines of the source count inside <pre> only.
func plainText(s string) string {
	var t textMaker
	for s != "" {
		text, rest, ok := strings.Cut(s, "<")
		t.add(text)
		tag, after, closed := strings.Cut(rest, ">")
		if !ok || !closed {
			break
		}
		s = after
		t.tag(tag)
		if hidden := hiddenText(tag); hidden != "" && !t.endless {
			end := indexFold(s, hidden)
			t.endless = end < 0
			s = s[max(end, 0):]
		}
	}
	return html.UnescapeString(t.b.String())
}

type textMaker struct {
	b       strings.Builder
	fresh   bool // nothing stands on the line yet
	pre     bool
	endless bool // something that is hidden without an end has been met
}

func (t *textMaker) add(text string) {
	if !t.pre {
		text = strings.ReplaceAll(text, "\n", " ")
		if t.fresh {
			text = strings.TrimLeft(text, " \t")
		}
	}
	t.b.WriteString(text)
	if text != "" {
		t.fresh = strings.HasSuffix(text, "\n")
	}
}

func (t *textMaker) tag(tag string) {
	name, _, _ := strings.Cut(strings.ToLower(tag[:min(len(tag), 20)]), " ")
	switch strings.TrimSuffix(strings.TrimPrefix(name, "/"), "/") {
	case "pre":
		t.pre = name == "pre"
		t.line()
	case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "hr", "blockquote":
		t.line()
	}
}

func (t *textMaker) line() {
	t.b.WriteByte('\n')
	t.fresh = true
}

// hiddenText returns the tag that ends what a tag hides.
func hiddenText(tag string) string {
	switch {
	case hasPrefixFold(tag, "style"):
		return "</style"
	case hasPrefixFold(tag, "script"):
		return "</script"
	}
	return ""
}
