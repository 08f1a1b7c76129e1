package main

import (
	"fmt"
	"io"
	"time"
)

// progress counts on a terminal what has been printed elsewhere.
type progress struct {
	w     io.Writer // nil: nobody looks
	now   func() time.Time
	shown time.Time
	on    bool // a count stands on the line
}

// progress returns one that tells only if standard error is a terminal and the output is not.
func (a *app) progress() progress {
	_, watched := terminal(a.stderr)
	_, busy := terminal(a.stdout)
	if !watched || busy || a.quiet {
		return progress{}
	}
	return progress{w: a.stderr, now: time.Now}
}

// count shows how many messages there were, not more often than an eye can follow.
func (p *progress) count(messages int) {
	if p.w == nil || messages%100 != 0 || p.now().Sub(p.shown) < repaint {
		return
	}
	p.shown, p.on = p.now(), true
	_, _ = fmt.Fprintf(p.w, "\r%d messages", messages)
}

// clear removes the count, so that a line can be written in its place.
func (p *progress) clear() {
	if p.on {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
		p.on = false
	}
}
