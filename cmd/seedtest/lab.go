package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"seedtest/lab"
	"seedtest/report"
)

// labFlags are the flags of "lab".
type labFlags struct {
	dir    string
	random uint64
	faults bool
	queue  bool
	oauth  bool
}

func (a *app) labCommand() *cobra.Command {
	var f labFlags
	c := &cobra.Command{
		Use:   "lab",
		Short: "Run the loopback mail world alone, for trying things out",
		Long: `Starts a mail world on loopback: two relays and a control relay to send by, providers of
seven kinds with an MX and an IMAP server each, and the DNS that they ask. Writes a
seeds.toml for it, so that any other command works against it, and runs until Ctrl-C; then
it prints what really happened to every message, one JSON object a line.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.lab(c.Context(), f) },
	}
	c.Flags().StringVar(&f.dir, "dir", "",
		"`directory` for seeds.toml, secrets and CA; default: a new temporary one")
	c.Flags().Uint64Var(&f.random, "random", 0, "seed of the world's random choices; 0 draws one")
	c.Flags().BoolVar(&f.faults, "faults", false, "let servers fail in a few ways, drawn by --random")
	c.Flags().BoolVar(&f.queue, "queue", false, queueUsage)
	c.Flags().BoolVar(&f.oauth, "oauth", false, "let the Outlook-like seeds sign in with OAuth")
	return c
}

func (a *app) lab(ctx context.Context, f labFlags) error {
	o := worldOptions(f.random, f.faults, f.queue, a)
	commands := []string{"check", "run"}
	if f.oauth {
		o.OAuth = lab.NewOAuth(lab.OAuthOptions{})
		commands = []string{"login outlook-a", "check", "run"}
	}
	world, err := lab.Start(ctx, o)
	if err != nil {
		return broken(fmt.Errorf("lab: %w", err))
	}
	defer func() { _ = world.Close() }()
	path, err := writeLab(world, f.dir)
	if err != nil {
		return broken(err)
	}
	if err := a.describe(world, path, commands); err != nil {
		return broken(err)
	}
	<-ctx.Done()
	return a.tellTruth(world)
}

// writeLab writes a configuration that leads to the world and returns its path.
func writeLab(world *lab.World, dir string) (string, error) {
	var err error
	if dir == "" {
		if dir, err = os.MkdirTemp("", "seedtest-lab-"); err != nil {
			return "", err
		}
	} else if err = os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	text, err := world.Config(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "seeds.toml")
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	return path, errors.Join(err, file.Close())
}

// describe prints what a person needs to use the world.
func (a *app) describe(world *lab.World, path string, commands []string) error {
	_, err := fmt.Fprintf(a.stdout, "A mail world is running.\n\n  routes\n")
	for _, r := range world.Routes() {
		_, _ = fmt.Fprintf(a.stdout, "    %-14s %s\n", r.Name, r.Sender.From)
	}
	_, _ = fmt.Fprintf(a.stdout, "  seeds\n")
	for _, s := range world.Seeds() {
		_, _ = fmt.Fprintf(a.stdout, "    %-14s %-36s %s\n", s.Name, s.Address, s.Provider.Name)
	}
	_, _ = fmt.Fprintf(a.stdout, "  DNS\n    %s\n\nTry, in another terminal:\n\n", world.DNS())
	for _, command := range commands {
		_, _ = fmt.Fprintf(a.stdout, "  seedtest %s --config %s\n", command, path)
	}
	_, _ = fmt.Fprintf(a.stdout, "\nCtrl-C ends it and tells what really happened to every message.\n")
	return err
}

// tellTruth prints the truth log.
func (a *app) tellTruth(world *lab.World) error {
	out := json.NewEncoder(a.stdout)
	out.SetEscapeHTML(false)
	for _, t := range world.Truth() {
		if err := out.Encode(t); err != nil {
			return broken(err)
		}
	}
	return nil
}

const queueUsage = "let relays take mail into a queue, and report what bounces to the return path"

// worldOptions are the options of a world whose random choices follow from a number.
func worldOptions(random uint64, faults, queue bool, a *app) lab.Options {
	if random == 0 {
		random = drawn()
	}
	o := lab.Options{Random: random, Now: time.Now, Log: a.logger()}
	if faults {
		o.Faults = lab.Trouble(random)
	}
	if queue {
		o.Queue = &lab.Queue{}
	}
	return o
}

// faultLine says a fault in words.
func faultLine(f lab.Fault) string {
	line := string(f.Kind) + " at " + f.Party
	if f.Detail != "" {
		line += " (" + f.Detail + ")"
	}
	return report.CleanLine(line)
}
