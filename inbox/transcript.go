package inbox

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"seedtest"
)

const (
	dialogLines = 80
	dialogWidth = 200
)

// note adds a line to the transcript, if there is one. Literals are left out, and so are the
// challenges of a sign-in, which may hold the secret in some coding.
func (w *wire) note(side string, raw []byte) {
	if w.dialog == nil {
		return
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	if w.hushed != "" && bytes.HasPrefix(line, []byte("+")) {
		line = []byte("+ (challenge)")
	}
	w.dialog.add(side + w.tidy(string(line)))
}

// transcript holds the last lines of a dialogue.
type transcript struct {
	lines []string
	next  int // where the next line goes, when all places are taken
}

func (t *transcript) add(line string) {
	if len(t.lines) < dialogLines {
		t.lines = append(t.lines, line)
		return
	}
	t.lines[t.next] = line
	t.next = (t.next + 1) % dialogLines
}

// all returns the lines in their order.
func (t *transcript) all() []string {
	return slices.Concat(t.lines[t.next:], t.lines[:t.next])
}

// errNoAnswer says that the time for an answer is up.
var errNoAnswer = errors.New("no answer in time")

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
		text = errNoAnswer.Error()
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
	return seedtest.OneLine(s, dialogWidth)
}
