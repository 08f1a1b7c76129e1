package sender

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"seedtest"
)

// Draft is a message before it is composed.
type Draft struct {
	Message   seedtest.Message
	From      seedtest.Identity
	To        []string // addresses, without names
	Token     seedtest.Token
	MessageID string    // without angle brackets; empty: MessageID(Token, From)
	Date      time.Time // of the Date field
	Keys      DKIMKeys  // that sign the message; none: it is not signed
	Hazard    bool      // the route is marked for mail that filters must refuse

	Notify []seedtest.Notify // of what reports are wanted
}

// refMark is where the subject wants its reference. Without it the reference stands at the end.
const refMark = "{ref}"

// Compose writes the message. Equal drafts give equal bytes. The token travels in the Message-ID,
// in X-Entity-Ref-ID, in a line of the text, and as ENVID of the envelope; its reference stands
// in the subject (rule 4). It is an error if an address, a header field or the subject could not
// be sent as it is, or would change a field of ours, and if the message would be taken for spam or
// a virus on purpose by a route that is not marked for it.
func Compose(d Draft) (seedtest.Composed, error) {
	data, c, err := compose(d)
	if err == nil {
		err = checkHazard(d, data)
	}
	if err == nil {
		data, err = d.Keys.sign(data, d.Date)
	}
	if err != nil {
		return seedtest.Composed{}, fmt.Errorf("message %s: %w", d.Message.Name, err)
	}
	c.Data = data
	return c, nil
}

func compose(d Draft) ([]byte, seedtest.Composed, error) {
	c, from, err := envelopeOf(d)
	if err != nil {
		return nil, c, err
	}
	d.To = c.To // in the form in which they are sent
	d.Message = filled(d, from)
	var body part
	fields := d.Message.Headers
	if len(d.Message.Template) > 0 {
		if body, fields, d.Message.Subject, err = templateOf(d, from); err != nil {
			return nil, c, fmt.Errorf("file: %w", err)
		}
	} else if body, err = bodyOf(d); err != nil {
		return nil, c, err
	}
	var b bytes.Buffer
	b.Grow(len(body.data) + roomForHeader)
	if err := writeHeader(&b, d, from); err != nil {
		return nil, c, err
	}
	h := body.header()
	for _, f := range slices.Backward(fields) {
		if err := addField(&h, f); err != nil {
			return nil, c, err
		}
	}
	h.AddRaw([]byte("MIME-Version: 1.0\r\n")) // the library would write Mime-Version
	err = body.writeTo(&b, h)
	return b.Bytes(), c, err
}

// envelopeOf makes the envelope, and the mailbox of the header From.
func envelopeOf(d Draft) (seedtest.Composed, *mail.Address, error) {
	c := seedtest.Composed{EnvelopeID: string(d.Token), Notify: d.Notify}
	from, err := parseFrom(d.From)
	if err != nil {
		return c, nil, err
	}
	if c.EnvelopeFrom, err = reversePath(d.From, from, d.Token); err != nil {
		return c, nil, err
	}
	c.To, err = recipients(d.To)
	return c, from, err
}

// roomForHeader is how many octets most headers have at most.
const roomForHeader = 1024

// writeHeader writes the fields of ours that stand above those of the user and of the body.
func writeHeader(b *bytes.Buffer, d Draft, from *mail.Address) error {
	id, err := messageID(d, from)
	if err != nil {
		return err
	}
	subject, err := subjectOf(d)
	if err != nil {
		return err
	}
	if d.Date.IsZero() {
		return errors.New("date: none")
	}
	writeField(b, "Date", d.Date.Format(dateForm))
	writeField(b, "From", from.String())
	writeTo(b, d.To)
	writeField(b, "Subject", subject)
	b.WriteString("Message-ID: <" + id + ">\r\n") // which must not be folded
	b.WriteString("X-Entity-Ref-ID: " + string(d.Token) + "\r\n")
	return nil
}

// dateForm is the form of Date (RFC 5322 section 3.3).
const dateForm = "Mon, 02 Jan 2006 15:04:05 -0700"

func writeTo(b *bytes.Buffer, to []string) {
	writeField(b, "To", "<"+strings.Join(to, ">, <")+">")
}

func recipients(to []string) ([]string, error) {
	if len(to) == 0 {
		return nil, errors.New("to: no recipient")
	}
	out := make([]string, len(to))
	for i, addr := range to {
		a, err := asciiAddress(addr)
		if err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
		out[i] = a
	}
	return out, nil
}

// messageID takes the draft's Message-ID if it carries the token, else makes one.
func messageID(d Draft, from *mail.Address) (string, error) {
	own, err := tokenAt(d.Token, from)
	if err != nil || d.MessageID == "" {
		return own, err
	}
	id, err := asciiAddress(d.MessageID)
	if err != nil || !strings.HasPrefix(id, string(d.Token)+"@") {
		return "", fmt.Errorf("message id %q is not the token at a domain", d.MessageID)
	}
	return id, nil
}

// subjectOf puts the reference into the subject. At the end it stays outside of any encoded-word,
// so that it can be read in the raw header too.
func subjectOf(d Draft) (string, error) {
	s := strings.TrimSpace(d.Message.Subject)
	if err := checkValue(s); err != nil {
		return "", fmt.Errorf("subject: %w", err)
	}
	ref := d.Token.Ref()
	switch {
	case s == "":
		return "(" + ref + ")", nil
	case strings.Contains(s, refMark), strings.Contains(s, ref): // {{ref}} is filled in already
		return encoded("Subject", strings.ReplaceAll(s, refMark, ref)), nil
	}
	return encoded("Subject", s) + " (" + ref + ")", nil
}
