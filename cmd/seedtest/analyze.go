package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seedtest"
	"seedtest/analyze"
	"seedtest/provider"
	"seedtest/report"
)

func (a *app) analyzeCommand() *cobra.Command {
	var providerID string
	var ids []string
	c := &cobra.Command{
		Use:   "analyze [FILE...]",
		Short: "Say what the headers of messages tell: hops, authentication, stamps",
		Long: `Reads messages from .eml files, mbox files, Maildirs and other directories, or standard input
("-", or no FILE), and says of each what its header tells. Works offline.

A header holds what the receiving provider wrote and what others claimed. Name the provider
with --provider, or an authserv-id with --trust, and its own fields are believed; without
them everything is read and nothing is believed.`,
		RunE: func(c *cobra.Command, args []string) error {
			trust, err := trustOf(providerID, ids)
			if err != nil {
				return err
			}
			return a.analyze(c.Context(), args, trust)
		},
	}
	f := c.Flags()
	f.StringVar(&providerID, "provider", "", "believe what this provider (`ID`, such as gmail) wrote")
	f.StringSliceVar(&ids, "trust", nil, "believe the results of this `AUTHSERV-ID`")
	_ = c.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(provider.IDs(),
		cobra.ShellCompDirectiveNoFileComp))
	a.formatFlag(c, "text", "json", "jsonl")
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

// analysis is one call of the command: what it reads and what it has printed.
type analysis struct {
	app   *app
	ctx   context.Context
	trust seedtest.Trust
	out   *bufio.Writer
	style report.Style
	count int
	held  *seedtest.Analysis // the only one so far: json prints one object or refuses
	bad   bool               // something could not be read
}

func (a *app) analyze(ctx context.Context, paths []string, trust seedtest.Trust) error {
	if len(paths) == 0 {
		if f, ok := a.stdin.(*os.File); ok && typed(f) {
			return usage(errors.New("no FILE is named"), `seedtest analyze message.eml`,
				`"-" reads standard input`)
		}
		paths = []string{"-"}
	}
	for _, p := range paths {
		if _, err := os.Stat(p); p != "-" && err != nil {
			return usage(err)
		}
	}
	x := &analysis{app: a, ctx: ctx, trust: trust, out: bufio.NewWriter(a.stdout),
		style: a.style(a.stdout)}
	for _, p := range paths {
		if err := x.path(p); err != nil {
			_ = x.out.Flush()
			return err
		}
	}
	return x.end()
}

// end prints what is still held, and says by the exit status whether all could be read.
func (x *analysis) end() error {
	if x.held != nil {
		if err := report.AnalysisJSON(x.out, []seedtest.Analysis{*x.held}, false); err != nil {
			return broken(err)
		}
	}
	if err := x.out.Flush(); err != nil {
		return broken(err)
	}
	switch {
	case x.bad:
		return exit(statusNothing)
	case x.count == 0:
		return broken(errors.New("there is no message to read"))
	}
	return nil
}

// path reads a file, a directory or standard input.
func (x *analysis) path(p string) error {
	if p == "-" {
		return x.stream(x.app.stdin, "-")
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return x.unread(err)
	case !info.IsDir():
		return x.file(p)
	}
	files, err := messageFiles(p)
	if err != nil {
		return x.unread(err)
	}
	for _, f := range files {
		if err := x.file(f); err != nil {
			return err
		}
	}
	return nil
}

// messageFiles lists the messages of a Maildir, or the files of another directory, in the order of
// their names, which in a Maildir is that of delivery.
func messageFiles(dir string) ([]string, error) {
	var files []string
	found := false
	for _, sub := range []string{"cur", "new"} {
		list, err := regularFiles(filepath.Join(dir, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = true
		files = append(files, list...)
	}
	if !found {
		return regularFiles(dir)
	}
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(filepath.Base(a), filepath.Base(b))
	})
	return files, nil
}

func regularFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

func (x *analysis) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return x.unread(err)
	}
	defer func() { _ = f.Close() }()
	return x.stream(f, path)
}

// unread tells of something that could not be read, and goes on.
func (x *analysis) unread(err error) error {
	x.bad = true
	_, _ = fmt.Fprintf(x.app.stderr, "seedtest: %s\n", report.CleanLine(err.Error()))
	return nil
}

// stream reads the messages of a file. Those of an mbox are numbered.
func (x *analysis) stream(r io.Reader, name string) error {
	in := bufio.NewReader(r)
	start, _ := in.Peek(len("From "))
	mbox := string(start) == "From "
	n := 0
	for raw, err := range analyze.Messages(in) {
		if err != nil {
			return x.unread(fmt.Errorf("%s: %w", name, err))
		}
		if err := x.ctx.Err(); err != nil {
			return broken(err)
		}
		source := name
		if n++; mbox {
			source = fmt.Sprintf("%s:%d", name, n)
		}
		if err := x.print(analyze.Message(raw, source, x.trust)); err != nil {
			return err
		}
	}
	return nil
}

func (x *analysis) print(m seedtest.Analysis) error {
	x.count++
	var err error
	switch {
	case x.app.format == "jsonl":
		err = report.AnalysisJSON(x.out, []seedtest.Analysis{m}, true)
	case x.app.format == "json" && x.held == nil:
		x.held = &m
	case x.app.format == "json":
		x.held = nil
		return usage(errors.New("--format json is for one message, and there are several"),
			"--format jsonl prints one a line")
	default:
		if x.count > 1 {
			_, _ = fmt.Fprintln(x.out)
		}
		err = report.AnalysisText(x.out, m, x.style)
	}
	if err != nil {
		return broken(err)
	}
	return nil
}
