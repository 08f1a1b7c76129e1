package inbox

import (
	"bytes"
	"errors"
	"strings"
)

const (
	dialogLines = 80
	dialogWidth = 200
)

// note adds a line to the transcript. Literals are left out, and so are the challenges of a sign-in,
// which may hold the secret in some coding.
func (w *wire) note(side string, raw []byte) {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	if w.hushed != "" && bytes.HasPrefix(line, []byte("+")) {
		line = []byte("+ (challenge)")
	}
	if len(w.dialog) == dialogLines {
		w.dialog = append(w.dialog[:0:0], w.dialog[1:]...)
	}
	w.dialog = append(w.dialog, side+w.tidy(string(line)))
}

// why says in words why the connection broke, with the server's last word.
func (w *wire) why(err error) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		err = w.err
	}
	var wait interface{ Timeout() bool }
	text := ""
	switch {
	case errors.As(err, &wait) && wait.Timeout():
		text = "no answer in time"
	case err != nil:
		text = w.tidy(err.Error())
	}
	if text == "EOF" {
		text = "closed by the server"
	}
	if w.said != "" {
		text += "; the server said: " + w.said
	}
	return text
}

// tidy makes what a server said fit to be kept: without the secrets, which it may echo, and
// without what drives a terminal.
func (w *wire) tidy(s string) string {
	for _, secret := range w.secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "(secret)")
		}
	}
	return cleanText(s, dialogWidth)
}
