package report

import "strings"

// Paragraph returns a text that begins with label as clean lines of at most width cells. Further
// lines are indented as far as the label is wide. Without text there are none.
func Paragraph(label, text string, width int) []string {
	p := &page{style: Style{Width: width, Verbose: true}}
	if text = strings.TrimSpace(clean(text)); text != "" {
		p.para(clean(label), text, 0)
	}
	return p.lines
}
