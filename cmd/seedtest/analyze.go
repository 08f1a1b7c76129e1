package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/provider"
)

// analyzeFlags are the flags of the command.
type analyzeFlags struct {
	provider string
	trust    []string
	check    checkFlags
}

func (a *app) analyzeCommand() *cobra.Command {
	var flags analyzeFlags
	c := &cobra.Command{
		Use:   "analyze [FILE...]",
		Short: "Say what the headers of messages tell: hops, authentication, stamps",
		Long: `Reads messages from .eml files, mbox files, Maildirs and other directories, or standard
input ("-", or no FILE), and says of each what its header tells: the way it took, who says
what of its sender, what spam filters noted, what a delivery report reports. Works offline,
unless --verify asks DNS.

A header holds what the receiving provider wrote and what others claimed. Name the provider
with --provider, or an authserv-id with --trust, and its own fields are believed; without
them everything is read and nothing is believed.`,
		Example: `  seedtest analyze --provider gmail message.eml
  seedtest analyze --provider gmail --verify message.eml
  seedtest analyze --format html ~/Maildir > messages.html
  seedtest analyze --format jsonl archive.mbox | jq -r '.origin.ip'`,
		RunE: func(c *cobra.Command, args []string) error {
			flags.check.config = c.Flags().Changed("config")
			return a.analyze(c.Context(), args, flags)
		},
	}
	f := c.Flags()
	f.StringVar(&flags.provider, "provider", "",
		"believe what this provider (`ID`, such as gmail) wrote")
	f.StringSliceVar(&flags.trust, "trust", nil, "believe the results of this `AUTHSERV-ID`")
	noFiles(c, "trust")
	flags.check.add(c)
	_ = c.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(provider.IDs(),
		cobra.ShellCompDirectiveNoFileComp))
	a.formatFlag(c, "text", "json", "jsonl", "html", "markdown")
	return c
}

// typed reports whether a file is a terminal, at which somebody would wait in vain.
func typed(f *os.File) bool {
	_, ok := terminal(f)
	return ok
}

// trustOf says whose fields are believed.
func trustOf(id string, authserv []string) (seedtest.Trust, error) {
	var trust seedtest.Trust
	if id != "" {
		p, ok := provider.ByID(id)
		if !ok {
			return trust, usage(fmt.Errorf("--provider %q is not known", id),
				"known are "+strings.Join(provider.IDs(), ", "))
		}
		trust = p.Trust
	}
	for _, x := range authserv {
		trust.AuthservIDs = append(trust.AuthservIDs, regexp.QuoteMeta(x))
	}
	return trust, nil
}

// analyze reads messages and prints what they tell, in the order in which they are named.
func (a *app) analyze(ctx context.Context, paths []string, flags analyzeFlags) error {
	trust, err := trustOf(flags.provider, flags.trust)
	if err != nil {
		return err
	}
	check, err := a.checker(flags.check)
	if err != nil {
		return err
	}
	if paths, err = a.named(paths); err != nil {
		return err
	}
	out, err := a.printer(flags.provider == "" && len(flags.trust) == 0)
	if err != nil {
		return err
	}
	defer out.close()
	defer keepSmall()()
	f := flow{workers: runtime.GOMAXPROCS(0), mostMessages: 1024, mostBytes: 4 << 20,
		read: func(ctx context.Context, take func(letter) bool) {
			source{stdin: a.stdin, take: take}.paths(ctx, paths)
		},
		work: func(ctx context.Context, l letter) (printed, error) {
			return out.render(check.analyze(ctx, l, trust), l)
		},
		write: out.write,
	}
	if check.asks() {
		f.workers = 32 // they wait for DNS, and not for a processor
	}
	if err := f.run(ctx); err != nil {
		return out.failed(err)
	}
	return out.end()
}

// smallHeap is where garbage is collected early rather than let grow. Common mail never gets there.
const smallHeap = 160 << 20

// keepSmall keeps the memory small that a message of enormous size needs, unless GOMEMLIMIT says
// otherwise. What it returns sets things back.
func keepSmall() func() {
	before := debug.SetMemoryLimit(-1)
	if before == math.MaxInt64 {
		debug.SetMemoryLimit(smallHeap)
	}
	return func() { debug.SetMemoryLimit(before) }
}

// named returns what is to be read: standard input if nothing is named.
func (a *app) named(paths []string) ([]string, error) {
	if len(paths) == 0 {
		if f, ok := a.stdin.(*os.File); ok && typed(f) {
			return nil, usage(errors.New("no FILE is named"), `seedtest analyze message.eml`,
				`"-" reads standard input`)
		}
		return []string{"-"}, nil
	}
	for _, p := range paths {
		if _, err := os.Stat(p); p != "-" && err != nil {
			return nil, usage(err)
		}
	}
	return paths, nil
}
