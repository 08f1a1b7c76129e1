package analyze

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"seedtest/header"
)

// The bounds of what is read of a report. What lies beyond is noted as a problem.
const (
	maxReport = 1 << 20
	maxParts  = 50
	maxNested = 8
)

// leaf is a part of a message that holds no others, decoded, with lines that end in LF.
type leaf struct {
	kind string // media type in lower case; text/plain where none is stated
	text string
}

// unpacker takes a MIME body apart. Reports are full of boundaries that do not fit, parts without
// fields and encodings that end early, so it never gives up: what cannot be split is one text.
type unpacker struct {
	parts []leaf
	cut   bool
}

func (u *unpacker) open(h header.Header, body []byte, depth int) {
	kind, boundary := mediaType(h)
	if strings.HasPrefix(kind, "multipart/") && depth < maxNested {
		if pieces, ok := split(body, boundary); ok {
			for _, piece := range pieces {
				inner := header.Parse(piece)
				if len(inner.Fields) > 0 && !unparted(inner) {
					piece = piece[inner.Body:]
				}
				u.open(inner, piece, depth+1)
			}
			return
		}
		kind = "text/plain"
	}
	if len(u.parts) >= maxParts {
		u.cut = true
		return
	}
	u.parts = append(u.parts, leaf{kind: kind, text: decodePart(h, kind, body)})
}

// unparted reports whether no blank line parts the fields of a part from those that it holds.
func unparted(h header.Header) bool {
	for _, name := range []string{"Final-Recipient", "Received", "Message-ID"} {
		if _, ok := h.Get(name); ok {
			return true
		}
	}
	return false
}

// mediaType returns the media type of a part and its boundary.
func mediaType(h header.Header) (kind, boundary string) {
	f, _ := h.Get("Content-Type")
	kind, _, _ = strings.Cut(f.Value, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind == "" {
		kind = "text/plain"
	}
	return kind, parameter(f.Value, "boundary")
}

// parameter returns a parameter of a structured value. Quotation marks and blanks are forgiven.
func parameter(value, name string) string {
	for part := range strings.SplitSeq(value, ";") {
		key, v, ok := strings.Cut(part, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), name) {
			continue
		}
		v = strings.TrimSpace(v)
		if rest, quoted := strings.CutPrefix(v, `"`); quoted {
			v, _, _ = strings.Cut(rest, `"`)
		}
		return v
	}
	return ""
}

// split takes a multipart body apart. Where the boundary does not occur, the first line that looks
// like one and has fields below it stands for it.
func split(body []byte, boundary string) ([][]byte, bool) {
	if boundary != "" {
		if pieces := splitAt(body, "--"+boundary); len(pieces) > 0 {
			return pieces, true
		}
	}
	line := guessBoundary(body)
	if line == "" {
		return nil, false
	}
	pieces := splitAt(body, line)
	return pieces, len(pieces) > 0
}

func guessBoundary(body []byte) string {
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if bytes.HasPrefix(line, []byte("--")) && len(line) > 4 && len(line) < 200 &&
			hasPrefixFold(string(rest[:min(len(rest), 8)]), "content-") {
			return strings.TrimRight(string(line), " \t")
		}
	}
	return ""
}

// splitAt returns what stands between lines that begin with mark.
func splitAt(body []byte, mark string) [][]byte {
	var pieces [][]byte
	begin := -1
	for at := 0; at < len(body) && len(pieces) <= maxParts; {
		end := bytes.IndexByte(body[at:], '\n')
		next := at + end + 1
		if end < 0 {
			end, next = len(body)-at, len(body)
		}
		tail, ok := bytes.CutPrefix(body[at:at+end], []byte(mark))
		if tail = bytes.TrimRight(tail, " \t"); ok && (len(tail) == 0 || string(tail) == "--") {
			if begin >= 0 {
				pieces = append(pieces, body[begin:at])
			}
			begin = next
			if len(tail) > 0 {
				return pieces
			}
		}
		at = next
	}
	if begin >= 0 {
		pieces = append(pieces, body[begin:])
	}
	return pieces
}

// decodePart undoes the encoding and, of text, the charset.
func decodePart(h header.Header, kind string, body []byte) string {
	encoding, _ := h.Get("Content-Transfer-Encoding")
	switch strings.ToLower(strings.TrimSpace(encoding.Value)) {
	case "base64":
		body = lineFeeds(decodeBase64(body))
	case "quoted-printable":
		body = decodeQuoted(body)
	}
	text := string(body)
	if f, ok := h.Get("Content-Type"); ok {
		text = decodeCharset(text, parameter(f.Value, "charset"))
	}
	if kind == "text/html" {
		text = plainText(text)
	}
	return text
}

// decodeCharset turns text into UTF-8, unless it plainly is UTF-8 already.
func decodeCharset(text, charset string) string {
	escapes := strings.Contains(text, "\x1b")
	if charset == "" || !escapes && utf8.ValidString(text) {
		return text
	}
	e, err := htmlindex.Get(charset)
	if err != nil {
		return text
	}
	decoded, err := e.NewDecoder().String(text)
	if err != nil {
		return text
	}
	return decoded
}

// decodeBase64 decodes as much as there is, passing over what is no base64.
func decodeBase64(body []byte) []byte {
	clean := make([]byte, 0, len(body))
	for _, c := range body {
		if isLetter(c) || isDigit(c) || c == '+' || c == '/' {
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

// decodeQuoted decodes quoted-printable (RFC 2045 section 6.7); what is none stays as it is.
func decodeQuoted(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		if body[i] != '=' {
			out = append(out, body[i])
			continue
		}
		rest := body[i+1:]
		line := bytes.TrimLeft(rest, " \t")
		if len(line) > 0 && line[0] == '\n' {
			i += len(rest) - len(line) + 1
		} else if high, low := hexAt(rest, 0), hexAt(rest, 1); high >= 0 && low >= 0 {
			out = append(out, byte(high<<4|low))
			i += 2
		} else {
			out = append(out, '=')
		}
	}
	return out
}

func hexAt(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	return strings.IndexByte("0123456789abcdef", lower(b[i]))
}

// lineFeeds makes every line end LF.
func lineFeeds(b []byte) []byte {
	if bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
}
