package sender

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"

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
}

// refMark is where the subject wants its reference. Without it the reference stands at the end.
const refMark = "{ref}"

// softLine is the longest line of text that goes out as it is (RFC 2045 section 6.7 allows 76
// characters); a longer one makes the text quoted-printable, because relays wrap long lines and
// a wrapped line breaks a signature.
const softLine = 76

// Compose writes the message. Equal drafts give equal bytes. The token travels in the Message-ID,
// in X-Entity-Ref-ID, in a line of the text, and as ENVID of the envelope; its reference stands
// in the subject (rule 4). It is an error if an address, a header field or the subject could not
// be sent as it is, or would change a field of ours.
func Compose(d Draft) (seedtest.Composed, error) {
	data, c, err := compose(d)
	if err != nil {
		return seedtest.Composed{}, fmt.Errorf("message %s: %w", d.Message.Name, err)
	}
	c.Data = data
	return c, nil
}

func compose(d Draft) ([]byte, seedtest.Composed, error) {
	var b bytes.Buffer
	c, from, err := envelopeOf(d)
	if err != nil {
		return nil, c, err
	}
	text, err := textOf(d)
	if err != nil {
		return nil, c, fmt.Errorf("text: %w", err)
	}
	h, err := headerOf(d, from, c.To, encodingOf(text))
	if err != nil {
		return nil, c, err
	}
	w, err := message.CreateWriter(&b, h)
	if err != nil {
		return nil, c, err
	}
	_, err = io.WriteString(w, text)
	err = errors.Join(err, w.Close())
	return b.Bytes(), c, err
}

// envelopeOf makes the envelope, and the mailbox of the header From.
func envelopeOf(d Draft) (seedtest.Composed, *mail.Address, error) {
	c := seedtest.Composed{EnvelopeID: string(d.Token)}
	from, err := parseFrom(d.From)
	if err != nil {
		return c, nil, err
	}
	if c.EnvelopeFrom, err = reversePath(d.From, from); err != nil {
		return c, nil, err
	}
	c.To, err = recipients(d.To)
	return c, from, err
}

// headerOf makes the header. Each field is put above those before it, so the last comes first.
func headerOf(
	d Draft, from *mail.Address, to []string, encoding string,
) (h message.Header, err error) {
	id, err := messageID(d)
	if err != nil {
		return h, err
	}
	subject, err := subjectOf(d)
	if err != nil {
		return h, err
	}
	if d.Date.IsZero() {
		return h, errors.New("date: none")
	}
	h.Add("Content-Transfer-Encoding", encoding)
	h.Add("Content-Type", "text/plain; charset=utf-8")
	for _, f := range slices.Backward(d.Message.Headers) {
		if err := addField(&h, f); err != nil {
			return h, err
		}
	}
	// Raw, because the library would write Mime-Version, Ref-Id and Message-Id.
	h.AddRaw([]byte("MIME-Version: 1.0\r\n"))
	h.AddRaw([]byte("X-Entity-Ref-ID: " + string(d.Token) + "\r\n"))
	h.AddRaw([]byte("Message-ID: <" + id + ">\r\n"))
	h.Add("Subject", subject)
	h.Add("To", "<"+strings.Join(to, ">, <")+">")
	h.Add("From", from.String())
	h.Add("Date", d.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	return h, nil
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
func messageID(d Draft) (string, error) {
	own, err := MessageID(d.Token, d.From)
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
	case strings.Contains(s, refMark):
		return mime.QEncoding.Encode("utf-8", strings.ReplaceAll(s, refMark, ref)), nil
	}
	return mime.QEncoding.Encode("utf-8", s) + " (" + ref + ")", nil
}

// textOf returns the text in lines that end in CRLF, the last of which names the token.
func textOf(d Draft) (string, error) {
	text := d.Message.Text
	if !utf8.ValidString(text) {
		return "", errors.New("not UTF-8")
	}
	if strings.ContainsRune(text, 0) {
		return "", errors.New("a NUL is not allowed")
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.TrimRight(text, "\n")
	if text != "" {
		text += "\n\n"
	}
	return strings.ReplaceAll(text+"Reference: "+string(d.Token)+"\n", "\n", "\r\n"), nil
}

// encodingOf says how a text travels: as it is if every relay will leave it so, else
// quoted-printable.
func encodingOf(text string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > softLine || strings.TrimRight(line, " \t") != line {
			return "quoted-printable"
		}
		for i := range len(line) {
			if line[i] >= 0x7F || line[i] < ' ' && line[i] != '\t' {
				return "quoted-printable"
			}
		}
	}
	return "7bit"
}
