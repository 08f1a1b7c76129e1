package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/harness"
	"seedtest/maillog"
	"seedtest/store"
)

// logs makes a reader of the log of every route that has one.
func (s *session) logs(routes []seedtest.Route) map[string]harness.RelayLog {
	all := map[string]harness.RelayLog{}
	for _, r := range routes {
		if r.Log != nil {
			all[r.Name] = &maillog.Reader{Log: *r.Log, Logger: s.app.logger()}
		}
	}
	return all
}

func (a *app) maillogCommand() *cobra.Command {
	var route, format string
	c := &cobra.Command{
		Use:   "maillog RUN FILE",
		Short: "Read what a server's log says of the messages of a stored run",
		Long: `Follows the messages of a run through the log of the server that took them, and adds to the
run what the next hops answered. FILE may be compressed by gzip; - is standard input. Logs of
Postfix, Exim, OpenSMTPD, Sendmail and Haraka are known by their lines. What was read before
is not added again.

A route with a log in the configuration needs none of this: its log is read during the run.`,
		Example: `  seedtest maillog last /var/log/mail.log
  ssh mail1 journalctl -u postfix --since today | seedtest maillog last --route relay -`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.maillog(c.Context(), args[0], oldLog{path: args[1], route: route, format: format})
		},
	}
	c.Flags().StringVar(&route, "route", "", "follow the messages of one `ROUTE` only")
	c.Flags().StringVar(&format, "log-format", "",
		"read lines of one `SERVER` only: postfix, exim, opensmtpd, sendmail or haraka")
	return c
}

// oldLog is a log that is read to its end.
type oldLog struct{ path, route, format string }

func (a *app) maillog(ctx context.Context, ref string, from oldLog) error {
	if err := from.check(); err != nil {
		return err
	}
	s, err := a.storeToShow(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	id, err := s.Find(ctx, ref)
	if err != nil {
		return usage(err)
	}
	lease, err := s.Lease(ctx, id)
	if err != nil {
		return broken(err, "wait until the other process has ended, and read the log then")
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	facts, err := s.Facts(ctx, id)
	if err != nil {
		return broken(err)
	}
	run := seedtest.Fold(facts, seedtest.AsOf(facts))
	if from.route != "" && run.Route(from.route).Type == "" {
		return usage(fmt.Errorf("run %s has no route %q", id.Short(), from.route),
			"seedtest show "+id.Short()+" lists its routes")
	}
	return a.readLog(ctx, s, run, from)
}

func (l oldLog) check() error {
	if l.format == "" {
		return nil
	}
	for _, name := range maillog.Formats() {
		if name == l.format {
			return nil
		}
	}
	return usage(fmt.Errorf("%q is no log that is known", l.format),
		"one of postfix, exim, opensmtpd, sendmail, haraka, or leave it out")
}

// readLog adds to the run what a log says of its messages.
func (a *app) readLog(ctx context.Context, s *store.Store, run seedtest.Run, from oldLog) error {
	t := maillog.NewTracker(maillog.NewParser(from.format, time.Now, time.Local))
	wanted := 0
	for _, w := range relayables(run, from.route) {
		wanted++
		t.Want(w)
	}
	if wanted == 0 {
		return usage(fmt.Errorf("run %s has no message that a route took", run.Opened.Run.Short()))
	}
	for _, p := range run.Probes {
		t.Known(p.Relayed...)
	}
	found, err := from.read(a.stdin, t)
	if err != nil {
		return usage(fmt.Errorf("log: %w", err))
	}
	now := time.Now().UTC()
	if last := run.AsOf; now.Before(last) {
		now = last // a clock that was set back; see harness.Resume
	}
	facts := make([]seedtest.Fact, len(found))
	about := map[seedtest.ProbeID]bool{}
	for i, r := range found {
		facts[i] = seedtest.Fact{At: now, Body: r}
		about[r.Probe] = true
	}
	if len(facts) > 0 {
		if err := s.Append(ctx, run.Opened.Run, facts...); err != nil {
			return broken(err)
		}
	}
	a.say("%d lines, %d of mail; new: %d answers about %d of %d messages", t.Lines, t.Understood,
		len(found), len(about), wanted)
	if t.Lines > 0 && t.Understood == 0 {
		return usage(errors.New("no line of this log is known"),
			"logs of Postfix, Exim, OpenSMTPD, Sendmail and Haraka can be read, as syslog, "+
				"journalctl or the server itself writes them")
	}
	return nil
}

// relayables are the messages of a run that a route took, or may have taken.
func relayables(run seedtest.Run, route string) []seedtest.Relayable {
	var list []seedtest.Relayable
	at := map[seedtest.DispatchID]int{}
	for _, p := range run.Probes {
		seed := run.Seed(p.Seed)
		if p.Expected.IsZero() || route != "" && p.Route != route || seed == nil {
			continue
		}
		i, known := at[p.Dispatch]
		if !known {
			i = len(list)
			at[p.Dispatch] = i
			list = append(list, p.Relayable())
		}
		list[i].To = append(list[i].To, seedtest.RelayAddress{Address: seed.Seed.Address, Probe: p.ID})
	}
	return list
}

// read feeds every line of the log to the tracker.
func (l oldLog) read(stdin io.Reader, t *maillog.Tracker) ([]seedtest.Relayed, error) {
	from := stdin
	if l.path != "-" {
		f, err := os.Open(l.path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	lines := bufio.NewReaderSize(from, 64<<10)
	if head, _ := lines.Peek(2); bytes.Equal(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(lines)
		if err != nil {
			return nil, err
		}
		lines = bufio.NewReaderSize(z, 64<<10)
	}
	var found []seedtest.Relayed
	for begins := true; ; {
		line, more, err := lines.ReadLine()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		if begins {
			found = append(found, t.Line(string(line), time.Time{})...)
		}
		begins = !more
	}
}
