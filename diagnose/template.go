package diagnose

import "strings"

// title fills the title, or gives the plain one where a word is not known.
func (c cause) title(fill map[string]string) string {
	if text, ok := filled(c.Title, fill); ok {
		return text
	}
	return c.Plain
}

// steps fills the steps of the remedy and leaves out those with unknown words.
func (c cause) steps(fill map[string]string) []string {
	var list []string
	for _, step := range c.Fix {
		if text, ok := filled(step, fill); ok {
			list = append(list, text)
		}
	}
	return list
}

// filled puts values in the place of {{words}}, and reports whether all were known.
func filled(template string, fill map[string]string) (string, bool) {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(template, "{{")
		b.WriteString(before)
		if !open {
			return b.String(), true
		}
		word, after, closed := strings.Cut(rest, "}}")
		value, ok := fill[word]
		if !closed || !ok {
			return "", false
		}
		b.WriteString(value)
		template = after
	}
}
