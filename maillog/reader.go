package maillog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"seedtest"
)

// Reader reads one log while it is written.
type Reader struct {
	// Log says where it is.
	Log seedtest.RelayLog
	// Zone is that of stamps that tell none.
	Zone *time.Location
	// Logger is told how many lines were read. Nil: nobody is.
	Logger *slog.Logger
}

// source gives the lines of a log until ctx ends. It calls trouble with nil when the log can be read,
// and with an error when it cannot; it goes on trying.
type source interface {
	read(ctx context.Context, lines chan<- batch, trouble func(error))
}

// batch is what was read at once.
type batch struct {
	lines []string
	old   bool // written before the reader came
}

// How often a file is looked at, how long a command that ended is left alone at first and at most,
// and when one that printed what there is, and ended in order, is run again.
const (
	pollEvery  = 250 * time.Millisecond
	retryFirst = time.Second
	retryMost  = time.Minute
	againAfter = 15 * time.Second
)

// Follow reads the log until ctx ends, and records what it says of the messages that are sent. A log
// that cannot be read is a fault of the route, and is tried again. Follow returns an error only if
// recording fails.
func (r *Reader) Follow(ctx context.Context, f seedtest.Relaying) error {
	ctx, stop := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer stop()
	lines, troubles := make(chan batch), make(chan error)
	say := func(err error) {
		select {
		case troubles <- err:
		case <-ctx.Done():
		}
	}
	reading.Go(func() { r.source().read(ctx, lines, say) })
	t := NewTracker(NewParser(r.Log.Format, f.Now, r.zone()))
	t.Known(f.Known...)
	defer func() { r.count(f.Route, t) }()
	fault := trouble{Relaying: f}
	for {
		var found []seedtest.Relayed
		select {
		case <-ctx.Done():
			return nil
		case err := <-troubles:
			if err := fault.tell(ctx, err); err != nil {
				return err
			}
		case <-f.Changed:
			for _, w := range f.Sent() {
				found = append(found, t.Want(w)...)
			}
		case b := <-lines:
			var got time.Time
			if !b.old {
				got = f.Now()
			}
			for _, line := range b.lines {
				found = append(found, t.Line(line, got)...)
			}
		}
		if err := record(ctx, f, found); err != nil {
			return err
		}
	}
}

// count says how many lines were read. Where none was known, the log is not the one that was meant.
func (r *Reader) count(route string, t *Tracker) {
	switch {
	case r.Logger == nil:
	case t.Lines > 0 && t.Understood == 0:
		r.Logger.Warn("no line of the log is a mail server's that is known", "route", route, "lines", t.Lines)
	default:
		r.Logger.Debug("log read", "route", route, "lines", t.Lines, "understood", t.Understood)
	}
}

func (r *Reader) zone() *time.Location {
	if r.Zone == nil {
		return time.Local
	}
	return r.Zone
}

func (r *Reader) source() source {
	if r.Log.File != "" {
		return &file{path: r.Log.File}
	}
	return &command{argv: r.Log.Command, dir: r.Log.Dir}
}

func record(ctx context.Context, f seedtest.Relaying, found []seedtest.Relayed) error {
	if len(found) == 0 {
		return nil
	}
	bodies := make([]seedtest.FactBody, len(found))
	for i, x := range found {
		bodies[i] = x
	}
	if err := f.Record(ctx, bodies...); err != nil {
		return fmt.Errorf("route %s: log: %w", f.Route, err)
	}
	return nil
}

// trouble is that of a log, told once when it begins and once when it is over.
type trouble struct {
	seedtest.Relaying
	open *seedtest.Fault
}

func (t *trouble) tell(ctx context.Context, err error) error {
	now := t.Now()
	switch {
	case err != nil && t.open == nil:
		t.open = &seedtest.Fault{Route: t.Route, Kind: seedtest.FaultLog, What: err.Error(), From: now}
	case err == nil && t.open != nil:
		over := *t.open
		over.To, t.open = &now, nil
		return t.Record(ctx, over)
	default:
		return nil
	}
	return t.Record(ctx, *t.open)
}
