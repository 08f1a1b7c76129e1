package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedtest/config"
	"seedtest/inbox"
	"seedtest/report"
	"seedtest/store"
)

// app is one call of the program: its streams, its environment and its global flags.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            config.Env
	getenv         func(string) string

	configPath string
	storePath  string
	format     string
	quiet      bool
	verbose    bool
	noColor    bool
	addresses  bool

	// Tests are less patient; zero: the defaults.
	timeouts     inbox.Timeouts // of seeds' servers
	checkTimeout time.Duration  // of one server
}

// The exit statuses (rule 20 of docs/semantics.md).
const (
	statusPass    = 0
	statusNothing = 1 // the harness could judge nothing
	statusUsage   = 2 // usage or configuration
	statusFail    = 3 // the mail failed an expectation
	statusUnknown = 4 // not known
)

// run carries out one command line and returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.statusOf(root.ExecuteContext(ctx))
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "seedtest",
		Short: "Tell what really happened to the mail a server sent",
		Long: `seedtest sends uniquely tagged messages by the routes that you configure, watches seed
mailboxes at many providers over IMAP, and reports where each message ended: inbox,
category, junk, elsewhere, refused, or nowhere - with the evidence, and with what could
not be seen called blind, never missing.

Start with "seedtest demo", which needs no account, no network and no configuration.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          commandNamed,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f := root.PersistentFlags()
	f.StringVar(&a.configPath, "config", "seeds.toml", "configuration `file`")
	f.StringVar(&a.storePath, "store", "", "store `file`, in place of the configured one")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress, no warnings")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "all the evidence, and a log of what is done")
	f.BoolVar(&a.noColor, "no-color", false, "no colours (NO_COLOR is honoured too)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(err, fmt.Sprintf("%s --help tells the flags", c.CommandPath()))
	})
	root.AddCommand(a.demoCommand(), a.initCommand(), a.addCommand(), a.loginCommand(), a.cleanCommand(),
		a.checkCommand(), a.planCommand(), a.runCommand(), a.resumeCommand(), a.followCommand(), a.showCommand(),
		a.placeCommand(), a.maillogCommand(), a.analyzeCommand(), a.labCommand(), a.inspectCommand(), a.versionCommand())
	for _, c := range root.Commands() {
		if count := c.Args; count != nil {
			c.Args = func(c *cobra.Command, args []string) error {
				if err := count(c, args); err != nil {
					return usage(err, "usage: "+c.UseLine())
				}
				return nil
			}
		}
	}
	return root
}

// commandNamed refuses what is no command, and says which one may have been meant.
func commandNamed(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usage(fmt.Errorf("unknown command %q", args[0]), config.Suggest(args[0], names))
}

// trouble is an error with the exit status that it means and hints for whoever reads it.
type trouble struct {
	status int
	err    error // nil: everything was said already
	hints  []string
}

func (t *trouble) Error() string {
	if t.err == nil {
		return fmt.Sprintf("exit status %d", t.status)
	}
	return t.err.Error()
}

func (t *trouble) Unwrap() error { return t.err }

// usage is trouble with the command line or the configuration.
func usage(err error, hints ...string) error {
	return &trouble{status: statusUsage, err: err, hints: hints}
}

// broken is trouble of the harness: nothing could be judged.
func broken(err error, hints ...string) error {
	return &trouble{status: statusNothing, err: err, hints: hints}
}

// exit ends the program with a status after everything has been said.
func exit(status int) error {
	if status == statusPass {
		return nil
	}
	return &trouble{status: status}
}

// statusOf prints an error, once, and returns the exit status that it means.
func (a *app) statusOf(err error) int {
	if err == nil {
		return statusPass
	}
	t := &trouble{status: statusUsage, err: err} // cobra's own errors are about usage
	errors.As(err, &t)
	if t.err != nil {
		for line := range strings.Lines(report.Clean(t.err.Error())) {
			_, _ = fmt.Fprintf(a.stderr, "seedtest: %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	var stored *store.Error
	if errors.As(err, &stored) && stored.Hint != "" {
		t.hints = append([]string{stored.Hint}, t.hints...)
	}
	for _, h := range t.hints {
		_, _ = fmt.Fprintf(a.stderr, "hint: %s\n", report.CleanLine(h))
	}
	return t.status
}

// formatFlag adds --format to a command, the first format being the default.
func (a *app) formatFlag(c *cobra.Command, formats ...string) {
	format := c.Flags().String("format", formats[0], "output: "+strings.Join(formats, ", "))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats,
		cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error {
		a.format = *format // commands have defaults of their own
		if !slices.Contains(formats, a.format) {
			return usage(fmt.Errorf("--format %q is not known here", a.format),
				"one of "+strings.Join(formats, ", "))
		}
		return nil
	}
}

func (a *app) addressesFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.addresses, "addresses", false,
		"name seeds by their addresses too; a published seed address is a burnt one")
}

// logger returns the log for whoever asked with --verbose.
func (a *app) logger() *slog.Logger {
	if !a.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.stderr, nil))
}
