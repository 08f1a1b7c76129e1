package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"seedtest"
	"seedtest/report"
	"seedtest/sender"
)

// handouts shows messages to the user, whose own platform sends them, and hears whether it did.
type handouts struct {
	app *app
	ask bool // wait for the user's word

	mu   sync.Mutex
	file *os.File // nil: none is wanted, or standard output
	out  io.Writer
	csv  *csv.Writer // nil: JSON
	n    int         // shown so far
	next *goAhead    // the user's next one; nil: nobody listens yet
}

// goAhead is what the user says of all that was shown before.
type goAhead struct {
	came chan struct{} // closed when it did
	none bool          // it never will: standard input ended
}

// handouts opens what --external names: "" is nothing.
func (a *app) handouts(path string, ask bool) (*handouts, error) {
	h := &handouts{app: a, ask: ask}
	switch path {
	case "":
		return h, nil
	case "-":
		h.out = a.stdout
	default:
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, usage(fmt.Errorf("--external: %w", err))
		}
		h.file, h.out = f, f
	}
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		h.csv = csv.NewWriter(h.out)
		return h, h.row("route", "to", "tag", "header", "subject", "body")
	}
	return h, nil
}

func (h *handouts) row(cells ...string) error {
	_ = h.csv.Write(cells) // its error is Error's
	h.csv.Flush()
	return h.csv.Error()
}

func (h *handouts) close() error {
	if h == nil || h.file == nil {
		return nil
	}
	return h.file.Close()
}

// hand shows one message. The user may be quick to say that it was sent, so the word on it is awaited
// before it is shown.
func (h *handouts) hand(m sender.Handout) (sender.Word, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ask {
		return nil, h.show(m)
	}
	if h.next == nil {
		h.next = &goAhead{came: make(chan struct{})}
		go h.listen() // a read of standard input ends with the program
	}
	return h.next.wait, h.show(m)
}

// show prints and writes one message. The caller holds mu.
func (h *handouts) show(m sender.Handout) error {
	if h.n++; h.n == 1 {
		h.explain()
	}
	_, err := fmt.Fprintf(h.app.stderr, "to      %s\n  header  %s\n  subject %s\n  body    %s\n",
		report.CleanLine(strings.Join(m.To, ", ")), m.Header, m.Subject, m.Body)
	switch {
	case err != nil || h.out == nil:
		return err
	case h.csv == nil:
		return json.NewEncoder(h.out).Encode(m)
	}
	for _, to := range m.To {
		if err := h.row(m.Route, to, string(m.Token), m.Header, m.Subject, m.Body); err != nil {
			return err
		}
	}
	return nil
}

func (h *handouts) explain() {
	text := "send these with your own platform, each to its address, once. Put the tag into the message in\n" +
		"at least one of three places: as a header line, somewhere in the subject, or as a line of the text.\n"
	if h.ask {
		text += "Press Enter when they are sent: the time that mail may take counts from then.\n"
	} else {
		text += "The time that mail may take counts from now. As nobody will say that they were sent, what is\n" +
			"not seen is called in doubt; with --sent you can say so, and it is called overdue and missing.\n"
	}
	_, _ = io.WriteString(h.app.stderr, text)
}

// errUnsaid says that the user will say nothing any more.
var errUnsaid = errors.New("standard input ended before anybody said that the messages were sent")

// wait waits for the word.
func (w *goAhead) wait(ctx context.Context) error {
	select {
	case <-w.came:
	case <-ctx.Done():
		return ctx.Err()
	}
	if w.none {
		return errUnsaid
	}
	return nil
}

// listen takes each line for the word that what was shown so far was sent.
func (h *handouts) listen() {
	in := bufio.NewReader(h.app.stdin)
	for over := false; !over; {
		_, err := in.ReadString('\n')
		over = err != nil
		h.mu.Lock()
		said := h.next
		if said.none = over; !over {
			h.next = &goAhead{came: make(chan struct{})}
		}
		close(said.came)
		h.mu.Unlock()
	}
}

// sender returns what hands the messages of a route to the user.
func (h *handouts) sender(r seedtest.Route, o sender.Options) wayOut {
	return sender.NewExternal(r, o, h.hand)
}
