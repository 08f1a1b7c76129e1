package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/report"
	"seedtest/store"
)

func (a *app) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show [RUN [PROBE]]",
		Short: "List the runs, judge a stored one again, or explain one probe",
		Long: `Without arguments lists the runs. With RUN, an id, its end or "last", judges the run again
from its stored facts, and lists what is to be looked up by hand. With PROBE, an id or
SEED/ROUTE, explains one probe: the dialogue with the route, every sighting, the proof of
absence mailbox by mailbox, the headers.`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.show(c.Context(), args)
		},
	}
	a.formatFlag(c, runFormats...)
	a.addressesFlag(c)
	return c
}

func (a *app) show(ctx context.Context, args []string) error {
	s, err := a.storeToShow(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if len(args) == 0 {
		return a.showRuns(ctx, s)
	}
	id, err := s.Find(ctx, args[0])
	if err != nil {
		return usage(err)
	}
	r, err := judged(ctx, s, id)
	if err != nil {
		return broken(err)
	}
	if len(args) == 2 {
		probe, err := probeOf(r.Run, args[1])
		if err != nil {
			return err
		}
		return report.Probe(a.stdout, r, probe, a.style(a.stdout))
	}
	status, err := a.write(r)
	if err != nil {
		return broken(err)
	}
	return exit(status)
}

// storeToShow opens a store that exists; looking makes none.
func (a *app) storeToShow(ctx context.Context) (*store.Store, error) {
	path, err := a.storeToRead()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, usage(fmt.Errorf("there is no store at %s yet", path),
			"seedtest run makes one, and so does seedtest demo", "--store names another file")
	}
	return a.openStore(ctx, path)
}

func (a *app) showRuns(ctx context.Context, s *store.Store) error {
	rows, err := s.Runs(ctx)
	if err != nil {
		return broken(err)
	}
	var list []report.RunRow
	for _, row := range rows {
		run, err := folded(ctx, s, row.Run)
		if err != nil {
			return broken(fmt.Errorf("run %s: %w", row.Run.Short(), err))
		}
		list = append(list, report.Row(run, seedtest.Judge(run)))
	}
	switch a.format {
	case "json":
		return report.RunsJSON(a.stdout, list)
	case "text":
		return report.Runs(a.stdout, list, a.style(a.stdout))
	}
	return usage(fmt.Errorf("the list of runs has no format %q", a.format), "text or json; name a RUN for the others")
}

// probeOf finds a probe by its id, or by seed and route in either order.
func probeOf(run seedtest.Run, ref string) (seedtest.ProbeID, error) {
	if p := run.Probe(seedtest.ProbeID(ref)); p != nil {
		return p.ID, nil
	}
	var found []string
	var id seedtest.ProbeID
	for _, p := range run.Probes {
		of := p.Seed + "/" + p.Route
		if ref == of || ref == p.Route+"/"+p.Seed || ref == p.Seed || ref == of+"/"+p.Message {
			found, id = append(found, string(p.ID)), p.ID
		}
	}
	switch len(found) {
	case 0:
		return "", usage(fmt.Errorf("run %s has no probe %q", run.Opened.Run.Short(), ref),
			"name it by SEED/ROUTE or by id; the report with --verbose lists the ids")
	case 1:
		return id, nil
	}
	return "", usage(fmt.Errorf("%q is %d probes of run %s", ref, len(found), run.Opened.Run.Short()),
		"name one by SEED/ROUTE/MESSAGE or by its id: "+strings.Join(found, ", "))
}

// completeRuns completes the short names of runs.
func (a *app) completeRuns(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	names := []string{"last"}
	if s, err := a.storeToShow(c.Context()); err == nil && len(args) == 0 {
		defer func() { _ = s.Close() }()
		rows, _ := s.Runs(c.Context())
		for _, r := range rows {
			names = append(names, r.Run.Short()+"\t"+r.Suite)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
