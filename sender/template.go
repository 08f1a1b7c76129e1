package sender

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // templates come in old character sets, too

	"seedtest"
)

// Bounds of a template: how deep its parts are nested, and how many there are.
const (
	maxDepth = 8
	maxParts = 100
)

// template is a message of somebody's, read as a tree of parts.
type template struct {
	token          seedtest.Token
	parts          int
	plain, page    bool // the token stands in a part of that type
	replace, pages *strings.Replacer
}

// templateOf makes the body, the further header fields and the subject of a message from a template.
// Its own date, addresses and identifiers are replaced by ours, and so is what servers wrote into it.
func templateOf(d Draft, from *mail.Address) (part, []seedtest.Header, string, error) {
	e, err := readTemplate(d.Message.Template)
	if err != nil {
		return part{}, nil, "", err
	}
	values := d.values(from)
	t := &template{token: d.Token, replace: replacer(values, false), pages: replacer(values, true)}
	body, err := t.part(e, 1)
	if err != nil {
		return part{}, nil, "", err
	}
	kept, _ := templateFields(e)
	for i := range kept {
		kept[i].Value = t.replace.Replace(kept[i].Value)
	}
	subject := d.Message.Subject
	if subject == "" {
		if subject, err = e.Header.Text("Subject"); err != nil {
			return part{}, nil, "", fmt.Errorf("subject: %w", err)
		}
		subject = t.replace.Replace(subject)
	}
	return body, append(kept, d.Message.Headers...), subject, nil
}

// readTemplate reads a message whose lines may end in LF, and which may begin with the "From " line
// of a mailbox file.
func readTemplate(data []byte) (*message.Entity, error) {
	text := lf(string(data))
	if strings.HasPrefix(text, "From ") {
		_, text, _ = strings.Cut(text, "\n")
	}
	e, err := message.Read(strings.NewReader(crlf(text)))
	switch {
	case message.IsUnknownCharset(err), message.IsUnknownEncoding(err):
		return nil, fmt.Errorf("%w: save it in UTF-8", err)
	case err != nil:
		return nil, fmt.Errorf("no message: %w", err)
	}
	return e, nil
}

// CheckTemplate reads a template, and returns the names of the fields that are left out of it.
func CheckTemplate(data []byte) (dropped []string, err error) {
	e, err := readTemplate(data)
	if err != nil {
		return nil, err
	}
	_, dropped = templateFields(e)
	return dropped, nil
}

// templateFields returns the fields of a template that are sent, and the names of those that are
// not: they are of its own way, or of its signature, which does not hold for ours.
func templateFields(e *message.Entity) (kept []seedtest.Header, dropped []string) {
	for f := e.Header.Fields(); f.Next(); {
		name, value := f.Key(), f.Value()
		switch lower := strings.ToLower(name); {
		case lower == "subject" || lower == "mime-version" || strings.HasPrefix(lower, "content-"):
		case reserved(name) || traces(lower) || strings.TrimSpace(value) == "":
			dropped = append(dropped, name)
		default:
			value = strings.NewReplacer("\r\n", "", "\n", "").Replace(value)
			kept = append(kept, seedtest.Header{Name: name, Value: value})
		}
	}
	return kept, dropped
}

// traces reports whether a field tells of a message's way or seals what it was.
func traces(lower string) bool {
	switch lower {
	case "dkim-signature", "domainkey-signature", "received-spf", "x-received",
		"x-google-dkim-signature", "x-google-smtp-source", "x-gm-message-state":
		return true
	}
	for _, begin := range []string{"arc-", "resent-", "x-spam-", "x-originating-", "x-ms-exchange-"} {
		if strings.HasPrefix(lower, begin) {
			return true
		}
	}
	return false
}

// part takes one part of the template over.
func (t *template) part(e *message.Entity, depth int) (part, error) {
	if t.parts++; t.parts > maxParts || depth > maxDepth {
		return part{}, fmt.Errorf("more than %d parts, or %d levels of them", maxParts, maxDepth)
	}
	kind, params, err := e.Header.ContentType()
	if err != nil {
		return part{}, fmt.Errorf("Content-Type: %w", err)
	}
	switch {
	case kind == "multipart/signed" || kind == "multipart/encrypted":
		return part{}, fmt.Errorf("%s cannot be changed without breaking it: "+
			"save the message without signature or encryption", kind)
	case strings.HasPrefix(kind, "multipart/"):
		return t.several(e, kind, params, depth)
	}
	data, err := io.ReadAll(e.Body)
	if err != nil {
		return part{}, fmt.Errorf("a part of type %s: %w", kind, err)
	}
	if found := hazardsIn(string(data)); len(found) > 0 {
		return part{}, unasked(found[0])
	}
	fields, err := partFields(e)
	if err != nil {
		return part{}, err
	}
	disposition, _, _ := e.Header.ContentDisposition()
	switch {
	case strings.HasPrefix(kind, "message/"):
		return wholePart(fields, data)
	case strings.HasPrefix(kind, "text/") && disposition != "attachment":
		return t.text(kind, params, fields, data)
	}
	return part{fields: fields, data: string(data), encoding: "base64"}, nil
}

func (t *template) several(
	e *message.Entity, kind string, params map[string]string, depth int,
) (part, error) {
	if params["boundary"] == "" {
		return part{}, fmt.Errorf("%s without a boundary", kind)
	}
	fields, err := partFields(e)
	if err != nil {
		return part{}, err
	}
	p := part{fields: fields, parts: []part{}}
	for r := e.MultipartReader(); ; {
		x, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return part{}, fmt.Errorf("a part of %s: %w", kind, err)
		}
		one, err := t.part(x, depth+1)
		if err != nil {
			return part{}, err
		}
		p.parts = append(p.parts, one)
	}
	if len(p.parts) == 0 {
		return part{}, fmt.Errorf("%s without parts", kind)
	}
	return p, nil
}

// partFields are the fields that describe a part, but for its encoding, which is ours.
func partFields(e *message.Entity) ([]seedtest.Header, error) {
	var list []seedtest.Header
	for f := e.Header.Fields(); f.Next(); {
		lower := strings.ToLower(f.Key())
		if !strings.HasPrefix(lower, "content-") || lower == "content-transfer-encoding" ||
			lower == "content-length" {
			continue
		}
		if err := checkName(f.Key()); err != nil {
			return nil, fmt.Errorf("header %q: %w", clip(f.Key(), maxFieldName), err)
		}
		value := strings.NewReplacer("\r\n", "", "\n", "").Replace(f.Value())
		list = append(list, seedtest.Header{Name: f.Key(), Value: value})
	}
	return list, nil
}

// text takes a part over that is read, with its variables filled in. The first one of each type
// gets the line with the token.
func (t *template) text(
	kind string, params map[string]string, fields []seedtest.Header, data []byte,
) (part, error) {
	text, err := clean(string(data))
	if err != nil {
		return part{}, fmt.Errorf("a part of type %s: %w", kind, err)
	}
	if kind == "text/html" {
		text = t.pages.Replace(text)
		if !t.page {
			text, t.page = withReference(text, t.token), true
		}
	} else {
		text = t.replace.Replace(text)
		if !t.plain && kind == "text/plain" {
			text, t.plain = referenced(text, t.token), true
		}
	}
	// The library has decoded it, and encodes in UTF-8 only. What depends on trailing spaces, as
	// format=flowed does, goes through: quoted-printable keeps them.
	if params == nil { // the part says no type
		params = map[string]string{}
	}
	params["charset"] = "utf-8"
	value := mime.FormatMediaType(kind, params)
	for i, f := range fields {
		if strings.EqualFold(f.Name, "Content-Type") {
			fields[i].Value, value = value, ""
		}
	}
	if value != "" {
		fields = append([]seedtest.Header{{Name: "Content-Type", Value: value}}, fields...)
	}
	text = crlf(text)
	return part{fields: fields, data: text, encoding: encodingOf(text)}, nil
}

// wholePart takes a message within the message over. It must not be encoded (RFC 2046 section
// 5.2.1), so it must be fit to travel as it is.
func wholePart(fields []seedtest.Header, data []byte) (part, error) {
	if bytes.ContainsFunc(data, func(r rune) bool { return r > '~' || r == 0 }) {
		return part{}, errors.New("a message within it has 8-bit text, which may not be encoded: " +
			"take that part out")
	}
	return part{fields: fields, data: string(data), encoding: "7bit"}, nil
}
