package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/harness"
	"seedtest/report"
)

func (a *app) resumeCommand() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Carry on an interrupted run",
		Long: `Sends what was certainly not sent and watches for the rest. What is in doubt - its content
had left when the run broke off - is watched for and never sent again. RUN defaults to the
newest one.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			until := harness.UntilTerminal
			if follow {
				until = harness.UntilSettled
			}
			return a.resumeRun(c.Context(), runArg(args), until)
		},
	}
	c.Flags().BoolVar(&follow, "follow", false, "stay until every placement is settled")
	a.formatFlag(c, runFormats...)
	a.addressesFlag(c)
	return c
}

// runArg is the run that arguments name, "last" by default.
func runArg(args []string) string {
	if len(args) == 0 {
		return "last"
	}
	return args[0]
}

func (a *app) resumeRun(ctx context.Context, ref string, until harness.Until) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	s, err := a.sessionFor(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.close()
	id, err := s.store.Find(ctx, ref)
	if err != nil {
		return usage(err)
	}
	r, err := s.carryOn(ctx, cfg, id, harness.Resumption{Purpose: seedtest.PurposeResume,
		Until: until, Version: programVersion()})
	if err != nil {
		return err
	}
	status, err := a.write(r)
	if err != nil {
		return broken(err)
	}
	return exit(status)
}

func (a *app) sessionFor(ctx context.Context, cfg *config.Config) (*session, error) {
	path, err := a.storeOf(cfg.Store)
	if err != nil {
		return nil, err
	}
	return a.openSession(ctx, path, network{dns: cfg.DNS})
}

// carryOn takes up a stored run and judges it.
func (s *session) carryOn(ctx context.Context, cfg *config.Config, id seedtest.RunID,
	how harness.Resumption) (report.Report, error) {
	var none report.Report
	facts, err := s.store.Facts(ctx, id)
	if err != nil {
		return none, broken(err)
	}
	opened, err := signedIn(seedtest.Fold(facts, s.clock()).Opened, cfg)
	if err != nil {
		return none, err
	}
	if how.Purpose == seedtest.PurposeResume {
		if err := s.direct.fit(ctx, opened.Routes); err != nil {
			return none, err
		}
		if err := s.loadKeys(ctx, opened.Routes); err != nil {
			return none, err
		}
	}
	err = s.work(ctx, opened, facts, func(p harness.Parts) error {
		// Facts are read again under the lease: what another process did until now counts.
		if facts, err = s.store.Facts(ctx, id); err != nil {
			return err
		}
		return harness.Resume(ctx, p, opened, facts, how)
	})
	if err != nil {
		return none, err
	}
	return s.judged(id)
}

// signedIn gives the routes and seeds of a stored run their sign-in, which is never stored, from
// the configuration of today.
func signedIn(o seedtest.Opened, cfg *config.Config) (seedtest.Opened, error) {
	if o.Run == "" {
		return o, usage(errors.New("this run was never opened: its plan was not stored"),
			"start it again with seedtest run")
	}
	for i := range o.Routes {
		r := &o.Routes[i]
		now := seedtest.Run{Opened: seedtest.Opened{Routes: cfg.Routes}}.Route(r.Name)
		if now.Type == "" {
			return o, gone("route", r.Name, cfg.Path)
		}
		r.Login, r.CA, r.Server, r.Also = now.Login, now.CA, now.Server, now.Also
		r.Address, r.Force, r.DKIM, r.Program = now.Address, now.Force, now.DKIM, now.Program
		r.Shows, r.Proxy = now.Shows, now.Proxy
		r.Log, r.Source, r.Family = now.Log, now.Source, now.Family
		if now.Sender.EnvelopeFrom == r.Sender.EnvelopeFrom {
			r.Sender.Mailbox = now.Sender.Mailbox // else its reports come elsewhere today
		}
	}
	for i := range o.Seeds {
		s := &o.Seeds[i]
		now, ok := seedOf(cfg, s.Name)
		if !ok {
			return o, gone("seed", s.Name, cfg.Path)
		}
		if now.Address != s.Address {
			return o, usage(fmt.Errorf("seed %s had another address in this run", s.Name),
				"another account took over the name since: what is open at the old one can no longer be looked up")
		}
		s.Login, s.CA, s.Server = now.Login, now.CA, now.Server
	}
	return o, nil
}

func seedOf(cfg *config.Config, name string) (seedtest.Seed, bool) {
	for _, s := range cfg.Seeds {
		if s.Name == name {
			return s, true
		}
	}
	return seedtest.Seed{}, false
}

func gone(what, name, path string) error {
	return usage(fmt.Errorf("%s %s of this run is no longer in %s", what, name, path),
		"put it back until the run is settled: its sign-in is needed, and is never stored")
}
