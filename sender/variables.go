package sender

import (
	"html"
	"net/mail"
	"slices"
	"strings"

	"seedtest"
)

// Variables returns the names that stand for something within {{ }} in the words of a message.
func Variables() []string { return []string{"ref", "date", "to", "from", "domain"} }

// values are what the variables of a draft stand for, in the order of Variables.
func (d Draft) values(from *mail.Address) []string {
	return []string{d.Token.Ref(), d.Date.Format("2006-01-02"), strings.Join(d.To, ", "),
		from.Address, domainOf(from.Address)}
}

// filled puts values in place of the variables. What looks like one and is none stays.
func filled(d Draft, from *mail.Address) seedtest.Message {
	if !hasVariables(d.Message) {
		return d.Message
	}
	m, plain := d.Message, replacer(d.values(from), false)
	m.Subject, m.Text = plain.Replace(m.Subject), plain.Replace(m.Text)
	m.HTML = replacer(d.values(from), true).Replace(m.HTML)
	m.Headers = nil
	for _, h := range d.Message.Headers {
		m.Headers = append(m.Headers, seedtest.Header{Name: h.Name, Value: plain.Replace(h.Value)})
	}
	return m
}

// hasVariables reports whether there may be any. To make replacers takes longer than all else.
func hasVariables(m seedtest.Message) bool {
	const mark = "{{"
	return strings.Contains(m.Subject, mark) || strings.Contains(m.Text, mark) ||
		strings.Contains(m.HTML, mark) ||
		slices.ContainsFunc(m.Headers, func(h seedtest.Header) bool {
			return strings.Contains(h.Value, mark)
		})
}

// replacer fills variables into text, or into HTML, where an address may hold characters that mean
// something.
func replacer(values []string, markup bool) *strings.Replacer {
	var pairs []string
	for i, name := range Variables() {
		v := values[i]
		if markup {
			v = html.EscapeString(v)
		}
		pairs = append(pairs, "{{"+name+"}}", v)
	}
	return strings.NewReplacer(pairs...)
}
