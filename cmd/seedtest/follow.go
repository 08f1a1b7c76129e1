package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/config"
	"seedtest/harness"
	"seedtest/store"
)

func (a *app) followCommand() *cobra.Command {
	var wait bool
	c := &cobra.Command{
		Use:   "follow [RUN]",
		Short: "Take one look at every run that is not settled yet",
		Long: `Looks once at the seeds of every run whose follow window or missing limit is still open, or
of RUN only: late arrivals, later moves to junk and proofs of absence are added to the run.
Made for cron; --wait stays until everything is settled. Nothing is ever sent.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			until := harness.UntilLooked
			if wait {
				until = harness.UntilSettled
			}
			return a.followRuns(c.Context(), args, until)
		},
	}
	c.Flags().BoolVar(&wait, "wait", false, "stay until everything is settled")
	a.formatFlag(c, runFormats...)
	a.addressesFlag(c)
	return c
}

func (a *app) followRuns(ctx context.Context, args []string, until harness.Until) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	s, err := a.sessionFor(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.close()
	s.connections.Keep()
	ids, err := s.toFollow(ctx, args)
	if err != nil {
		return err
	}
	worst, troubles := statusPass, []error(nil)
	for _, id := range ids {
		status, err := s.followOne(ctx, cfg, id, until)
		switch {
		case errors.Is(err, store.ErrLeased) && len(args) == 0:
			a.say("run %s is worked by another process", id.Short())
		case err != nil:
			troubles = append(troubles, err)
		}
		worst = max(worst, status)
	}
	if len(ids) == 0 {
		a.say("no run is open: everything is settled")
	}
	if len(troubles) > 0 {
		return errors.Join(troubles...)
	}
	return exit(worst)
}

// toFollow returns the run that is named, or every run with an open probe, oldest first.
func (s *session) toFollow(ctx context.Context, args []string) ([]seedtest.RunID, error) {
	if len(args) > 0 {
		id, err := s.store.Find(ctx, args[0])
		if err != nil {
			return nil, usage(err)
		}
		return []seedtest.RunID{id}, nil
	}
	rows, err := s.store.Runs(ctx)
	if err != nil {
		return nil, broken(err)
	}
	var ids []seedtest.RunID
	for i := len(rows) - 1; i >= 0; i-- {
		facts, err := s.store.Facts(ctx, rows[i].Run)
		if err != nil {
			return nil, broken(err)
		}
		if unsettled(facts, s.clock()) {
			ids = append(ids, rows[i].Run)
		}
	}
	return ids, nil
}

// giveUp is how long after its window a probe is looked for that nobody could see when it closed.
const giveUp = 7 * 24 * time.Hour

// unsettled reports whether a further look could change what may be said of a run.
func unsettled(facts []seedtest.Fact, now time.Time) bool {
	run := seedtest.Fold(facts, seedtest.AsOf(facts))
	for _, p := range run.Probes {
		if s := run.Seed(p.Seed); s != nil && s.Seed.ByHand {
			continue // only its owner can look
		}
		closes := p.FollowEnd
		if closes.IsZero() {
			closes = p.Expected.Add(run.Opened.Suite.Missing)
		}
		if p.Placements.Settled == nil && !p.Expected.IsZero() && now.Before(closes.Add(giveUp)) {
			return true
		}
	}
	return false
}

func (s *session) followOne(ctx context.Context, cfg *config.Config, id seedtest.RunID,
	until harness.Until) (int, error) {
	r, err := s.carryOn(ctx, cfg, id, harness.Resumption{Purpose: seedtest.PurposeFollow,
		Until: until, Version: programVersion()})
	if err != nil {
		return statusPass, err
	}
	return s.app.write(r)
}
