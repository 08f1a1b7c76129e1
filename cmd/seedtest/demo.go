package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/harness"
	"seedtest/lab"
	"seedtest/provider"
	"seedtest/report"
)

// demoFlags are the flags of "demo".
type demoFlags struct {
	random uint64
	faults bool
	queue  bool
}

// words are the flags that make a world what it is, but for its random number.
func (f demoFlags) words() string {
	words := ""
	if f.faults {
		words += " --faults"
	}
	if f.queue {
		words += " --queue"
	}
	return words
}

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Compare an old and a new route in a mail world on loopback",
		Long: `Builds a mail world on loopback and tries a server move in it: the old relay is authorised
and signs, the new one is not in the SPF record, signs nothing, and its address has no
matching reverse name. Sends by both to seven kinds of provider, watches, and reports.

No account, no network and no configuration is needed. At the end the verdicts are held
against what really happened; exit status 0 if all agree, 1 if one does not. The run is
stored, to be looked at further. --faults lets servers fail as well: then a run can take a
minute and a half, because absence is not claimed before it is proved. With --queue relays
say 250 before they ask the next server, as most do: what that refuses comes back as a bounce.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), f) },
	}
	c.Flags().Uint64Var(&f.random, "random", 0, "seed of every random choice; 0 draws one")
	c.Flags().BoolVar(&f.faults, "faults", false, "let servers fail in a few ways, drawn by --random")
	c.Flags().BoolVar(&f.queue, "queue", false, queueUsage)
	a.formatFlag(c, runFormats...)
	a.addressesFlag(c)
	return c
}

// demoSuite is a run whose waits fit the lab, where mail takes milliseconds.
func demoSuite() seedtest.Suite {
	return seedtest.Suite{
		Name:            "move-to-mail2",
		Retry:           []time.Duration{1500 * time.Millisecond, 2 * time.Second},
		Deadline:        5 * time.Second,
		Missing:         5 * time.Second,
		Follow:          4 * time.Second,
		BaselineTimeout: 4 * time.Second,
	}
}

func (a *app) demo(ctx context.Context, f demoFlags) error {
	options := worldOptions(f.random, f.faults, f.queue, a)
	world, err := lab.Start(ctx, options)
	if err != nil {
		return broken(fmt.Errorf("lab: %w", err))
	}
	defer func() { _ = world.Close() }()
	a.say("a mail world is running on loopback; seedtest demo --random %d%s makes the same one",
		options.Random, f.words())
	for _, x := range options.Faults {
		a.say("fault: %s", faultLine(x))
	}
	path, err := a.demoStore()
	if err != nil {
		return err
	}
	s, err := a.openSession(ctx, path, network{dial: world.Dial, roots: world.Roots()})
	if err != nil {
		return err
	}
	defer s.close()
	r, err := s.runRequest(ctx, demoRequest(world, options.Random), runFlags{follow: true})
	if err != nil {
		return err
	}
	return a.demoEnd(ctx, world, r, path)
}

func demoRequest(world *lab.World, random uint64) harness.Request {
	suite := demoSuite()
	q := harness.Request{Suite: suite, Routes: world.Routes(), Seeds: world.Seeds(),
		Messages: world.Messages(), Version: programVersion(), Edition: provider.Edition(),
		Random: random}
	for _, r := range q.Routes {
		q.Suite.Routes = append(q.Suite.Routes, r.Name)
	}
	for _, s := range q.Seeds {
		q.Suite.Seeds = append(q.Suite.Seeds, s.Name)
	}
	for _, m := range q.Messages {
		q.Suite.Messages = append(q.Suite.Messages, m.Name)
	}
	return q
}

// demoStore is where demos are kept: apart from the runs about real mail.
func (a *app) demoStore() (string, error) {
	if a.storePath != "" {
		return a.storePath, nil
	}
	dir, err := a.stateDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "demo.db"), nil
}

// demoEnd prints the report, how to look further, and whether the verdicts are true.
func (a *app) demoEnd(ctx context.Context, world *lab.World, r report.Report, path string) error {
	self := programName()
	id := r.Run.Opened.Run.Short()
	r.Next = []string{
		fmt.Sprintf("%s show %s --store %s", self, id, path),
		fmt.Sprintf("%s show %s %s --store %s", self, id, worstProbe(r.Run), path),
		fmt.Sprintf("%s init, to do the same with your own servers", self),
	}
	if _, err := a.write(r); err != nil {
		return broken(fmt.Errorf("write the report: %w", err))
	}
	if ctx.Err() != nil {
		return broken(errors.New("the demo was broken off"))
	}
	out := a.stdout
	if a.format != "text" {
		out = a.stderr // standard output holds one document
	}
	return heldAgainst(out, world.Disagreements(r.Run), len(r.Run.Probes))
}

// heldAgainst tells whether the verdicts agree with what really happened.
func heldAgainst(w io.Writer, wrong []lab.Disagreement, of int) error {
	for _, d := range wrong {
		_, _ = fmt.Fprintf(w, "WRONG  %s\n", report.CleanLine(d.String()))
	}
	_, _ = fmt.Fprintf(w, "TRUTH  %d of %d verdicts agree with what really happened in this world\n",
		of-len(wrong), of)
	if len(wrong) > 0 {
		return broken(fmt.Errorf("%d verdicts are wrong", len(wrong)),
			"this is a defect of seedtest: please report it with the output and the stored run")
	}
	return nil
}

// worstProbe names a probe that is worth a look: the first that did not arrive.
func worstProbe(run seedtest.Run) string {
	for _, p := range run.Probes {
		if !p.Control && !p.Placements.Current.Arrived() {
			return p.Seed + "/" + p.Route
		}
	}
	return string(run.Probes[0].ID)
}

// programName is how this program was called, or would be from its source tree.
func programName() string {
	name := filepath.Base(os.Args[0])
	if dir := filepath.Dir(os.Args[0]); filepath.IsAbs(dir) && filepath.Base(dir) == "exe" {
		return "go run ./cmd/seedtest" // built into a temporary directory by go run
	}
	return name
}

// drawn is a random seed that a person can type.
func drawn() uint64 { return 1 + rand.Uint64N(1_000_000) }
