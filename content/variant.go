package content

import (
	"html"
	"slices"
	"strings"

	"seedtest"
)

// The variants. One that begins with VariantHeader adds a header field, as in
// header:X-Mailer=Example 1.0.
const (
	VariantPlain      = "plain"     // the text alone
	VariantHTML       = "html"      // text and HTML
	VariantHTMLOnly   = "html-only" // HTML alone
	VariantLink       = "link"      // the text with a link
	VariantAttachment = "attachment"
	VariantHeader     = "header:"
)

// Variants returns the words for variants, but for header:NAME=VALUE.
func Variants() []string {
	return []string{VariantPlain, VariantHTML, VariantHTMLOnly, VariantLink, VariantAttachment}
}

// defaultLink is the link of a message that names none.
const defaultLink = "https://{{domain}}/"

// HeaderOf returns the header field of a variant header:NAME=VALUE.
func HeaderOf(variant string) (seedtest.Header, bool) {
	field, ok := strings.CutPrefix(variant, VariantHeader)
	if !ok {
		return seedtest.Header{}, false
	}
	name, value, ok := strings.Cut(field, "=")
	h := seedtest.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	return h, ok && h.Name != "" && h.Value != ""
}

// vary makes a message the variant that it says it is. Each differs from the plain text in one
// thing only, so that what a filter makes of it can be laid to that.
func vary(m seedtest.Message) seedtest.Message {
	own, files := m.HTML, m.Attachments
	m.HTML, m.Attachments = "", nil
	switch m.Variant {
	case VariantHTML, VariantHTMLOnly:
		if m.HTML = own; own == "" {
			m.HTML = pageOf(m)
		}
		if m.Variant == VariantHTMLOnly {
			m.Text = ""
		}
	case VariantLink:
		if m.Link == "" {
			m.Link = defaultLink
		}
		m.Text = strings.TrimRight(m.Text, "\r\n") + "\n\n" + m.Link + "\n"
	case VariantAttachment:
		if m.Attachments = files; len(files) == 0 {
			m.Attachments = []seedtest.Attachment{
				{Name: "notes.pdf", Type: "application/pdf", Data: pdf("Notes")}}
		}
	default:
		if h, ok := HeaderOf(m.Variant); ok {
			m.Headers = append(slices.Clone(m.Headers), h)
		}
	}
	return m
}

// pageOf says the text of a message in HTML.
func pageOf(m seedtest.Message) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>" +
		html.EscapeString(m.Subject) + "</title>\n</head>\n<body>\n")
	text := strings.ReplaceAll(strings.TrimSpace(m.Text), "\r\n", "\n")
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(html.EscapeString(strings.Trim(paragraph, "\n")), "\n")
		b.WriteString("<p>" + strings.Join(lines, "<br>\n") + "</p>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}
