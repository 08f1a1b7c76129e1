package sender

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"

	"seedtest"
)

// softLine is the longest line of text that goes out as it is (RFC 2045 section 6.7 allows 76
// characters); a longer one makes the text quoted-printable, because relays wrap long lines and
// a wrapped line breaks a signature.
const softLine = 76

// part is one part of a body: data of a type, or several parts (RFC 2046 section 5.1).
type part struct {
	fields   []seedtest.Header // Content-Type first; encodings are ours
	data     string
	encoding string
	parts    []part
}

// header describes the part. What is added to it later stands above.
func (p part) header() (h message.Header) {
	if p.encoding != "" {
		h.Add("Content-Transfer-Encoding", p.encoding)
	}
	for _, f := range slices.Backward(p.fields) {
		h.Add(f.Name, f.Value)
	}
	return h
}

// writeTo writes the part below its header, which may have further fields.
func (p part) writeTo(w io.Writer, h message.Header) error {
	mw, err := message.CreateWriter(w, h)
	if err != nil {
		return err
	}
	return p.fill(mw)
}

func (p part) fill(w *message.Writer) error {
	if p.parts == nil {
		_, err := io.WriteString(w, p.data)
		return errors.Join(err, w.Close())
	}
	for _, x := range p.parts {
		pw, err := w.CreatePart(x.header())
		if err != nil {
			return err
		}
		if err := x.fill(pw); err != nil {
			return err
		}
	}
	return w.Close()
}

// bodyOf makes the parts of a message: the text, beside it the same in HTML, and below them the
// files.
func bodyOf(d Draft) (part, error) {
	var ways []part
	text, err := textOf(d)
	if err != nil {
		return part{}, fmt.Errorf("text: %w", err)
	}
	if d.Message.Text != "" || d.Message.HTML == "" {
		ways = append(ways, textPart("plain", text))
	}
	if d.Message.HTML != "" {
		page, err := clean(d.Message.HTML)
		if err != nil {
			return part{}, fmt.Errorf("html: %w", err)
		}
		ways = append(ways, textPart("html", crlf(withReference(page, d.Token))))
	}
	body := ways[0]
	if len(ways) > 1 {
		body = several("alternative", d.Token, ways)
	}
	files := attachments(d.Message)
	if len(files) == 0 {
		return body, nil
	}
	all := []part{body}
	for _, a := range files {
		f, err := filePart(a)
		if err != nil {
			return part{}, fmt.Errorf("attachment %q: %w", a.Name, err)
		}
		all = append(all, f)
	}
	return several("mixed", d.Token, all), nil
}

// several joins parts. The boundary is made of the token, so that a retry has the same bytes, and
// does not show it, so that it is no carrier. Quoted-printable has no line that begins with it: "=_"
// is none of its sequences.
func several(subtype string, token seedtest.Token, parts []part) part {
	sum := sha256.Sum256([]byte(subtype + " " + string(token)))
	boundary := "=_" + hex.EncodeToString(sum[:12])
	kind := fmt.Sprintf("multipart/%s; boundary=\"%s\"", subtype, boundary)
	return part{fields: []seedtest.Header{{Name: "Content-Type", Value: kind}}, parts: parts}
}

func textPart(subtype, text string) part {
	kind := "text/" + subtype + "; charset=utf-8"
	return part{fields: []seedtest.Header{{Name: "Content-Type", Value: kind}}, data: text,
		encoding: encodingOf(text)}
}

// filePart is an attachment, in base64 (RFC 2183).
func filePart(a seedtest.Attachment) (part, error) {
	name := strings.TrimSpace(a.Name)
	if err := checkValue(name); err != nil || name == "" {
		return part{}, errors.Join(errors.New("not a name for a file"), err)
	}
	kind, params, err := mime.ParseMediaType(a.Type)
	whole, _, _ := strings.Cut(kind, "/")
	if err != nil || whole == "multipart" || whole == "message" {
		return part{}, fmt.Errorf("%q is no type for a file", a.Type)
	}
	// A charset would make the library convert, and a name belongs to the disposition.
	delete(params, "charset")
	return part{fields: []seedtest.Header{
		{Name: "Content-Type", Value: mime.FormatMediaType(kind, params)},
		{Name: "Content-Disposition",
			Value: mime.FormatMediaType("attachment", map[string]string{"filename": name})},
	}, data: string(a.Data), encoding: "base64"}, nil
}

// textOf returns the text in lines that end in CRLF, the last of which names the token.
func textOf(d Draft) (string, error) {
	text, err := clean(d.Message.Text)
	if err != nil {
		return "", err
	}
	if d.Message.GTUBE {
		text += gtube() + "\n"
	}
	return crlf(referenced(text, d.Token)), nil
}

// clean returns text in lines that end in LF, without empty ones at the end.
func clean(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errors.New("not UTF-8")
	}
	if strings.ContainsRune(text, 0) {
		return "", errors.New("a NUL is not allowed")
	}
	text = lf(text)
	switch end := len(strings.TrimRight(text, "\n")); {
	case end == 0:
		return "", nil
	case end < len(text):
		return text[:end+1], nil
	}
	return text + "\n", nil
}

// lf puts LF in place of every line end.
func lf(text string) string {
	if !strings.Contains(text, "\r") {
		return text
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// referenced puts the line that names the token below a text.
func referenced(text string, token seedtest.Token) string {
	gap := ""
	if text != "" {
		gap = "\n"
	}
	return text + gap + reference(token) + "\n"
}

func reference(token seedtest.Token) string { return "Reference: " + string(token) }

// withReference puts the line that names the token at the end of what a page shows.
func withReference(page string, token seedtest.Token) string {
	line := "\n<p>" + reference(token) + "</p>\n"
	ends := regexp.MustCompile(`(?i)</(body|html)\s*>`).FindAllStringIndex(page, -1)
	for _, end := range ends {
		if strings.EqualFold(page[end[0]+2:end[0]+6], "body") {
			return page[:end[0]] + line + page[end[0]:]
		}
	}
	if len(ends) > 0 {
		return page[:ends[0][0]] + line + page[ends[0][0]:]
	}
	return page + line
}

// encodingOf says how a text travels: as it is if every relay will leave it so, else
// quoted-printable.
func encodingOf(text string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > softLine || strings.HasSuffix(line, " ") || strings.HasSuffix(line, "\t") {
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
