package lab

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// envelopeOf is a message's ENVELOPE (RFC 9051 section 7.5.2). What of the header cannot be read
// is left out.
func envelopeOf(raw []byte) string {
	head, _ := splitLetter(raw)
	header, _ := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(head)))
	e := imapserver.ExtractEnvelope(header)
	return envelopeText(e, header.Get("Date"))
}

func envelopeText(e *imap.Envelope, date string) string {
	sender, reply := e.Sender, e.ReplyTo
	if len(sender) == 0 {
		sender = e.From
	}
	if len(reply) == 0 {
		reply = e.From
	}
	answers := ""
	if len(e.InReplyTo) > 0 {
		answers = "<" + strings.Join(e.InReplyTo, "> <") + ">"
	}
	id := ""
	if e.MessageID != "" {
		id = "<" + e.MessageID + ">"
	}
	return fmt.Sprintf("(%s %s %s %s %s %s %s %s %s %s)", nstring(date), nstring(encoded(e.Subject)),
		addressList(e.From), addressList(sender), addressList(reply), addressList(e.To),
		addressList(e.Cc), addressList(e.Bcc), nstring(answers), nstring(id))
}

func nstring(s string) string {
	if s == "" {
		return "NIL"
	}
	return imapQuoted(s)
}

func encoded(s string) string { return mime.QEncoding.Encode("utf-8", s) }

func addressList(list []imap.Address) string {
	if len(list) == 0 {
		return "NIL"
	}
	var all strings.Builder
	for _, a := range list {
		fmt.Fprintf(&all, "(%s NIL %s %s)", nstring(encoded(a.Name)), nstring(a.Mailbox),
			nstring(a.Host))
	}
	return "(" + all.String() + ")"
}

// structureOf is a message's BODYSTRUCTURE, or BODY, which lacks the extension data.
func structureOf(raw []byte, extended bool) string {
	return structureText(imapserver.ExtractBodyStructure(bytes.NewReader(raw)), extended)
}

func structureText(s imap.BodyStructure, extended bool) string {
	switch s := s.(type) {
	case *imap.BodyStructureMultiPart:
		return multiText(s, extended)
	case *imap.BodyStructureSinglePart:
		return singleText(s, extended)
	}
	return `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)` // of a message that cannot be read
}

func multiText(s *imap.BodyStructureMultiPart, extended bool) string {
	var parts strings.Builder
	for _, child := range s.Children {
		parts.WriteString(structureText(child, extended))
	}
	if len(s.Children) == 0 {
		parts.WriteString(structureText(nil, extended))
	}
	text := parts.String() + " " + imapQuoted(s.Subtype)
	if extended && s.Extended != nil {
		e := s.Extended
		text += fmt.Sprintf(" %s %s %s %s", params(e.Params), disposition(e.Disposition),
			languages(e.Language), nstring(e.Location))
	}
	return "(" + text + ")"
}

func singleText(s *imap.BodyStructureSinglePart, extended bool) string {
	encoding := s.Encoding
	if encoding == "" {
		encoding = "7BIT"
	}
	text := fmt.Sprintf("%s %s %s %s %s %s %d", imapQuoted(s.Type), imapQuoted(s.Subtype),
		params(s.Params), nstring(s.ID), nstring(encoded(s.Description)), imapQuoted(encoding),
		s.Size)
	if m := s.MessageRFC822; m != nil && m.Envelope != nil {
		date := ""
		if !m.Envelope.Date.IsZero() {
			date = m.Envelope.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700")
		}
		text += fmt.Sprintf(" %s %s %d", envelopeText(m.Envelope, date),
			structureText(m.BodyStructure, extended), m.NumLines)
	}
	if s.Text != nil {
		text += fmt.Sprintf(" %d", s.Text.NumLines)
	}
	if extended && s.Extended != nil {
		e := s.Extended
		text += fmt.Sprintf(" NIL %s %s %s", disposition(e.Disposition), languages(e.Language),
			nstring(e.Location))
	}
	return "(" + text + ")"
}

func params(p map[string]string) string {
	if len(p) == 0 {
		return "NIL"
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		words = append(words, imapQuoted(strings.ToUpper(k)), imapQuoted(p[k]))
	}
	return "(" + strings.Join(words, " ") + ")"
}

func disposition(d *imap.BodyStructureDisposition) string {
	if d == nil {
		return "NIL"
	}
	return fmt.Sprintf("(%s %s)", imapQuoted(d.Value), params(d.Params))
}

func languages(l []string) string {
	if len(l) == 0 {
		return "NIL"
	}
	words := make([]string, len(l))
	for i, word := range l {
		words[i] = imapQuoted(word)
	}
	return "(" + strings.Join(words, " ") + ")"
}
