package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"seedtest"
	"seedtest/report"
)

// display tells on standard error what happens in a run while it happens: a block that is painted
// anew on a terminal, a line for each event elsewhere.
type display struct {
	w     io.Writer
	style report.Style
	live  bool
	now   func() time.Time

	mu      sync.Mutex
	fold    *seedtest.Folder
	painted int // lines on the screen
}

// repaint is how often the block is painted, so that its clocks run.
const repaint = 200 * time.Millisecond

// newDisplay returns nil if nothing is to be shown.
func (a *app) newDisplay(now func() time.Time) *display {
	if a.quiet {
		return nil
	}
	_, live := terminal(a.stderr)
	return &display{w: a.stderr, style: a.style(a.stderr), live: live && !a.verbose, now: now,
		fold: seedtest.NewFolder()}
}

// recall takes what earlier processes stored of the run, and tells nothing of it.
func (d *display) recall(facts []seedtest.Fact) {
	if d == nil {
		return
	}
	for _, f := range facts {
		d.fold.Add(f)
	}
}

// observe takes a fact. It is called by several goroutines.
func (d *display) observe(f seedtest.Fact) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fold.Add(f)
	if d.live {
		return
	}
	if line := report.Line(f, d.fold.Run(f.At)); line != "" {
		_, _ = fmt.Fprintln(d.w, line)
	}
}

// start paints until the returned function is called, which leaves the screen clean.
func (d *display) start() (stop func()) {
	if d == nil || !d.live {
		return func() {}
	}
	ended := make(chan struct{})
	var painter sync.WaitGroup
	painter.Go(func() {
		tick := time.NewTicker(repaint)
		defer tick.Stop()
		for {
			d.paint(true)
			select {
			case <-tick.C:
			case <-ended:
				d.paint(false)
				return
			}
		}
	})
	return func() { close(ended); painter.Wait() }
}

// paint replaces the block, or removes it.
func (d *display) paint(show bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	if d.painted > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", d.painted)
	}
	d.painted = 0
	if show {
		for _, line := range report.Live(d.fold.Run(d.now()), d.now(), d.style) {
			b.WriteString(line + "\n")
			d.painted++
		}
	}
	_, _ = io.WriteString(d.w, b.String())
}

// observer returns what the harness tells facts to.
func (d *display) observer() func(seedtest.Fact) {
	if d == nil {
		return nil
	}
	return d.observe
}
