package inbox

import (
	"bytes"
	"encoding/base64"
)

// bodyWords returns the words of a body that are not quoted: of the text as it stands, with the
// soft line breaks of quoted-printable removed, and of lines that are base64.
func bodyWords(body []byte) []string {
	body = bytes.ReplaceAll(body, []byte("=\r\n"), nil)
	body = bytes.ReplaceAll(body, []byte("=\n"), nil)
	words := wordsIn(unquoted(body))
	return append(words, wordsIn(unquoted(base64Text(body)))...)
}

// unquoted drops the lines that begin with ">".
func unquoted(text []byte) string {
	var out []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte(">")) {
			out = append(out, line...)
		}
	}
	return string(out)
}

// base64Text decodes the runs of lines that look like base64. The last run may be cut.
func base64Text(body []byte) []byte {
	var text, run []byte
	flush := func() {
		run = run[:len(run)/4*4]
		if decoded, err := base64.StdEncoding.DecodeString(string(run)); err == nil {
			text = append(append(text, decoded...), '\n')
		}
		run = nil
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSpace(line)
		if len(line) >= 8 && !bytes.ContainsFunc(line, notBase64) {
			run = append(run, line...)
			continue
		}
		flush()
	}
	flush()
	return text
}

func notBase64(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return r != '+' && r != '/' && r != '='
}
