package report

import (
	"strings"

	"seedtest"
)

// signatureReading is one DKIM-Signature field as it reads.
type signatureReading struct {
	Domain, Selector, Algorithm string
	Signs                       string // the fields
	Problems                    []string
	Raw                         string
}

func (n names) signatures(list []seedtest.DKIMSignature) []signatureReading {
	var out []signatureReading
	for _, s := range list {
		out = append(out, signatureReading{n.say(s.Tag("d")), n.say(s.Tag("s")), n.say(s.Tag("a")),
			n.say(strings.ReplaceAll(s.Tag("h"), ":", ", ")), n.each(s.Problems), n.say(s.Raw)})
	}
	return out
}

// words says a signature in one line.
func (s signatureReading) words() string {
	text := joined(", ", s.Domain, labelOf("selector ", s.Selector), s.Algorithm)
	return joined("; ", text, labelOf("signs ", s.Signs))
}

func labelOf(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}
