package analyze

import (
	"html"
	"strings"
)

// plainText makes text of HTML, well enough to read a report that has no other part: tags go,
// those that begin a line become one.
func plainText(s string) string {
	var b strings.Builder
	shown := true // nothing that is hidden without an end has been met
	for s != "" {
		text, rest, ok := strings.Cut(s, "<")
		b.WriteString(strings.ReplaceAll(text, "\n", " "))
		if !ok {
			break
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed {
			break
		}
		b.WriteString(lineOf(tag))
		s = after
		if hidden := hiddenText(tag); hidden != "" && shown {
			end := indexFold(s, hidden)
			shown = end >= 0
			s = s[max(end, 0):]
		}
	}
	return html.UnescapeString(b.String())
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

// lineOf returns a line end for the tags that make one.
func lineOf(tag string) string {
	name := strings.ToLower(strings.TrimLeft(tag, "/"))
	for _, block := range []string{"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "hr"} {
		if name == block || strings.HasPrefix(name, block+" ") || strings.HasPrefix(name, block+"/") {
			return "\n"
		}
	}
	return ""
}
