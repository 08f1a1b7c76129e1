package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"seedtest"
	"seedtest/config"
	"seedtest/inbox"
	"seedtest/report"
)

// cleanFlags are the flags of "clean".
type cleanFlags struct {
	older              time.Duration
	seed               string
	dryRun, yes, force bool
}

func (a *app) cleanCommand() *cobra.Command {
	var f cleanFlags
	c := &cobra.Command{
		Use:   "clean [RUN...]",
		Short: "Remove the messages of stored runs from the seeds' mailboxes",
		Long: `Removes from the seeds' mailboxes the messages that stored runs have seen there: of the runs
that are named, or of all that are settled. A message is removed only if its mailbox,
UIDVALIDITY and UID are those that were recorded and it still carries its tag; nothing else
in the mailbox is touched. What is removed is recorded, so that no report calls it gone.

A run that is still followed is refused without --force, because nobody could tell later
where its messages would have ended. At Gmail messages are moved to Trash first, and removed
there. A server without UIDPLUS can only remove all that is marked as deleted: there nothing
is removed.`,
		Example: `  seedtest clean --dry-run
  seedtest clean --older 7d --yes
  seedtest clean last --seed gmail-a`,
		ValidArgsFunction: a.completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.clean(c.Context(), args, f)
		},
	}
	c.Flags().Var((*age)(&f.older), "older", "only of runs that began so long ago, such as 7d or 12h")
	c.Flags().StringVar(&f.seed, "seed", "", "only at the seed of this `name`")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "list what would be removed; sign in nowhere")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&f.force, "force", false, "also of runs that are not settled")
	a.formatFlag(c, "text", "json")
	return c
}

// age is a duration that may be in days.
type age time.Duration

func (*age) Type() string { return "age" }

func (d *age) String() string { return time.Duration(*d).String() }

// Set reads "7d", or what time.ParseDuration reads.
func (d *age) Set(text string) error {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errNoAge
		}
		*d = age(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	x, err := time.ParseDuration(text)
	if err != nil || x < 0 {
		return errNoAge
	}
	*d = age(x)
	return nil
}

var errNoAge = errors.New("want an age such as 7d, 12h or 90m")

func (a *app) clean(ctx context.Context, args []string, f cleanFlags) error {
	a.env.WithoutSecrets = f.dryRun
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	if _, ok := seedOf(cfg, f.seed); !ok && f.seed != "" {
		return usage(fmt.Errorf("%s has no seed %q", cfg.Path, f.seed),
			config.Suggest(f.seed, cfg.SeedNames()))
	}
	s, err := a.sessionFor(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.close()
	work, followed, err := s.toClean(ctx, args, f)
	if err != nil {
		return err
	}
	if followed > 0 {
		a.say("runs that are still followed are left out without --force: %d", followed)
	}
	n := 0
	for _, w := range work {
		n += len(w.copies)
	}
	if a.format == "text" {
		a.listCopies(work)
	}
	if n == 0 || f.dryRun {
		a.say("%d messages to remove", n)
		return a.writeCleaned(work, nil, f.dryRun)
	}
	if err := a.agreed(fmt.Sprintf("remove these %d messages", n), f.yes); err != nil {
		return err
	}
	return s.cleanAll(ctx, cfg, work)
}

// listCopies prints what is to be removed.
func (a *app) listCopies(work []cleanWork) {
	for _, w := range work {
		for _, c := range w.copies {
			_, _ = fmt.Fprintf(a.stdout, "%s  %s  %s, UID %d of %d\n", c.run.Short(), w.seed,
				report.CleanLine(c.at.Mailbox), c.at.UID, c.at.UIDValidity)
		}
	}
}

// agreed asks on a terminal; elsewhere only --yes agrees.
func (a *app) agreed(what string, yes bool) error {
	if yes {
		return nil
	}
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return usage(errors.New("nothing is removed without being asked for"),
			"--yes removes without a question, --dry-run only lists")
	}
	_, _ = fmt.Fprintf(a.stderr, "%s? [y/N] ", what)
	line, _ := bufio.NewReader(io.LimitReader(f, 100)).ReadString('\n')
	if !strings.EqualFold(strings.TrimSpace(line), "y") {
		return usage(errors.New("nothing is removed"))
	}
	return nil
}

// cleanWork is what is to be removed at one seed.
type cleanWork struct {
	seed, address string
	copies        []*runCopy
}

// runCopy is a copy that a run recorded, and what becomes of it.
type runCopy struct {
	run      seedtest.RunID
	recorded inbox.Copy
	at       inbox.Copy // where it is now, if we moved it before
	state    cleanState
	why      string // why it was left or is in Trash
}

type cleanState string

const (
	cleanOpen    cleanState = "to_remove" // nobody has tried, or the connection was lost
	cleanRemoved cleanState = "removed"
	cleanMoved   cleanState = "moved" // to Trash, and not removed there
	cleanLeft    cleanState = "left"  // as it was
)

// toClean collects what runs have seen and nobody has removed, by seed, in the order found.
// followed is how many runs are left out because they are still followed.
func (s *session) toClean(ctx context.Context, args []string, f cleanFlags) (
	work []cleanWork, followed int, err error) {
	ids, err := s.runsToClean(ctx, args, f)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range ids {
		facts, err := s.store.Facts(ctx, id)
		if err != nil {
			return nil, 0, broken(err)
		}
		run := seedtest.Fold(facts, seedtest.AsOf(facts))
		switch open := unsettled(facts, s.clock()) || run.Closed == nil; {
		case open && !f.force && len(args) > 0:
			return nil, 0, usage(fmt.Errorf("run %s is still followed: if its messages were removed now, "+
				"nobody could tell where they would have ended", id.Short()),
				"wait until it is settled, or use --force")
		case open && !f.force:
			followed++
			continue
		}
		for _, p := range run.Probes {
			work = collect(work, run, p, f.seed)
		}
	}
	return work, followed, nil
}

// runsToClean returns the runs that are named, or all, that began long enough ago.
func (s *session) runsToClean(ctx context.Context, args []string, f cleanFlags) (
	[]seedtest.RunID, error) {
	rows, err := s.store.Runs(ctx)
	if err != nil {
		return nil, broken(err)
	}
	named := map[seedtest.RunID]bool{}
	for _, ref := range args {
		id, err := s.store.Find(ctx, ref)
		if err != nil {
			return nil, usage(err)
		}
		named[id] = true
	}
	var ids []seedtest.RunID
	for _, r := range rows {
		if (len(args) == 0 || named[r.Run]) && s.clock().Sub(r.Started) >= f.older {
			ids = append(ids, r.Run)
		}
	}
	return ids, nil
}

// collect adds the copies of a probe that are still there, or where we moved them.
func collect(work []cleanWork, run seedtest.Run, p seedtest.Probe, only string) []cleanWork {
	seed := run.Seed(p.Seed)
	if seed == nil || seed.Seed.ByHand || only != "" && only != p.Seed {
		return work
	}
	for _, c := range p.Sightings {
		recorded := inbox.Copy{Token: c.Token, Mailbox: c.Mailbox, UIDValidity: c.UIDValidity, UID: c.UID}
		at, ok := whereNow(c, recorded)
		if !ok {
			continue
		}
		i := slices.IndexFunc(work, func(w cleanWork) bool {
			return w.seed == p.Seed && w.address == seed.Seed.Address
		})
		if i < 0 {
			work = append(work, cleanWork{seed: p.Seed, address: seed.Seed.Address})
			i = len(work) - 1
		}
		work[i].copies = append(work[i].copies,
			&runCopy{run: run.Opened.Run, recorded: recorded, at: at, state: cleanOpen})
	}
	return work
}

// whereNow returns where a copy is to be removed; ok is false if it is gone, or nobody knows.
func whereNow(c seedtest.Seen, recorded inbox.Copy) (at inbox.Copy, ok bool) {
	if g := c.Gone; g != nil {
		return inbox.Copy{Token: c.Token, Mailbox: g.MovedTo, UIDValidity: g.MovedUIDValidity,
			UID: g.MovedUID}, g.ByUs && g.MovedUID > 0
	}
	return recorded, c.UID > 0
}
