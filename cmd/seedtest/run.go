package main

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/content"
	"seedtest/harness"
	"seedtest/inbox"
	"seedtest/provider"
	"seedtest/report"
	"seedtest/sender"
)

// runFlags are the flags of "run".
type runFlags struct {
	detach, follow, dryRun bool
	compare                string
	random                 uint64
	external               string // where messages for the user to send are written
	sent                   bool   // wait for the user's word that they were
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [SUITE]",
		Short: "Send, watch, judge and report",
		Long: `Sends the suite's messages by its routes to its seeds, watches for them, and ends when
every probe has an outcome. Without SUITE the only suite of the configuration is run, or one
of all routes and seeds. Ctrl-C ends a run in order; "seedtest resume" carries it on.

Exit status: 0 pass, 1 nothing could be judged, 2 usage or configuration, 3 an expectation
failed, 4 not known. With --format nagios: 0, 2 and 3 as monitoring plug-ins do.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeSuites,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runSuite(c.Context(), strings.Join(args, ""), f)
		},
	}
	c.Flags().BoolVar(&f.detach, "detach", false, "leave after sending; \"seedtest follow\" looks later")
	c.Flags().BoolVar(&f.follow, "follow", false, "stay until every placement is settled")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show every message and address, send nothing")
	c.Flags().StringVar(&f.compare, "compare", "",
		"send pairs by the routes `OLD,NEW` in place of the suite's")
	c.Flags().Uint64Var(&f.random, "random", 0, "seed of the order in which routes take turns; 0 draws one")
	c.Flags().StringVar(&f.external, "external", "",
		"write what you are to send by routes of type external to `FILE` as well, as lines of JSON, or as\n"+
			"CSV if it ends in .csv; - is standard output")
	c.Flags().BoolVar(&f.sent, "sent", false,
		"routes of type external: wait for Enter when you have sent, and count the time from then")
	c.MarkFlagsMutuallyExclusive("detach", "follow", "dry-run")
	a.formatFlag(c, runFormats...)
	a.addressesFlag(c)
	return c
}

func (a *app) runSuite(ctx context.Context, suite string, f runFlags) error {
	a.env.WithoutSecrets = f.dryRun
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	q, err := request(cfg, suite, f)
	if err != nil {
		return err
	}
	if err := f.fitting(q.Routes); err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRun(q)
	}
	path, err := a.storeOf(cfg.Store)
	if err != nil {
		return err
	}
	s, err := a.openSession(ctx, path, network{dns: cfg.DNS})
	if err != nil {
		return err
	}
	defer s.close()
	if q.Seeds, err = s.examined(ctx, q.Seeds); err != nil {
		return err
	}
	if err := s.direct.fit(ctx, q.Routes); err != nil {
		return err
	}
	if s.external, err = a.handouts(f.external, f.sent); err != nil {
		return err
	}
	r, err := s.runRequest(ctx, q, f)
	if err != nil {
		return err
	}
	status, err := a.write(r)
	if err != nil {
		return broken(fmt.Errorf("write the report: %w", err))
	}
	return exit(status)
}

// fitting refuses flags about what the user sends where the user sends nothing.
func (f runFlags) fitting(routes []seedtest.Route) error {
	external := func(r seedtest.Route) bool { return r.Type == seedtest.RouteExternal }
	if (f.external == "" && !f.sent) || slices.ContainsFunc(routes, external) {
		return nil
	}
	return usage(errors.New("--external and --sent are for mail that you send by yourself, and no route is of that type"),
		`write type = "external" in a [route.NAME], and name that route in the suite`)
}

// request turns a suite of the configuration into what the harness is asked for.
func request(cfg *config.Config, name string, f runFlags) (harness.Request, error) {
	suite, err := cfg.Suite(name)
	if err != nil {
		return harness.Request{}, usage(err)
	}
	if f.compare != "" {
		if suite.Routes, err = comparedRoutes(cfg, f.compare); err != nil {
			return harness.Request{}, err
		}
	}
	q := harness.Request{Suite: suite, Limits: cfg.Limits, Version: programVersion(),
		Edition: provider.Edition(), Random: f.random}
	if q.Routes, q.Seeds, q.Messages, err = cfg.Select(suite); err != nil {
		return harness.Request{}, usage(err)
	}
	return q, nil
}

// comparedRoutes returns the two routes to compare and every control route.
func comparedRoutes(cfg *config.Config, pair string) ([]string, error) {
	names := strings.Split(pair, ",")
	if len(names) != 2 || names[0] == names[1] {
		return nil, usage(errors.New("--compare wants two different routes, as OLD,NEW"))
	}
	for _, r := range cfg.Routes {
		if r.Control && r.Name != names[0] && r.Name != names[1] {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

// runRequest plans and works a run and judges it.
func (s *session) runRequest(ctx context.Context, q harness.Request, f runFlags) (report.Report, error) {
	var none report.Report
	id, err := uuid.NewV7()
	if err != nil {
		return none, broken(err)
	}
	q.Run = runID(id)
	if q.Random == 0 {
		q.Random = rand.Uint64()
	}
	q.Messages = content.Prepare(q.Messages, q.Random)
	opened, planned, err := harness.Plan(q, harness.Minter{ID: uuid.NewV7, Key: s.store.Key(),
		MessageID: sender.MessageID}, s.clock())
	if err != nil {
		return none, usage(err)
	}
	if err := s.ready(ctx, opened, planned); err != nil {
		return none, err
	}
	until := harness.UntilTerminal
	switch {
	case f.detach:
		until = harness.UntilSent
	case f.follow:
		until = harness.UntilSettled
	}
	err = s.work(ctx, opened, nil, func(p harness.Parts) error {
		return harness.Run(ctx, p, opened, planned, until)
	})
	if err != nil {
		return none, err
	}
	return s.judged(q.Run)
}

// work holds the lease of a run and the display while do works it. known is what earlier processes
// stored of it.
func (s *session) work(ctx context.Context, opened seedtest.Opened, known []seedtest.Fact,
	do func(harness.Parts) error) error {
	lease, err := s.store.Lease(ctx, opened.Run)
	if err != nil {
		return broken(err, "wait until the other process has ended, or stop it")
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	d := s.app.newDisplay(s.clock)
	d.recall(known)
	stop := d.start()
	defer inbox.Thrifty(len(opened.Seeds))()
	parts := s.parts(opened.Routes, d.observer())
	parts.Lease = lease
	err = do(parts)
	stop()
	if err != nil {
		return broken(err, fmt.Sprintf("what was stored is kept: seedtest resume %s", opened.Run.Short()))
	}
	return nil
}

// judged judges a run from the store, also after Ctrl-C.
func (s *session) judged(id seedtest.RunID) (report.Report, error) {
	r, err := judged(context.Background(), s.store, id)
	if err != nil {
		return r, broken(err)
	}
	return r, nil
}

func runID(id uuid.UUID) seedtest.RunID {
	code := base32.StdEncoding.WithPadding(base32.NoPadding)
	return seedtest.RunID(strings.ToLower(code.EncodeToString(id[:])))
}

// completeSuites completes the names of suites; without a readable configuration it knows none.
func (a *app) completeSuites(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	env := a.env
	env.WithoutSecrets = true
	if cfg, err := config.Load(a.configPath, env); err == nil {
		for _, s := range cfg.Suites {
			names = append(names, s.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
